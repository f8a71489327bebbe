// RUN: split-file %s %t
// RUN: llm-opt %t/right.mlir --verify --canonicalize --cse | FileCheck %s --check-prefix=RIGHT
// RUN: not llm-opt %t/dropped.mlir --verify --test-llm-miscompile --cse 2>&1 | FileCheck %s --check-prefix=DROPPED
// RUN: not llm-opt %t/offset.mlir --verify --test-llm-miscompile 2>&1 | FileCheck %s --check-prefix=OFFSET
// RUN: not llm-opt %t/sharded.mlir --verify --test-llm-miscompile 2>&1 | FileCheck %s --check-prefix=SHARDED

// What the ranks hold together is compared.
// RIGHT: dist.all_gather

//--- right.mlir
dist.mesh @mesh <"dp" = 2, "tp" = 2>
llm.size @rows range(1, 64) divisor 1
func.func @f(%x: tensor<?x4xf32> {llm.sizes = #llm.sizes<[rows, 4]>}) -> (tensor<?x4xf32> {dist.sharding = #dist.sharding<[{"dp"}, {}]>}) attributes {dist.local} {
  %0 = llm.slice %x offsets [min(ceildiv(rows, 2) * coord("dp"), rows), 2 * coord("tp")] sizes [min(ceildiv(rows, 2), max(rows - ceildiv(rows, 2) * coord("dp"), 0)), 2] strides [1, 1] : tensor<?x4xf32> -> tensor<?x2xf32>
  %1 = llm.exp %0 : tensor<?x2xf32>
  %2 = dist.all_gather %1 dim 1 over ["tp"] of [min(ceildiv(rows, 2), max(rows - ceildiv(rows, 2) * coord("dp"), 0)), 4] : tensor<?x2xf32> -> tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}

// Without the reduction each rank goes on with its part of the sum.
// DROPPED: error: {{.*}}pass `test-llm-miscompile` left `f` without a value: result 0 of `f` differs between ranks 0 and 1, which hold the same shard: rank 1 has {{.*}}; before that, op llm.tanh (layer.0/Tanh) on rank 0 gives {{.*}} where {{.*}} was expected
// DROPPED-NOT: error

//--- dropped.mlir
dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<3x4xf32>, %w: tensor<5x4xf32>) -> tensor<3x5xf32> attributes {dist.local} {
  %0 = llm.slice %x offsets [0, 2 * coord("tp")] sizes [3, 2] strides [1, 1] : tensor<3x4xf32> -> tensor<3x2xf32> loc("layer.0/Slice")
  %1 = llm.slice %w offsets [0, 2 * coord("tp")] sizes [5, 2] strides [1, 1] : tensor<5x4xf32> -> tensor<5x2xf32> loc("layer.0/Weight")
  %2 = llm.linear %0, %1 : tensor<3x2xf32>, tensor<5x2xf32> -> tensor<3x5xf32> loc("layer.0/Linear")
  %3 = dist.all_reduce %2 sum over ["tp"] {test.miscompile = "drop"} : tensor<3x5xf32> loc("layer.0/Reduce")
  %4 = llm.tanh %3 : tensor<3x5xf32> loc("layer.0/Tanh")
  %5 = llm.exp %4 : tensor<3x5xf32> loc("layer.1/Exp")
  return %5 : tensor<3x5xf32>
}

// OFFSET: error: {{.*}}pass `test-llm-miscompile` changed the results of `f`: op llm.slice (layer.0/Weight) on rank 1 gives {{.*}} where {{.*}} was expected, so that result 0 has {{.*}}

//--- offset.mlir
dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<3x4xf32>, %w: tensor<5x4xf32>) -> tensor<3x5xf32> attributes {dist.local} {
  %0 = llm.slice %x offsets [0, 2 * coord("tp")] sizes [3, 2] strides [1, 1] : tensor<3x4xf32> -> tensor<3x2xf32> loc("layer.0/Slice")
  %1 = llm.slice %w offsets [0, 2 * coord("tp")] sizes [5, 2] strides [1, 1] {test.miscompile = "offset"} : tensor<5x4xf32> -> tensor<5x2xf32> loc("layer.0/Weight")
  %2 = llm.linear %0, %1 : tensor<3x2xf32>, tensor<5x2xf32> -> tensor<3x5xf32> loc("layer.0/Linear")
  %3 = dist.all_reduce %2 sum over ["tp"] : tensor<3x5xf32> loc("layer.0/Reduce")
  return %3 : tensor<3x5xf32>
}

// A shard of the result is wrong on one rank alone.
// SHARDED: error: {{.*}}pass `test-llm-miscompile` changed the results of `f`: op llm.slice (layer.0/Slice) on rank 2 gives {{.*}} where {{.*}} was expected, so that result 0 has {{.*}}

//--- sharded.mlir
dist.mesh @mesh <"dp" = 2, "tp" = 2>
func.func @f(%x: tensor<6xf32>) -> (tensor<3xf32> {dist.sharding = #dist.sharding<[{"dp"}]>}) attributes {dist.local} {
  %0 = llm.slice %x offsets [3 * coord("dp")] sizes [3] strides [1] {test.miscompile = "offset"} : tensor<6xf32> -> tensor<3xf32> loc("layer.0/Slice")
  %1 = llm.neg %0 : tensor<3xf32> loc("layer.0/Neg")
  return %1 : tensor<3xf32>
}
