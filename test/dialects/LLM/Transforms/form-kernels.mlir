// RUN: llm-opt %s --llm-form-kernels --split-input-file | FileCheck %s
// RUN: rm -rf %t && mkdir %t && cp %s %t/input.mlir
// RUN: awk -f %S/Inputs/weights.awk > %t/model.onnx
// RUN: llm-opt %t/input.mlir --verify --llm-form-kernels --split-input-file -o /dev/null

// The residual sum is the norm's prologue, the activation the product's
// epilogue.
// CHECK-LABEL: @prologue_and_epilogue
//  CHECK-SAME: (%[[X:.*]]: tensor<8x6xf32>, %[[W:.*]]: tensor<6x6xf32>, %[[S:.*]]: tensor<6xf32>)
func.func @prologue_and_epilogue(%x: tensor<8x6xf32>, %w: tensor<6x6xf32>, %s: tensor<6xf32>) -> tensor<8x6xf32> {
  // CHECK-NEXT: %[[Y:.*]] = llm.kernel(%[[X]], %[[W]])
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.linear
  // CHECK-NEXT: llm.gelu
  // CHECK-NEXT: llm.yield
  // CHECK: %[[Z:.*]] = llm.kernel(%[[Y]], %[[X]], %[[S]])
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.add
  // CHECK-NEXT: llm.layer_norm
  // CHECK-NEXT: llm.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: return %[[Z]]
  %0 = llm.linear %x, %w : tensor<8x6xf32>, tensor<6x6xf32> -> tensor<8x6xf32>
  %1 = llm.gelu %0 approximate none : tensor<8x6xf32>
  %2 = llm.add %1, %x : tensor<8x6xf32>, tensor<8x6xf32> -> tensor<8x6xf32>
  %3 = llm.layer_norm %2, %s epsilon 1.0e-12 : tensor<8x6xf32>, tensor<6xf32>
  return %3 : tensor<8x6xf32>
}

// -----

// A sum that the norm shares with others is added where the product is.
// CHECK-LABEL: @shared_residual
func.func @shared_residual(%x: tensor<8x6xf32>, %w: tensor<6x6xf32>, %s: tensor<6xf32>) -> (tensor<8x6xf32>, tensor<8x6xf32>) {
  // CHECK: %[[SUM:.*]] = llm.kernel
  // CHECK: llm.linear
  // CHECK-NEXT: llm.add
  // CHECK: llm.kernel(%[[SUM]], %{{.*}})
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.layer_norm
  %0 = llm.linear %x, %w : tensor<8x6xf32>, tensor<6x6xf32> -> tensor<8x6xf32>
  %1 = llm.add %0, %x : tensor<8x6xf32>, tensor<8x6xf32> -> tensor<8x6xf32>
  %2 = llm.layer_norm %1, %s epsilon 1.0e-12 : tensor<8x6xf32>, tensor<6xf32>
  return %1, %2 : tensor<8x6xf32>, tensor<8x6xf32>
}

// -----

// A weight packed for the CPU: a kernel whose items count themselves norms the
// rows that are whole.
// CHECK-LABEL: @norm_ends_product
//  CHECK-SAME: (%[[X:.*]]: tensor<8x6xf32>, %[[W:.*]]: tensor<1x6x16xf32>, %[[S:.*]]: tensor<6xf32>)
func.func @norm_ends_product(%x: tensor<8x6xf32>, %w: tensor<1x6x16xf32>, %s: tensor<6xf32>) -> (tensor<8x6xf32>, tensor<8x6xf32>) {
  // CHECK-NEXT: %[[Y:.*]] = llm.kernel(%[[X]], %[[W]], %[[S]])
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.linear
  // CHECK-NEXT: llm.add
  // CHECK-NEXT: llm.layer_norm
  // CHECK-NEXT: llm.yield
  // CHECK: llm.kernel(%[[Y]], %[[X]])
  %0 = llm.linear %x, %w panel 16 : tensor<8x6xf32>, tensor<1x6x16xf32> -> tensor<8x6xf32>
  %1 = llm.add %0, %x : tensor<8x6xf32>, tensor<8x6xf32> -> tensor<8x6xf32>
  %2 = llm.layer_norm %1, %s epsilon 1.0e-12 : tensor<8x6xf32>, tensor<6xf32>
  // The norm has other readers, as the residual of the next block.
  %3 = llm.add %2, %x : tensor<8x6xf32>, tensor<8x6xf32> -> tensor<8x6xf32>
  return %2, %3 : tensor<8x6xf32>, tensor<8x6xf32>
}

// -----

// A sum that others read too is the result of its kernel.
// CHECK-LABEL: @keeps_norm_of_shared_sum
func.func @keeps_norm_of_shared_sum(%x: tensor<8x6xf32>, %w: tensor<1x6x16xf32>, %s: tensor<6xf32>) -> (tensor<8x6xf32>, tensor<8x6xf32>) {
  // CHECK: llm.linear
  // CHECK-NEXT: llm.add
  // CHECK-NEXT: llm.yield
  // CHECK: llm.kernel
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.rms_norm
  %0 = llm.linear %x, %w panel 16 : tensor<8x6xf32>, tensor<1x6x16xf32> -> tensor<8x6xf32>
  %1 = llm.add %0, %x : tensor<8x6xf32>, tensor<8x6xf32> -> tensor<8x6xf32>
  %2 = llm.rms_norm %1, %s epsilon 1.0e-5 : tensor<8x6xf32>, tensor<6xf32>
  return %1, %2 : tensor<8x6xf32>, tensor<8x6xf32>
}

// -----

// Ops behind the norm are its epilogue.
// CHECK-LABEL: @keeps_activated_norm
func.func @keeps_activated_norm(%x: tensor<8x6xf32>, %w: tensor<1x6x16xf32>, %s: tensor<6xf32>) -> tensor<8x6xf32> {
  // CHECK: llm.linear
  // CHECK-NEXT: llm.yield
  // CHECK: llm.kernel
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.rms_norm
  // CHECK-NEXT: llm.gelu
  %0 = llm.linear %x, %w panel 16 : tensor<8x6xf32>, tensor<1x6x16xf32> -> tensor<8x6xf32>
  %1 = llm.rms_norm %0, %s epsilon 1.0e-5 : tensor<8x6xf32>, tensor<6xf32>
  %2 = llm.gelu %1 approximate none : tensor<8x6xf32>
  return %2 : tensor<8x6xf32>
}

// -----

llm.weight @words : tensor<30x6xf32> in "model.onnx" at 0
llm.weight @positions : tensor<16x6xf32> in "model.onnx" at 720
llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(1, 16) divisor 1

// CHECK-LABEL: @embeddings
func.func @embeddings(%ids: tensor<?x?xi64> {llm.sizes = #llm.sizes<[batch, sequence]>}, %all: tensor<1x16xi64>, %s: tensor<6xf32>) -> tensor<?x?x6xf32> {
  // CHECK-COUNT-2: llm.load_weight
  // CHECK-NEXT: llm.kernel
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.embedding
  // CHECK-NEXT: llm.slice
  // CHECK-NEXT: llm.embedding
  // CHECK-NEXT: llm.add
  // CHECK-NEXT: llm.layer_norm
  // CHECK-NEXT: llm.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: return
  %words = llm.load_weight @words : tensor<30x6xf32>
  %positions = llm.load_weight @positions : tensor<16x6xf32>
  %0 = llm.embedding %ids, %words : tensor<?x?xi64>, tensor<30x6xf32> -> tensor<?x?x6xf32>
  %1 = llm.slice %all offsets [0, 0] sizes [1, sequence] strides [1, 1] : tensor<1x16xi64> -> tensor<1x?xi64>
  %2 = llm.embedding %1, %positions : tensor<1x?xi64>, tensor<16x6xf32> -> tensor<1x?x6xf32>
  %3 = llm.add %0, %2 : tensor<?x?x6xf32>, tensor<1x?x6xf32> -> tensor<?x?x6xf32>
  %4 = llm.layer_norm %3, %s epsilon 1.0e-12 : tensor<?x?x6xf32>, tensor<6xf32>
  return %4 : tensor<?x?x6xf32>
}

// -----

llm.weight @packed : tensor<2x6x16xf32> in "model.onnx" at 0

// Rows of a table in panels are found where they lie: no launch unpacks it.
// CHECK-LABEL: @embedding_of_panels
func.func @embedding_of_panels(%ids: tensor<3xi64>) -> tensor<3x6xf32> {
  // CHECK-NEXT: llm.load_weight
  // CHECK-NEXT: llm.kernel
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.transpose
  // CHECK-NEXT: llm.reshape
  // CHECK-NEXT: llm.slice
  // CHECK-NEXT: llm.embedding
  // CHECK-NEXT: llm.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: return
  %p = llm.load_weight @packed : tensor<2x6x16xf32>
  %0 = llm.transpose %p perm [0, 2, 1] : tensor<2x6x16xf32> -> tensor<2x16x6xf32>
  %1 = llm.reshape %0 to [32, 6] : tensor<2x16x6xf32> -> tensor<32x6xf32>
  %2 = llm.slice %1 offsets [0, 0] sizes [30, 6] strides [1, 1] : tensor<32x6xf32> -> tensor<30x6xf32>
  %3 = llm.embedding %ids, %2 : tensor<3xi64>, tensor<30x6xf32> -> tensor<3x6xf32>
  return %3 : tensor<3x6xf32>
}

// -----

llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(1, 16) divisor 1

// The reshape of an argument is a view; the mask is one kernel for two users.
// CHECK-LABEL: @mask_of_all_layers
//  CHECK-SAME: (%[[KEEP:.*]]: tensor<?x?xi64>
func.func @mask_of_all_layers(%keep: tensor<?x?xi64> {llm.sizes = #llm.sizes<[batch, sequence]>}, %q: tensor<?x?x2x4xf32> {llm.sizes = #llm.sizes<[batch, sequence, 2, 4]>}) -> tensor<?x?x2x4xf32> {
  // CHECK-NEXT: %[[VIEW:.*]] = llm.reshape %[[KEEP]] to [batch, 1, 1, sequence]
  // CHECK-NEXT: %[[MASK:.*]] = llm.kernel(%[[VIEW]])
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.cast
  // CHECK-NEXT: llm.constant dense<1.0
  // CHECK-NEXT: llm.sub
  // CHECK-NEXT: llm.constant dense<-3.40
  // CHECK-NEXT: llm.mul
  // CHECK-NEXT: llm.yield
  // CHECK: llm.kernel(%{{.*}}, %[[MASK]])
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.attention
  // CHECK: llm.kernel(%{{.*}}, %[[MASK]])
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.attention
  %one = llm.constant dense<1.0> : tensor<f32>
  %lowest = llm.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = llm.reshape %keep to [batch, 1, 1, sequence] : tensor<?x?xi64> -> tensor<?x1x1x?xi64>
  %1 = llm.cast %0 : tensor<?x1x1x?xi64> -> tensor<?x1x1x?xf32>
  %2 = llm.sub %one, %1 : tensor<f32>, tensor<?x1x1x?xf32> -> tensor<?x1x1x?xf32>
  %3 = llm.mul %2, %lowest : tensor<?x1x1x?xf32>, tensor<f32> -> tensor<?x1x1x?xf32>
  %4 = llm.attention %q, %q, %q mask %3 scale 0.5 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x1x1x?xf32> -> tensor<?x?x2x4xf32>
  %5 = llm.attention %4, %4, %4 mask %3 scale 0.5 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x1x1x?xf32> -> tensor<?x?x2x4xf32>
  return %5 : tensor<?x?x2x4xf32>
}

// -----

// Reshapes between kernels stay outside of them.
// CHECK-LABEL: @heads
func.func @heads(%x: tensor<2x8x6xf32>, %w: tensor<6x6xf32>) -> tensor<2x8x6xf32> {
  // CHECK: %[[P:.*]] = llm.kernel
  // CHECK: %[[Q:.*]] = llm.reshape %[[P]] to [2, 8, 2, 3]
  // CHECK-NEXT: %[[A:.*]] = llm.kernel(%[[Q]])
  // CHECK: %[[R:.*]] = llm.reshape %[[A]] to [2, 8, 6]
  // CHECK-NEXT: return %[[R]]
  %0 = llm.linear %x, %w : tensor<2x8x6xf32>, tensor<6x6xf32> -> tensor<2x8x6xf32>
  %1 = llm.reshape %0 to [2, 8, 2, 3] : tensor<2x8x6xf32> -> tensor<2x8x2x3xf32>
  %2 = llm.attention %1, %1, %1 scale 0.5 : tensor<2x8x2x3xf32>, tensor<2x8x2x3xf32>, tensor<2x8x2x3xf32> -> tensor<2x8x2x3xf32>
  %3 = llm.reshape %2 to [2, 8, 6] : tensor<2x8x2x3xf32> -> tensor<2x8x6xf32>
  return %3 : tensor<2x8x6xf32>
}

// -----

// Attention reads rows of the heads from where they lie.
// CHECK-LABEL: @slices_of_heads
func.func @slices_of_heads(%x: tensor<2x8x4x3xf32>, %v: tensor<2x2x8x3xf32>) -> tensor<2x8x2x3xf32> {
  // CHECK-NEXT: llm.kernel
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.slice
  // CHECK-NEXT: llm.slice
  // CHECK-NEXT: llm.transpose
  // CHECK-NEXT: llm.attention
  // CHECK-NEXT: llm.yield
  %0 = llm.slice %x offsets [0, 0, 0, 0] sizes [2, 8, 2, 3] strides [1, 1, 1, 1] : tensor<2x8x4x3xf32> -> tensor<2x8x2x3xf32>
  %1 = llm.slice %x offsets [0, 0, 2, 0] sizes [2, 8, 2, 3] strides [1, 1, 1, 1] : tensor<2x8x4x3xf32> -> tensor<2x8x2x3xf32>
  %2 = llm.transpose %v perm [0, 2, 1, 3] : tensor<2x2x8x3xf32> -> tensor<2x8x2x3xf32>
  %3 = llm.attention %0, %1, %2 scale 0.5 : tensor<2x8x2x3xf32>, tensor<2x8x2x3xf32>, tensor<2x8x2x3xf32> -> tensor<2x8x2x3xf32>
  return %3 : tensor<2x8x2x3xf32>
}

// A part of a bias costs an addition to an index.
// CHECK-LABEL: @part_of_bias
func.func @part_of_bias(%x: tensor<8x6xf32>, %w: tensor<6x6xf32>, %b: tensor<12xf32>) -> tensor<8x6xf32> {
  // CHECK-NEXT: llm.kernel
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.slice
  // CHECK-NEXT: llm.linear
  // CHECK-NEXT: llm.yield
  %0 = llm.slice %b offsets [6] sizes [6] strides [1] : tensor<12xf32> -> tensor<6xf32>
  %1 = llm.linear %x, %w bias %0 : tensor<8x6xf32>, tensor<6x6xf32>, tensor<6xf32> -> tensor<8x6xf32>
  return %1 : tensor<8x6xf32>
}

// A transposed row is copied first, and so is a slice with other users.
// CHECK-LABEL: @keeps_columns_and_shared_slice
func.func @keeps_columns_and_shared_slice(%x: tensor<2x8x4x3xf32>, %v: tensor<2x8x3x2xf32>) -> (tensor<2x8x2x3xf32>, tensor<2x8x2x3xf32>) {
  // CHECK: %[[K:.*]] = llm.kernel
  // CHECK: llm.slice
  // CHECK: %[[V:.*]] = llm.kernel
  // CHECK: llm.transpose
  // CHECK: llm.kernel(%[[K]], %[[V]])
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.attention
  %1 = llm.slice %x offsets [0, 0, 2, 0] sizes [2, 8, 2, 3] strides [1, 1, 1, 1] : tensor<2x8x4x3xf32> -> tensor<2x8x2x3xf32>
  %2 = llm.transpose %v perm [0, 1, 3, 2] : tensor<2x8x3x2xf32> -> tensor<2x8x2x3xf32>
  %3 = llm.attention %1, %1, %2 scale 0.5 : tensor<2x8x2x3xf32>, tensor<2x8x2x3xf32>, tensor<2x8x2x3xf32> -> tensor<2x8x2x3xf32>
  return %1, %3 : tensor<2x8x2x3xf32>, tensor<2x8x2x3xf32>
}

// -----

// Between elementwise ops a dimension of size 1 is no reason for two kernels.
// CHECK-LABEL: @unit_reshape
func.func @unit_reshape(%x: tensor<8x6xf32>) -> tensor<8x1x6xf32> {
  // CHECK: llm.kernel
  // CHECK: llm.abs
  // CHECK-NEXT: llm.reshape
  // CHECK-NEXT: llm.neg
  // CHECK-NEXT: llm.yield
  // CHECK-NOT: llm.kernel
  %0 = llm.abs %x : tensor<8x6xf32>
  %1 = llm.reshape %0 to [8, 1, 6] : tensor<8x6xf32> -> tensor<8x1x6xf32>
  %2 = llm.neg %1 : tensor<8x1x6xf32>
  return %2 : tensor<8x1x6xf32>
}

// -----

// CHECK-LABEL: @keeps_shared_value
func.func @keeps_shared_value(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  // CHECK: %[[SHARED:.*]] = llm.kernel
  // CHECK: llm.abs
  // CHECK: llm.kernel(%[[SHARED]])
  // CHECK: llm.neg
  // CHECK: llm.kernel(%[[SHARED]])
  // CHECK: llm.exp
  %0 = llm.abs %x : tensor<8xf32>
  %1 = llm.neg %0 : tensor<8xf32>
  %2 = llm.exp %0 : tensor<8xf32>
  return %1, %2 : tensor<8xf32>, tensor<8xf32>
}

// -----

// exp of 8 elements, not of 8 * 64.
// CHECK-LABEL: @keeps_broadcast_exp
func.func @keeps_broadcast_exp(%x: tensor<8x1xf32>, %y: tensor<8x64xf32>) -> tensor<8x64xf32> {
  // CHECK: %[[E:.*]] = llm.kernel
  // CHECK: llm.exp
  // CHECK: llm.kernel(%[[E]], %{{.*}})
  // CHECK: llm.mul
  %0 = llm.exp %x : tensor<8x1xf32>
  %1 = llm.mul %0, %y : tensor<8x1xf32>, tensor<8x64xf32> -> tensor<8x64xf32>
  return %1 : tensor<8x64xf32>
}

// -----

// CHECK-LABEL: @keeps_wider_epilogue
func.func @keeps_wider_epilogue(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {
  // CHECK: %[[R:.*]] = llm.kernel
  // CHECK: llm.reduce
  // CHECK-NEXT: llm.yield
  // CHECK: llm.kernel(%{{.*}}, %[[R]])
  // CHECK: llm.sub
  %0 = llm.reduce max %x axes [1] : tensor<8x64xf32> -> tensor<8x1xf32>
  %1 = llm.sub %x, %0 : tensor<8x64xf32>, tensor<8x1xf32> -> tensor<8x64xf32>
  return %1 : tensor<8x64xf32>
}

// -----

// A vector differs from layer to layer: as an operand it lets them share a
// kernel. A splat is part of the kernel.
// CHECK-LABEL: @constants
func.func @constants(%x: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: %[[V:.*]] = llm.constant dense<[1.0
  // CHECK: llm.kernel(%{{.*}}, %[[V]])
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.add
  // CHECK-NEXT: llm.constant dense<2.0
  // CHECK-NEXT: llm.mul
  %0 = llm.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %1 = llm.constant dense<2.0> : tensor<f32>
  %2 = llm.add %x, %0 : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  %3 = llm.mul %2, %1 : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  return %3 : tensor<3xf32>
}

// -----

// Initializers are compiled whole.
// CHECK-LABEL: func.func private @transpose
// CHECK-NOT: llm.kernel
func.func private @transpose(%w: tensor<8x6xf32>) -> tensor<6x8xf32> {
  %0 = llm.transpose %w perm [1, 0] : tensor<8x6xf32> -> tensor<6x8xf32>
  return %0 : tensor<6x8xf32>
}
