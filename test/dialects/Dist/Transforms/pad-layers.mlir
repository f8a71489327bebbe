// RUN: llm-opt %s --dist-annotate=mesh=tp=2 --split-input-file --verify-diagnostics | FileCheck %s

// Three heads over two devices: a fourth computes zeros. 9 columns become 10.
llm.weight @query : tensor<12x8xf32> in "model.safetensors" at 0
llm.weight @bias : tensor<12xf32> in "model.safetensors" at 512
llm.weight @output : tensor<8x12xf32> in "model.safetensors" at 1024
llm.weight @up : tensor<9x8xf32> in "model.safetensors" at 2048
llm.weight @down : tensor<8x9xf32> in "model.safetensors" at 3072
// CHECK-LABEL: @layer
func.func @layer(%x: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
  %wq = llm.load_weight @query : tensor<12x8xf32>
  %b = llm.load_weight @bias : tensor<12xf32>
  %wo = llm.load_weight @output : tensor<8x12xf32>
  %wu = llm.load_weight @up : tensor<9x8xf32>
  %wd = llm.load_weight @down : tensor<8x9xf32>
  // CHECK: %[[WQ:.*]] = llm.pad %{{.*}} low [0, 0] high [4, 0] {dist.origin = "tp: columns of a layer", dist.sharding = #dist.sharding<[{"tp"} granule 4, {}]>} : tensor<12x8xf32> -> tensor<16x8xf32>
  // CHECK: %[[B:.*]] = llm.pad %{{.*}} low [0] high [4] : tensor<12xf32> -> tensor<16xf32>
  // CHECK: llm.linear %arg0, %[[WQ]] bias %[[B]]
  // expected-warning @below {{3 blocks of 4 columns are padded to 4, so that the 2 devices of axis "tp" have equal shards}}
  %q = llm.linear %x, %wq bias %b : tensor<2x5x8xf32>, tensor<12x8xf32>, tensor<12xf32> -> tensor<2x5x12xf32>
  // CHECK: llm.reshape %{{.*}} to [2, 5, 4, 4] : tensor<2x5x16xf32> -> tensor<2x5x4x4xf32>
  %h = llm.reshape %q to [2, 5, 3, 4] : tensor<2x5x12xf32> -> tensor<2x5x3x4xf32>
  // CHECK: llm.attention %{{.*}} -> tensor<2x5x4x4xf32>
  %a = llm.attention %h, %h, %h scale 0.5 : tensor<2x5x3x4xf32>, tensor<2x5x3x4xf32>, tensor<2x5x3x4xf32> -> tensor<2x5x3x4xf32>
  // CHECK: llm.reshape %{{.*}} to [2, 5, 16] : tensor<2x5x4x4xf32> -> tensor<2x5x16xf32>
  %m = llm.reshape %a to [2, 5, 12] : tensor<2x5x3x4xf32> -> tensor<2x5x12xf32>
  // CHECK: %[[WO:.*]] = llm.pad %{{.*}} low [0, 0] high [0, 4] {dist.origin = "tp: rows of a layer", dist.sharding = #dist.sharding<[{}, {"tp"} granule 4]>} : tensor<8x12xf32> -> tensor<8x16xf32>
  // CHECK: llm.linear %{{.*}}, %[[WO]] : tensor<2x5x16xf32>, tensor<8x16xf32> -> tensor<2x5x8xf32>
  %o = llm.linear %m, %wo : tensor<2x5x12xf32>, tensor<8x12xf32> -> tensor<2x5x8xf32>
  %c = llm.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]> : tensor<9xf32>
  // CHECK: %[[C:.*]] = llm.constant dense<[1.0{{.*}}, 9.0{{.*}}, 0.0{{.*}}]> : tensor<10xf32>
  // CHECK: llm.linear %{{.*}} bias %[[C]] : {{.*}} -> tensor<2x5x10xf32>
  %u = llm.linear %o, %wu bias %c : tensor<2x5x8xf32>, tensor<9x8xf32>, tensor<9xf32> -> tensor<2x5x9xf32>
  // CHECK: llm.gelu %{{.*}} : tensor<2x5x10xf32>
  %g = llm.gelu %u approximate none : tensor<2x5x9xf32>
  %d = llm.linear %g, %wd : tensor<2x5x9xf32>, tensor<8x9xf32> -> tensor<2x5x8xf32>
  return %d : tensor<2x5x8xf32>
}

// -----

// The logarithm of a zero is no number that a zero cancels.
llm.weight @up : tensor<9x8xf32> in "model.safetensors" at 2048
llm.weight @down : tensor<8x9xf32> in "model.safetensors" at 3072
func.func @keeps_logarithm(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  // expected-error @below {{dimension 0 of weight @up has 9 elements, which 2 devices cannot share evenly; choose a number of devices that divides 9}}
  %wu = llm.load_weight @up : tensor<9x8xf32>
  %wd = llm.load_weight @down : tensor<8x9xf32>
  %u = llm.linear %x, %wu : tensor<5x8xf32>, tensor<9x8xf32> -> tensor<5x9xf32>
  %g = llm.log %u : tensor<5x9xf32>
  %d = llm.linear %g, %wd : tensor<5x9xf32>, tensor<8x9xf32> -> tensor<5x8xf32>
  return %d : tensor<5x8xf32>
}

// -----

// An input has no zeros behind it.
llm.weight @up : tensor<9x8xf32> in "model.safetensors" at 2048
llm.weight @down : tensor<8x9xf32> in "model.safetensors" at 3072
func.func @keeps_input(%x: tensor<5x8xf32>, %y: tensor<5x9xf32>) -> tensor<5x8xf32> {
  // expected-error @below {{dimension 0 of weight @up has 9 elements, which 2 devices cannot share evenly}}
  %wu = llm.load_weight @up : tensor<9x8xf32>
  %wd = llm.load_weight @down : tensor<8x9xf32>
  %u = llm.linear %x, %wu : tensor<5x8xf32>, tensor<9x8xf32> -> tensor<5x9xf32>
  %g = llm.mul %u, %y : tensor<5x9xf32>, tensor<5x9xf32> -> tensor<5x9xf32>
  %d = llm.linear %g, %wd : tensor<5x9xf32>, tensor<8x9xf32> -> tensor<5x8xf32>
  return %d : tensor<5x8xf32>
}
