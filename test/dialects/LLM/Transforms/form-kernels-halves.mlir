// RUN: llm-opt %s --llm-form-kernels=join-halves=true | FileCheck %s
// RUN: llm-opt %s --llm-form-kernels | FileCheck %s --check-prefix=APART

llm.size @tokens range(1, 8) divisor 1

// The halves of one product become one in its kernel; the next product reads that
// from memory.
// CHECK-LABEL: @gated
// CHECK-NEXT: %[[H:.*]] = llm.kernel(%arg0, %arg1)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: llm.linear
// CHECK-NEXT: llm.slice
// CHECK-NEXT: llm.slice
// CHECK-NEXT: llm.swiglu
// CHECK-NEXT: llm.yield
// CHECK: llm.kernel(%[[H]], %arg2)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: llm.linear
// CHECK-NEXT: llm.yield
// APART-LABEL: @gated
// APART-NEXT: llm.kernel(%arg0, %arg1)
// APART-NEXT: ^bb0
// APART-NEXT: llm.linear
// APART-NEXT: llm.yield
func.func @gated(%x: tensor<?x32xf32> {llm.sizes = #llm.sizes<[tokens, 32]>}, %w: tensor<128x32x!llm.block<q4_0, 16>>, %d: tensor<32x64x!llm.block<q4_0, 16>>) -> tensor<?x32xf32> {
  %0 = llm.linear %x, %w activations q8 : tensor<?x32xf32>, tensor<128x32x!llm.block<q4_0, 16>> -> tensor<?x128xf32>
  %1 = llm.slice %0 offsets [0, 0] sizes [tokens, 64] strides [1, 1] : tensor<?x128xf32> -> tensor<?x64xf32>
  %2 = llm.slice %0 offsets [0, 64] sizes [tokens, 64] strides [1, 1] : tensor<?x128xf32> -> tensor<?x64xf32>
  %3 = llm.swiglu %1, %2 : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
  %4 = llm.linear %3, %d activations q8 : tensor<?x64xf32>, tensor<32x64x!llm.block<q4_0, 16>> -> tensor<?x32xf32>
  return %4 : tensor<?x32xf32>
}

// Several ops, and a half that is read twice in them.
// CHECK-LABEL: @several_ops
// CHECK: llm.linear
// CHECK-COUNT-2: llm.slice
// CHECK-NEXT: llm.sigmoid
// CHECK-NEXT: llm.mul
// CHECK-NEXT: llm.mul
// CHECK-NEXT: llm.yield
// CHECK-NOT: llm.kernel
// CHECK: return
func.func @several_ops(%x: tensor<?x32xf32> {llm.sizes = #llm.sizes<[tokens, 32]>}, %w: tensor<64x32x!llm.block<q4_0, 16>>) -> tensor<?x32xf32> {
  %0 = llm.linear %x, %w activations q8 : tensor<?x32xf32>, tensor<64x32x!llm.block<q4_0, 16>> -> tensor<?x64xf32>
  %1 = llm.slice %0 offsets [0, 0] sizes [tokens, 32] strides [1, 1] : tensor<?x64xf32> -> tensor<?x32xf32>
  %2 = llm.slice %0 offsets [0, 32] sizes [tokens, 32] strides [1, 1] : tensor<?x64xf32> -> tensor<?x32xf32>
  %3 = llm.sigmoid %1 : tensor<?x32xf32>
  %4 = llm.mul %1, %3 : tensor<?x32xf32>, tensor<?x32xf32> -> tensor<?x32xf32>
  %5 = llm.mul %4, %2 : tensor<?x32xf32>, tensor<?x32xf32> -> tensor<?x32xf32>
  return %5 : tensor<?x32xf32>
}

// Without rounded rows a panel is computed by itself.
// CHECK-LABEL: @keeps_floats
// CHECK: llm.linear
// CHECK-NEXT: llm.yield
// CHECK: llm.kernel
func.func @keeps_floats(%x: tensor<?x32xf32> {llm.sizes = #llm.sizes<[tokens, 32]>}, %w: tensor<64x32x!llm.block<q4_0, 16>>) -> tensor<?x32xf32> {
  %0 = llm.linear %x, %w : tensor<?x32xf32>, tensor<64x32x!llm.block<q4_0, 16>> -> tensor<?x64xf32>
  %1 = llm.slice %0 offsets [0, 0] sizes [tokens, 32] strides [1, 1] : tensor<?x64xf32> -> tensor<?x32xf32>
  %2 = llm.slice %0 offsets [0, 32] sizes [tokens, 32] strides [1, 1] : tensor<?x64xf32> -> tensor<?x32xf32>
  %3 = llm.swiglu %1, %2 : tensor<?x32xf32>, tensor<?x32xf32> -> tensor<?x32xf32>
  return %3 : tensor<?x32xf32>
}

// 48 columns are three panels, of which two would be a group.
// CHECK-LABEL: @keeps_odd_panels
// CHECK: llm.linear
// CHECK-NEXT: llm.yield
// CHECK: llm.kernel
func.func @keeps_odd_panels(%x: tensor<?x32xf32> {llm.sizes = #llm.sizes<[tokens, 32]>}, %w: tensor<96x32x!llm.block<q4_0, 16>>) -> tensor<?x48xf32> {
  %0 = llm.linear %x, %w activations q8 : tensor<?x32xf32>, tensor<96x32x!llm.block<q4_0, 16>> -> tensor<?x96xf32>
  %1 = llm.slice %0 offsets [0, 0] sizes [tokens, 48] strides [1, 1] : tensor<?x96xf32> -> tensor<?x48xf32>
  %2 = llm.slice %0 offsets [0, 48] sizes [tokens, 48] strides [1, 1] : tensor<?x96xf32> -> tensor<?x48xf32>
  %3 = llm.swiglu %1, %2 : tensor<?x48xf32>, tensor<?x48xf32> -> tensor<?x48xf32>
  return %3 : tensor<?x48xf32>
}

// A third reader needs the product as it is.
// CHECK-LABEL: @keeps_shared_product
// CHECK: llm.linear
// CHECK-NEXT: llm.yield
func.func @keeps_shared_product(%x: tensor<?x32xf32> {llm.sizes = #llm.sizes<[tokens, 32]>}, %w: tensor<64x32x!llm.block<q4_0, 16>>) -> (tensor<?x32xf32>, tensor<?x64xf32>) {
  %0 = llm.linear %x, %w activations q8 : tensor<?x32xf32>, tensor<64x32x!llm.block<q4_0, 16>> -> tensor<?x64xf32>
  %1 = llm.slice %0 offsets [0, 0] sizes [tokens, 32] strides [1, 1] : tensor<?x64xf32> -> tensor<?x32xf32>
  %2 = llm.slice %0 offsets [0, 32] sizes [tokens, 32] strides [1, 1] : tensor<?x64xf32> -> tensor<?x32xf32>
  %3 = llm.swiglu %1, %2 : tensor<?x32xf32>, tensor<?x32xf32> -> tensor<?x32xf32>
  return %3, %0 : tensor<?x32xf32>, tensor<?x64xf32>
}
