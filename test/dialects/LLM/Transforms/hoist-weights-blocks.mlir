// RUN: llm-opt %s --llm-hoist-weights | FileCheck %s
// RUN: rm -rf %t && mkdir %t && cp %s %t/input.mlir
// RUN: awk 'BEGIN { for (i = 0; i < 400; ++i) printf "%%s", "kI.@p" }' > %t/model.gguf
// RUN: llm-opt %t/input.mlir --verify --llm-hoist-weights --llm-quantize-activations -o /dev/null

// Blocks are moved as the bytes they lie in.

// CHECK: llm.weight @q.computed : tensor<10x32x!llm.block<q4_1>> from @concat_pad_slice(@q, @k)
llm.weight @q : tensor<4x64x!llm.block<q4_1>> in "model.gguf" at 0
llm.weight @k : tensor<4x64x!llm.block<q4_1>> in "model.gguf" at 160

// CHECK-LABEL: @layer
func.func @layer(%x: tensor<?x32xf32>) -> tensor<?x10xf32> {
  // CHECK-NEXT: %[[W:.*]] = llm.load_weight @q.computed : tensor<10x32x!llm.block<q4_1>>
  // CHECK-NEXT: llm.linear %{{.*}}, %[[W]]
  %q = llm.load_weight @q : tensor<4x64x!llm.block<q4_1>>
  %k = llm.load_weight @k : tensor<4x64x!llm.block<q4_1>>
  %0 = llm.concat %q, %k axis 0 : tensor<4x64x!llm.block<q4_1>>, tensor<4x64x!llm.block<q4_1>> -> tensor<8x64x!llm.block<q4_1>>
  %1 = llm.pad %0 low [2, 0] high [0, 0] : tensor<8x64x!llm.block<q4_1>> -> tensor<10x64x!llm.block<q4_1>>
  %2 = llm.slice %1 offsets [0, 32] sizes [10, 32] strides [1, 1] : tensor<10x64x!llm.block<q4_1>> -> tensor<10x32x!llm.block<q4_1>>
  %y = llm.linear %x, %2 : tensor<?x32xf32>, tensor<10x32x!llm.block<q4_1>> -> tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}

// CHECK-LABEL: func.func private @concat_pad_slice
// CHECK-SAME: (%[[Q:.*]]: tensor<4x64x!llm.block<q4_1>>, %[[K:.*]]: tensor<4x64x!llm.block<q4_1>>)
// CHECK-NEXT: %[[QB:.*]] = llm.bitcast %[[Q]] : tensor<4x64x!llm.block<q4_1>> -> tensor<4x2x20xui8>
// CHECK-NEXT: %[[KB:.*]] = llm.bitcast %[[K]] : tensor<4x64x!llm.block<q4_1>> -> tensor<4x2x20xui8>
// CHECK-NEXT: %[[R0:.*]] = llm.concat %[[QB]], %[[KB]] axis 0
// CHECK-NEXT: %[[R1:.*]] = llm.pad %[[R0]] low [2, 0, 0] high [0, 0, 0]
// CHECK-NEXT: %[[R2:.*]] = llm.slice %[[R1]] offsets [0, 1, 0] sizes [10, 1, 20] strides [1, 1, 1]
// CHECK-NEXT: %[[R3:.*]] = llm.bitcast %[[R2]] : tensor<10x1x20xui8> -> tensor<10x32x!llm.block<q4_1>>
// CHECK-NEXT: return %[[R3]]
