// RUN: llm-opt %s --test-llm-interfaces --verify-diagnostics -o /dev/null

// What the ops of language models answer: sizes, sharding rule, flops, bytes.

llm.size @t range(1, 512) divisor 1
llm.size @s range(1, 8) divisor 1
llm.size @n range(1, 4) divisor 1
llm.weight @w : tensor<96x64x!llm.block<q4_1>> in "f" at 0
llm.state @keys : tensor<16x3x8x64xf16>
llm.state @values : tensor<16x3x64x8xf16>

func.func @blocks(%x: tensor<?x64xf32> {llm.sizes = #llm.sizes<[t, 64]>}, %ids: tensor<?xi32> {llm.sizes = #llm.sizes<[t]>}, %p: tensor<96x64x!llm.block<q4_1, 64>>) {
  // expected-remark @below {{#llm.sizes<[96, 64]> ->ab flops 0 reads 0 writes 0}}
  %w = llm.load_weight @w : tensor<96x64x!llm.block<q4_1>>
  // expected-remark @below {{#llm.sizes<[t, 96]> ac,bc->ab c:sum flops 12288*t reads 256*t + 3840 writes 384*t}}
  %0 = llm.linear %x, %w activations q8 : tensor<?x64xf32>, tensor<96x64x!llm.block<q4_1>> -> tensor<?x96xf32>
  // Rows of zeros fill the second panel.
  // expected-remark @below {{#llm.sizes<[t, 96]> ac,bc->ab c:sum flops 12288*t reads 256*t + 5120 writes 384*t}}
  %1 = llm.linear %x, %p : tensor<?x64xf32>, tensor<96x64x!llm.block<q4_1, 64>> -> tensor<?x96xf32>
  // expected-remark @below {{#llm.sizes<[t, 64]> a,bc->ac b:whole flops 0 reads 44*t writes 256*t}}
  %2 = llm.embedding %ids, %w : tensor<?xi32>, tensor<96x64x!llm.block<q4_1>> -> tensor<?x64xf32>
  // expected-remark @below {{#llm.sizes<[96, 2, 20]> a_->a__ flops 0 reads 0 writes 0}}
  %3 = llm.bitcast %w : tensor<96x64x!llm.block<q4_1>> -> tensor<96x2x20xui8>
  // expected-remark @below {{#llm.sizes<[128, 2, 20]> __->___ flops 0 reads 0 writes 0}}
  %4 = llm.bitcast %p : tensor<96x64x!llm.block<q4_1, 64>> -> tensor<128x2x20xui8>
  return
}

func.func @pieces(%x: tensor<?x6x8xf32> {llm.sizes = #llm.sizes<[t, 6, 8]>}, %scale: tensor<8xf32>, %cos: tensor<?x4xf32> {llm.sizes = #llm.sizes<[t, 4]>}) {
  // expected-remark @below {{#llm.sizes<[t, 6, 8]> abc,c->abc c:whole flops 192*t reads 192*t + 32 writes 192*t}}
  %0 = llm.rms_norm %x, %scale epsilon 1.0e-5 : tensor<?x6x8xf32>, tensor<8xf32>
  // expected-remark @below {{#llm.sizes<[t, 6, 8]> abc->abc flops 48*t reads 192*t writes 192*t}}
  %1 = llm.silu %x : tensor<?x6x8xf32>
  // expected-remark @below {{#llm.sizes<[t, 6, 8]> abc,abc->abc flops 48*t reads 384*t writes 192*t}}
  %2 = llm.swiglu %x, %x : tensor<?x6x8xf32>, tensor<?x6x8xf32> -> tensor<?x6x8xf32>
  // expected-remark @below {{#llm.sizes<[t, 6, 8]> abc,ad,ad->abc c:whole d:whole flops 144*t reads 224*t writes 192*t}}
  %3 = llm.rope %x, %cos, %cos style half : tensor<?x6x8xf32>, tensor<?x4xf32>, tensor<?x4xf32>
  return
}

func.func @caches(%q: tensor<?x6x8xf32> {llm.sizes = #llm.sizes<[t, 6, 8]>}, %k: tensor<?x3x8xf32> {llm.sizes = #llm.sizes<[t, 3, 8]>},
    %positions: tensor<?xi32> {llm.sizes = #llm.sizes<[t]>}, %starts: tensor<?xi32> {llm.sizes = #llm.sizes<[s + 1]>},
    %lengths: tensor<?xi32> {llm.sizes = #llm.sizes<[s]>}, %table: tensor<?x?xi32> {llm.sizes = #llm.sizes<[s, n]>}) {
  // expected-remark @below {{#llm.sizes<[16, 3, 8, 64]> ->abcd flops 0 reads 0 writes 0}}
  %k0 = llm.load_state @keys : tensor<16x3x8x64xf16>
  // expected-remark @below {{#llm.sizes<[16, 3, 64, 8]> ->abcd flops 0 reads 0 writes 0}}
  %v0 = llm.load_state @values : tensor<16x3x64x8xf16>
  // expected-remark @below {{#llm.sizes<[16, 3, 8, 64]> cab,dabe,c,f,gh->dabe c:whole d:whole e:whole f:whole g:whole h:whole flops 0 reads 96*t writes 48*t}}
  %k1 = llm.write_cache %k, %k0 positions %positions sequences %starts blocks %table transposed : tensor<?x3x8xf32>, tensor<16x3x8x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  // expected-remark @below {{#llm.sizes<[16, 3, 64, 8]> cab,daeb,c,f,gh->daeb c:whole d:whole e:whole f:whole g:whole h:whole flops 0 reads 96*t writes 48*t}}
  %v1 = llm.write_cache %k, %v0 positions %positions sequences %starts blocks %table : tensor<?x3x8xf32>, tensor<16x3x64x8xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  // expected-remark @below {{#llm.sizes<[t, 6, 8]> e(ab)d,fadg,fagc,e,h,i,ij->e(ab)c d:whole e:whole f:whole g:whole h:whole i:whole j:whole flops 14208*n*t reads 6144*n*s + 192*t writes 192*t}}
  %y = llm.paged_attention %q, %k1, %v1 positions %positions sequences %starts lengths %lengths blocks %table scale 1.0 : tensor<?x6x8xf32>, tensor<16x3x8x64xf16>, tensor<16x3x64x8xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x6x8xf32>
  return
}

func.func @experts(%x: tensor<?x64xf32> {llm.sizes = #llm.sizes<[t, 64]>}, %scores: tensor<?x8xf32> {llm.sizes = #llm.sizes<[t, 8]>}, %w: tensor<8x96x64x!llm.block<q8_0>>) {
  // expected-remark @below {{#llm.sizes<[t, 2]> ab->ac b:whole c:whole flops 16*t reads 32*t writes 8*t}}
  %0 = llm.top_k %scores k 2 : tensor<?x8xf32> -> tensor<?x2xi32>
  // expected-remark @below {{#llm.sizes<[t, 2]> ab,ac->ac b:whole flops 0 reads 16*t writes 8*t}}
  %1 = llm.take_along %scores, %0 : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<?x2xf32>
  // expected-remark @below {{#llm.sizes<[t, 2, 96]> ad,ecd,ab->abc d:sum e:whole flops 24576*t reads 264*t + 52224 writes 768*t}}
  %2 = llm.expert_linear %x, %w, %0 : tensor<?x64xf32>, tensor<8x96x64x!llm.block<q8_0>>, tensor<?x2xi32> -> tensor<?x2x96xf32>
  return
}
