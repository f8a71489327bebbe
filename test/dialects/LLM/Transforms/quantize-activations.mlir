// RUN: llm-opt %s --llm-quantize-activations | FileCheck %s
// RUN: llm-opt %s --llm-quantize-activations=type=f32 | FileCheck %s --check-prefix=KEPT
// RUN: not llm-opt %s --llm-quantize-activations=type=int4 2>&1 | FileCheck %s --check-prefix=ERROR

// ERROR: activations are 'int4' but must be int8 or f32
// KEPT-NOT: activations
// KEPT-NOT: narrow

// CHECK-LABEL: @products
func.func @products(%x: tensor<?x64xf32>, %w: tensor<30x64x!llm.block<q4_0>>, %half: tensor<30x64xf16>,
    %experts: tensor<4x30x64x!llm.block<q8_0>>, %chosen: tensor<?x2xi32>) -> (tensor<?x30xf32>, tensor<?x30xf32>, tensor<?x2x30xf32>) {
  // CHECK-NEXT: llm.linear %{{.*}}, %{{.*}} activations q8 :
  %0 = llm.linear %x, %w : tensor<?x64xf32>, tensor<30x64x!llm.block<q4_0>> -> tensor<?x30xf32>
  // CHECK-NEXT: llm.linear %{{.*}}, %{{.*}} :
  %1 = llm.linear %x, %half : tensor<?x64xf32>, tensor<30x64xf16> -> tensor<?x30xf32>
  // CHECK-NEXT: llm.expert_linear %{{.*}}, %{{.*}}, %{{.*}} activations q8 :
  %2 = llm.expert_linear %x, %experts, %chosen : tensor<?x64xf32>, tensor<4x30x64x!llm.block<q8_0>>, tensor<?x2xi32> -> tensor<?x2x30xf32>
  return %0, %1, %2 : tensor<?x30xf32>, tensor<?x30xf32>, tensor<?x2x30xf32>
}

// CHECK-LABEL: @attention
func.func @attention(%q: tensor<?x4x16xf32>, %keys: tensor<8x2x16x64xf16>, %values: tensor<8x2x64x16xf16>,
    %p: tensor<?xi32>, %s: tensor<?xi32>, %l: tensor<?xi32>, %t: tensor<?x?xi32>) -> tensor<?x4x16xf32> {
  // CHECK-NEXT: llm.paged_attention {{.*}} scale 2.500000e-01 {llm.narrow} :
  %0 = llm.paged_attention %q, %keys, %values positions %p sequences %s lengths %l blocks %t scale 0.25 : tensor<?x4x16xf32>, tensor<8x2x16x64xf16>, tensor<8x2x64x16xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x4x16xf32>
  return %0 : tensor<?x4x16xf32>
}
