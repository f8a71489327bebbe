// RUN: llm-opt %s --dist-localize --split-input-file --verify-diagnostics | FileCheck %s

// Ops that hold sizes get those of the shard.
dist.mesh @mesh <"dp" = 2, "tp" = 2>
llm.size @batch range(1, 64) divisor 1
// CHECK-LABEL: @sizes(%arg0: tensor<?x1x8xf32> {llm.sizes = #llm.sizes<[batch, 1, 8]>}) -> (tensor<?x6x4xf32> {dist.sharding = #dist.sharding<[{"dp"}, {}, {}]>, llm.sizes = #llm.sizes<[batch, 6, 4]>}) attributes {dist.local}
func.func @sizes(%x: tensor<?x1x8xf32> {llm.sizes = #llm.sizes<[batch, 1, 8]>}) -> (tensor<?x6x4xf32> {dist.sharding = #dist.sharding<[{"dp"}, {}, {}]>}) {
  // CHECK: dist.reshard %arg0 from <[{}, {}, {}]> to <[{"dp"}, {}, {"tp"}]> of [batch, 1, 8] : tensor<?x1x8xf32> -> tensor<?x1x4xf32>
  %0 = dist.reshard %x from <[{}, {}, {}]> to <[{"dp"}, {}, {"tp"}]> of [batch, 1, 8] : tensor<?x1x8xf32> -> tensor<?x1x8xf32>
  // CHECK: llm.expand %{{.*}} to [min(ceildiv(batch, 2), max(0, -coord("dp")*ceildiv(batch, 2) + batch)), 3, 4] : tensor<?x1x4xf32> -> tensor<?x3x4xf32>
  %1 = llm.expand %0 to [batch, 3, 8] {dist.sharding = #dist.sharding<[{"dp"}, {}, {"tp"}]>} : tensor<?x1x8xf32> -> tensor<?x3x8xf32>
  // CHECK: llm.reshape %{{.*}} to [min(ceildiv(batch, 2), max(0, -coord("dp")*ceildiv(batch, 2) + batch)), 3, 2, 2] : tensor<?x3x4xf32> -> tensor<?x3x2x2xf32>
  %2 = llm.reshape %1 to [batch, 3, 4, 2] {dist.sharding = #dist.sharding<[{"dp"}, {}, {"tp"}, {}]>} : tensor<?x3x8xf32> -> tensor<?x3x4x2xf32>
  // CHECK: llm.slice %{{.*}} sizes [min(ceildiv(batch, 2), max(0, -coord("dp")*ceildiv(batch, 2) + batch)), 3, 2, 1] strides [1, 1, 1, 1] : tensor<?x3x2x2xf32> -> tensor<?x3x2x1xf32>
  %3 = llm.slice %2 offsets [0, 0, 0, 1] sizes [batch, 3, 4, 1] strides [1, 1, 1, 1] {dist.sharding = #dist.sharding<[{"dp"}, {}, {"tp"}, {}]>} : tensor<?x3x4x2xf32> -> tensor<?x3x4x1xf32>
  // CHECK: llm.iota axis 1 to [min(ceildiv(batch, 2), max(0, -coord("dp")*ceildiv(batch, 2) + batch)), 3, 2, 1] : tensor<?x3x2x1xf32>
  %4 = llm.iota axis 1 to [batch, 3, 4, 1] {dist.sharding = #dist.sharding<[{"dp"}, {}, {"tp"}, {}]>} : tensor<?x3x4x1xf32>
  // CHECK: llm.add %{{.*}} : tensor<?x3x2x1xf32>, tensor<?x3x2x1xf32> -> tensor<?x3x2x1xf32>
  %5 = llm.add %3, %4 {dist.sharding = #dist.sharding<[{"dp"}, {}, {"tp"}, {}]>} : tensor<?x3x4x1xf32>, tensor<?x3x4x1xf32> -> tensor<?x3x4x1xf32>
  // CHECK: dist.reshard %{{.*}} : tensor<?x3x2x1xf32> -> tensor<?x3x4x1xf32>
  %6 = dist.reshard %5 from <[{"dp"}, {}, {"tp"}, {}]> to <[{"dp"}, {}, {}, {}]> of [batch, 3, 4, 1] : tensor<?x3x4x1xf32> -> tensor<?x3x4x1xf32>
  %7 = llm.reshape %6 to [batch, 3, 4] {dist.sharding = #dist.sharding<[{"dp"}, {}, {}]>} : tensor<?x3x4x1xf32> -> tensor<?x3x4xf32>
  // CHECK: llm.concat %{{.*}} axis 1 : tensor<?x3x4xf32>, tensor<?x3x4xf32> -> tensor<?x6x4xf32>
  %8 = llm.concat %7, %7 axis 1 {dist.sharding = #dist.sharding<[{"dp"}, {}, {}]>} : tensor<?x3x4xf32>, tensor<?x3x4xf32> -> tensor<?x6x4xf32>
  return %8 : tensor<?x6x4xf32>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @split_sum(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = dist.reshard %x from <[{}, {}]> to <[{}, {"tp"}]> of [4, 8] : tensor<4x8xf32> -> tensor<4x8xf32>
  // expected-error @below {{operand 0 has the sharding #dist.sharding<[{}, {"tp"}]> but the op's rule asks for #dist.sharding<[{}, {}]>; run dist-insert-reshards first}}
  %1 = llm.softmax %0 axis 1 {dist.sharding = #dist.sharding<[{}, {"tp"}]>} : tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @result_too_whole(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = dist.reshard %x from <[{}, {}]> to <[{}, {"tp"}]> of [4, 8] : tensor<4x8xf32> -> tensor<4x8xf32>
  // expected-error @below {{result has the sharding #dist.sharding<[{}, {}]> but the op's rule asks for #dist.sharding<[{}, {"tp"}]>; run dist-insert-reshards first}}
  %1 = llm.exp %0 {dist.sharding = #dist.sharding<[{}, {}]>} : tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}
