// RUN: llm-opt %s | llm-opt | FileCheck %s
// RUN: llm-opt %s --emit-bytecode | llm-opt | FileCheck %s

// CHECK: dist.mesh @mesh <"dp" = 2, "tp" = 4>
dist.mesh @mesh <"dp" = 2, "tp" = 4>
llm.size @batch range(1, 64) divisor 1

// CHECK-LABEL: @shardings
// CHECK-SAME: dist.sharding = #dist.sharding<[{"dp"}, {"tp", ?}, {?}]>
// CHECK-SAME: -> (tensor<?x8x12xf32> {dist.sharding = #dist.sharding<[{"dp"}, {}, {}]>})
func.func @shardings(%x: tensor<?x8x12xf32> {llm.sizes = #llm.sizes<[batch, 8, 12]>, dist.sharding = #dist.sharding<[{"dp"}, {"tp", ?}, {?}]>})
    -> (tensor<?x8x12xf32> {dist.sharding = #dist.sharding<[{"dp"}, {}, {}]>}) {
  // CHECK: llm.exp %{{.*}} {dist.sharding = #dist.sharding<[{}, {}, {"tp"} granule 3] max {"dp"}>}
  %y = llm.exp %x {dist.sharding = #dist.sharding<[{}, {}, {"tp"} granule 3] max {"dp"}>} : tensor<?x8x12xf32>
  // CHECK: dist.reshard %{{.*}} from <[{}, {}, {"tp"} granule 3] max {"dp"}> to <[{"dp"}, {}, {}]> of [batch, 8, 12]
  %z = dist.reshard %y from <[{}, {}, {"tp"} granule 3] max {"dp"}> to <[{"dp"}, {}, {}]> of [batch, 8, 12] : tensor<?x8x12xf32> -> tensor<?x8x12xf32>
  return %z : tensor<?x8x12xf32>
}

// CHECK-LABEL: @collectives
func.func @collectives(%x: tensor<?x8xf32>) -> tensor<?x2xf32> {
  // CHECK: dist.all_reduce %{{.*}} sum over ["dp", "tp"] : tensor<?x8xf32>
  %a = dist.all_reduce %x sum over ["dp", "tp"] : tensor<?x8xf32>
  // CHECK: dist.reduce_scatter %{{.*}} max dim 1 granule 2 over ["tp"] of [batch, 8]
  %b = dist.reduce_scatter %a max dim 1 granule 2 over ["tp"] of [batch, 8] : tensor<?x8xf32> -> tensor<?x2xf32>
  // CHECK: dist.all_gather %{{.*}} dim 1 granule 2 over ["tp"] of [batch, 8]
  %c = dist.all_gather %b dim 1 granule 2 over ["tp"] of [batch, 8] : tensor<?x2xf32> -> tensor<?x8xf32>
  // CHECK: dist.all_to_all %{{.*}} split 1 concat 0 over ["tp"] of [batch, 8]
  %d = dist.all_to_all %c split 1 concat 0 over ["tp"] of [batch, 8] : tensor<?x8xf32> -> tensor<?x2xf32>
  return %d : tensor<?x2xf32>
}

// CHECK-LABEL: @local
// CHECK-SAME: attributes {dist.local}
func.func @local(%x: tensor<4x8xf32>) -> tensor<2x8xf32> attributes {dist.local} {
  %y = dist.reshard %x from <[{}, {}]> to <[{"dp"}, {}]> of [4, 8] : tensor<4x8xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// The sizes of a result are those of the whole tensor, its type that of a shard.
// CHECK-LABEL: @shards
// CHECK-SAME: -> (tensor<2x8xf32> {dist.sharding = #dist.sharding<[{"dp"}, {}]>, llm.sizes = #llm.sizes<[4, 8]>})
func.func @shards(%x: tensor<4x8xf32>) -> (tensor<2x8xf32> {dist.sharding = #dist.sharding<[{"dp"}, {}]>, llm.sizes = #llm.sizes<[4, 8]>}) attributes {dist.local} {
  %y = llm.slice %x offsets [2 * coord("dp"), 0] sizes [2, 8] strides [1, 1] : tensor<4x8xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}
