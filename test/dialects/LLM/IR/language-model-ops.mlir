// RUN: llm-opt %s | FileCheck %s
// RUN: llm-opt %s | llm-opt | FileCheck %s
// RUN: llm-opt %s --mlir-print-op-generic | llm-opt | FileCheck %s
// RUN: llm-opt %s --emit-bytecode | llm-opt | FileCheck %s

// What language models add: elements in blocks, state, paged caches, experts.

// CHECK: llm.tokenizer in "model.gguf"
llm.tokenizer in "model.gguf"
// CHECK: llm.weight @up : tensor<40x64x!llm.block<q4_1>> in "model.gguf" at 4096
llm.weight @up : tensor<40x64x!llm.block<q4_1>> in "model.gguf" at 4096
// CHECK: llm.weight @packed : tensor<40x64x!llm.block<q4_1, 16>> from @pack(@up)
llm.weight @packed : tensor<40x64x!llm.block<q4_1, 16>> from @pack(@up)
// CHECK: llm.state @keys : tensor<16x3x64x64xf16>
llm.state @keys : tensor<16x3x64x64xf16>
// CHECK: llm.state @quantized : tensor<16x3x64x64x!llm.block<q8_0>>
llm.state @quantized : tensor<16x3x64x64x!llm.block<q8_0>>
// CHECK: llm.state @values : tensor<16x3x64x64xf16> {note}
llm.state @values : tensor<16x3x64x64xf16> {note}

// CHECK-LABEL: func.func private @pack(
func.func private @pack(%w: tensor<40x64x!llm.block<q4_1>>) -> tensor<40x64x!llm.block<q4_1, 16>> {
  // CHECK-NEXT: llm.bitcast %{{.*}} : tensor<40x64x!llm.block<q4_1>> -> tensor<40x2x20xui8>
  %0 = llm.bitcast %w : tensor<40x64x!llm.block<q4_1>> -> tensor<40x2x20xui8>
  %1 = llm.pad %0 low [0, 0, 0] high [8, 0, 0] : tensor<40x2x20xui8> -> tensor<48x2x20xui8>
  // CHECK: llm.bitcast %{{.*}} : tensor<48x2x20xui8> -> tensor<40x64x!llm.block<q4_1, 16>>
  %2 = llm.bitcast %1 : tensor<48x2x20xui8> -> tensor<40x64x!llm.block<q4_1, 16>>
  return %2 : tensor<40x64x!llm.block<q4_1, 16>>
}

// CHECK-LABEL: @cache_of_blocks
func.func @cache_of_blocks(%rows: tensor<?x3x64xf32>, %positions: tensor<?xi32>, %starts: tensor<?xi32>, %lengths: tensor<?xi32>, %blocks: tensor<?x?xi32>) -> tensor<?x3x64xf32> {
  // CHECK-NEXT: %[[POOL:.*]] = llm.load_state @quantized : tensor<16x3x64x64x!llm.block<q8_0>>
  %pool = llm.load_state @quantized : tensor<16x3x64x64x!llm.block<q8_0>>
  // CHECK-NEXT: %[[NEXT:.*]] = llm.write_cache %{{.*}}, %[[POOL]] {{.*}} transposed : tensor<?x3x64xf32>, tensor<16x3x64x64x!llm.block<q8_0>>
  %next = llm.write_cache %rows, %pool positions %positions sequences %starts blocks %blocks transposed : tensor<?x3x64xf32>, tensor<16x3x64x64x!llm.block<q8_0>>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  // CHECK-NEXT: llm.store_state %[[NEXT]], @quantized : tensor<16x3x64x64x!llm.block<q8_0>>
  llm.store_state %next, @quantized : tensor<16x3x64x64x!llm.block<q8_0>>
  // CHECK-NEXT: llm.paged_attention %{{.*}}, %[[NEXT]], %[[NEXT]] {{.*}} {llm.narrow} : tensor<?x3x64xf32>, tensor<16x3x64x64x!llm.block<q8_0>>
  %y = llm.paged_attention %rows, %next, %next positions %positions sequences %starts lengths %lengths blocks %blocks scale 0.125 {llm.narrow} : tensor<?x3x64xf32>, tensor<16x3x64x64x!llm.block<q8_0>>, tensor<16x3x64x64x!llm.block<q8_0>>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x3x64xf32>
  return %y : tensor<?x3x64xf32>
}

// CHECK-LABEL: @formats(
// CHECK-SAME: !llm.block<q4_0>>
// CHECK-SAME: !llm.block<q5_0>>
// CHECK-SAME: !llm.block<q5_1>>
// CHECK-SAME: !llm.block<q8_0>>
// CHECK-SAME: !llm.block<q2_k>>
// CHECK-SAME: !llm.block<q3_k>>
// CHECK-SAME: !llm.block<q4_k>>
// CHECK-SAME: !llm.block<q5_k>>
// CHECK-SAME: !llm.block<q6_k>>
// CHECK-SAME: !llm.block<iq4_nl>>
// CHECK-SAME: !llm.block<mxfp4>>
func.func private @formats(tensor<1x32x!llm.block<q4_0>>, tensor<1x32x!llm.block<q5_0>>, tensor<1x32x!llm.block<q5_1>>,
  tensor<1x32x!llm.block<q8_0>>, tensor<1x256x!llm.block<q2_k>>, tensor<1x256x!llm.block<q3_k>>, tensor<1x256x!llm.block<q4_k>>,
  tensor<1x256x!llm.block<q5_k>>, tensor<1x256x!llm.block<q6_k>>, tensor<1x32x!llm.block<iq4_nl>>, tensor<1x32x!llm.block<mxfp4>>)

// CHECK-LABEL: @parts_of_blocks
func.func @parts_of_blocks(%w: tensor<40x64x!llm.block<q4_1>>) -> tensor<30x64x!llm.block<q4_1>> {
  // CHECK-NEXT: llm.slice %{{.*}} offsets [8, 32] sizes [20, 32] strides [1, 1] : tensor<40x64x!llm.block<q4_1>> -> tensor<20x32x!llm.block<q4_1>>
  %0 = llm.slice %w offsets [8, 32] sizes [20, 32] strides [1, 1] : tensor<40x64x!llm.block<q4_1>> -> tensor<20x32x!llm.block<q4_1>>
  // CHECK-NEXT: llm.pad %{{.*}} low [4, 32] high [6, 0] : tensor<20x32x!llm.block<q4_1>> -> tensor<30x64x!llm.block<q4_1>>
  %1 = llm.pad %0 low [4, 32] high [6, 0] : tensor<20x32x!llm.block<q4_1>> -> tensor<30x64x!llm.block<q4_1>>
  // CHECK-NEXT: llm.concat %{{.*}}, %{{.*}} axis 0 : tensor<20x32x!llm.block<q4_1>>, tensor<20x32x!llm.block<q4_1>> -> tensor<40x32x!llm.block<q4_1>>
  %2 = llm.concat %0, %0 axis 0 : tensor<20x32x!llm.block<q4_1>>, tensor<20x32x!llm.block<q4_1>> -> tensor<40x32x!llm.block<q4_1>>
  return %1 : tensor<30x64x!llm.block<q4_1>>
}

// CHECK-LABEL: @products
func.func @products(%x: tensor<?x64xf32>, %ids: tensor<?xi32>, %bias: tensor<40xf32>) -> tensor<?x40xf32> {
  // CHECK-NEXT: llm.load_weight @up : tensor<40x64x!llm.block<q4_1>>
  %up = llm.load_weight @up : tensor<40x64x!llm.block<q4_1>>
  %packed = llm.load_weight @packed : tensor<40x64x!llm.block<q4_1, 16>>
  // CHECK: llm.embedding %{{.*}}, %{{.*}} : tensor<?xi32>, tensor<40x64x!llm.block<q4_1>> -> tensor<?x64xf32>
  %rows = llm.embedding %ids, %up : tensor<?xi32>, tensor<40x64x!llm.block<q4_1>> -> tensor<?x64xf32>
  // CHECK-NEXT: llm.linear %{{.*}}, %{{.*}} activations q8 : tensor<?x64xf32>, tensor<40x64x!llm.block<q4_1>> -> tensor<?x40xf32>
  %0 = llm.linear %x, %up activations q8 : tensor<?x64xf32>, tensor<40x64x!llm.block<q4_1>> -> tensor<?x40xf32>
  // CHECK-NEXT: llm.linear %{{.*}}, %{{.*}} bias %{{.*}} : tensor<?x64xf32>, tensor<40x64x!llm.block<q4_1, 16>>, tensor<40xf32> -> tensor<?x40xf32>
  %1 = llm.linear %x, %packed bias %bias : tensor<?x64xf32>, tensor<40x64x!llm.block<q4_1, 16>>, tensor<40xf32> -> tensor<?x40xf32>
  return %1 : tensor<?x40xf32>
}

// CHECK-LABEL: @pieces
func.func @pieces(%x: tensor<?x9x64xf32>, %scale: tensor<64xf32>, %cos: tensor<?x32xf32>) -> tensor<?x9x64xf32> {
  // CHECK-NEXT: llm.rms_norm %{{.*}}, %{{.*}} epsilon 9.99999974E-6 : tensor<?x9x64xf32>, tensor<64xf32>
  %0 = llm.rms_norm %x, %scale epsilon 1.0e-5 : tensor<?x9x64xf32>, tensor<64xf32>
  // CHECK-NEXT: llm.silu %{{.*}} : tensor<?x9x64xf32>
  %1 = llm.silu %0 : tensor<?x9x64xf32>
  // CHECK-NEXT: llm.swiglu %{{.*}}, %{{.*}} : tensor<?x9x64xf32>, tensor<?x9x64xf32> -> tensor<?x9x64xf32>
  %2 = llm.swiglu %0, %1 : tensor<?x9x64xf32>, tensor<?x9x64xf32> -> tensor<?x9x64xf32>
  // CHECK-NEXT: llm.rope %{{.*}}, %{{.*}}, %{{.*}} style half : tensor<?x9x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
  %3 = llm.rope %2, %cos, %cos style half : tensor<?x9x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
  // CHECK-NEXT: llm.rope %{{.*}}, %{{.*}}, %{{.*}} style interleaved : tensor<?x9x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
  %4 = llm.rope %3, %cos, %cos style interleaved : tensor<?x9x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
  return %4 : tensor<?x9x64xf32>
}

// CHECK-LABEL: @attend
func.func @attend(%q: tensor<?x9x64xf32>, %k: tensor<?x3x64xf32>, %positions: tensor<?xi32>, %starts: tensor<?xi32>,
    %lengths: tensor<?xi32>, %blocks: tensor<?x?xi32>) -> tensor<?x9x64xf32> {
  // CHECK-NEXT: llm.load_state @keys : tensor<16x3x64x64xf16>
  %keys = llm.load_state @keys : tensor<16x3x64x64xf16>
  // CHECK-NEXT: llm.write_cache %{{.*}}, %{{.*}} positions %{{.*}} sequences %{{.*}} blocks %{{.*}} transposed : tensor<?x3x64xf32>, tensor<16x3x64x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  %keys1 = llm.write_cache %k, %keys positions %positions sequences %starts blocks %blocks transposed : tensor<?x3x64xf32>, tensor<16x3x64x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  %values = llm.load_state @values : tensor<16x3x64x64xf16>
  // CHECK: llm.write_cache %{{.*}}, %{{.*}} positions %{{.*}} sequences %{{.*}} blocks %{{.*}} : tensor
  %values1 = llm.write_cache %k, %values positions %positions sequences %starts blocks %blocks : tensor<?x3x64xf32>, tensor<16x3x64x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  // CHECK-NEXT: llm.paged_attention %{{.*}}, %{{.*}}, %{{.*}} positions %{{.*}} sequences %{{.*}} lengths %{{.*}} blocks %{{.*}} scale 1.250000e-01 : tensor
  %y = llm.paged_attention %q, %keys1, %values1 positions %positions sequences %starts lengths %lengths blocks %blocks scale 0.125 : tensor<?x9x64xf32>, tensor<16x3x64x64xf16>, tensor<16x3x64x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x9x64xf32>
  // CHECK-NEXT: llm.paged_attention %{{.*}} scale 1.250000e-01 window 4096 soft_cap 5.000000e+01 : tensor
  %z = llm.paged_attention %q, %keys1, %values1 positions %positions sequences %starts lengths %lengths blocks %blocks scale 0.125 window 4096 soft_cap 50.0 : tensor<?x9x64xf32>, tensor<16x3x64x64xf16>, tensor<16x3x64x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x9x64xf32>
  // CHECK-NEXT: llm.paged_attention_parts %{{.*}} scale 1.250000e-01 span 512 : {{.*}} -> tensor<?x9x65xf32>
  %parts = llm.paged_attention_parts %q, %keys1, %values1 positions %positions sequences %starts lengths %lengths blocks %blocks scale 0.125 span 512 : tensor<?x9x64xf32>, tensor<16x3x64x64xf16>, tensor<16x3x64x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x9x65xf32>
  // CHECK-NEXT: llm.merge_attention %{{.*}} positions %{{.*}} sequences %{{.*}} : tensor<?x9x65xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x9x64xf32>
  %merged = llm.merge_attention %parts positions %positions sequences %starts : tensor<?x9x65xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x9x64xf32>
  // CHECK-NEXT: llm.store_state %{{.*}}, @keys : tensor<16x3x64x64xf16>
  llm.store_state %keys1, @keys : tensor<16x3x64x64xf16>
  // CHECK-NEXT: llm.store_state %{{.*}}, @values : tensor<16x3x64x64xf16>
  llm.store_state %values1, @values : tensor<16x3x64x64xf16>
  return %y : tensor<?x9x64xf32>
}

// CHECK-LABEL: @experts
func.func @experts(%x: tensor<?x64xf32>, %scores: tensor<?x8xf32>, %up: tensor<8x128x64x!llm.block<q8_0>>, %down: tensor<8x64x128xf16>) -> tensor<?x2x64xf32> {
  // CHECK-NEXT: llm.top_k %{{.*}} k 2 : tensor<?x8xf32> -> tensor<?x2xi32>
  %chosen = llm.top_k %scores k 2 : tensor<?x8xf32> -> tensor<?x2xi32>
  // CHECK-NEXT: llm.take_along %{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<?x2xf32>
  %weights = llm.take_along %scores, %chosen : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<?x2xf32>
  // CHECK-NEXT: llm.expert_linear %{{.*}}, %{{.*}}, %{{.*}} activations q8 : tensor<?x64xf32>, tensor<8x128x64x!llm.block<q8_0>>, tensor<?x2xi32> -> tensor<?x2x128xf32>
  %0 = llm.expert_linear %x, %up, %chosen activations q8 : tensor<?x64xf32>, tensor<8x128x64x!llm.block<q8_0>>, tensor<?x2xi32> -> tensor<?x2x128xf32>
  // CHECK-NEXT: llm.expert_linear %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x2x128xf32>, tensor<8x64x128xf16>, tensor<?x2xi32> -> tensor<?x2x64xf32>
  %1 = llm.expert_linear %0, %down, %chosen : tensor<?x2x128xf32>, tensor<8x64x128xf16>, tensor<?x2xi32> -> tensor<?x2x64xf32>
  return %1 : tensor<?x2x64xf32>
}
