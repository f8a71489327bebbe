// RUN: llm-opt %s --llm-split-attention=span=128 | FileCheck %s
// RUN: llm-opt %s --llm-split-attention=span=0 | FileCheck %s --check-prefix=WHOLE
// RUN: llm-opt %s --llm-split-attention | FileCheck %s --check-prefix=WHOLE
// RUN: not llm-opt %s --llm-split-attention=span=-1 2>&1 | FileCheck %s --check-prefix=ERROR

// WHOLE-NOT: llm.merge_attention
// ERROR: a part of attention has -1 positions but needs a positive multiple of the cache's blocks

llm.size @sequences range(1, 2) divisor 1
llm.size @table range(1, 8) divisor 1
llm.size @short range(1, 2) divisor 1

// CHECK-LABEL: @splits
func.func @splits(%q: tensor<?x4x16xf32>, %keys: tensor<8x2x16x64xf16>, %values: tensor<8x2x64x16xf16>,
    %p: tensor<?xi32>, %s: tensor<?xi32>, %l: tensor<?xi32>, %t: tensor<?x?xi32> {llm.sizes = #llm.sizes<[sequences, table]>}) -> tensor<?x4x16xf32> {
  // CHECK-NEXT: %[[PARTS:.*]] = llm.paged_attention_parts {{.*}} scale 2.500000e-01 window 100 span 128 {llm.narrow} : {{.*}} -> tensor<?x4x17xf32>
  // CHECK-NEXT: %[[Y:.*]] = llm.merge_attention %[[PARTS]] positions %{{.*}} sequences %{{.*}} : tensor<?x4x17xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x4x16xf32>
  // CHECK-NEXT: return %[[Y]]
  %0 = llm.paged_attention %q, %keys, %values positions %p sequences %s lengths %l blocks %t scale 0.25 window 100 {llm.narrow} : tensor<?x4x16xf32>, tensor<8x2x16x64xf16>, tensor<8x2x64x16xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x4x16xf32>
  return %0 : tensor<?x4x16xf32>
}

// CHECK-LABEL: @keeps_short_sequences
// CHECK-NOT: parts
func.func @keeps_short_sequences(%q: tensor<?x4x16xf32>, %keys: tensor<8x2x16x64xf16>, %values: tensor<8x2x64x16xf16>,
    %p: tensor<?xi32>, %s: tensor<?xi32>, %l: tensor<?xi32>, %t: tensor<?x?xi32> {llm.sizes = #llm.sizes<[sequences, short]>}) -> tensor<?x4x16xf32> {
  %0 = llm.paged_attention %q, %keys, %values positions %p sequences %s lengths %l blocks %t scale 0.25 : tensor<?x4x16xf32>, tensor<8x2x16x64xf16>, tensor<8x2x64x16xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x4x16xf32>
  return %0 : tensor<?x4x16xf32>
}

// CHECK-LABEL: @keeps_unknown_size
// CHECK-NOT: parts
func.func @keeps_unknown_size(%q: tensor<?x4x16xf32>, %keys: tensor<8x2x16x64xf16>, %values: tensor<8x2x64x?xf16>,
    %p: tensor<?xi32>, %s: tensor<?xi32>, %l: tensor<?xi32>, %t: tensor<?x?xi32> {llm.sizes = #llm.sizes<[sequences, table]>}) -> tensor<?x4x?xf32> {
  %0 = llm.paged_attention %q, %keys, %values positions %p sequences %s lengths %l blocks %t scale 0.25 : tensor<?x4x16xf32>, tensor<8x2x16x64xf16>, tensor<8x2x64x?xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x4x?xf32>
  return %0 : tensor<?x4x?xf32>
}
