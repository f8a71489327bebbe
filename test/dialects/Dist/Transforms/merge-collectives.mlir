// RUN: llm-opt %s --dist-merge-collectives | FileCheck %s

dist.mesh @mesh <"dp" = 2, "tp" = 4>
llm.size @rows range(1, 64) divisor 1

// CHECK-LABEL: @equal
func.func @equal(%x: tensor<8x4xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32>) attributes {dist.local} {
  // CHECK-NEXT: %[[Y:.*]] = dist.all_gather
  // CHECK-NEXT: return %[[Y]], %[[Y]]
  %0 = dist.all_gather %x dim 1 over ["tp"] of [8, 16] : tensor<8x4xf32> -> tensor<8x16xf32>
  %1 = dist.all_gather %x dim 1 over ["tp"] of [8, 16] : tensor<8x4xf32> -> tensor<8x16xf32>
  return %0, %1 : tensor<8x16xf32>, tensor<8x16xf32>
}

// CHECK-LABEL: @over_both_axes
func.func @over_both_axes(%x: tensor<8xf32>) -> tensor<8xf32> attributes {dist.local} {
  // CHECK-NEXT: %[[Y:.*]] = dist.all_reduce %{{.*}} sum over ["dp", "tp"] : tensor<8xf32>
  // CHECK-NEXT: return %[[Y]]
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<8xf32>
  %1 = dist.all_reduce %0 sum over ["dp"] : tensor<8xf32>
  return %1 : tensor<8xf32>
}

// CHECK-LABEL: @keeps_sum_of_maxima
func.func @keeps_sum_of_maxima(%x: tensor<8xf32>) -> tensor<8xf32> attributes {dist.local} {
  // CHECK: dist.all_reduce
  // CHECK: dist.all_reduce
  %0 = dist.all_reduce %x max over ["tp"] : tensor<8xf32>
  %1 = dist.all_reduce %0 sum over ["dp"] : tensor<8xf32>
  return %1 : tensor<8xf32>
}

// CHECK-LABEL: @gathers
func.func @gathers(%x: tensor<2xf32>) -> tensor<16xf32> attributes {dist.local} {
  // CHECK-NEXT: %[[Y:.*]] = dist.all_gather %{{.*}} dim 0 over ["dp", "tp"] of [16] : tensor<2xf32> -> tensor<16xf32>
  // CHECK-NEXT: return %[[Y]]
  %0 = dist.all_gather %x dim 0 over ["tp"] of [8] : tensor<2xf32> -> tensor<8xf32>
  %1 = dist.all_gather %0 dim 0 over ["dp"] of [16] : tensor<8xf32> -> tensor<16xf32>
  return %1 : tensor<16xf32>
}

// Blocks of blocks are not the blocks of both axes: 12 are 2, 2, 2, 0, 2, 2, 2, 0.
// CHECK-LABEL: @keeps_ragged_gathers
func.func @keeps_ragged_gathers(%x: tensor<?xf32>) -> tensor<12xf32> attributes {dist.local} {
  // CHECK: dist.all_gather
  // CHECK: dist.all_gather
  %0 = dist.all_gather %x dim 0 over ["tp"] of [6] : tensor<?xf32> -> tensor<6xf32>
  %1 = dist.all_gather %0 dim 0 over ["dp"] of [12] : tensor<6xf32> -> tensor<12xf32>
  return %1 : tensor<12xf32>
}

// CHECK-LABEL: @scatters
func.func @scatters(%x: tensor<16xf32>) -> tensor<2xf32> attributes {dist.local} {
  // CHECK-NEXT: %[[Y:.*]] = dist.reduce_scatter %{{.*}} sum dim 0 over ["dp", "tp"] of [16] : tensor<16xf32> -> tensor<2xf32>
  // CHECK-NEXT: return %[[Y]]
  %0 = dist.reduce_scatter %x sum dim 0 over ["dp"] of [16] : tensor<16xf32> -> tensor<8xf32>
  %1 = dist.reduce_scatter %0 sum dim 0 over ["tp"] of [8] : tensor<8xf32> -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// CHECK-LABEL: @reads_its_block
func.func @reads_its_block(%x: tensor<?x4xf32> {llm.sizes = #llm.sizes<[rows, 4]>}) -> (tensor<?x4xf32>, tensor<?x4xf32>) attributes {dist.local} {
  // CHECK-NEXT: %[[Y:.*]] = dist.reduce_scatter %{{.*}} sum dim 0 over ["tp"] of [rows, 4] : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK-NEXT: %[[Z:.*]] = llm.exp %[[Y]]
  // CHECK-NEXT: return %[[Y]], %[[Z]]
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<?x4xf32>
  %1 = llm.slice %0 offsets [min(ceildiv(rows, 4) * coord("tp"), rows), 0] sizes [min(ceildiv(rows, 4), max(rows - ceildiv(rows, 4) * coord("tp"), 0)), 4] strides [1, 1] : tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = llm.slice %0 offsets [min(ceildiv(rows, 4) * coord("tp"), rows), 0] sizes [min(ceildiv(rows, 4), max(rows - ceildiv(rows, 4) * coord("tp"), 0)), 4] strides [1, 1] : tensor<?x4xf32> -> tensor<?x4xf32>
  %3 = llm.exp %2 : tensor<?x4xf32>
  return %1, %3 : tensor<?x4xf32>, tensor<?x4xf32>
}

// CHECK-LABEL: @keeps_what_is_read_whole
func.func @keeps_what_is_read_whole(%x: tensor<8xf32>) -> (tensor<2xf32>, tensor<8xf32>) attributes {dist.local} {
  // CHECK: dist.all_reduce
  // CHECK: llm.slice
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<8xf32>
  %1 = llm.slice %0 offsets [2 * coord("tp")] sizes [2] strides [1] : tensor<8xf32> -> tensor<2xf32>
  return %1, %0 : tensor<2xf32>, tensor<8xf32>
}

// Every device reads the same two elements.
// CHECK-LABEL: @keeps_what_is_no_block
func.func @keeps_what_is_no_block(%x: tensor<8xf32>) -> tensor<2xf32> attributes {dist.local} {
  // CHECK: dist.all_reduce
  // CHECK: llm.slice
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<8xf32>
  %1 = llm.slice %0 offsets [2] sizes [2] strides [1] : tensor<8xf32> -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// CHECK-LABEL: @adds_first
func.func @adds_first(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> attributes {dist.local} {
  // CHECK-NEXT: %[[SUM:.*]] = llm.add %arg0, %arg1
  // CHECK-NEXT: %[[Y:.*]] = dist.all_reduce %[[SUM]] sum over ["tp"] : tensor<8xf32>
  // CHECK-NEXT: return %[[Y]]
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<8xf32>
  %1 = dist.all_reduce %y sum over ["tp"] : tensor<8xf32>
  %2 = llm.add %0, %1 : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  return %2 : tensor<8xf32>
}

// CHECK-LABEL: @keeps_broadcast
func.func @keeps_broadcast(%x: tensor<8xf32>, %y: tensor<1xf32>) -> tensor<8xf32> attributes {dist.local} {
  // CHECK: dist.all_reduce
  // CHECK: dist.all_reduce
  // CHECK: llm.add
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<8xf32>
  %1 = dist.all_reduce %y sum over ["tp"] : tensor<1xf32>
  %2 = llm.add %0, %1 : tensor<8xf32>, tensor<1xf32> -> tensor<8xf32>
  return %2 : tensor<8xf32>
}
