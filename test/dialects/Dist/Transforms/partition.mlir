// RUN: llm-opt %s --dist-annotate=mesh=tp=2 --dist-propagate | FileCheck %s --check-prefix=PROPAGATE
// RUN: llm-opt %s --dist-annotate=mesh=tp=2 --dist-propagate --dist-insert-reshards | FileCheck %s --check-prefix=INSERT
// RUN: llm-opt %s --dist-annotate=mesh=tp=2 --dist-propagate --dist-insert-reshards --dist-localize --dist-lower-reshards | FileCheck %s --check-prefix=LOCAL
// An MLP through all passes.

llm.size @batch range(1, 64) divisor 1
llm.weight @up : tensor<64x16xf32> in "model.safetensors" at 0
llm.weight @down : tensor<16x64xf32> in "model.safetensors" at 4096
llm.weight @bias : tensor<64xf32> in "model.safetensors" at 8192
func.func @mlp(%x: tensor<?x16xf32> {llm.sizes = #llm.sizes<[batch, 16]>}) -> tensor<?x16xf32> {
  %up = llm.load_weight @up : tensor<64x16xf32>
  %down = llm.load_weight @down : tensor<16x64xf32>
  %bias = llm.load_weight @bias : tensor<64xf32>
  %0 = llm.linear %x, %up bias %bias : tensor<?x16xf32>, tensor<64x16xf32>, tensor<64xf32> -> tensor<?x64xf32>
  %1 = llm.relu %0 : tensor<?x64xf32>
  %2 = llm.linear %1, %down : tensor<?x64xf32>, tensor<16x64xf32> -> tensor<?x16xf32>
  %3 = llm.add %x, %2 : tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x16xf32>
  return %3 : tensor<?x16xf32>
}

// PROPAGATE-LABEL: @mlp
// PROPAGATE-SAME: %[[X:.*]]: tensor<?x16xf32> {dist.sharding = #dist.sharding<[{}, {}]>,
// PROPAGATE: load_weight @bias {dist.origin = "tp: weight @up", dist.sharding = #dist.sharding<[{"tp"}]>}
// PROPAGATE: llm.linear {{.*}} {dist.origin = "tp: weight @up", dist.sharding = #dist.sharding<[{}, {"tp"}]>}
// PROPAGATE: llm.relu {{.*}} {dist.origin = "tp: weight @up", dist.sharding = #dist.sharding<[{}, {"tp"}]>}
// PROPAGATE: llm.linear {{.*}} {dist.sharding = #dist.sharding<[{}, {}]>}
// PROPAGATE: llm.add {{.*}} {dist.sharding = #dist.sharding<[{}, {}]>}

// INSERT-LABEL: @mlp
// INSERT: %[[UP:.*]] = llm.load_weight @up {{.*}}#dist.sharding<[{}, {}]>
// INSERT: dist.reshard %[[UP]] from <[{}, {}]> to <[{"tp"}, {}]> of [64, 16] : tensor<64x16xf32> -> tensor<64x16xf32>
// INSERT: %[[SUM:.*]] = llm.linear {{.*}} {dist.sharding = #dist.sharding<[{}, {}] sum {"tp"}>}
// INSERT: dist.reshard %[[SUM]] from <[{}, {}] sum {"tp"}> to <[{}, {}]> of [batch, 16]

// LOCAL-LABEL: @mlp
// LOCAL: %[[UP:.*]] = llm.load_weight @up : tensor<64x16xf32>
// LOCAL: llm.slice %[[UP]] offsets [32*coord("tp"), 0] sizes [32, 16] strides [1, 1] : tensor<64x16xf32> -> tensor<32x16xf32>
// LOCAL: llm.linear %{{.*}} : tensor<?x16xf32>, tensor<32x16xf32>, tensor<32xf32> -> tensor<?x32xf32>
// LOCAL: llm.relu %{{.*}} : tensor<?x32xf32>
// LOCAL: %[[SUM:.*]] = llm.linear %{{.*}} : tensor<?x32xf32>, tensor<16x32xf32> -> tensor<?x16xf32>
// LOCAL: dist.all_reduce %[[SUM]] sum over ["tp"] : tensor<?x16xf32>
// LOCAL: return %{{.*}} : tensor<?x16xf32>
