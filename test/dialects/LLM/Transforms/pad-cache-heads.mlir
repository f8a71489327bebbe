// RUN: llm-opt %s --llm-pad-cache-heads | FileCheck %s
// RUN: llm-opt %s --llm-pad-cache-heads=multiple=4 | FileCheck %s --check-prefix=KEPT
// RUN: not llm-opt %s --llm-pad-cache-heads=multiple=0 2>&1 | FileCheck %s --check-prefix=ERROR

// KEPT-NOT: llm.pad
// ERROR: heads of caches are to be multiples of 0; expected a positive number

llm.size @tokens range(1, 64) divisor 1

// CHECK: llm.state @keys : tensor<8x2x16x64xf16>
llm.state @keys : tensor<8x2x12x64xf16>
// CHECK: llm.state @values : tensor<8x2x64x24xf16>
llm.state @values : tensor<8x2x64x20xf16>
// CHECK: llm.state @even : tensor<8x2x64x32xf16>
llm.state @even : tensor<8x2x64x32xf16>
// CHECK: llm.state @other : tensor<8x2x64x20xf16>
llm.state @other : tensor<8x2x64x20xf16>

// CHECK-LABEL: @attend
func.func @attend(%q: tensor<?x4x12xf32> {llm.sizes = #llm.sizes<[tokens, 4, 12]>}, %k: tensor<?x2x12xf32>, %v: tensor<?x2x20xf32>,
    %p: tensor<?xi32>, %s: tensor<?xi32>, %l: tensor<?xi32>, %t: tensor<?x?xi32>) -> tensor<?x4x20xf32> {
  %0 = llm.load_state @keys : tensor<8x2x12x64xf16>
  // CHECK: %[[K:.*]] = llm.pad %{{.*}} low [0, 0, 0] high [0, 0, 4] : tensor<?x2x12xf32> -> tensor<?x2x16xf32>
  // CHECK: %[[KEYS:.*]] = llm.write_cache %[[K]], {{.*}} transposed : tensor<?x2x16xf32>, tensor<8x2x16x64xf16>
  %1 = llm.write_cache %k, %0 positions %p sequences %s blocks %t transposed : tensor<?x2x12xf32>, tensor<8x2x12x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  // CHECK: llm.store_state %[[KEYS]], @keys : tensor<8x2x16x64xf16>
  llm.store_state %1, @keys : tensor<8x2x12x64xf16>
  %2 = llm.load_state @values : tensor<8x2x64x20xf16>
  // CHECK: llm.pad %{{.*}} high [0, 0, 4] : tensor<?x2x20xf32> -> tensor<?x2x24xf32>
  %3 = llm.write_cache %v, %2 positions %p sequences %s blocks %t : tensor<?x2x20xf32>, tensor<8x2x64x20xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  llm.store_state %3, @values : tensor<8x2x64x20xf16>
  // CHECK: %[[Q:.*]] = llm.pad %{{.*}} high [0, 0, 4] : tensor<?x4x12xf32> -> tensor<?x4x16xf32>
  // CHECK: %[[Y:.*]] = llm.paged_attention %[[Q]], %[[KEYS]], {{.*}} -> tensor<?x4x24xf32>
  // CHECK: llm.slice %[[Y]] offsets [0, 0, 0] sizes [tokens, 4, 20] strides [1, 1, 1]
  %4 = llm.paged_attention %q, %1, %3 positions %p sequences %s lengths %l blocks %t scale 0.25 : tensor<?x4x12xf32>, tensor<8x2x12x64xf16>, tensor<8x2x64x20xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x4x20xf32>
  return %4 : tensor<?x4x20xf32>
}

// CHECK-LABEL: @keeps_even
// CHECK-NOT: llm.pad
func.func @keeps_even(%v: tensor<?x2x32xf32>, %p: tensor<?xi32>, %s: tensor<?xi32>, %t: tensor<?x?xi32>) {
  %0 = llm.load_state @even : tensor<8x2x64x32xf16>
  %1 = llm.write_cache %v, %0 positions %p sequences %s blocks %t : tensor<?x2x32xf32>, tensor<8x2x64x32xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  llm.store_state %1, @even : tensor<8x2x64x32xf16>
  return
}

// CHECK-LABEL: @keeps_what_is_read
// CHECK-NOT: llm.pad
func.func @keeps_what_is_read(%v: tensor<?x2x20xf32>, %p: tensor<?xi32>, %s: tensor<?xi32>, %t: tensor<?x?xi32>) -> tensor<8x2x64x20xf16> {
  %0 = llm.load_state @other : tensor<8x2x64x20xf16>
  %1 = llm.write_cache %v, %0 positions %p sequences %s blocks %t : tensor<?x2x20xf32>, tensor<8x2x64x20xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  llm.store_state %1, @other : tensor<8x2x64x20xf16>
  return %1 : tensor<8x2x64x20xf16>
}
