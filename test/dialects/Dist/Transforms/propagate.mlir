// RUN: llm-opt %s --dist-propagate --split-input-file --verify-diagnostics | FileCheck %s

// Forwards and backwards, in whole heads, as far as heads go.
dist.mesh @mesh <"dp" = 2, "tp" = 2>
// CHECK-LABEL: @heads
func.func @heads(%x: tensor<8x24xf32>) -> tensor<8x24xf32> {
  // CHECK: llm.exp {{.*}} {dist.origin = "tp: an annotated llm.reshape", dist.sharding = #dist.sharding<[{}, {"tp"} granule 6]>}
  %0 = llm.exp %x : tensor<8x24xf32>
  %1 = llm.reshape %0 to [8, 4, 6] {dist.sharding = #dist.sharding<[{}, {"tp"}, {}]>} : tensor<8x24xf32> -> tensor<8x4x6xf32>
  // CHECK: llm.transpose {{.*}}#dist.sharding<[{"tp"}, {}, {}]>
  %2 = llm.transpose %1 perm [1, 0, 2] : tensor<8x4x6xf32> -> tensor<4x8x6xf32>
  // CHECK: llm.softmax {{.*}}#dist.sharding<[{"tp"}, {}, {}]>
  %3 = llm.softmax %2 axis 2 : tensor<4x8x6xf32>
  // CHECK: llm.transpose {{.*}}#dist.sharding<[{}, {"tp"}, {}]>
  %4 = llm.transpose %3 perm [1, 0, 2] : tensor<4x8x6xf32> -> tensor<8x4x6xf32>
  // CHECK: llm.reshape {{.*}}#dist.sharding<[{}, {"tp"} granule 6]>
  %5 = llm.reshape %4 to [8, 24] : tensor<8x4x6xf32> -> tensor<8x24xf32>
  return %5 : tensor<8x24xf32>
}

// -----

// The minor part of a compound dimension and what a norm sums are not split.
dist.mesh @mesh <"tp" = 2>
// CHECK-LABEL: @stops
func.func @stops(%x: tensor<8x24xf32>, %scale: tensor<24xf32>) -> (tensor<8x24xf32>, tensor<8x24xf32>) {
  // CHECK: llm.exp {{.*}}#dist.sharding<[{}, {}]>
  %0 = llm.exp %x : tensor<8x24xf32>
  %1 = llm.reshape %0 to [8, 4, 6] {dist.sharding = #dist.sharding<[{}, {}, {"tp"}]>} : tensor<8x24xf32> -> tensor<8x4x6xf32>
  // CHECK: llm.reshape {{.*}}#dist.sharding<[{}, {}]>
  %2 = llm.reshape %1 to [8, 24] : tensor<8x4x6xf32> -> tensor<8x24xf32>
  %3 = llm.tanh %x {dist.sharding = #dist.sharding<[{}, {"tp"}]>} : tensor<8x24xf32>
  // CHECK: llm.layer_norm {{.*}}#dist.sharding<[{}, {}]>
  %4 = llm.layer_norm %3, %scale epsilon 1.0e-5 : tensor<8x24xf32>, tensor<24xf32>
  return %2, %4 : tensor<8x24xf32>, tensor<8x24xf32>
}

// -----

// Axes nest; `?` takes more of them, `{}` does not.
dist.mesh @mesh <"dp" = 2, "tp" = 2>
// CHECK-LABEL: @open
// CHECK-SAME: -> (tensor<8xf32> {dist.sharding = #dist.sharding<[{"dp", "tp"}]>})
func.func @open(%x: tensor<8xf32>) -> (tensor<8xf32> {dist.sharding = #dist.sharding<[{"dp", "tp"}]>}) {
  // CHECK: llm.exp {{.*}}#dist.sharding<[{}]>
  %0 = llm.exp %x {dist.sharding = #dist.sharding<[{}]>} : tensor<8xf32>
  // CHECK: llm.log {{.*}} {dist.origin = "dp: an annotated llm.log; tp: result 0", dist.sharding = #dist.sharding<[{"dp", "tp"}]>}
  %1 = llm.log %0 {dist.sharding = #dist.sharding<[{"dp", ?}]>} : tensor<8xf32>
  // CHECK: llm.tanh {{.*}} {dist.origin = "dp: result 0; tp: result 0", dist.sharding = #dist.sharding<[{"dp", "tp"}]>}
  %2 = llm.tanh %1 : tensor<8xf32>
  return %2 : tensor<8xf32>
}

// -----

dist.mesh @mesh <"dp" = 2, "tp" = 2>
func.func @contradiction(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-note @below {{an annotated llm.exp has #dist.sharding<[{"dp"}]>}}
  %0 = llm.exp %x {dist.sharding = #dist.sharding<[{"dp"}]>} : tensor<8xf32>
  // expected-note @below {{an annotated llm.log has #dist.sharding<[{"tp"}]>}}
  %1 = llm.log %x {dist.sharding = #dist.sharding<[{"tp"}]>} : tensor<8xf32>
  // expected-warning @below {{two shardings contradict here; one of them will be changed on the way}}
  %2 = llm.add %0, %1 : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  return %2 : tensor<8xf32>
}
