// RUN: llm-opt %s --llm-lower-precision=type=bf16 --split-input-file | FileCheck %s
// RUN: llm-opt %s --llm-lower-precision=type=f16 --split-input-file | FileCheck %s --check-prefix=F16
// RUN: llm-opt %s --llm-lower-precision --split-input-file | FileCheck %s --check-prefix=KEEP
// RUN: llm-opt %s --llm-lower-precision=type=f32 --split-input-file | FileCheck %s --check-prefix=F32

// A linear's weight and a table; not the bias, nor a norm's scale.
// CHECK: llm.weight @w : tensor<30x8xf32> in
// CHECK-NEXT: llm.weight @w.bf16 : tensor<30x8xbf16> from @[[CAST:.*]](@w)
// CHECK-NEXT: llm.weight @table : tensor<9x8xf32> in
// CHECK-NEXT: llm.weight @table.bf16 : tensor<9x8xbf16> from @[[TABLE:.*]](@table)
// F16: llm.weight @w.f16 : tensor<30x8xf16> from
// F16: llm.weight @table.f16 : tensor<9x8xf16> from
llm.weight @w : tensor<30x8xf32> in "model.onnx" at 0
llm.weight @table : tensor<9x8xf32> in "model.onnx" at 1024
llm.weight @vector : tensor<8xf32> in "model.onnx" at 2048
llm.weight @bias : tensor<30xf32> in "model.onnx" at 3072

// CHECK-LABEL: @lowers
// F16-LABEL: @lowers
// KEEP-LABEL: @lowers
func.func @lowers(%ids: tensor<?xi64>) -> (tensor<?x30xf32>, tensor<?x30xf32>) {
  // CHECK-DAG: %[[BIAS:.*]] = llm.load_weight @bias : tensor<30xf32>
  // CHECK-DAG: %[[V:.*]] = llm.load_weight @vector : tensor<8xf32>
  // CHECK-DAG: %[[TABLE:.*]] = llm.load_weight @table.bf16 : tensor<9x8xbf16>
  // CHECK: llm.embedding %{{.*}}, %[[TABLE]] : tensor<?xi64>, tensor<9x8xbf16> -> tensor<?x8xf32>
  // CHECK: llm.layer_norm %{{.*}}, %[[V]]
  // CHECK: %[[W:.*]] = llm.load_weight @w.bf16 : tensor<30x8xbf16>
  // CHECK-NEXT: llm.linear %{{.*}}, %[[W]] bias %[[BIAS]] : tensor<?x8xf32>, tensor<30x8xbf16>, tensor<30xf32> -> tensor<?x30xf32>
  // CHECK: %[[AGAIN:.*]] = llm.load_weight @w.bf16
  // CHECK-NEXT: llm.linear %{{.*}}, %[[AGAIN]] :
  // F16: llm.linear {{.*}} tensor<30x8xf16>
  // KEEP: llm.embedding {{.*}} tensor<9x8xf32>
  // KEEP: llm.linear {{.*}} tensor<30x8xf32>
  %w = llm.load_weight @w : tensor<30x8xf32>
  %table = llm.load_weight @table : tensor<9x8xf32>
  %scale = llm.load_weight @vector : tensor<8xf32>
  %bias = llm.load_weight @bias : tensor<30xf32>
  %0 = llm.embedding %ids, %table : tensor<?xi64>, tensor<9x8xf32> -> tensor<?x8xf32>
  %1 = llm.layer_norm %0, %scale epsilon 1.0e-12 : tensor<?x8xf32>, tensor<8xf32>
  %2 = llm.linear %1, %w bias %bias : tensor<?x8xf32>, tensor<30x8xf32>, tensor<30xf32> -> tensor<?x30xf32>
  %3 = llm.linear %0, %w : tensor<?x8xf32>, tensor<30x8xf32> -> tensor<?x30xf32>
  return %2, %3 : tensor<?x30xf32>, tensor<?x30xf32>
}
// CHECK: func.func private @[[CAST]](%[[ARG:.*]]: tensor<30x8xf32>) -> tensor<30x8xbf16>
// CHECK-NEXT: %[[ROUNDED:.*]] = llm.cast %[[ARG]] : tensor<30x8xf32> -> tensor<30x8xbf16>
// CHECK-NEXT: return %[[ROUNDED]]

// -----

// Other users keep the weight as it was; an initializer goes on from there.
// CHECK: llm.weight @w : tensor<8x30xf32>
// CHECK-NEXT: llm.weight @w.bf16 : tensor<30x8xbf16> from @transpose_cast(@w)
// CHECK-NEXT: llm.weight @w.transposed : tensor<30x8xf32> from @transpose(@w)
llm.weight @w : tensor<8x30xf32> in "model.onnx" at 0
llm.weight @w.transposed : tensor<30x8xf32> from @transpose(@w)
func.func private @transpose(%w: tensor<8x30xf32>) -> tensor<30x8xf32> {
  %0 = llm.transpose %w perm [1, 0] : tensor<8x30xf32> -> tensor<30x8xf32>
  return %0 : tensor<30x8xf32>
}
// CHECK-LABEL: @other_users
func.func @other_users(%x: tensor<?x8xf32>) -> (tensor<?x30xf32>, tensor<30x8xf32>) {
  // CHECK: %[[W:.*]] = llm.load_weight @w.transposed : tensor<30x8xf32>
  // CHECK: llm.linear %{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<30x8xbf16> -> tensor<?x30xf32>
  // CHECK: llm.exp %[[W]]
  %w = llm.load_weight @w.transposed : tensor<30x8xf32>
  %0 = llm.linear %x, %w : tensor<?x8xf32>, tensor<30x8xf32> -> tensor<?x30xf32>
  %1 = llm.exp %w : tensor<30x8xf32>
  return %0, %1 : tensor<?x30xf32>, tensor<30x8xf32>
}

// -----

// The model's file holds bf16, though the model widens it: `keep` keeps it.
// KEEP: llm.weight @w : tensor<8x30xbf16> in
// KEEP-NEXT: llm.weight @w.bf16 : tensor<30x8xbf16> from @cast_transpose_cast(@w)
// KEEP-NOT: llm.weight
// F32: llm.weight @w.transposed : tensor<30x8xf32>
// F16: llm.weight @w.f16 : tensor<30x8xf16> from @cast_transpose_cast(@w)
llm.weight @w : tensor<8x30xbf16> in "model.onnx" at 0
llm.weight @w.transposed : tensor<30x8xf32> from @cast_transpose(@w)
func.func private @cast_transpose(%w: tensor<8x30xbf16>) -> tensor<30x8xf32> {
  %0 = llm.cast %w : tensor<8x30xbf16> -> tensor<8x30xf32>
  %1 = llm.transpose %0 perm [1, 0] : tensor<8x30xf32> -> tensor<30x8xf32>
  return %1 : tensor<30x8xf32>
}
// KEEP-LABEL: @widened
func.func @widened(%x: tensor<?x8xf32>) -> tensor<?x30xf32> {
  // KEEP: llm.linear %{{.*}} : tensor<?x8xf32>, tensor<30x8xbf16> -> tensor<?x30xf32>
  // F32: llm.linear %{{.*}} : tensor<?x8xf32>, tensor<30x8xf32> -> tensor<?x30xf32>
  %w = llm.load_weight @w.transposed : tensor<30x8xf32>
  %0 = llm.linear %x, %w : tensor<?x8xf32>, tensor<30x8xf32> -> tensor<?x30xf32>
  return %0 : tensor<?x30xf32>
}

// -----

// A computation may leave the numbers of 16 bits, so that `keep` keeps f32.
llm.weight @w : tensor<30x8xf16> in "model.onnx" at 0
llm.weight @scale : tensor<8xf32> in "model.onnx" at 480
// KEEP-LABEL: @scaled
func.func @scaled(%x: tensor<?x8xf32>) -> tensor<?x30xf32> {
  // KEEP: llm.linear %{{.*}} tensor<30x8xf32> -> tensor<?x30xf32>
  %w = llm.load_weight @w : tensor<30x8xf16>
  %scale = llm.load_weight @scale : tensor<8xf32>
  %0 = llm.cast %w : tensor<30x8xf16> -> tensor<30x8xf32>
  %1 = llm.mul %0, %scale : tensor<30x8xf32>, tensor<8xf32> -> tensor<30x8xf32>
  %2 = llm.linear %x, %1 : tensor<?x8xf32>, tensor<30x8xf32> -> tensor<?x30xf32>
  return %2 : tensor<?x30xf32>
}

// -----

// `f32` widens; a layer that computes in f16 stays, whatever the type.
// F32: llm.weight @w.f32 : tensor<30x8xf32> from @cast(@w)
llm.weight @w : tensor<30x8xf16> in "model.onnx" at 0
// CHECK-LABEL: @computes_in_f16
// F32-LABEL: @computes_in_f16
func.func @computes_in_f16(%x: tensor<?x8xf32>, %h: tensor<?x8xf16>) -> (tensor<?x30xf32>, tensor<?x30xf16>) {
  // CHECK: llm.linear {{.*}} : tensor<?x8xf32>, tensor<30x8xbf16> -> tensor<?x30xf32>
  // CHECK: llm.linear {{.*}} : tensor<?x8xf16>, tensor<30x8xf16> -> tensor<?x30xf16>
  // F32: llm.linear {{.*}} : tensor<?x8xf32>, tensor<30x8xf32> -> tensor<?x30xf32>
  // F32: llm.linear {{.*}} : tensor<?x8xf16>, tensor<30x8xf16> -> tensor<?x30xf16>
  %w = llm.load_weight @w : tensor<30x8xf16>
  %0 = llm.linear %x, %w : tensor<?x8xf32>, tensor<30x8xf16> -> tensor<?x30xf32>
  %1 = llm.linear %h, %w : tensor<?x8xf16>, tensor<30x8xf16> -> tensor<?x30xf16>
  return %0, %1 : tensor<?x30xf32>, tensor<?x30xf16>
}

// -----

// No weight: computed when the model runs, or in a kernel already.
llm.weight @w : tensor<30x8xf32> in "model.onnx" at 0
// CHECK-LABEL: @no_weight
func.func @no_weight(%x: tensor<?x8xf32>, %y: tensor<30x8xf32>) -> (tensor<?x30xf32>, tensor<?x30xf32>) {
  // CHECK-NOT: bf16
  %w = llm.load_weight @w : tensor<30x8xf32>
  %0 = llm.linear %x, %y : tensor<?x8xf32>, tensor<30x8xf32> -> tensor<?x30xf32>
  %1 = llm.kernel(%x, %w) : (tensor<?x8xf32>, tensor<30x8xf32>) -> tensor<?x30xf32> {
  ^bb0(%in: tensor<?x8xf32>, %weight: tensor<30x8xf32>):
    %2 = llm.linear %in, %weight : tensor<?x8xf32>, tensor<30x8xf32> -> tensor<?x30xf32>
    llm.yield %2 : tensor<?x30xf32>
  }
  return %0, %1 : tensor<?x30xf32>, tensor<?x30xf32>
}
