// RUN: llm-opt %s --llm-simplify-layout --split-input-file | FileCheck %s
// RUN: llm-opt %s --verify --llm-simplify-layout --split-input-file -o /dev/null

llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(1, 512) divisor 1

// CHECK-LABEL: @merged_heads
func.func @merged_heads(%k: tensor<?x12x?x32xf32> {llm.sizes = #llm.sizes<[batch, 12, sequence, 32]>}) -> tensor<?x12x32x?xf32> {
  // CHECK-NEXT: %[[Y:.*]] = llm.transpose %{{.*}} perm [0, 1, 3, 2] : tensor<?x12x?x32xf32> -> tensor<?x12x32x?xf32>
  // CHECK-NEXT: return %[[Y]]
  %0 = llm.reshape %k to [12 * batch, sequence, 32] : tensor<?x12x?x32xf32> -> tensor<?x?x32xf32>
  %1 = llm.transpose %0 perm [0, 2, 1] : tensor<?x?x32xf32> -> tensor<?x32x?xf32>
  %2 = llm.reshape %1 to [batch, 12, 32, sequence] : tensor<?x32x?xf32> -> tensor<?x12x32x?xf32>
  return %2 : tensor<?x12x32x?xf32>
}

// CHECK-LABEL: @keeps_other_split
func.func @keeps_other_split(%k: tensor<2x12x8x32xf32>) -> tensor<12x2x32x8xf32> {
  // CHECK: llm.reshape
  // CHECK: llm.transpose
  // CHECK: llm.reshape
  %0 = llm.reshape %k to [24, 8, 32] : tensor<2x12x8x32xf32> -> tensor<24x8x32xf32>
  %1 = llm.transpose %0 perm [0, 2, 1] : tensor<24x8x32xf32> -> tensor<24x32x8xf32>
  %2 = llm.reshape %1 to [12, 2, 32, 8] : tensor<24x32x8xf32> -> tensor<12x2x32x8xf32>
  return %2 : tensor<12x2x32x8xf32>
}

// CHECK-LABEL: @nothing_moves
//  CHECK-SAME: (%[[X:.*]]: tensor<?x?x8xf32> {{.*}})
func.func @nothing_moves(%x: tensor<?x?x8xf32> {llm.sizes = #llm.sizes<[batch, sequence, 8]>}) -> tensor<?x?x8xf32> {
  // CHECK-NEXT: return %[[X]]
  %0 = llm.reshape %x to [batch, sequence, 8] : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  %1 = llm.expand %0 to [batch, sequence, 8] : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  %2 = llm.slice %1 offsets [0, 0, 0] sizes [batch, sequence, 8] strides [1, 1, 1] : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  return %2 : tensor<?x?x8xf32>
}

// CHECK-LABEL: @keeps_reversed
func.func @keeps_reversed(%x: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK: llm.slice
  %0 = llm.slice %x offsets [7] sizes [8] strides [-1] : tensor<8xf32> -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// CHECK-LABEL: @one_head
func.func @one_head(%x: tensor<?x1x32xf32> {llm.sizes = #llm.sizes<[batch, 1, 32]>}) -> tensor<1x?x32xf32> {
  // CHECK-NEXT: llm.reshape %{{.*}} to [1, batch, 32]
  // CHECK-NEXT: return
  %0 = llm.transpose %x perm [1, 0, 2] : tensor<?x1x32xf32> -> tensor<1x?x32xf32>
  return %0 : tensor<1x?x32xf32>
}

// CHECK-LABEL: @mask
func.func @mask(%keep: tensor<?x1x1x?xi1> {llm.sizes = #llm.sizes<[batch, 1, 1, sequence]>}) -> tensor<?x1x?x?xf32> {
  // CHECK: %[[NARROW:.*]] = llm.select {{.*}} -> tensor<?x1x1x?xf32>
  // CHECK-NEXT: %[[WIDE:.*]] = llm.expand %[[NARROW]] to [batch, 1, sequence, sequence]
  // CHECK-NEXT: return %[[WIDE]]
  %zero = llm.constant dense<0.0> : tensor<f32>
  %lowest = llm.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = llm.expand %keep to [batch, 1, sequence, sequence] : tensor<?x1x1x?xi1> -> tensor<?x1x?x?xi1>
  %1 = llm.select %0, %zero, %lowest : tensor<?x1x?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x1x?x?xf32>
  return %1 : tensor<?x1x?x?xf32>
}

// CHECK-LABEL: @positions
func.func @positions(%x: tensor<?x8xf32> {llm.sizes = #llm.sizes<[batch, 8]>}, %row: tensor<1x8xf32>) -> tensor<?x8xf32> {
  // CHECK-NEXT: llm.add %{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<1x8xf32> -> tensor<?x8xf32>
  // CHECK-NEXT: return
  %0 = llm.expand %row to [batch, 8] : tensor<1x8xf32> -> tensor<?x8xf32>
  %1 = llm.add %x, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func private @keeps_unknown_size
func.func private @keeps_unknown_size(%x: tensor<?xf32>) -> tensor<?xf32> {
  // CHECK-NEXT: %[[WIDE:.*]] = llm.expand
  // CHECK-NEXT: llm.exp %[[WIDE]]
  %0 = llm.expand %x to [sequence] : tensor<?xf32> -> tensor<?xf32>
  %1 = llm.exp %0 : tensor<?xf32>
  return %1 : tensor<?xf32>
}
