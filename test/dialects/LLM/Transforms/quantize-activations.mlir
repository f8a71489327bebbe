// RUN: llm-opt %s --llm-quantize-activations | FileCheck %s
// RUN: llm-opt %s --llm-quantize-activations=type=f32 | FileCheck %s --check-prefix=KEPT
// RUN: not llm-opt %s --llm-quantize-activations=type=int4 2>&1 | FileCheck %s --check-prefix=ERROR

// ERROR: activations are 'int4' but must be int8 or f32
// KEPT-NOT: activations

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
