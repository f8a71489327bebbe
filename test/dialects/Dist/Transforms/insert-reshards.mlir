// RUN: llm-opt %s --dist-insert-reshards --split-input-file --verify-diagnostics | FileCheck %s

// A sum over a split factor is partial, and reduced before what is not linear.
dist.mesh @mesh <"dp" = 2, "tp" = 2>
// CHECK-LABEL: @partial
func.func @partial(%x: tensor<8x16xf32>, %y: tensor<16x8xf32>) -> tensor<8x8xf32> {
  // CHECK: %[[SUM:.*]] = llm.matmul {{.*}}#dist.sharding<[{}, {}] sum {"tp"}>
  // CHECK: %[[WHOLE:.*]] = dist.reshard %[[SUM]] from <[{}, {}] sum {"tp"}> to <[{}, {}]> of [8, 8]
  // CHECK: llm.tanh %[[WHOLE]]
  %0 = llm.exp %x {dist.sharding = #dist.sharding<[{}, {"tp"}]>} : tensor<8x16xf32>
  %1 = llm.exp %y {dist.sharding = #dist.sharding<[{"tp"}, {}]>} : tensor<16x8xf32>
  %2 = llm.matmul %0, %1 {dist.sharding = #dist.sharding<[{}, {}]>} : tensor<8x16xf32>, tensor<16x8xf32> -> tensor<8x8xf32>
  %3 = llm.tanh %2 {dist.sharding = #dist.sharding<[{}, {}]>} : tensor<8x8xf32>
  return %3 : tensor<8x8xf32>
}

// -----

// Maxima of parts are maxima still; a mean needs all.
dist.mesh @mesh <"tp" = 2>
// CHECK-LABEL: @reductions
func.func @reductions(%x: tensor<512x512xf32>) -> (tensor<512x1xf32>, tensor<512x1xf32>) {
  // CHECK: %[[X:.*]] = llm.exp
  %0 = llm.exp %x {dist.sharding = #dist.sharding<[{}, {"tp"}]>} : tensor<512x512xf32>
  // CHECK: llm.reduce max %[[X]] {{.*}}#dist.sharding<[{}, {}] max {"tp"}>
  %1 = llm.reduce max %0 axes [1] {dist.sharding = #dist.sharding<[{}, {}]>} : tensor<512x512xf32> -> tensor<512x1xf32>
  // CHECK: %[[WHOLE:.*]] = dist.reshard %[[X]] from <[{}, {"tp"}]> to <[{}, {}]>
  // CHECK: llm.reduce mean %[[WHOLE]]
  %2 = llm.reduce mean %0 axes [1] {dist.sharding = #dist.sharding<[{}, {}]>} : tensor<512x512xf32> -> tensor<512x1xf32>
  return %1, %2 : tensor<512x1xf32>, tensor<512x1xf32>
}

// -----

// One reshard serves all users; a result that is split over columns is returned
// whole, one that is split over rows is not.
dist.mesh @mesh <"tp" = 2>
// CHECK-LABEL: @results
// CHECK-SAME: -> (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32> {dist.sharding = #dist.sharding<[{"tp"}, {}]>})
func.func @results(%x: tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) {
  // CHECK: %[[X:.*]] = llm.exp
  // CHECK: %[[WHOLE:.*]] = dist.reshard %[[X]] from <[{}, {"tp"}]> to <[{}, {}]>
  // CHECK: %[[Y:.*]] = llm.softmax %[[WHOLE]]
  // CHECK: %[[ROWS:.*]] = dist.reshard %{{.*}} from <[{}, {}]> to <[{"tp"}, {}]>
  // CHECK: %[[Z:.*]] = llm.tanh %[[ROWS]]
  // CHECK: return %[[WHOLE]], %[[Y]], %[[Z]]
  %0 = llm.exp %x {dist.sharding = #dist.sharding<[{}, {"tp"}]>} : tensor<8x4xf32>
  %1 = llm.softmax %0 axis 1 {dist.sharding = #dist.sharding<[{}, {}]>} : tensor<8x4xf32>
  %2 = llm.tanh %x {dist.sharding = #dist.sharding<[{"tp"}, {}]>} : tensor<8x4xf32>
  return %0, %1, %2 : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>
}

// -----

// Two axes that split two factors of one product.
dist.mesh @mesh <"dp" = 2, "tp" = 2>
llm.weight @w : tensor<32x16xf32> in "model.safetensors" at 0
// CHECK-LABEL: @both
func.func @both(%x: tensor<8x16xf32>) -> tensor<8x32xf32> {
  // CHECK: %[[W:.*]] = llm.load_weight @w {dist.sharding = #dist.sharding<[{}, {}]>}
  // CHECK: %[[PART:.*]] = dist.reshard %[[W]] from <[{}, {}]> to <[{"tp"}, {}]> of [32, 16]
  // CHECK: llm.linear %{{.*}}, %[[PART]] {dist.sharding = #dist.sharding<[{"dp"}, {"tp"}]>}
  %w = llm.load_weight @w {dist.sharding = #dist.sharding<[{"tp"}, {}]>} : tensor<32x16xf32>
  %0 = llm.exp %x {dist.sharding = #dist.sharding<[{"dp"}, {}]>} : tensor<8x16xf32>
  %1 = llm.linear %0, %w {dist.sharding = #dist.sharding<[{"dp"}, {"tp"}]>} : tensor<8x16xf32>, tensor<32x16xf32> -> tensor<8x32xf32>
  return %1 : tensor<8x32xf32>
}

// -----

// Any row may be asked for.
dist.mesh @mesh <"tp" = 2>
llm.weight @words : tensor<64x16xf32> in "model.safetensors" at 0
func.func @table(%ids: tensor<8xi64>) -> tensor<8x16xf32> {
  %w = llm.load_weight @words {dist.sharding = #dist.sharding<[{"tp"}, {}]>} : tensor<64x16xf32>
  // expected-warning @below {{moves weight @words between devices on every run, as the op cannot be computed on shards #dist.sharding<[{"tp"}, {}]>; split another dimension of it}}
  %0 = llm.embedding %ids, %w {dist.sharding = #dist.sharding<[{}, {}]>} : tensor<8xi64>, tensor<64x16xf32> -> tensor<8x16xf32>
  return %0 : tensor<8x16xf32>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @not_propagated(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{has no dist.sharding; run dist-propagate first}}
  %0 = llm.exp %x : tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @kernel(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{has no sharding rule; partition a program before its kernels are formed}}
  %0 = llm.kernel(%x) : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%a: tensor<8xf32>):
    %1 = llm.exp %a : tensor<8xf32>
    llm.yield %1 : tensor<8xf32>
  }
  return %0 : tensor<8xf32>
}
