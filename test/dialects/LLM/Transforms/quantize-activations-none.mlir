// RUN: llm-opt %s --llm-quantize-activations | FileCheck %s

// Where no weight is in blocks, attention is exact too.

// CHECK-LABEL: @attention
//   CHECK-NOT: narrow
func.func @attention(%q: tensor<5x4x16xf32>, %keys: tensor<8x2x16x64xf16>, %values: tensor<8x2x64x16xf16>,
    %p: tensor<5xi32>, %s: tensor<?xi32>, %l: tensor<?xi32>, %t: tensor<?x?xi32>, %w: tensor<16x64xf16>) -> tensor<5x16xf32> {
  %0 = llm.paged_attention %q, %keys, %values positions %p sequences %s lengths %l blocks %t scale 0.25 : tensor<5x4x16xf32>, tensor<8x2x16x64xf16>, tensor<8x2x64x16xf16>, tensor<5xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<5x4x16xf32>
  %1 = llm.reshape %0 to [5, 64] : tensor<5x4x16xf32> -> tensor<5x64xf32>
  %2 = llm.linear %1, %w : tensor<5x64xf32>, tensor<16x64xf16> -> tensor<5x16xf32>
  return %2 : tensor<5x16xf32>
}
