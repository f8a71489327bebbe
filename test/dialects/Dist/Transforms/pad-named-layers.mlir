// RUN: llm-opt %s --dist-annotate="mesh=tp=2 shard=down=tp:1,up=tp:0" --verify-diagnostics | FileCheck %s

// Layers that patterns name are padded before any is split, in whatever order
// they are named.
llm.weight @up : tensor<9x8xf32> in "model.safetensors" at 0
llm.weight @down : tensor<8x9xf32> in "model.safetensors" at 512
// CHECK-LABEL: @layer
func.func @layer(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  // CHECK: llm.load_weight @down : tensor<8x9xf32>
  // CHECK: llm.pad %{{.*}} high [1, 0] {dist.origin = "tp: shard pattern up=tp:0", dist.sharding = #dist.sharding<[{"tp"}, {}]>}
  // CHECK: llm.pad %{{.*}} high [0, 1] {dist.origin = "tp: shard pattern down=tp:1", dist.sharding = #dist.sharding<[{}, {"tp"}]>}
  %wu = llm.load_weight @up : tensor<9x8xf32>
  %wd = llm.load_weight @down : tensor<8x9xf32>
  // expected-warning @below {{9 columns are padded to 10, so that the 2 devices of axis "tp" have equal shards}}
  %u = llm.linear %x, %wu : tensor<5x8xf32>, tensor<9x8xf32> -> tensor<5x9xf32>
  %d = llm.linear %u, %wd : tensor<5x9xf32>, tensor<8x9xf32> -> tensor<5x8xf32>
  return %d : tensor<5x8xf32>
}
