// RUN: llm-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{unknown block format `q9_0`, expected one of q4_0, q4_1, q5_0, q5_1, q8_0, q2_k, q3_k, q4_k, q5_k, q6_k, iq4_nl, mxfp4}}
func.func private @unknown_format(tensor<1x32x!llm.block<q9_0>>)

// -----
// expected-error @+1 {{a block type interleaves 0 rows but needs 1 to 64}}
func.func private @no_rows(tensor<1x32x!llm.block<q4_0, 0>>)

// -----
// expected-error @+1 {{type 'tensor<4x40x!llm.block<q4_0>>' is not whole blocks, or more bytes than 63 bits count}}
llm.weight @half_a_block : tensor<4x40x!llm.block<q4_0>> in "model.gguf" at 0

// -----
// expected-error @+1 {{has an empty file name}}
llm.tokenizer in ""

// -----
func.func @other_bytes(%w: tensor<4x32x!llm.block<q4_0>>) {
  // expected-error @+1 {{input has 72 bytes but the result has 80}}
  llm.bitcast %w : tensor<4x32x!llm.block<q4_0>> -> tensor<4x20xui8>
  return
}

// -----
func.func @part_of_a_block(%w: tensor<4x64x!llm.block<q4_0>>) {
  // expected-error @+1 {{takes offset 16 and stride 1 of the last dimension, which are not whole blocks of 32 elements}}
  llm.slice %w offsets [0, 16] sizes [4, 32] strides [1, 1] : tensor<4x64x!llm.block<q4_0>> -> tensor<4x32x!llm.block<q4_0>>
  return
}

// -----
func.func @slice_to_part_of_a_block(%w: tensor<4x64x!llm.block<q4_0>>) {
  // expected-error @+1 {{the last dimension of the result is 48, which is not whole blocks of 32 elements}}
  llm.slice %w offsets [0, 0] sizes [4, 48] strides [1, 1] : tensor<4x64x!llm.block<q4_0>> -> tensor<4x48x!llm.block<q4_0>>
  return
}

// -----
func.func @zeros_before_a_block(%w: tensor<4x64x!llm.block<q4_0>>) {
  // expected-error @+1 {{puts 16 zeros before the last dimension, which are not whole blocks of 32 elements}}
  llm.pad %w low [0, 16] high [0, 16] : tensor<4x64x!llm.block<q4_0>> -> tensor<4x96x!llm.block<q4_0>>
  return
}

// -----
func.func @slice_of_interleaved(%w: tensor<32x64x!llm.block<q4_0, 16>>) {
  // expected-error @+1 {{input has interleaved rows, which only kernels read}}
  llm.slice %w offsets [0, 0] sizes [16, 64] strides [1, 1] : tensor<32x64x!llm.block<q4_0, 16>> -> tensor<16x64x!llm.block<q4_0, 16>>
  return
}

// -----
func.func @dynamic_blocks(%x: tensor<?x64xf32>, %w: tensor<?x64x!llm.block<q4_0>>) {
  // expected-error @+1 {{operand 1 has blocks, so that its shape needs to be static}}
  llm.linear %x, %w : tensor<?x64xf32>, tensor<?x64x!llm.block<q4_0>> -> tensor<?x?xf32>
  return
}

// -----
func.func @blocks_in_panels(%x: tensor<?x64xf32>, %w: tensor<2x64x32x!llm.block<q4_0>>) {
  // expected-error @+1 {{has a panel, but rows in blocks are interleaved by their type}}
  llm.linear %x, %w panel 32 : tensor<?x64xf32>, tensor<2x64x32x!llm.block<q4_0>> -> tensor<?x64xf32>
  return
}

// -----
func.func @half_input_of_blocks(%x: tensor<?x64xf16>, %w: tensor<4x64x!llm.block<q4_0>>) {
  // expected-error @+1 {{element type '!llm.block<q4_0>' of an operand differs from 'f16' of input}}
  llm.linear %x, %w : tensor<?x64xf16>, tensor<4x64x!llm.block<q4_0>> -> tensor<?x4xf16>
  return
}

// -----
func.func @scale_of_norm(%x: tensor<?x64xf32>, %scale: tensor<32xf32>) {
  // expected-error @+1 {{dimension 0 of scale is 32 but the last dimension of input is 64}}
  llm.rms_norm %x, %scale epsilon 1.0e-5 : tensor<?x64xf32>, tensor<32xf32>
  return
}

// -----
func.func @epsilon_of_norm(%x: tensor<?x64xf32>, %scale: tensor<64xf32>) {
  // expected-error @+1 {{epsilon is -1.000000e+00 but needs to be finite and not negative}}
  llm.rms_norm %x, %scale epsilon -1.0 : tensor<?x64xf32>, tensor<64xf32>
  return
}

// -----
func.func @more_pairs_than_elements(%x: tensor<?x2x8xf32>, %cos: tensor<?x5xf32>) {
  // expected-error @+1 {{turns 5 pairs but the heads of input have 8 elements}}
  llm.rope %x, %cos, %cos style half : tensor<?x2x8xf32>, tensor<?x5xf32>, tensor<?x5xf32>
  return
}

// -----
func.func @sine_and_cosine(%x: tensor<?x2x8xf32>, %cos: tensor<?x4xf32>, %sin: tensor<?x3xf32>) {
  // expected-error @+1 {{dimension 1 of sin is 3 but that of cos is 4}}
  llm.rope %x, %cos, %sin style half : tensor<?x2x8xf32>, tensor<?x4xf32>, tensor<?x3xf32>
  return
}

// -----
llm.state @count : tensor<1xi64>
func.func @type_of_state() {
  // expected-error @+1 {{type 'tensor<2xi64>' differs from 'tensor<1xi64>' of the state}}
  llm.load_state @count : tensor<2xi64>
  return
}

// -----
func.func @no_state(%x: tensor<1xi64>) {
  // expected-error @+1 {{@count is not a state of this module}}
  llm.store_state %x, @count : tensor<1xi64>
  return
}

// -----
func.func @heads_of_pool(%rows: tensor<?x2x8xf32>, %pool: tensor<4x3x64x8xf32>, %i: tensor<?xi32>, %t: tensor<?x?xi32>) {
  // expected-error @+1 {{dimension 1 of pool is 3 but that of rows is 2}}
  llm.write_cache %rows, %pool positions %i sequences %i blocks %t : tensor<?x2x8xf32>, tensor<4x3x64x8xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  return
}

// -----
func.func @transposed_pool(%rows: tensor<?x3x8xf32>, %pool: tensor<4x3x64x8xf32>, %i: tensor<?xi32>, %t: tensor<?x?xi32>) {
  // expected-error @+1 {{dimension 2 of pool is 64 but dimension 2 of rows is 8}}
  llm.write_cache %rows, %pool positions %i sequences %i blocks %t transposed : tensor<?x3x8xf32>, tensor<4x3x64x8xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  return
}

// -----
func.func @starts(%rows: tensor<?x3x8xf32>, %pool: tensor<4x3x64x8xf32>, %i: tensor<?xi32>, %s: tensor<2xi32>, %t: tensor<2x?xi32>) {
  // expected-error @+1 {{sequence_start has 2 elements but needs one more than the 2 rows of block_table}}
  llm.write_cache %rows, %pool positions %i sequences %s blocks %t : tensor<?x3x8xf32>, tensor<4x3x64x8xf32>, tensor<?xi32>, tensor<2xi32>, tensor<2x?xi32>
  return
}

// -----
func.func @groups(%q: tensor<?x8x8xf32>, %k: tensor<4x3x8x64xf16>, %v: tensor<4x3x64x8xf16>, %i: tensor<?xi32>, %t: tensor<?x?xi32>) {
  // expected-error @+1 {{query has 8 heads, which is no multiple of the 3 heads of keys}}
  llm.paged_attention %q, %k, %v positions %i sequences %i lengths %i blocks %t scale 1.0 : tensor<?x8x8xf32>, tensor<4x3x8x64xf16>, tensor<4x3x64x8xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x8x8xf32>
  return
}

// -----
func.func @types_of_pools(%q: tensor<?x9x8xf32>, %k: tensor<4x3x8x64xf16>, %v: tensor<4x3x64x8xf32>, %i: tensor<?xi32>, %t: tensor<?x?xi32>) {
  // expected-error @+1 {{element type 'f32' of values differs from 'f16' of keys}}
  llm.paged_attention %q, %k, %v positions %i sequences %i lengths %i blocks %t scale 1.0 : tensor<?x9x8xf32>, tensor<4x3x8x64xf16>, tensor<4x3x64x8xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x9x8xf32>
  return
}

// -----
func.func @window(%q: tensor<?x9x8xf32>, %k: tensor<4x3x8x64xf16>, %v: tensor<4x3x64x8xf16>, %i: tensor<?xi32>, %t: tensor<?x?xi32>) {
  // expected-error @+1 {{window is 0 but needs to be 1 or more}}
  llm.paged_attention %q, %k, %v positions %i sequences %i lengths %i blocks %t scale 1.0 window 0 : tensor<?x9x8xf32>, tensor<4x3x8x64xf16>, tensor<4x3x64x8xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x9x8xf32>
  return
}

// -----
func.func @soft_cap(%q: tensor<?x9x8xf32>, %k: tensor<4x3x8x64xf16>, %v: tensor<4x3x64x8xf16>, %i: tensor<?xi32>, %t: tensor<?x?xi32>) {
  // expected-error @+1 {{soft_cap is 0.000000e+00 but needs to be positive and finite}}
  llm.paged_attention %q, %k, %v positions %i sequences %i lengths %i blocks %t scale 1.0 soft_cap 0.0 : tensor<?x9x8xf32>, tensor<4x3x8x64xf16>, tensor<4x3x64x8xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x9x8xf32>
  return
}

// -----
func.func @span(%q: tensor<?x9x8xf32>, %k: tensor<4x3x8x64xf16>, %v: tensor<4x3x64x8xf16>, %i: tensor<?xi32>, %t: tensor<?x?xi32>) {
  // expected-error @+1 {{span is 96 but needs to be a positive multiple of the block size of keys}}
  llm.paged_attention_parts %q, %k, %v positions %i sequences %i lengths %i blocks %t scale 1.0 span 96 : tensor<?x9x8xf32>, tensor<4x3x8x64xf16>, tensor<4x3x64x8xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x9x9xf32>
  return
}

// -----
func.func @columns_of_parts(%q: tensor<?x9x8xf32>, %k: tensor<4x3x8x64xf16>, %v: tensor<4x3x64x8xf16>, %i: tensor<?xi32>, %t: tensor<?x?xi32>) {
  // expected-error @+1 {{dimension 2}}
  llm.paged_attention_parts %q, %k, %v positions %i sequences %i lengths %i blocks %t scale 1.0 span 64 : tensor<?x9x8xf32>, tensor<4x3x8x64xf16>, tensor<4x3x64x8xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x9x8xf32>
  return
}

// -----
func.func @no_column(%x: tensor<?x9x0xf32>, %i: tensor<?xi32>) {
  // expected-error @+1 {{parts have no column for the logarithm of their sums}}
  llm.merge_attention %x positions %i sequences %i : tensor<?x9x0xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x9x0xf32>
  return
}

// -----
func.func @types_of_parts(%x: tensor<?x9x9xf32>, %i: tensor<?xi32>) {
  // expected-error @+1 {{element type 'f16' of the result differs from 'f32' of parts}}
  llm.merge_attention %x positions %i sequences %i : tensor<?x9x9xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x9x8xf16>
  return
}

// -----
func.func @rows_of_parts(%x: tensor<6x9x9xf32>, %p: tensor<2xi32>, %s: tensor<4xi32>) {
  // expected-error @+1 {{parts have 6 rows but need one for each of 2 tokens and as many for each of 3 sequences}}
  llm.merge_attention %x positions %p sequences %s : tensor<6x9x9xf32>, tensor<2xi32>, tensor<4xi32> -> tensor<2x9x8xf32>
  return
}

// -----
func.func @format_of_pool(%x: tensor<?x3x32xf32>, %k: tensor<4x3x32x64x!llm.block<q4_0>>, %i: tensor<?xi32>, %t: tensor<?x?xi32>) {
  // expected-error @+1 {{element type '!llm.block<q4_0>' of pool is neither a float nor !llm.block<q8_0>}}
  llm.write_cache %x, %k positions %i sequences %i blocks %t transposed : tensor<?x3x32xf32>, tensor<4x3x32x64x!llm.block<q4_0>>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  return
}

// -----
func.func @blocks_of_pool(%x: tensor<?x3x48xf32>, %k: tensor<4x3x48x64x!llm.block<q8_0>>, %i: tensor<?xi32>, %t: tensor<?x?xi32>) {
  // expected-error @+1 {{dimension 2 of pool is 48 but q8_0 needs a multiple of 32}}
  llm.write_cache %x, %k positions %i sequences %i blocks %t transposed : tensor<?x3x48xf32>, tensor<4x3x48x64x!llm.block<q8_0>>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  return
}

// -----
func.func @too_many(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{k is 9 but the rows of input have 8 elements}}
  llm.top_k %x k 9 : tensor<?x8xf32> -> tensor<?x9xi32>
  return
}

// -----
func.func @rows_of_indices(%x: tensor<3x8xf32>, %i: tensor<4x2xi32>) {
  // expected-error @+1 {{dimension 0 of indices is 4 but that of input is 3}}
  llm.take_along %x, %i : tensor<3x8xf32>, tensor<4x2xi32> -> tensor<4x2xf32>
  return
}

// -----
func.func @choices(%x: tensor<?x3x64xf32>, %w: tensor<8x16x64xf32>, %e: tensor<?x2xi32>) {
  // expected-error @+1 {{dimension 1 of experts is 2 but that of input is 3}}
  llm.expert_linear %x, %w, %e : tensor<?x3x64xf32>, tensor<8x16x64xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return
}

// -----
func.func @depth_of_experts(%x: tensor<?x32xf32>, %w: tensor<8x16x64xf32>, %e: tensor<?x2xi32>) {
  // expected-error @+1 {{the last dimension of input is 32 but dimension 2 of weight is 64}}
  llm.expert_linear %x, %w, %e : tensor<?x32xf32>, tensor<8x16x64xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return
}
