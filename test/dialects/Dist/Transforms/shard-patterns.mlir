// RUN: llm-opt %s --dist-annotate="mesh=tp=2 shard=*.query=tp:0,*.up=tp:0" --dist-propagate --dist-insert-reshards --dist-localize --dist-lower-reshards | FileCheck %s --check-prefix=TWO
// RUN: llm-opt %s --dist-annotate="mesh=dp=2,tp=2,ep=2 shard=*.up=tp:0,*.up=ep:0" --dist-propagate | FileCheck %s --check-prefix=NEST

// Two weights that are named bring all others with them: the layout is that of
// the built-in choice.
// TWO-LABEL: @layer
// TWO: llm.attention {{.*}} tensor<?x8x2x4xf32>
// TWO: dist.all_reduce
// TWO: llm.relu %{{.*}} : tensor<?x8x16xf32>
// TWO: dist.all_reduce
// TWO-NOT: dist.

// The first axis is the major one; the batch is split beside.
// NEST-LABEL: @layer(%arg0: tensor<?x8x16xf32> {dist.origin = "dp: batch batch", dist.sharding = #dist.sharding<[{"dp"}, {}, {}]>
// NEST-SAME: %arg1: tensor<16xf32> {dist.sharding = #dist.sharding<[{}]>}
// NEST: llm.load_weight @layer.query {dist.sharding = #dist.sharding<[{}, {}]>}
// NEST: llm.load_weight @layer.up {dist.origin = "tp: shard pattern *.up=tp:0; ep: shard pattern *.up=ep:0", dist.sharding = #dist.sharding<[{"tp", "ep"}, {}]>}
// NEST: llm.load_weight @layer.down {dist.origin = "tp: weight @layer.up; ep: weight @layer.up", dist.sharding = #dist.sharding<[{}, {"tp", "ep"}]>}
// NEST: llm.relu {{.*}} {dist.origin = "dp: input 0; tp: weight @layer.up; ep: weight @layer.up", dist.sharding = #dist.sharding<[{"dp"}, {}, {"tp", "ep"}]>}

llm.size @batch range(1, 64) divisor 1
llm.weight @layer.query : tensor<16x16xf32> in "model.safetensors" at 0
llm.weight @layer.output : tensor<16x16xf32> in "model.safetensors" at 1024
llm.weight @layer.up : tensor<32x16xf32> in "model.safetensors" at 2048
llm.weight @layer.down : tensor<16x32xf32> in "model.safetensors" at 4096
func.func @layer(%x: tensor<?x8x16xf32> {llm.sizes = #llm.sizes<[batch, 8, 16]>}, %b: tensor<16xf32>) -> tensor<?x8x16xf32> {
  %wq = llm.load_weight @layer.query : tensor<16x16xf32>
  %wo = llm.load_weight @layer.output : tensor<16x16xf32>
  %wu = llm.load_weight @layer.up : tensor<32x16xf32>
  %wd = llm.load_weight @layer.down : tensor<16x32xf32>
  %q = llm.linear %x, %wq : tensor<?x8x16xf32>, tensor<16x16xf32> -> tensor<?x8x16xf32>
  %qh = llm.reshape %q to [batch, 8, 4, 4] : tensor<?x8x16xf32> -> tensor<?x8x4x4xf32>
  %a = llm.attention %qh, %qh, %qh scale 0.5 : tensor<?x8x4x4xf32>, tensor<?x8x4x4xf32>, tensor<?x8x4x4xf32> -> tensor<?x8x4x4xf32>
  %ah = llm.reshape %a to [batch, 8, 16] : tensor<?x8x4x4xf32> -> tensor<?x8x16xf32>
  %o = llm.linear %ah, %wo bias %b : tensor<?x8x16xf32>, tensor<16x16xf32>, tensor<16xf32> -> tensor<?x8x16xf32>
  %u = llm.linear %o, %wu : tensor<?x8x16xf32>, tensor<32x16xf32> -> tensor<?x8x32xf32>
  %r = llm.relu %u : tensor<?x8x32xf32>
  %d = llm.linear %r, %wd : tensor<?x8x32xf32>, tensor<16x32xf32> -> tensor<?x8x16xf32>
  return %d : tensor<?x8x16xf32>
}
