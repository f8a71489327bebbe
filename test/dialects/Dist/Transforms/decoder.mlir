// DEFINE: %{partition} = --dist-propagate --dist-insert-reshards --dist-localize --dist-lower-reshards --cse --dist-merge-collectives --dist-sink-reductions --dist-check-collectives --llm-hoist-weights --llm-merge-linears --llm-hoist-weights
//
// A decoder's layer: six heads in three groups, whose weights are in blocks.
//
// RUN: rm -rf %t && mkdir %t && cp %s %t/input.mlir
// RUN: awk -f %S/Inputs/blocks.awk > %t/model.gguf
// RUN: llm-opt %t/input.mlir --dist-annotate=mesh=tp=3 --dist-propagate | FileCheck %s
// RUN: llm-opt %t/input.mlir --dist-annotate=mesh=tp=3 %{partition} | FileCheck %s --check-prefix=LOCAL
// RUN: llm-opt %t/input.mlir --dist-annotate=mesh=tp=2 %{partition} 2>&1 | FileCheck %s --check-prefix=PADDED
// RUN: llm-opt %t/input.mlir --verify --dist-annotate=mesh=tp=3 %{partition} -o /dev/null
// RUN: llm-opt %t/input.mlir --verify --dist-annotate=mesh=tp=2 %{partition} -o /dev/null
// RUN: llm-opt %t/input.mlir --verify --llm-quantize-activations --dist-annotate=mesh=tp=2 %{partition} -o /dev/null
// RUN: not llm-opt %t/input.mlir --dist-annotate=mesh=dp=2 2>&1 | FileCheck %s --check-prefix=BATCH

// BATCH: axis "dp" splits a batch, but a model with state steps all sequences together; start one process for each batch, or use axis tp
// PADDED: warning: 3 blocks of 32 columns are padded to 4, so that the 2 devices of axis "tp" have equal shards
llm.size @tokens range(1, 16) divisor 1
llm.size @sequences range(1, 4) divisor 1
llm.size @table range(1, 2) divisor 1
llm.size @rows range(1, 16) divisor 1

llm.weight @embeddings : tensor<4098x64x!llm.block<q4_0>> in "model.gguf" at 0
llm.weight @q : tensor<96x64x!llm.block<q4_0>> in "model.gguf" at 1008
llm.weight @k : tensor<48x64x!llm.block<q4_0>> in "model.gguf" at 4464
llm.weight @v : tensor<48x64x!llm.block<q4_0>> in "model.gguf" at 6192
llm.weight @o : tensor<64x96x!llm.block<q4_0>> in "model.gguf" at 7920
llm.weight @gate : tensor<192x64x!llm.block<q4_0>> in "model.gguf" at 11376
llm.weight @up : tensor<192x64x!llm.block<q4_0>> in "model.gguf" at 18288
llm.weight @down : tensor<64x192x!llm.block<q4_0>> in "model.gguf" at 25200

// Each device keeps its groups.
// LOCAL: llm.state @keys : tensor<8x1x16x64xf16>
// LOCAL: llm.state @values : tensor<8x1x64x16xf16>
// PADDED: llm.state @keys : tensor<8x2x16x64xf16>
llm.state @keys : tensor<8x3x16x64xf16>
llm.state @values : tensor<8x3x64x16xf16>

// CHECK-LABEL: @step
// LOCAL-LABEL: @step
// PADDED-LABEL: @step
func.func @step(
    %tokens: tensor<?xi32> {llm.sizes = #llm.sizes<[tokens]>},
    %positions: tensor<?xi32> {llm.sizes = #llm.sizes<[tokens]>},
    %starts: tensor<?xi32> {llm.sizes = #llm.sizes<[sequences + 1]>},
    %lengths: tensor<?xi32> {llm.sizes = #llm.sizes<[sequences]>},
    %blocks: tensor<?x?xi32> {llm.sizes = #llm.sizes<[sequences, table]>},
    %rows: tensor<?xi32> {llm.sizes = #llm.sizes<[rows]>}) -> tensor<?x4098xf32> {
  %scale = llm.constant dense<1.0> : tensor<64xf32>
  %frequencies = llm.constant dense<[1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003]> : tensor<8xf32>
  // CHECK: %[[TABLE:.*]] = llm.load_weight @embeddings {dist.sharding = #dist.sharding<[{}, {}]>}
  %table = llm.load_weight @embeddings : tensor<4098x64x!llm.block<q4_0>>
  %x = llm.embedding %tokens, %table : tensor<?xi32>, tensor<4098x64x!llm.block<q4_0>> -> tensor<?x64xf32>
  %p = llm.cast %positions : tensor<?xi32> -> tensor<?xf32>
  %p1 = llm.reshape %p to [tokens, 1] : tensor<?xf32> -> tensor<?x1xf32>
  %angles = llm.mul %p1, %frequencies : tensor<?x1xf32>, tensor<8xf32> -> tensor<?x8xf32>
  %cos = llm.cos %angles : tensor<?x8xf32>
  %sin = llm.sin %angles : tensor<?x8xf32>

  %n = llm.rms_norm %x, %scale epsilon 1.0e-5 : tensor<?x64xf32>, tensor<64xf32>
  // LOCAL: llm.linear %{{.*}}, %{{.*}} : tensor<?x64xf32>, tensor<64x64x!llm.block<q4_0>> -> tensor<?x64xf32>
  // PADDED: llm.linear %{{.*}}, %{{.*}} : tensor<?x64xf32>, tensor<128x64x!llm.block<q4_0>> -> tensor<?x128xf32>
  // CHECK: llm.load_weight @q {dist.origin = {{.*}}, dist.sharding = #dist.sharding<[{"tp"} granule 32, {}]>}
  %wq = llm.load_weight @q : tensor<96x64x!llm.block<q4_0>>
  // CHECK: llm.load_weight @k {dist.origin = {{.*}}, dist.sharding = #dist.sharding<[{"tp"} granule 16, {}]>}
  %wk = llm.load_weight @k : tensor<48x64x!llm.block<q4_0>>
  %wv = llm.load_weight @v : tensor<48x64x!llm.block<q4_0>>
  %q0 = llm.linear %n, %wq : tensor<?x64xf32>, tensor<96x64x!llm.block<q4_0>> -> tensor<?x96xf32>
  %k0 = llm.linear %n, %wk : tensor<?x64xf32>, tensor<48x64x!llm.block<q4_0>> -> tensor<?x48xf32>
  %v0 = llm.linear %n, %wv : tensor<?x64xf32>, tensor<48x64x!llm.block<q4_0>> -> tensor<?x48xf32>
  %q1 = llm.reshape %q0 to [tokens, 6, 16] : tensor<?x96xf32> -> tensor<?x6x16xf32>
  %k1 = llm.reshape %k0 to [tokens, 3, 16] : tensor<?x48xf32> -> tensor<?x3x16xf32>
  %v1 = llm.reshape %v0 to [tokens, 3, 16] : tensor<?x48xf32> -> tensor<?x3x16xf32>
  // LOCAL: llm.rope %{{.*}} : tensor<?x2x16xf32>
  %q2 = llm.rope %q1, %cos, %sin style half : tensor<?x6x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>
  %k2 = llm.rope %k1, %cos, %sin style half : tensor<?x3x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>
  // CHECK: llm.load_state @keys {dist.origin = {{.*}}, dist.sharding = #dist.sharding<[{}, {"tp"}, {}, {}]>}
  %keys0 = llm.load_state @keys : tensor<8x3x16x64xf16>
  %values0 = llm.load_state @values : tensor<8x3x64x16xf16>
  // LOCAL: llm.write_cache %{{.*}} transposed : tensor<?x1x16xf32>, tensor<8x1x16x64xf16>
  %keys1 = llm.write_cache %k2, %keys0 positions %positions sequences %starts blocks %blocks transposed : tensor<?x3x16xf32>, tensor<8x3x16x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  %values1 = llm.write_cache %v1, %values0 positions %positions sequences %starts blocks %blocks : tensor<?x3x16xf32>, tensor<8x3x64x16xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  // LOCAL: llm.store_state %{{.*}}, @keys : tensor<8x1x16x64xf16>
  llm.store_state %keys1, @keys : tensor<8x3x16x64xf16>
  llm.store_state %values1, @values : tensor<8x3x64x16xf16>
  // LOCAL: llm.paged_attention %{{.*}} -> tensor<?x2x16xf32>
  %a = llm.paged_attention %q2, %keys1, %values1 positions %positions sequences %starts lengths %lengths blocks %blocks scale 0.25 : tensor<?x6x16xf32>, tensor<8x3x16x64xf16>, tensor<8x3x64x16xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x6x16xf32>
  %a1 = llm.reshape %a to [tokens, 96] : tensor<?x6x16xf32> -> tensor<?x96xf32>
  // CHECK: llm.load_weight @o {dist.origin = {{.*}}, dist.sharding = #dist.sharding<[{}, {"tp"} granule 32]>}
  %wo = llm.load_weight @o : tensor<64x96x!llm.block<q4_0>>
  // LOCAL: llm.linear %{{.*}}, %{{.*}} : tensor<?x32xf32>, tensor<64x32x!llm.block<q4_0>> -> tensor<?x64xf32>
  // One device adds the residual.
  // LOCAL: %[[RESIDUAL:.*]] = llm.select
  // LOCAL-NEXT: %[[SUM:.*]] = llm.add %{{.*}}, %[[RESIDUAL]]
  // LOCAL-NEXT: dist.all_reduce %[[SUM]]
  // PADDED: llm.linear %{{.*}}, %{{.*}} : tensor<?x64xf32>, tensor<64x64x!llm.block<q4_0>> -> tensor<?x64xf32>
  %a2 = llm.linear %a1, %wo : tensor<?x96xf32>, tensor<64x96x!llm.block<q4_0>> -> tensor<?x64xf32>
  %h = llm.add %x, %a2 : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>

  %m = llm.rms_norm %h, %scale epsilon 1.0e-5 : tensor<?x64xf32>, tensor<64xf32>
  %wg = llm.load_weight @gate : tensor<192x64x!llm.block<q4_0>>
  %wu = llm.load_weight @up : tensor<192x64x!llm.block<q4_0>>
  // Blocks of 32 of the next layer's rows stay whole.
  // CHECK: llm.load_weight @down {dist.origin = {{.*}}, dist.sharding = #dist.sharding<[{}, {"tp"} granule 32]>}
  %wd = llm.load_weight @down : tensor<64x192x!llm.block<q4_0>>
  %g = llm.linear %m, %wg : tensor<?x64xf32>, tensor<192x64x!llm.block<q4_0>> -> tensor<?x192xf32>
  %u = llm.linear %m, %wu : tensor<?x64xf32>, tensor<192x64x!llm.block<q4_0>> -> tensor<?x192xf32>
  // LOCAL: llm.swiglu %{{.*}} : tensor<?x64xf32>
  %s = llm.swiglu %g, %u : tensor<?x192xf32>, tensor<?x192xf32> -> tensor<?x192xf32>
  %d = llm.linear %s, %wd : tensor<?x192xf32>, tensor<64x192x!llm.block<q4_0>> -> tensor<?x64xf32>
  // LOCAL: dist.all_reduce
  %y = llm.add %h, %d : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>

  // The table is looked up whole, and split for the logits.
  %z = llm.embedding %rows, %y : tensor<?xi32>, tensor<?x64xf32> -> tensor<?x64xf32>
  %zn = llm.rms_norm %z, %scale epsilon 1.0e-5 : tensor<?x64xf32>, tensor<64xf32>
  // CHECK: llm.load_weight @embeddings {dist.origin = {{.*}}, dist.sharding = #dist.sharding<[{"tp"}, {}]>}
  // LOCAL: dist.all_gather
  %logits = llm.linear %zn, %table : tensor<?x64xf32>, tensor<4098x64x!llm.block<q4_0>> -> tensor<?x4098xf32>
  return %logits : tensor<?x4098xf32>
}
