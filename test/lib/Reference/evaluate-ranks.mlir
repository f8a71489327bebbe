// RUN: llm-opt %s --llm-evaluate | FileCheck %s

// Rank 4*dp + tp; every op is evaluated on all eight ranks.
dist.mesh @mesh <"dp" = 2, "tp" = 4>

// The result of the whole mesh is in the global form.
// CHECK-LABEL: @all_reduce() -> tensor<1xi64> {
// CHECK: dense<6> : tensor<1xi64>
func.func @all_reduce() -> tensor<1xi64> attributes {dist.local} {
  %0 = llm.sizes_to_tensor [coord("tp")] : tensor<1xi64>
  %1 = dist.all_reduce %0 sum over ["tp"] : tensor<1xi64>
  return %1 : tensor<1xi64>
}

// Ranks that agree on the other axes are a group: two values, one for each dp.
// CHECK-LABEL: @groups
// CHECK: dense<[13, 3]> : tensor<2xi64>
func.func @groups() -> (tensor<1xi64> {dist.sharding = #dist.sharding<[{"dp"}]>}) attributes {dist.local} {
  %0 = llm.sizes_to_tensor [(13 - 10 * coord("dp")) * (1 - min(coord("tp"), 1))] : tensor<1xi64>
  %1 = dist.all_reduce %0 max over ["tp"] : tensor<1xi64>
  return %1 : tensor<1xi64>
}

// Position in the group is major to minor in the order of the axes.
// CHECK-LABEL: @order
// CHECK: dense<[0, 4, 1, 5, 2, 6, 3, 7]> : tensor<8xi64>
func.func @order() -> tensor<8xi64> attributes {dist.local} {
  %0 = llm.sizes_to_tensor [4 * coord("dp") + coord("tp")] : tensor<1xi64>
  %1 = dist.all_gather %0 dim 0 over ["tp", "dp"] of [8] : tensor<1xi64> -> tensor<8xi64>
  return %1 : tensor<8xi64>
}

// 5 elements over 4 devices: 2, 2, 1 and none.
// CHECK-LABEL: @ragged_gather
// CHECK: dense<[1, 2, 3, 4, 5]> : tensor<5xi64>
func.func @ragged_gather() -> tensor<5xi64> attributes {dist.local} {
  %x = llm.constant dense<[1, 2, 3, 4, 5]> : tensor<5xi64>
  %0 = llm.slice %x offsets [min(2 * coord("tp"), 5)] sizes [min(2, max(5 - 2 * coord("tp"), 0))] strides [1] : tensor<5xi64> -> tensor<?xi64>
  %1 = dist.all_gather %0 dim 0 over ["tp"] of [5] : tensor<?xi64> -> tensor<5xi64>
  return %1 : tensor<5xi64>
}

// Pairs stay whole: of 6 elements the ranks hold 2, 2, 2 and none.
// CHECK-LABEL: @granules
// CHECK: dense<[0, 0, 1, 1, 2, 2]> : tensor<6xi64>
func.func @granules() -> tensor<6xi64> attributes {dist.local} {
  %0 = llm.sizes_to_tensor [coord("tp"), coord("tp")] : tensor<2xi64>
  %1 = llm.slice %0 offsets [0] sizes [2 * max(3 - coord("tp"), 0) - 2 * max(2 - coord("tp"), 0)] strides [1] : tensor<2xi64> -> tensor<?xi64>
  %2 = dist.all_gather %1 dim 0 granule 2 over ["tp"] of [6] : tensor<?xi64> -> tensor<6xi64>
  return %2 : tensor<6xi64>
}

// CHECK-LABEL: @reduce_scatter
// CHECK: dense<[{{\[}}4, 8, 12], [16, 20, 24]]> : tensor<2x3xi64>
func.func @reduce_scatter() -> (tensor<2x?xi64> {dist.sharding = #dist.sharding<[{}, {"tp"}]>}) attributes {dist.local} {
  %x = llm.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi64>
  %0 = dist.reduce_scatter %x sum dim 1 over ["tp"] of [2, 3] : tensor<2x3xi64> -> tensor<2x?xi64>
  return %0 : tensor<2x?xi64>
}

// Columns become rows.
// CHECK-LABEL: @all_to_all
// CHECK: dense<[{{\[}}0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3]]> : tensor<3x4xi64>
func.func @all_to_all() -> (tensor<?x4xi64> {dist.sharding = #dist.sharding<[{"tp"}, {}]>}) attributes {dist.local} {
  %0 = llm.sizes_to_tensor [coord("tp"), coord("tp"), coord("tp")] : tensor<3xi64>
  %1 = llm.reshape %0 to [3, 1] : tensor<3xi64> -> tensor<3x1xi64>
  %2 = dist.all_to_all %1 split 0 concat 1 over ["tp"] of [3, 4] : tensor<3x1xi64> -> tensor<?x4xi64>
  return %2 : tensor<?x4xi64>
}

// Several axes on a dimension nest: 5 over dp is 3 and 2, over tp again 1, 1, 1,
// 0 and 1, 1, 0, 0.
// CHECK-LABEL: @nested
// CHECK: dense<[1, 2, 3, 4, 5]> : tensor<5xi64>
func.func @nested() -> (tensor<?xi64> {dist.sharding = #dist.sharding<[{"dp", "tp"}]>}) attributes {dist.local} {
  %x = llm.constant dense<[1, 2, 3, 4, 5]> : tensor<5xi64>
  %0 = dist.reshard %x from <[{}]> to <[{"dp", "tp"}]> of [5] : tensor<5xi64> -> tensor<?xi64>
  return %0 : tensor<?xi64>
}

// Partial values, as the source and as the target.
// CHECK-LABEL: @partial
// CHECK: dense<[28, 8]> : tensor<2xi64>
func.func @partial() -> (tensor<2xi64> {dist.sharding = #dist.sharding<[{}] sum {"tp"}>}) attributes {dist.local} {
  %0 = llm.sizes_to_tensor [coord("tp") + 4 * coord("dp"), 1] : tensor<2xi64>
  %1 = dist.reshard %0 from <[{}] sum {"dp", "tp"}> to <[{}] sum {"tp"}> of [2] : tensor<2xi64> -> tensor<2xi64>
  return %1 : tensor<2xi64>
}

// A weight's initializer may cut the rank's part: each rank has its own.
// CHECK-LABEL: @weights
// CHECK: dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]> : tensor<4xf32>
llm.weight @w : tensor<4xf32> from @numbers()
llm.weight @w.shard : tensor<1xf32> from @shard(@w)
func.func private @numbers() -> tensor<4xf32> {
  %0 = llm.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @shard(%w: tensor<4xf32>) -> tensor<1xf32> {
  %0 = llm.slice %w offsets [coord("tp")] sizes [1] strides [1] : tensor<4xf32> -> tensor<1xf32>
  return %0 : tensor<1xf32>
}
func.func @weights() -> (tensor<1xf32> {dist.sharding = #dist.sharding<[{"tp"}]>}) attributes {dist.local} {
  %0 = llm.load_weight @w.shard : tensor<1xf32>
  return %0 : tensor<1xf32>
}

// In the global form values are whole, and a reshard changes nothing.
// CHECK-LABEL: @global
// CHECK-SAME: dist.sharding = #dist.sharding<[{"dp"}]>
// CHECK: dense<[2.000000e+00, 4.000000e+00]> : tensor<2xf32>
func.func @global() -> (tensor<2xf32> {dist.sharding = #dist.sharding<[{"dp"}]>}) {
  %x = llm.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = llm.add %x, %x {dist.sharding = #dist.sharding<[{}] sum {"tp"}>} : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %1 = dist.reshard %0 from <[{}] sum {"tp"}> to <[{"dp"}]> of [2] : tensor<2xf32> -> tensor<2xf32>
  return %1 : tensor<2xf32>
}
