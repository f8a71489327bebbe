// RUN: llm-opt %s --llm-pack-linear-weights --split-input-file | FileCheck %s
// RUN: llm-opt %s --llm-pack-linear-weights=panel=8 --split-input-file | FileCheck %s --check-prefix=PANEL8
// RUN: rm -rf %t && mkdir %t && cp %s %t/input.mlir
// RUN: awk -f %S/Inputs/weights.awk > %t/model.onnx
// RUN: llm-opt %t/input.mlir --verify --llm-pack-linear-weights=panel=8 --split-input-file -o /dev/null

// 30 rows are padded to two panels of 16.
// CHECK: llm.weight @w : tensor<30x8xf32>
// CHECK-NEXT: llm.weight @w.panel16 : tensor<2x8x16xf32> from @pad_reshape_transpose(@w)
// PANEL8: llm.weight @w.panel8 : tensor<4x8x8xf32> from @pad_reshape_transpose(@w)
llm.weight @w : tensor<30x8xf32> in "model.onnx" at 0

// CHECK-LABEL: @pads
func.func @pads(%x: tensor<?x8xf32>, %b: tensor<30xf32>) -> tensor<?x30xf32> {
  // CHECK-NEXT: %[[W:.*]] = llm.load_weight @w.panel16 : tensor<2x8x16xf32>
  // CHECK-NEXT: llm.linear %{{.*}}, %[[W]] bias %{{.*}} panel 16 : tensor<?x8xf32>, tensor<2x8x16xf32>, tensor<30xf32> -> tensor<?x30xf32>
  %w = llm.load_weight @w : tensor<30x8xf32>
  %0 = llm.linear %x, %w bias %b : tensor<?x8xf32>, tensor<30x8xf32>, tensor<30xf32> -> tensor<?x30xf32>
  return %0 : tensor<?x30xf32>
}
// CHECK: func.func private @pad_reshape_transpose(%[[W:.*]]: tensor<30x8xf32>) -> tensor<2x8x16xf32>
// CHECK-NEXT: %[[P:.*]] = llm.pad %[[W]] low [0, 0] high [2, 0]
// CHECK-NEXT: %[[R:.*]] = llm.reshape %[[P]] to [2, 16, 8]
// CHECK-NEXT: %[[T:.*]] = llm.transpose %[[R]] perm [0, 2, 1]
// CHECK-NEXT: return %[[T]]

// -----

// Inside a kernel, with an initializer that is composed with the packing.
// CHECK: llm.weight @w : tensor<8x32xf32>
// CHECK-NEXT: llm.weight @w.panel16 : tensor<2x8x16xf32> from @transpose_reshape_transpose(@w)
// CHECK-NOT: llm.weight
llm.weight @w : tensor<8x32xf32> in "model.onnx" at 0
llm.weight @w.transposed : tensor<32x8xf32> from @transpose(@w)
func.func private @transpose(%w: tensor<8x32xf32>) -> tensor<32x8xf32> {
  %0 = llm.transpose %w perm [1, 0] : tensor<8x32xf32> -> tensor<32x8xf32>
  return %0 : tensor<32x8xf32>
}
// CHECK-LABEL: @in_kernel
func.func @in_kernel(%x: tensor<?x8xf32>) -> tensor<?x32xf32> {
  // CHECK: %[[W:.*]] = llm.load_weight @w.panel16 : tensor<2x8x16xf32>
  // CHECK-NEXT: llm.kernel(%{{.*}}, %[[W]]) : (tensor<?x8xf32>, tensor<2x8x16xf32>) -> tensor<?x32xf32>
  // CHECK-NEXT: ^bb0(%[[IN:.*]]: tensor<?x8xf32>, %[[PACKED:.*]]: tensor<2x8x16xf32>)
  // CHECK-NEXT: llm.linear %[[IN]], %[[PACKED]] panel 16
  %w = llm.load_weight @w.transposed : tensor<32x8xf32>
  %0 = llm.kernel(%x, %w) : (tensor<?x8xf32>, tensor<32x8xf32>) -> tensor<?x32xf32> {
  ^bb0(%in: tensor<?x8xf32>, %weight: tensor<32x8xf32>):
    %1 = llm.linear %in, %weight : tensor<?x8xf32>, tensor<32x8xf32> -> tensor<?x32xf32>
    llm.yield %1 : tensor<?x32xf32>
  }
  return %0 : tensor<?x32xf32>
}

// -----

// A table that is read by rows as well is stored as the product reads it; the rows
// that it is padded with are no rows of the table.
// CHECK-NOT: llm.load_weight @table :
// CHECK: llm.weight @table.panel16 : tensor<2x8x16xf32>
llm.weight @table : tensor<30x8xf32> in "model.onnx" at 0
// CHECK-LABEL: @tied
func.func @tied(%ids: tensor<?xi64>) -> tensor<?x30xf32> {
  // CHECK-DAG: %[[P:.*]] = llm.load_weight @table.panel16
  // CHECK: %[[T:.*]] = llm.transpose %[[P]] perm [0, 2, 1] : tensor<2x8x16xf32> -> tensor<2x16x8xf32>
  // CHECK-NEXT: %[[R:.*]] = llm.reshape %[[T]] {{.*}} -> tensor<32x8xf32>
  // CHECK-NEXT: %[[S:.*]] = llm.slice %[[R]] {{.*}} -> tensor<30x8xf32>
  // CHECK-NEXT: llm.embedding %{{.*}}, %[[S]]
  %w = llm.load_weight @table : tensor<30x8xf32>
  %0 = llm.embedding %ids, %w : tensor<?xi64>, tensor<30x8xf32> -> tensor<?x8xf32>
  %1 = llm.linear %0, %w : tensor<?x8xf32>, tensor<30x8xf32> -> tensor<?x30xf32>
  return %1 : tensor<?x30xf32>
}

// -----

// CHECK-LABEL: @keeps_activation
func.func @keeps_activation(%x: tensor<?x8xf32>, %w: tensor<32x8xf32>) -> tensor<?x32xf32> {
  // CHECK-NOT: panel
  // CHECK: return
  %0 = llm.linear %x, %w : tensor<?x8xf32>, tensor<32x8xf32> -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}
