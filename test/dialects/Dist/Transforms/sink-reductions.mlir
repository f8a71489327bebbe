// RUN: llm-opt %s --dist-sink-reductions | FileCheck %s

dist.mesh @mesh <"dp" = 2, "tp" = 4>
llm.weight @table : tensor<10x8xf32> in "w" at 0

// CHECK-LABEL: @adds_residual_once
func.func @adds_residual_once(%x: tensor<4x8xf32>, %r: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) attributes {dist.local} {
  // CHECK-NEXT: %[[RANK:.*]] = llm.sizes_to_tensor [coord("tp")] : tensor<i64>
  // CHECK-NEXT: %[[ZERO:.*]] = llm.constant dense<0> : tensor<i64>
  // CHECK-NEXT: %[[FIRST:.*]] = llm.compare eq %[[RANK]], %[[ZERO]]
  // CHECK-NEXT: %[[NONE:.*]] = llm.constant dense<0.000000e+00> : tensor<f32>
  // CHECK-NEXT: %[[R:.*]] = llm.select %[[FIRST]], %arg1, %[[NONE]]
  // CHECK-NEXT: %[[SUM:.*]] = llm.add %arg0, %[[R]]
  // CHECK-NEXT: %[[Y:.*]] = dist.all_reduce %[[SUM]] sum over ["tp"]
  // CHECK-NEXT: %[[Z:.*]] = llm.exp %[[Y]]
  // CHECK-NEXT: return %[[Y]], %[[Z]]
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<4x8xf32>
  %1 = llm.add %0, %r : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %2 = llm.exp %1 : tensor<4x8xf32>
  return %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>
}

// What the first layer begins with comes from a table that all ranks have, and
// the second layer's residual from the first one's sum.
// CHECK-LABEL: @adds_in_every_layer
func.func @adds_in_every_layer(%ids: tensor<4xi64>, %w: tensor<8x8xf32>) -> tensor<4x8xf32> attributes {dist.local} {
  // CHECK: llm.embedding
  // CHECK: llm.linear
  // CHECK: llm.add
  // CHECK-NEXT: %[[Y:.*]] = dist.all_reduce
  // CHECK-NEXT: llm.linear %[[Y]]
  // CHECK: llm.select %{{.*}}, %[[Y]]
  // CHECK-NEXT: llm.add
  // CHECK-NEXT: dist.all_reduce
  // CHECK-NEXT: return
  %table = llm.load_weight @table : tensor<10x8xf32>
  %0 = llm.embedding %ids, %table : tensor<4xi64>, tensor<10x8xf32> -> tensor<4x8xf32>
  %1 = llm.linear %0, %w : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %2 = dist.all_reduce %1 sum over ["tp"] : tensor<4x8xf32>
  %3 = llm.add %0, %2 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %4 = llm.linear %3, %w : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %5 = dist.all_reduce %4 sum over ["tp"] : tensor<4x8xf32>
  %6 = llm.add %3, %5 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  return %6 : tensor<4x8xf32>
}

// The first of all ranks that are summed over; a bias is broadcast.
// CHECK-LABEL: @over_both_axes
func.func @over_both_axes(%x: tensor<4x8xf32>, %bias: tensor<8xf32>) -> tensor<4x8xf32> attributes {dist.local} {
  // CHECK: llm.sizes_to_tensor [coord("dp") + coord("tp")]
  // CHECK: llm.select %{{.*}}, %arg1, %{{.*}} : tensor<i1>, tensor<8xf32>, tensor<f32> -> tensor<8xf32>
  %0 = dist.all_reduce %x sum over ["dp", "tp"] : tensor<4x8xf32>
  %1 = llm.add %0, %bias : tensor<4x8xf32>, tensor<8xf32> -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// CHECK-LABEL: @keeps_what_a_norm_adds
func.func @keeps_what_a_norm_adds(%x: tensor<4x8xf32>, %r: tensor<4x8xf32>, %s: tensor<8xf32>) -> tensor<4x8xf32> attributes {dist.local} {
  // CHECK-NEXT: dist.all_reduce
  // CHECK-NEXT: llm.add
  // CHECK-NEXT: llm.rms_norm
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<4x8xf32>
  %1 = llm.add %0, %r : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %2 = llm.rms_norm %1, %s epsilon 1.0e-5 : tensor<4x8xf32>, tensor<8xf32>
  return %2 : tensor<4x8xf32>
}

// Each rank adds columns of its own.
// CHECK-LABEL: @keeps_parts
func.func @keeps_parts(%x: tensor<4x8xf32>, %r: tensor<4x32xf32>) -> tensor<4x8xf32> attributes {dist.local} {
  // CHECK: dist.all_reduce
  // CHECK-NEXT: llm.add
  %0 = llm.slice %r offsets [0, 8 * coord("tp")] sizes [4, 8] strides [1, 1] : tensor<4x32xf32> -> tensor<4x8xf32>
  %1 = dist.all_reduce %x sum over ["tp"] : tensor<4x8xf32>
  %2 = llm.add %0, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}

// Ranks along dp have the same, those along tp do not.
// CHECK-LABEL: @keeps_sum_over_other_axis
func.func @keeps_sum_over_other_axis(%x: tensor<4x8xf32>, %y: tensor<4x32xf32>) -> tensor<4x8xf32> attributes {dist.local} {
  // CHECK: dist.all_reduce %{{.*}} sum over ["tp"]
  // CHECK-NEXT: llm.add
  %0 = llm.slice %y offsets [0, 8 * coord("tp")] sizes [4, 8] strides [1, 1] : tensor<4x32xf32> -> tensor<4x8xf32>
  %1 = dist.all_reduce %0 sum over ["dp"] : tensor<4x8xf32>
  %2 = dist.all_reduce %x sum over ["tp"] : tensor<4x8xf32>
  %3 = llm.add %1, %2 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %4 = llm.mul %1, %3 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  return %4 : tensor<4x8xf32>
}

// CHECK-LABEL: @keeps_maximum
func.func @keeps_maximum(%x: tensor<4x8xf32>, %r: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {dist.local} {
  // CHECK-NEXT: dist.all_reduce
  // CHECK-NEXT: llm.add
  %0 = dist.all_reduce %x max over ["tp"] : tensor<4x8xf32>
  %1 = llm.add %0, %r : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}
