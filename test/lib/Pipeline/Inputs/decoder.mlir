// A decoder of one layer: 4 heads of 8 in 2 groups. Its weights are the f32
// numbers of "weights.bin", its head is the embedding.
llm.size @tokens range(1, 16) divisor 1
llm.size @sequences range(1, 2) divisor 1
llm.size @table range(1, 4) divisor 1
llm.size @rows range(1, 16) divisor 1
llm.state @keys : tensor<8x2x8x64xf32>
llm.state @values : tensor<8x2x64x8xf32>
llm.weight @embedding : tensor<40x32xf32> in "weights.bin" at 0
llm.weight @norm0 : tensor<32xf32> in "weights.bin" at 5120
llm.weight @query : tensor<32x32xf32> in "weights.bin" at 5248
llm.weight @key : tensor<16x32xf32> in "weights.bin" at 9344
llm.weight @value : tensor<16x32xf32> in "weights.bin" at 11392
llm.weight @output : tensor<32x32xf32> in "weights.bin" at 13440
llm.weight @norm1 : tensor<32xf32> in "weights.bin" at 17536
llm.weight @gate : tensor<48x32xf32> in "weights.bin" at 17664
llm.weight @up : tensor<48x32xf32> in "weights.bin" at 23808
llm.weight @down : tensor<32x48xf32> in "weights.bin" at 29952
llm.weight @norm2 : tensor<32xf32> in "weights.bin" at 36096

func.func @step(
    %tokens: tensor<?xi32> {llm.name = "tokens", llm.sizes = #llm.sizes<[tokens]>},
    %positions: tensor<?xi32> {llm.name = "positions", llm.sizes = #llm.sizes<[tokens]>},
    %start: tensor<?xi32> {llm.name = "sequence_start", llm.sizes = #llm.sizes<[sequences + 1]>},
    %length: tensor<?xi32> {llm.name = "kv_length", llm.sizes = #llm.sizes<[sequences]>},
    %blocks: tensor<?x?xi32> {llm.name = "block_table", llm.sizes = #llm.sizes<[sequences, table]>},
    %rows: tensor<?xi32> {llm.name = "logits_rows", llm.sizes = #llm.sizes<[rows]>})
    -> (tensor<?x40xf32> {llm.name = "logits"})
    attributes {llm.language_model = {architecture = "llama", context = 256 : i64}} {
  %embedding = llm.load_weight @embedding : tensor<40x32xf32>
  %norm0 = llm.load_weight @norm0 : tensor<32xf32>
  %query = llm.load_weight @query : tensor<32x32xf32>
  %key = llm.load_weight @key : tensor<16x32xf32>
  %value = llm.load_weight @value : tensor<16x32xf32>
  %output = llm.load_weight @output : tensor<32x32xf32>
  %norm1 = llm.load_weight @norm1 : tensor<32xf32>
  %gate = llm.load_weight @gate : tensor<48x32xf32>
  %up = llm.load_weight @up : tensor<48x32xf32>
  %down = llm.load_weight @down : tensor<32x48xf32>
  %norm2 = llm.load_weight @norm2 : tensor<32xf32>
  %frequencies = llm.constant dense<[[1.0, 0.1, 0.01, 0.001]]> : tensor<1x4xf32>
  %p0 = llm.cast %positions : tensor<?xi32> -> tensor<?xf32>
  %p1 = llm.reshape %p0 to [tokens, 1] : tensor<?xf32> -> tensor<?x1xf32>
  %angles = llm.mul %p1, %frequencies : tensor<?x1xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  %cos = llm.cos %angles : tensor<?x4xf32>
  %sin = llm.sin %angles : tensor<?x4xf32>
  %x0 = llm.embedding %tokens, %embedding : tensor<?xi32>, tensor<40x32xf32> -> tensor<?x32xf32>
  %n0 = llm.rms_norm %x0, %norm0 epsilon 1.0e-5 : tensor<?x32xf32>, tensor<32xf32>
  %q0 = llm.linear %n0, %query : tensor<?x32xf32>, tensor<32x32xf32> -> tensor<?x32xf32>
  %k0 = llm.linear %n0, %key : tensor<?x32xf32>, tensor<16x32xf32> -> tensor<?x16xf32>
  %v0 = llm.linear %n0, %value : tensor<?x32xf32>, tensor<16x32xf32> -> tensor<?x16xf32>
  %q1 = llm.reshape %q0 to [tokens, 4, 8] : tensor<?x32xf32> -> tensor<?x4x8xf32>
  %k1 = llm.reshape %k0 to [tokens, 2, 8] : tensor<?x16xf32> -> tensor<?x2x8xf32>
  %v1 = llm.reshape %v0 to [tokens, 2, 8] : tensor<?x16xf32> -> tensor<?x2x8xf32>
  %q2 = llm.rope %q1, %cos, %sin style half : tensor<?x4x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>
  %k2 = llm.rope %k1, %cos, %sin style half : tensor<?x2x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>
  %keys0 = llm.load_state @keys : tensor<8x2x8x64xf32>
  %keys1 = llm.write_cache %k2, %keys0 positions %positions sequences %start blocks %blocks transposed : tensor<?x2x8xf32>, tensor<8x2x8x64xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  llm.store_state %keys1, @keys : tensor<8x2x8x64xf32>
  %values0 = llm.load_state @values : tensor<8x2x64x8xf32>
  %values1 = llm.write_cache %v1, %values0 positions %positions sequences %start blocks %blocks : tensor<?x2x8xf32>, tensor<8x2x64x8xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  llm.store_state %values1, @values : tensor<8x2x64x8xf32>
  %a0 = llm.paged_attention %q2, %keys1, %values1 positions %positions sequences %start lengths %length blocks %blocks scale 0.35355338 : tensor<?x4x8xf32>, tensor<8x2x8x64xf32>, tensor<8x2x64x8xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x4x8xf32>
  %a1 = llm.reshape %a0 to [tokens, 32] : tensor<?x4x8xf32> -> tensor<?x32xf32>
  %a2 = llm.linear %a1, %output : tensor<?x32xf32>, tensor<32x32xf32> -> tensor<?x32xf32>
  %x1 = llm.add %x0, %a2 : tensor<?x32xf32>, tensor<?x32xf32> -> tensor<?x32xf32>
  %n1 = llm.rms_norm %x1, %norm1 epsilon 1.0e-5 : tensor<?x32xf32>, tensor<32xf32>
  %g0 = llm.linear %n1, %gate : tensor<?x32xf32>, tensor<48x32xf32> -> tensor<?x48xf32>
  %u0 = llm.linear %n1, %up : tensor<?x32xf32>, tensor<48x32xf32> -> tensor<?x48xf32>
  %m0 = llm.swiglu %g0, %u0 : tensor<?x48xf32>, tensor<?x48xf32> -> tensor<?x48xf32>
  %m1 = llm.linear %m0, %down : tensor<?x48xf32>, tensor<32x48xf32> -> tensor<?x32xf32>
  %x2 = llm.add %x1, %m1 : tensor<?x32xf32>, tensor<?x32xf32> -> tensor<?x32xf32>
  %x3 = llm.embedding %rows, %x2 : tensor<?xi32>, tensor<?x32xf32> -> tensor<?x32xf32>
  %n2 = llm.rms_norm %x3, %norm2 epsilon 1.0e-5 : tensor<?x32xf32>, tensor<32xf32>
  %logits = llm.linear %n2, %embedding : tensor<?x32xf32>, tensor<40x32xf32> -> tensor<?x40xf32>
  return %logits : tensor<?x40xf32>
}
