// RUN: llm-opt %s --llm-form-kernels | FileCheck %s

llm.size @tokens range(1, 8) divisor 1
llm.size @sequences range(1, 2) divisor 1
llm.size @table range(1, 4) divisor 1

// Slices of a merged product and rotations are computed where rows go into a
// cache, or to one; the product is alone.
// CHECK-LABEL: func.func @layer
func.func @layer(
    %x: tensor<?x48xf32> {llm.sizes = #llm.sizes<[tokens, 48]>},
    %w: tensor<128x48xf32>,
    %cos: tensor<?x8xf32> {llm.sizes = #llm.sizes<[tokens, 8]>},
    %sin: tensor<?x8xf32> {llm.sizes = #llm.sizes<[tokens, 8]>},
    %k: tensor<8x2x16x64xf16>, %v: tensor<8x2x64x16xf16>,
    %p: tensor<?xi32> {llm.sizes = #llm.sizes<[tokens]>},
    %s: tensor<?xi32> {llm.sizes = #llm.sizes<[sequences + 1]>},
    %l: tensor<?xi32> {llm.sizes = #llm.sizes<[sequences]>},
    %t: tensor<?x?xi32> {llm.sizes = #llm.sizes<[sequences, table]>})
    -> tensor<?x4x16xf32> {
  // CHECK: %[[QKV:.*]] = llm.kernel
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.linear
  // CHECK-NEXT: llm.yield
  // CHECK: %[[ROWS:.*]] = llm.reshape %[[QKV]]
  %qkv = llm.linear %x, %w : tensor<?x48xf32>, tensor<128x48xf32> -> tensor<?x128xf32>
  %rows = llm.reshape %qkv to [tokens, 8, 16] : tensor<?x128xf32> -> tensor<?x8x16xf32>
  // CHECK: %[[KEYS:.*]] = llm.kernel(%[[ROWS]]
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.slice
  // CHECK-NEXT: llm.rope
  // CHECK-NEXT: llm.write_cache
  // CHECK-NEXT: llm.yield
  %2 = llm.slice %rows offsets [0, 4, 0] sizes [tokens, 2, 16] strides [1, 1, 1] : tensor<?x8x16xf32> -> tensor<?x2x16xf32>
  %3 = llm.rope %2, %cos, %sin style half : tensor<?x2x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>
  %keys = llm.write_cache %3, %k positions %p sequences %s blocks %t transposed : tensor<?x2x16xf32>, tensor<8x2x16x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  // CHECK: %[[VALUES:.*]] = llm.kernel(%[[ROWS]]
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.slice
  // CHECK-NEXT: llm.write_cache
  // CHECK-NEXT: llm.yield
  %4 = llm.slice %rows offsets [0, 6, 0] sizes [tokens, 2, 16] strides [1, 1, 1] : tensor<?x8x16xf32> -> tensor<?x2x16xf32>
  %values = llm.write_cache %4, %v positions %p sequences %s blocks %t : tensor<?x2x16xf32>, tensor<8x2x64x16xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  // CHECK: llm.kernel(%[[ROWS]], %{{.*}}, %[[KEYS]], %[[VALUES]]
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.slice
  // CHECK-NEXT: llm.rope
  // CHECK-NEXT: llm.paged_attention
  // CHECK-NEXT: llm.yield
  %5 = llm.slice %rows offsets [0, 0, 0] sizes [tokens, 4, 16] strides [1, 1, 1] : tensor<?x8x16xf32> -> tensor<?x4x16xf32>
  %6 = llm.rope %5, %cos, %sin style half : tensor<?x4x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>
  %7 = llm.paged_attention %6, %keys, %values positions %p sequences %s lengths %l blocks %t scale 0.25 : tensor<?x4x16xf32>, tensor<8x2x16x64xf16>, tensor<8x2x64x16xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x4x16xf32>
  return %7 : tensor<?x4x16xf32>
}

// A turned value with another user is computed once, for both.
// CHECK-LABEL: func.func @keeps_shared_rotation
func.func @keeps_shared_rotation(
    %x: tensor<?x2x16xf32> {llm.sizes = #llm.sizes<[tokens, 2, 16]>},
    %cos: tensor<?x8xf32> {llm.sizes = #llm.sizes<[tokens, 8]>},
    %sin: tensor<?x8xf32> {llm.sizes = #llm.sizes<[tokens, 8]>},
    %k: tensor<8x2x16x64xf16>,
    %p: tensor<?xi32> {llm.sizes = #llm.sizes<[tokens]>},
    %s: tensor<?xi32> {llm.sizes = #llm.sizes<[sequences + 1]>},
    %t: tensor<?x?xi32> {llm.sizes = #llm.sizes<[sequences, table]>})
    -> (tensor<?x2x16xf32>, tensor<8x2x16x64xf16>) {
  // CHECK: %[[TURNED:.*]] = llm.kernel
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.rope
  // CHECK-NEXT: llm.yield
  // CHECK: llm.kernel(%[[TURNED]]
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT: llm.write_cache
  %0 = llm.rope %x, %cos, %sin style half : tensor<?x2x16xf32>, tensor<?x8xf32>, tensor<?x8xf32>
  %1 = llm.write_cache %0, %k positions %p sequences %s blocks %t transposed : tensor<?x2x16xf32>, tensor<8x2x16x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  return %0, %1 : tensor<?x2x16xf32>, tensor<8x2x16x64xf16>
}
