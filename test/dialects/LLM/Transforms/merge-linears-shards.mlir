// RUN: llm-opt %s --llm-merge-linears | FileCheck %s

llm.size @rows range(1, 64) divisor 1
llm.weight @gate : tensor<8x6xf32> in "model.onnx" at 0
llm.weight @up : tensor<8x6xf32> in "model.onnx" at 192

// A rank's rows of each weight.
// CHECK-LABEL: @merges_shards
func.func @merges_shards(%x: tensor<?x6xf32> {llm.sizes = #llm.sizes<[rows, 6]>}) -> tensor<?x4xf32> {
  // CHECK: %[[GATE:.*]] = llm.slice %{{.*}} offsets [4*coord("tp"), 0]
  // CHECK: %[[UP:.*]] = llm.slice %{{.*}} offsets [4*coord("tp"), 0]
  // CHECK: %[[W:.*]] = llm.concat %[[GATE]], %[[UP]] axis 0
  // CHECK-NEXT: llm.linear %{{.*}}, %[[W]]
  %gate = llm.load_weight @gate : tensor<8x6xf32>
  %local_gate = llm.slice %gate offsets [4 * coord("tp"), 0] sizes [4, 6] strides [1, 1] : tensor<8x6xf32> -> tensor<4x6xf32>
  %0 = llm.linear %x, %local_gate : tensor<?x6xf32>, tensor<4x6xf32> -> tensor<?x4xf32>
  %up = llm.load_weight @up : tensor<8x6xf32>
  %local_up = llm.slice %up offsets [4 * coord("tp"), 0] sizes [4, 6] strides [1, 1] : tensor<8x6xf32> -> tensor<4x6xf32>
  %1 = llm.linear %x, %local_up : tensor<?x6xf32>, tensor<4x6xf32> -> tensor<?x4xf32>
  %2 = llm.mul %0, %1 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}
