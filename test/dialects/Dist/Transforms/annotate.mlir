// RUN: llm-opt %s --dist-annotate=mesh=tp=2 --split-input-file | FileCheck %s

llm.size @batch range(1, 64) divisor 1
llm.weight @query : tensor<16x16xf32> in "model.safetensors" at 0
llm.weight @key : tensor<8x16xf32> in "model.safetensors" at 1024
llm.weight @value : tensor<8x16xf32> in "model.safetensors" at 2048
llm.weight @output : tensor<16x16xf32> in "model.safetensors" at 3072
llm.weight @bias : tensor<16xf32> in "model.safetensors" at 4096

// Heads of 4 share a key and a value two by two: two query heads stay together.
// CHECK: dist.mesh @mesh <"tp" = 2>
// CHECK-LABEL: @attention
func.func @attention(%x: tensor<?x8x16xf32> {llm.sizes = #llm.sizes<[batch, 8, 16]>}) -> tensor<?x8x16xf32> {
  // CHECK: llm.load_weight @query {dist.origin = "tp: columns of a layer", dist.sharding = #dist.sharding<[{"tp"} granule 8, {}]>}
  %wq = llm.load_weight @query : tensor<16x16xf32>
  // CHECK: llm.load_weight @key {dist.origin = "tp: columns of a layer", dist.sharding = #dist.sharding<[{"tp"} granule 4, {}]>}
  %wk = llm.load_weight @key : tensor<8x16xf32>
  // CHECK: llm.load_weight @value {dist.origin = "tp: columns of a layer", dist.sharding = #dist.sharding<[{"tp"} granule 4, {}]>}
  %wv = llm.load_weight @value : tensor<8x16xf32>
  // CHECK: llm.load_weight @output {dist.origin = "tp: rows of a layer", dist.sharding = #dist.sharding<[{}, {"tp"} granule 8]>}
  %wo = llm.load_weight @output : tensor<16x16xf32>
  %b = llm.load_weight @bias : tensor<16xf32>
  // CHECK: llm.linear %{{.*}}, %{{.*}} bias
  %q = llm.linear %x, %wq bias %b : tensor<?x8x16xf32>, tensor<16x16xf32>, tensor<16xf32> -> tensor<?x8x16xf32>
  %k = llm.linear %x, %wk : tensor<?x8x16xf32>, tensor<8x16xf32> -> tensor<?x8x8xf32>
  %v = llm.linear %x, %wv : tensor<?x8x16xf32>, tensor<8x16xf32> -> tensor<?x8x8xf32>
  %qh = llm.reshape %q to [batch, 8, 4, 4] : tensor<?x8x16xf32> -> tensor<?x8x4x4xf32>
  %kh = llm.reshape %k to [batch, 8, 2, 4] : tensor<?x8x8xf32> -> tensor<?x8x2x4xf32>
  %vh = llm.reshape %v to [batch, 8, 2, 4] : tensor<?x8x8xf32> -> tensor<?x8x2x4xf32>
  %a = llm.attention %qh, %kh, %vh scale 0.5 : tensor<?x8x4x4xf32>, tensor<?x8x2x4xf32>, tensor<?x8x2x4xf32> -> tensor<?x8x4x4xf32>
  %ah = llm.reshape %a to [batch, 8, 16] : tensor<?x8x4x4xf32> -> tensor<?x8x16xf32>
  // CHECK: llm.attention
  // CHECK: %[[PARTIAL:.*]] = llm.linear %{{.*}}, %{{[^ ]*}} :
  // CHECK-NEXT: llm.add %[[PARTIAL]], %{{.*}} : tensor<?x8x16xf32>, tensor<16xf32> -> tensor<?x8x16xf32>
  %o = llm.linear %ah, %wo bias %b : tensor<?x8x16xf32>, tensor<16x16xf32>, tensor<16xf32> -> tensor<?x8x16xf32>
  return %o : tensor<?x8x16xf32>
}

// -----

// A decomposed attention is split in the same way, and a gated MLP.
llm.weight @query : tensor<16x16xf32> in "model.safetensors" at 0
llm.weight @output : tensor<16x16xf32> in "model.safetensors" at 1024
llm.weight @gate : tensor<32x16xf32> in "model.safetensors" at 2048
llm.weight @up : tensor<32x16xf32> in "model.safetensors" at 4096
llm.weight @down : tensor<16x32xf32> in "model.safetensors" at 6144
// CHECK-LABEL: @decomposed
func.func @decomposed(%x: tensor<2x8x16xf32>) -> tensor<2x8x16xf32> {
  // CHECK: llm.load_weight @query {{.*}}<[{"tp"} granule 4, {}]>
  %wq = llm.load_weight @query : tensor<16x16xf32>
  // CHECK: llm.load_weight @output {{.*}}<[{}, {"tp"} granule 4]>
  %wo = llm.load_weight @output : tensor<16x16xf32>
  %q = llm.linear %x, %wq : tensor<2x8x16xf32>, tensor<16x16xf32> -> tensor<2x8x16xf32>
  %qh = llm.reshape %q to [2, 8, 4, 4] : tensor<2x8x16xf32> -> tensor<2x8x4x4xf32>
  %qt = llm.transpose %qh perm [0, 2, 1, 3] : tensor<2x8x4x4xf32> -> tensor<2x4x8x4xf32>
  %kt = llm.transpose %qh perm [0, 2, 3, 1] : tensor<2x8x4x4xf32> -> tensor<2x4x4x8xf32>
  %s = llm.matmul %qt, %kt : tensor<2x4x8x4xf32>, tensor<2x4x4x8xf32> -> tensor<2x4x8x8xf32>
  %p = llm.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %a = llm.matmul %p, %qt : tensor<2x4x8x8xf32>, tensor<2x4x8x4xf32> -> tensor<2x4x8x4xf32>
  %at = llm.transpose %a perm [0, 2, 1, 3] : tensor<2x4x8x4xf32> -> tensor<2x8x4x4xf32>
  %ah = llm.reshape %at to [2, 8, 16] : tensor<2x8x4x4xf32> -> tensor<2x8x16xf32>
  %o = llm.linear %ah, %wo : tensor<2x8x16xf32>, tensor<16x16xf32> -> tensor<2x8x16xf32>
  // CHECK: llm.load_weight @gate {{.*}}<[{"tp"}, {}]>
  %wg = llm.load_weight @gate : tensor<32x16xf32>
  // CHECK: llm.load_weight @up {{.*}}<[{"tp"}, {}]>
  %wu = llm.load_weight @up : tensor<32x16xf32>
  // CHECK: llm.load_weight @down {{.*}}<[{}, {"tp"}]>
  %wd = llm.load_weight @down : tensor<16x32xf32>
  %g = llm.linear %o, %wg : tensor<2x8x16xf32>, tensor<32x16xf32> -> tensor<2x8x32xf32>
  %u = llm.linear %o, %wu : tensor<2x8x16xf32>, tensor<32x16xf32> -> tensor<2x8x32xf32>
  %h = llm.mul %g, %u : tensor<2x8x32xf32>, tensor<2x8x32xf32> -> tensor<2x8x32xf32>
  %d = llm.linear %h, %wd : tensor<2x8x32xf32>, tensor<16x32xf32> -> tensor<2x8x16xf32>
  return %d : tensor<2x8x16xf32>
}

// -----

// Norms and results need all columns; a bias that is added behind the last
// layer stays with it.
llm.weight @w0 : tensor<16x16xf32> in "model.safetensors" at 0
llm.weight @w1 : tensor<16x16xf32> in "model.safetensors" at 1024
llm.weight @w2 : tensor<16x16xf32> in "model.safetensors" at 2048
llm.weight @w3 : tensor<16x16xf32> in "model.safetensors" at 3072
llm.weight @scale : tensor<16xf32> in "model.safetensors" at 4096
// CHECK-LABEL: @keeps_whole
func.func @keeps_whole(%x: tensor<8x16xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32>) {
  // CHECK: llm.load_weight @w0 :
  %w0 = llm.load_weight @w0 : tensor<16x16xf32>
  // CHECK: llm.load_weight @w1 :
  %w1 = llm.load_weight @w1 : tensor<16x16xf32>
  // CHECK: llm.load_weight @w2 {{.*}}<[{"tp"}, {}]>
  %w2 = llm.load_weight @w2 : tensor<16x16xf32>
  // CHECK: llm.load_weight @w3 {{.*}}<[{}, {"tp"}]>
  %w3 = llm.load_weight @w3 : tensor<16x16xf32>
  %scale = llm.load_weight @scale : tensor<16xf32>
  %0 = llm.linear %x, %w0 : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %1 = llm.layer_norm %0, %scale epsilon 1.0e-5 : tensor<8x16xf32>, tensor<16xf32>
  %2 = llm.linear %1, %w1 bias %scale : tensor<8x16xf32>, tensor<16x16xf32>, tensor<16xf32> -> tensor<8x16xf32>
  %3 = llm.linear %2, %w2 : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  %4 = llm.linear %3, %w3 : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
  return %2, %4 : tensor<8x16xf32>, tensor<8x16xf32>
}
