// RUN: llm-opt %s --dist-annotate --dist-propagate --dist-insert-reshards --dist-localize --dist-lower-reshards --canonicalize --cse | FileCheck %s

// Where the values between the blocks are split by rows, an all_gather before
// each block and a reduce_scatter behind it take the place of an all_reduce.
dist.mesh @mesh <"tp" = 2>
llm.size @rows range(1, 64) divisor 1
llm.weight @scale : tensor<16xf32> in "model.safetensors" at 0
llm.weight @up : tensor<64x16xf32> in "model.safetensors" at 64
llm.weight @down : tensor<16x64xf32> in "model.safetensors" at 4160
llm.weight @bias : tensor<16xf32> in "model.safetensors" at 8256
// CHECK-LABEL: @block
// CHECK-SAME: (%[[X:.*]]: tensor<?x16xf32> {{.*}}) -> (tensor<?x16xf32> {dist.sharding = #dist.sharding<[{"tp"}, {}]>, llm.sizes = #llm.sizes<[rows, 16]>})
func.func @block(%x: tensor<?x16xf32> {llm.sizes = #llm.sizes<[rows, 16]>}) -> tensor<?x16xf32> {
  %scale = llm.load_weight @scale : tensor<16xf32>
  %up = llm.load_weight @up : tensor<64x16xf32>
  %down = llm.load_weight @down : tensor<16x64xf32>
  %bias = llm.load_weight @bias : tensor<16xf32>
  // CHECK: %[[ROWS:.*]] = llm.slice %[[X]] offsets [min(coord("tp")*ceildiv(rows, 2), rows), 0]
  // CHECK: %[[NORM:.*]] = llm.layer_norm %[[ROWS]]
  // CHECK: %[[WHOLE:.*]] = dist.all_gather %[[NORM]] dim 0 over ["tp"] of [rows, 16]
  // CHECK: llm.linear %[[WHOLE]], %{{.*}} : tensor<?x16xf32>, tensor<32x16xf32> -> tensor<?x32xf32>
  // CHECK: %[[PARTIAL:.*]] = llm.linear %{{.*}} : tensor<?x32xf32>, tensor<16x32xf32> -> tensor<?x16xf32>
  // CHECK: %[[SUM:.*]] = dist.reduce_scatter %[[PARTIAL]] sum dim 0 over ["tp"] of [rows, 16]
  // CHECK: %[[BIASED:.*]] = llm.add %[[SUM]], %{{.*}} : tensor<?x16xf32>, tensor<16xf32>
  // CHECK: llm.add %{{.*}}, %{{.*}} : tensor<?x16xf32>, tensor<?x16xf32>
  // CHECK-NOT: dist.
  %0 = llm.layer_norm %x, %scale epsilon 1.0e-5 {dist.sharding = #dist.sharding<[{"tp"}, {}]>} : tensor<?x16xf32>, tensor<16xf32>
  %1 = llm.linear %0, %up : tensor<?x16xf32>, tensor<64x16xf32> -> tensor<?x64xf32>
  %2 = llm.relu %1 : tensor<?x64xf32>
  %3 = llm.linear %2, %down bias %bias : tensor<?x64xf32>, tensor<16x64xf32>, tensor<16xf32> -> tensor<?x16xf32>
  %4 = llm.add %x, %3 {dist.sharding = #dist.sharding<[{"tp"}, {}]>} : tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x16xf32>
  return %4 : tensor<?x16xf32>
}
