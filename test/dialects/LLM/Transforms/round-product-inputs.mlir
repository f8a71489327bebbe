// RUN: llm-opt %s --pass-pipeline='builtin.module(func.func(llm-round-product-inputs))' | FileCheck %s

llm.size @tokens range(1, 64) divisor 1

// The kernel that computes the input rounds it, also behind a reshape.
// CHECK-LABEL: func.func @in_place
func.func @in_place(%x: tensor<?x2x8xf32> {llm.sizes = #llm.sizes<[tokens, 2, 8]>}, %w: tensor<32x16xf16>, %b: tensor<32xf32>) -> tensor<?x32xf32> {
  // CHECK: %[[ROUNDED:.*]] = llm.kernel(%{{.*}}) : (tensor<?x2x8xf32>) -> tensor<?x2x8xf16>
  // CHECK: %[[SILU:.*]] = llm.silu
  // CHECK-NEXT: %[[CAST:.*]] = llm.cast %[[SILU]] : tensor<?x2x8xf32> -> tensor<?x2x8xf16>
  // CHECK-NEXT: llm.yield %[[CAST]]
  %0 = llm.kernel(%x) : (tensor<?x2x8xf32>) -> tensor<?x2x8xf32> {
  ^bb0(%in: tensor<?x2x8xf32>):
    %3 = llm.silu %in : tensor<?x2x8xf32>
    llm.yield %3 : tensor<?x2x8xf32>
  }
  // CHECK: %[[ROWS:.*]] = llm.reshape %[[ROUNDED]] to [tokens, 16] : tensor<?x2x8xf16> -> tensor<?x16xf16>
  %1 = llm.reshape %0 to [tokens, 16] : tensor<?x2x8xf32> -> tensor<?x16xf32>
  // CHECK-NEXT: llm.kernel(%[[ROWS]], %{{.*}}, %{{.*}}) : (tensor<?x16xf16>, tensor<32x16xf16>, tensor<32xf32>) -> tensor<?x32xf32>
  // CHECK-NEXT: ^bb0(%[[IN:.*]]: tensor<?x16xf16>,
  // CHECK-NEXT: %[[WIDENED:.*]] = llm.cast %[[IN]] : tensor<?x16xf16> -> tensor<?x16xf32>
  // CHECK-NEXT: llm.linear %[[WIDENED]],
  %2 = llm.kernel(%1, %w, %b) : (tensor<?x16xf32>, tensor<32x16xf16>, tensor<32xf32>) -> tensor<?x32xf32> {
  ^bb0(%in: tensor<?x16xf32>, %weight: tensor<32x16xf16>, %bias: tensor<32xf32>):
    %3 = llm.linear %in, %weight bias %bias : tensor<?x16xf32>, tensor<32x16xf16>, tensor<32xf32> -> tensor<?x32xf32>
    %4 = llm.gelu %3 approximate tanh : tensor<?x32xf32>
    llm.yield %4 : tensor<?x32xf32>
  }
  return %2 : tensor<?x32xf32>
}

// A value that others read is rounded by a kernel of its own, once.
// CHECK-LABEL: func.func @shared
// CHECK-SAME: (%[[X:.*]]: tensor<8x16xf32>
func.func @shared(%x: tensor<8x16xf32>, %w: tensor<32x16xbf16>) -> (tensor<8x16xf32>, tensor<8x32xf32>, tensor<8x32xf32>) {
  // CHECK-NEXT: %[[ROUNDED:.*]] = llm.kernel(%[[X]]) : (tensor<8x16xf32>) -> tensor<8x16xbf16>
  // CHECK-COUNT-2: llm.kernel(%[[ROUNDED]], %{{.*}}) : (tensor<8x16xbf16>, tensor<32x16xbf16>) -> tensor<8x32xf32>
  %0 = llm.kernel(%x, %w) : (tensor<8x16xf32>, tensor<32x16xbf16>) -> tensor<8x32xf32> {
  ^bb0(%in: tensor<8x16xf32>, %weight: tensor<32x16xbf16>):
    %2 = llm.linear %in, %weight : tensor<8x16xf32>, tensor<32x16xbf16> -> tensor<8x32xf32>
    llm.yield %2 : tensor<8x32xf32>
  }
  %1 = llm.kernel(%x, %w) : (tensor<8x16xf32>, tensor<32x16xbf16>) -> tensor<8x32xf32> {
  ^bb0(%in: tensor<8x16xf32>, %weight: tensor<32x16xbf16>):
    %2 = llm.linear %in, %weight : tensor<8x16xf32>, tensor<32x16xbf16> -> tensor<8x32xf32>
    %3 = llm.relu %2 : tensor<8x32xf32>
    llm.yield %3 : tensor<8x32xf32>
  }
  return %x, %0, %1 : tensor<8x16xf32>, tensor<8x32xf32>, tensor<8x32xf32>
}

// No library adds a residual or computes gelu by erf; weights in blocks and f32
// ones have no 16 bits to be multiplied by.
// CHECK-LABEL: func.func @stay
// CHECK-NOT: llm.cast
func.func @stay(%x: tensor<8x64xf32>, %w: tensor<64x64xf16>, %q: tensor<64x64x!llm.block<q4_0>>, %f: tensor<64x64xf32>) -> tensor<8x64xf32> {
  %0 = llm.kernel(%x, %w) : (tensor<8x64xf32>, tensor<64x64xf16>) -> tensor<8x64xf32> {
  ^bb0(%in: tensor<8x64xf32>, %weight: tensor<64x64xf16>):
    %4 = llm.linear %in, %weight : tensor<8x64xf32>, tensor<64x64xf16> -> tensor<8x64xf32>
    %5 = llm.add %4, %in : tensor<8x64xf32>, tensor<8x64xf32> -> tensor<8x64xf32>
    llm.yield %5 : tensor<8x64xf32>
  }
  %1 = llm.kernel(%0, %w) : (tensor<8x64xf32>, tensor<64x64xf16>) -> tensor<8x64xf32> {
  ^bb0(%in: tensor<8x64xf32>, %weight: tensor<64x64xf16>):
    %4 = llm.linear %in, %weight : tensor<8x64xf32>, tensor<64x64xf16> -> tensor<8x64xf32>
    %5 = llm.gelu %4 approximate none : tensor<8x64xf32>
    llm.yield %5 : tensor<8x64xf32>
  }
  %2 = llm.kernel(%1, %q) : (tensor<8x64xf32>, tensor<64x64x!llm.block<q4_0>>) -> tensor<8x64xf32> {
  ^bb0(%in: tensor<8x64xf32>, %weight: tensor<64x64x!llm.block<q4_0>>):
    %4 = llm.linear %in, %weight : tensor<8x64xf32>, tensor<64x64x!llm.block<q4_0>> -> tensor<8x64xf32>
    llm.yield %4 : tensor<8x64xf32>
  }
  %3 = llm.kernel(%2, %f) : (tensor<8x64xf32>, tensor<64x64xf32>) -> tensor<8x64xf32> {
  ^bb0(%in: tensor<8x64xf32>, %weight: tensor<64x64xf32>):
    %4 = llm.linear %in, %weight : tensor<8x64xf32>, tensor<64x64xf32> -> tensor<8x64xf32>
    llm.yield %4 : tensor<8x64xf32>
  }
  return %3 : tensor<8x64xf32>
}
