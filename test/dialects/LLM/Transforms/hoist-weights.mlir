// RUN: llm-opt %s --llm-hoist-weights --split-input-file | FileCheck %s
// RUN: rm -rf %t && mkdir %t && cp %s %t/input.mlir
// RUN: awk -f %S/Inputs/weights.awk > %t/model.onnx
// RUN: llm-opt %t/input.mlir --verify --llm-hoist-weights --split-input-file -o /dev/null

// Two weights of one shape share a function.
// CHECK-DAG: llm.weight @q.transposed : tensor<6x8xf32> from @[[F:.*]](@q)
// CHECK-DAG: llm.weight @k.transposed : tensor<6x8xf32> from @[[F]](@k)
llm.weight @q : tensor<8x6xf32> in "model.onnx" at 0
llm.weight @k : tensor<8x6xf32> in "model.onnx" at 192

// CHECK-LABEL: @shares_function
func.func @shares_function(%x: tensor<?x8xf32>) -> (tensor<?x6xf32>, tensor<?x6xf32>) {
  // CHECK-NOT: llm.transpose
  // CHECK: %[[Q:.*]] = llm.load_weight @q.transposed : tensor<6x8xf32>
  // CHECK: %[[K:.*]] = llm.load_weight @k.transposed : tensor<6x8xf32>
  // CHECK: llm.linear %{{.*}}, %[[Q]]
  // CHECK: llm.linear %{{.*}}, %[[K]]
  %q = llm.load_weight @q : tensor<8x6xf32>
  %k = llm.load_weight @k : tensor<8x6xf32>
  %0 = llm.transpose %q perm [1, 0] : tensor<8x6xf32> -> tensor<6x8xf32>
  %1 = llm.transpose %k perm [1, 0] : tensor<8x6xf32> -> tensor<6x8xf32>
  %2 = llm.linear %x, %0 : tensor<?x8xf32>, tensor<6x8xf32> -> tensor<?x6xf32>
  %3 = llm.linear %x, %1 : tensor<?x8xf32>, tensor<6x8xf32> -> tensor<?x6xf32>
  return %2, %3 : tensor<?x6xf32>, tensor<?x6xf32>
}
// CHECK: func.func private @[[F]](%[[W:.*]]: tensor<8x6xf32>) -> tensor<6x8xf32>
// CHECK-NEXT: %[[T:.*]] = llm.transpose %[[W]] perm [1, 0]
// CHECK-NEXT: return %[[T]]
// CHECK-NOT: func.func

// -----

// One computation used twice is one weight; all of it goes into one function.
// CHECK-DAG: llm.weight @w.transposed : tensor<6x8xf32> from @mul_transpose(@w, @scale)
// CHECK-NOT: llm.weight @w.transposed_
llm.weight @w : tensor<8x6xf32> in "model.onnx" at 0
llm.weight @scale : tensor<6xf32> in "model.onnx" at 192

// CHECK-LABEL: @same_computation
func.func @same_computation(%x: tensor<?x8xf32>) -> (tensor<?x6xf32>, tensor<?x6xf32>) {
  // CHECK: llm.load_weight @w.transposed
  // CHECK: llm.load_weight @w.transposed
  %w = llm.load_weight @w : tensor<8x6xf32>
  %scale = llm.load_weight @scale : tensor<6xf32>
  %0 = llm.mul %w, %scale : tensor<8x6xf32>, tensor<6xf32> -> tensor<8x6xf32>
  %1 = llm.transpose %0 perm [1, 0] : tensor<8x6xf32> -> tensor<6x8xf32>
  %2 = llm.mul %w, %scale : tensor<8x6xf32>, tensor<6xf32> -> tensor<8x6xf32>
  %3 = llm.transpose %2 perm [1, 0] : tensor<8x6xf32> -> tensor<6x8xf32>
  %4 = llm.linear %x, %1 : tensor<?x8xf32>, tensor<6x8xf32> -> tensor<?x6xf32>
  %5 = llm.linear %x, %3 : tensor<?x8xf32>, tensor<6x8xf32> -> tensor<?x6xf32>
  return %4, %5 : tensor<?x6xf32>, tensor<?x6xf32>
}

// -----

// An initializer of a source is inlined, and the source erased.
// CHECK: llm.weight @w : tensor<8x6xf16>
// CHECK-NEXT: llm.weight @w.transposed : tensor<6x8xf32> from @cast_transpose(@w)
// CHECK-NOT: llm.weight
llm.weight @w : tensor<8x6xf16> in "model.onnx" at 0
llm.weight @w.cast : tensor<8x6xf32> from @cast(@w)
func.func private @cast(%w: tensor<8x6xf16>) -> tensor<8x6xf32> {
  %0 = llm.cast %w : tensor<8x6xf16> -> tensor<8x6xf32>
  return %0 : tensor<8x6xf32>
}
func.func @composes(%x: tensor<?x8xf32>) -> tensor<?x6xf32> {
  %w = llm.load_weight @w.cast : tensor<8x6xf32>
  %0 = llm.transpose %w perm [1, 0] : tensor<8x6xf32> -> tensor<6x8xf32>
  %1 = llm.linear %x, %0 : tensor<?x8xf32>, tensor<6x8xf32> -> tensor<?x6xf32>
  return %1 : tensor<?x6xf32>
}
// CHECK: func.func private @cast_transpose(%{{.*}}: tensor<8x6xf16>)

// -----

llm.size @sequence range(1, 4) divisor 1
llm.weight @positions : tensor<4x6xf32> in "model.onnx" at 0

// CHECK-LABEL: @keeps_size_of_run
func.func @keeps_size_of_run(%x: tensor<?x6xf32> {llm.sizes = #llm.sizes<[sequence, 6]>}) -> tensor<?x6xf32> {
  // CHECK: llm.load_weight @positions
  // CHECK: llm.slice
  %w = llm.load_weight @positions : tensor<4x6xf32>
  %0 = llm.slice %w offsets [0, 0] sizes [sequence, 6] strides [1, 1] : tensor<4x6xf32> -> tensor<?x6xf32>
  %1 = llm.add %x, %0 : tensor<?x6xf32>, tensor<?x6xf32> -> tensor<?x6xf32>
  return %1 : tensor<?x6xf32>
}

// CHECK-LABEL: @keeps_product
func.func @keeps_product() -> tensor<4x4xf32> {
  // CHECK: llm.load_weight @positions.transposed
  // CHECK: llm.matmul
  %w = llm.load_weight @positions : tensor<4x6xf32>
  %0 = llm.transpose %w perm [1, 0] : tensor<4x6xf32> -> tensor<6x4xf32>
  %1 = llm.matmul %w, %0 : tensor<4x6xf32>, tensor<6x4xf32> -> tensor<4x4xf32>
  return %1 : tensor<4x4xf32>
}
