// RUN: llm-opt %s --dist-lower-reshards --split-input-file | FileCheck %s

dist.mesh @mesh <"dp" = 2, "tp" = 4>
llm.size @rows range(1, 64) divisor 1

// CHECK-LABEL: @reduces
func.func @reduces(%x: tensor<8x16xf32>) -> tensor<8x16xf32> attributes {dist.local} {
  // CHECK-NEXT: %[[Y:.*]] = dist.all_reduce %{{.*}} max over ["tp"] : tensor<8x16xf32>
  // CHECK-NEXT: return %[[Y]]
  %y = dist.reshard %x from <[{}, {}] max {"tp"}> to <[{}, {}]> of [8, 16] : tensor<8x16xf32> -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

// CHECK-LABEL: @scatters
func.func @scatters(%x: tensor<8x16xf32>) -> tensor<2x16xf32> attributes {dist.local} {
  // CHECK-NEXT: %[[Y:.*]] = dist.reduce_scatter %{{.*}} sum dim 0 over ["tp"] of [8, 16] : tensor<8x16xf32> -> tensor<2x16xf32>
  // CHECK-NEXT: return %[[Y]]
  %y = dist.reshard %x from <[{}, {}] sum {"tp"}> to <[{"tp"}, {}]> of [8, 16] : tensor<8x16xf32> -> tensor<2x16xf32>
  return %y : tensor<2x16xf32>
}

// CHECK-LABEL: @turns
func.func @turns(%x: tensor<2x16xf32>) -> tensor<8x4xf32> attributes {dist.local} {
  // CHECK-NEXT: %[[Y:.*]] = dist.all_to_all %{{.*}} split 1 concat 0 over ["tp"] of [8, 16] : tensor<2x16xf32> -> tensor<8x4xf32>
  // CHECK-NEXT: return %[[Y]]
  %y = dist.reshard %x from <[{"tp"}, {}]> to <[{}, {"tp"}]> of [8, 16] : tensor<2x16xf32> -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// What a device has already is cut, over all axes at once.
// CHECK-LABEL: @cuts
func.func @cuts(%x: tensor<?x16xf32> {llm.sizes = #llm.sizes<[rows, 16]>}) -> tensor<?x4xf32> attributes {dist.local} {
  // CHECK-NEXT: llm.slice %{{.*}} offsets [min(coord("dp")*ceildiv(rows, 2), rows), 4*coord("tp")] sizes [min(ceildiv(rows, 2), max(0, -coord("dp")*ceildiv(rows, 2) + rows)), 4] strides [1, 1]
  %y = dist.reshard %x from <[{}, {}]> to <[{"dp"}, {"tp"}]> of [rows, 16] : tensor<?x16xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Cutting first makes less to gather.
// CHECK-LABEL: @cuts_before_gathering
func.func @cuts_before_gathering(%x: tensor<4x16xf32>) -> tensor<8x4xf32> attributes {dist.local} {
  // CHECK-NEXT: llm.slice %{{.*}} offsets [0, 4*coord("tp")] sizes [4, 4]
  // CHECK-NEXT: dist.all_gather %{{.*}} dim 0 over ["dp"] of [8, 4] : tensor<4x4xf32> -> tensor<8x4xf32>
  // CHECK-NEXT: return
  %y = dist.reshard %x from <[{"dp"}, {}]> to <[{}, {"tp"}]> of [8, 16] : tensor<4x16xf32> -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// Blocks of other granules are the same blocks where they are even.
// CHECK-LABEL: @same_blocks
func.func @same_blocks(%x: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {dist.local} {
  // CHECK-NEXT: return %arg0
  %y = dist.reshard %x from <[{}, {"tp"}]> to <[{}, {"tp"} granule 4]> of [8, 16] : tensor<8x4xf32> -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// Otherwise the dimension is made whole in between.
// CHECK-LABEL: @other_blocks
func.func @other_blocks(%x: tensor<8x?xf32>) -> tensor<8x?xf32> attributes {dist.local} {
  // CHECK-NEXT: dist.all_gather %{{.*}} dim 1 over ["tp"] of [8, 12] : tensor<8x?xf32> -> tensor<8x12xf32>
  // CHECK-NEXT: llm.slice %{{.*}} offsets [0, min(4*coord("tp"), 12)] sizes [8, min(max(0, -4*coord("tp") + 12), 4)]
  // CHECK-NEXT: return
  %y = dist.reshard %x from <[{}, {"tp"}]> to <[{}, {"tp"} granule 4]> of [8, 12] : tensor<8x?xf32> -> tensor<8x?xf32>
  return %y : tensor<8x?xf32>
}

// An axis that is major to one that stays cannot leave before it.
// CHECK-LABEL: @minor_first
func.func @minor_first(%x: tensor<1x16xf32>) -> tensor<2x8xf32> attributes {dist.local} {
  // CHECK-NEXT: dist.all_gather %{{.*}} dim 0 over ["tp"] of [4, 16] : tensor<1x16xf32> -> tensor<4x16xf32>
  // CHECK-NEXT: dist.all_to_all %{{.*}} split 1 concat 0 over ["dp"] of [8, 16] : tensor<4x16xf32> -> tensor<8x8xf32>
  // CHECK-NEXT: llm.slice %{{.*}} offsets [2*coord("tp"), 0] sizes [2, 8]
  // CHECK-NEXT: return
  %y = dist.reshard %x from <[{"dp", "tp"}, {}]> to <[{"tp"}, {"dp"}]> of [8, 16] : tensor<1x16xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}
