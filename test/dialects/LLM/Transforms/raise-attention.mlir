// RUN: llm-opt %s --llm-raise-attention --canonicalize --split-input-file | FileCheck %s
// RUN: llm-opt %s --verify --llm-raise-attention --canonicalize --split-input-file -o /dev/null

llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(1, 512) divisor 1

// As eager attention is exported: one scale on the scores, keys transposed at
// once.
// CHECK-LABEL: @scaled_scores
//  CHECK-SAME: (%[[Q:.*]]: tensor<?x?x12x32xf32> {{.*}}, %[[K:.*]]: tensor<?x?x12x32xf32> {{.*}}, %[[V:.*]]: tensor<?x?x12x32xf32> {{.*}}, %[[MASK:.*]]: tensor<?x1x1x?xf32>
func.func @scaled_scores(
    %q: tensor<?x?x12x32xf32> {llm.sizes = #llm.sizes<[batch, sequence, 12, 32]>},
    %k: tensor<?x?x12x32xf32> {llm.sizes = #llm.sizes<[batch, sequence, 12, 32]>},
    %v: tensor<?x?x12x32xf32> {llm.sizes = #llm.sizes<[batch, sequence, 12, 32]>},
    %mask: tensor<?x1x1x?xf32> {llm.sizes = #llm.sizes<[batch, 1, 1, sequence]>}) -> tensor<?x?x12x32xf32> {
  // CHECK-NEXT: %[[Y:.*]] = llm.attention %[[Q]], %[[K]], %[[V]] mask %[[MASK]] scale 0.176776692 :
  // CHECK-NEXT: return %[[Y]]
  %scale = llm.constant dense<5.65685415> : tensor<f32>
  %0 = llm.transpose %q perm [0, 2, 1, 3] : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %1 = llm.transpose %k perm [0, 2, 3, 1] : tensor<?x?x12x32xf32> -> tensor<?x12x32x?xf32>
  %2 = llm.transpose %v perm [0, 2, 1, 3] : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  %3 = llm.matmul %0, %1 : tensor<?x12x?x32xf32>, tensor<?x12x32x?xf32> -> tensor<?x12x?x?xf32>
  %4 = llm.div %3, %scale : tensor<?x12x?x?xf32>, tensor<f32> -> tensor<?x12x?x?xf32>
  %5 = llm.add %4, %mask : tensor<?x12x?x?xf32>, tensor<?x1x1x?xf32> -> tensor<?x12x?x?xf32>
  %6 = llm.softmax %5 axis 3 : tensor<?x12x?x?xf32>
  %7 = llm.matmul %6, %2 : tensor<?x12x?x?xf32>, tensor<?x12x?x32xf32> -> tensor<?x12x?x32xf32>
  %8 = llm.transpose %7 perm [0, 2, 1, 3] : tensor<?x12x?x32xf32> -> tensor<?x?x12x32xf32>
  return %8 : tensor<?x?x12x32xf32>
}

// -----

// As scaled_dot_product_attention is exported: half of the scale on each side,
// NaN hidden, keys transposed twice, the mask expanded to every query.
// CHECK-LABEL: @split_scale
//  CHECK-SAME: (%[[Q:.*]]: tensor<2x8x4x16xf32>, %[[K:.*]]: tensor<2x8x4x16xf32>, %[[V:.*]]: tensor<2x8x4x16xf32>, %[[MASK:.*]]: tensor<2x1x1x8xf32>)
func.func @split_scale(%q: tensor<2x8x4x16xf32>, %k: tensor<2x8x4x16xf32>, %v: tensor<2x8x4x16xf32>, %mask: tensor<2x1x1x8xf32>) -> tensor<2x8x4x16xf32> {
  // CHECK-NEXT: %[[Y:.*]] = llm.attention %[[Q]], %[[K]], %[[V]] mask %[[MASK]] scale 2.500000e-01 :
  // CHECK-NEXT: return %[[Y]]
  %half = llm.constant dense<0.5> : tensor<f32>
  %zero = llm.constant dense<0.0> : tensor<f32>
  %0 = llm.transpose %q perm [0, 2, 1, 3] : tensor<2x8x4x16xf32> -> tensor<2x4x8x16xf32>
  %1 = llm.mul %0, %half : tensor<2x4x8x16xf32>, tensor<f32> -> tensor<2x4x8x16xf32>
  %2 = llm.transpose %k perm [0, 2, 1, 3] : tensor<2x8x4x16xf32> -> tensor<2x4x8x16xf32>
  %3 = llm.transpose %2 perm [0, 1, 3, 2] : tensor<2x4x8x16xf32> -> tensor<2x4x16x8xf32>
  %4 = llm.mul %half, %3 : tensor<f32>, tensor<2x4x16x8xf32> -> tensor<2x4x16x8xf32>
  %5 = llm.transpose %v perm [0, 2, 1, 3] : tensor<2x8x4x16xf32> -> tensor<2x4x8x16xf32>
  %6 = llm.matmul %1, %4 : tensor<2x4x8x16xf32>, tensor<2x4x16x8xf32> -> tensor<2x4x8x8xf32>
  %7 = llm.expand %mask to [2, 1, 8, 8] : tensor<2x1x1x8xf32> -> tensor<2x1x8x8xf32>
  %8 = llm.add %7, %6 : tensor<2x1x8x8xf32>, tensor<2x4x8x8xf32> -> tensor<2x4x8x8xf32>
  %9 = llm.softmax %8 axis 3 : tensor<2x4x8x8xf32>
  %10 = llm.compare ne %9, %9 : tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32> -> tensor<2x4x8x8xi1>
  %11 = llm.select %10, %zero, %9 : tensor<2x4x8x8xi1>, tensor<f32>, tensor<2x4x8x8xf32> -> tensor<2x4x8x8xf32>
  %12 = llm.matmul %11, %5 : tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32> -> tensor<2x4x8x16xf32>
  %13 = llm.transpose %12 perm [0, 2, 1, 3] : tensor<2x4x8x16xf32> -> tensor<2x8x4x16xf32>
  return %13 : tensor<2x8x4x16xf32>
}

// -----

// A selected mask (DistilBERT) and a position bias (MPNet) become one mask.
// CHECK-LABEL: @selected_and_added
func.func @selected_and_added(%q: tensor<2x4x8x16xf32>, %kt: tensor<2x4x16x8xf32>, %v: tensor<2x4x8x16xf32>, %hidden: tensor<2x1x1x8xi1>, %bias: tensor<1x4x8x8xf32>) -> tensor<2x4x8x16xf32> {
  // CHECK-DAG: %[[LOWEST:.*]] = llm.constant dense<0xFF800000> : tensor<f32>
  // CHECK: %[[MASK:.*]] = llm.select %{{.*}}, %[[LOWEST]], %{{.*}} : tensor<2x1x1x8xi1>, tensor<f32>, tensor<1x4x8x8xf32> -> tensor<2x4x8x8xf32>
  // CHECK: llm.attention %{{.*}} mask %[[MASK]] scale 1.000000e+00
  %lowest = llm.constant dense<0xFF800000> : tensor<f32>
  %0 = llm.matmul %q, %kt : tensor<2x4x8x16xf32>, tensor<2x4x16x8xf32> -> tensor<2x4x8x8xf32>
  %1 = llm.add %0, %bias : tensor<2x4x8x8xf32>, tensor<1x4x8x8xf32> -> tensor<2x4x8x8xf32>
  %2 = llm.select %hidden, %lowest, %1 : tensor<2x1x1x8xi1>, tensor<f32>, tensor<2x4x8x8xf32> -> tensor<2x4x8x8xf32>
  %3 = llm.softmax %2 axis 3 : tensor<2x4x8x8xf32>
  %4 = llm.matmul %3, %v : tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32> -> tensor<2x4x8x16xf32>
  return %4 : tensor<2x4x8x16xf32>
}

// -----

// Keys that are hidden twice weigh as much as those that are hidden once: where
// all are hidden, each weighs the same.
// CHECK-LABEL: @hidden_twice
func.func @hidden_twice(%q: tensor<2x4x8x16xf32>, %kt: tensor<2x4x16x8xf32>, %v: tensor<2x4x8x16xf32>, %hidden: tensor<2x1x1x8xi1>, %bias: tensor<1x4x8x8xf32>) -> tensor<2x4x8x16xf32> {
  // CHECK: %[[SELECTED:.*]] = llm.select {{.*}} : tensor<2x1x1x8xi1>, tensor<f32>, tensor<1x1x1x8xf32> -> tensor<2x1x1x8xf32>
  // CHECK: %[[MASK:.*]] = llm.add %{{.*}}, %[[SELECTED]] : tensor<1x4x8x8xf32>, tensor<2x1x1x8xf32> -> tensor<2x4x8x8xf32>
  // CHECK: llm.attention %{{.*}} mask %[[MASK]] scale 1.000000e+00
  %padding = llm.constant dense<-3.40282347E+38> : tensor<1x1x1x8xf32>
  %lowest = llm.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = llm.matmul %q, %kt : tensor<2x4x8x16xf32>, tensor<2x4x16x8xf32> -> tensor<2x4x8x8xf32>
  %1 = llm.add %0, %padding : tensor<2x4x8x8xf32>, tensor<1x1x1x8xf32> -> tensor<2x4x8x8xf32>
  %2 = llm.select %hidden, %lowest, %1 : tensor<2x1x1x8xi1>, tensor<f32>, tensor<2x4x8x8xf32> -> tensor<2x4x8x8xf32>
  %3 = llm.add %2, %bias : tensor<2x4x8x8xf32>, tensor<1x4x8x8xf32> -> tensor<2x4x8x8xf32>
  %4 = llm.softmax %3 axis 3 : tensor<2x4x8x8xf32>
  %5 = llm.matmul %4, %v : tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32> -> tensor<2x4x8x16xf32>
  return %5 : tensor<2x4x8x16xf32>
}

// -----

// CHECK-LABEL: @keeps_scores_that_a_selection_repeats
func.func @keeps_scores_that_a_selection_repeats(%q: tensor<2x4x1x16xf32>, %kt: tensor<2x4x16x8xf32>, %v: tensor<2x4x8x16xf32>, %hidden: tensor<6x8xi1>) -> tensor<2x4x6x16xf32> {
  // CHECK-NOT: llm.attention
  %lowest = llm.constant dense<0xFF800000> : tensor<f32>
  %0 = llm.matmul %q, %kt : tensor<2x4x1x16xf32>, tensor<2x4x16x8xf32> -> tensor<2x4x1x8xf32>
  %1 = llm.select %hidden, %lowest, %0 : tensor<6x8xi1>, tensor<f32>, tensor<2x4x1x8xf32> -> tensor<2x4x6x8xf32>
  %2 = llm.softmax %1 axis 3 : tensor<2x4x6x8xf32>
  %3 = llm.matmul %2, %v : tensor<2x4x6x8xf32>, tensor<2x4x8x16xf32> -> tensor<2x4x6x16xf32>
  return %3 : tensor<2x4x6x16xf32>
}

// -----

// CHECK-LABEL: @grouped_heads
//  CHECK-SAME: (%[[Q:.*]]: tensor<2x8x6x16xf32>, %[[K:.*]]: tensor<2x2x8x16xf32>, %[[V:.*]]: tensor<2x2x8x16xf32>)
func.func @grouped_heads(%q: tensor<2x8x6x16xf32>, %k: tensor<2x2x8x16xf32>, %v: tensor<2x2x8x16xf32>) -> tensor<2x8x6x16xf32> {
  // CHECK-DAG: %[[K2:.*]] = llm.transpose %[[K]] perm [0, 2, 1, 3] : tensor<2x2x8x16xf32> -> tensor<2x8x2x16xf32>
  // CHECK-DAG: %[[V2:.*]] = llm.transpose %[[V]] perm [0, 2, 1, 3] : tensor<2x2x8x16xf32> -> tensor<2x8x2x16xf32>
  // CHECK: llm.attention %[[Q]], %[[K2]], %[[V2]] scale
  %0 = llm.transpose %q perm [0, 2, 1, 3] : tensor<2x8x6x16xf32> -> tensor<2x6x8x16xf32>
  %1 = llm.reshape %k to [2, 2, 1, 8, 16] : tensor<2x2x8x16xf32> -> tensor<2x2x1x8x16xf32>
  %2 = llm.expand %1 to [2, 2, 3, 8, 16] : tensor<2x2x1x8x16xf32> -> tensor<2x2x3x8x16xf32>
  %3 = llm.reshape %2 to [2, 6, 8, 16] : tensor<2x2x3x8x16xf32> -> tensor<2x6x8x16xf32>
  %4 = llm.transpose %3 perm [0, 1, 3, 2] : tensor<2x6x8x16xf32> -> tensor<2x6x16x8xf32>
  %5 = llm.reshape %v to [2, 2, 1, 8, 16] : tensor<2x2x8x16xf32> -> tensor<2x2x1x8x16xf32>
  %6 = llm.expand %5 to [2, 2, 3, 8, 16] : tensor<2x2x1x8x16xf32> -> tensor<2x2x3x8x16xf32>
  %7 = llm.reshape %6 to [2, 6, 8, 16] : tensor<2x2x3x8x16xf32> -> tensor<2x6x8x16xf32>
  %8 = llm.matmul %0, %4 : tensor<2x6x8x16xf32>, tensor<2x6x16x8xf32> -> tensor<2x6x8x8xf32>
  %9 = llm.softmax %8 axis 3 : tensor<2x6x8x8xf32>
  %10 = llm.matmul %9, %7 : tensor<2x6x8x8xf32>, tensor<2x6x8x16xf32> -> tensor<2x6x8x16xf32>
  %11 = llm.transpose %10 perm [0, 2, 1, 3] : tensor<2x6x8x16xf32> -> tensor<2x8x6x16xf32>
  return %11 : tensor<2x8x6x16xf32>
}

// -----

// CHECK-LABEL: @keeps_shared_probabilities
func.func @keeps_shared_probabilities(%q: tensor<2x4x8x16xf32>, %kt: tensor<2x4x16x8xf32>, %v: tensor<2x4x8x16xf32>) -> (tensor<2x4x8x16xf32>, tensor<2x4x8x8xf32>) {
  // CHECK: llm.softmax
  // CHECK-NOT: llm.attention
  %0 = llm.matmul %q, %kt : tensor<2x4x8x16xf32>, tensor<2x4x16x8xf32> -> tensor<2x4x8x8xf32>
  %1 = llm.softmax %0 axis 3 : tensor<2x4x8x8xf32>
  %2 = llm.matmul %1, %v : tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32> -> tensor<2x4x8x16xf32>
  return %2, %1 : tensor<2x4x8x16xf32>, tensor<2x4x8x8xf32>
}

// -----

// CHECK-LABEL: @keeps_softmax_over_queries
func.func @keeps_softmax_over_queries(%q: tensor<2x4x8x16xf32>, %kt: tensor<2x4x16x8xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  // CHECK-NOT: llm.attention
  %0 = llm.matmul %q, %kt : tensor<2x4x8x16xf32>, tensor<2x4x16x8xf32> -> tensor<2x4x8x8xf32>
  %1 = llm.softmax %0 axis 2 : tensor<2x4x8x8xf32>
  %2 = llm.matmul %1, %v : tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32> -> tensor<2x4x8x16xf32>
  return %2 : tensor<2x4x8x16xf32>
}

// -----

// CHECK-LABEL: @keeps_broadcast_heads
func.func @keeps_broadcast_heads(%q: tensor<2x4x8x16xf32>, %kt: tensor<2x1x16x8xf32>, %v: tensor<2x1x8x16xf32>) -> tensor<2x4x8x16xf32> {
  // CHECK-NOT: llm.attention
  %0 = llm.matmul %q, %kt : tensor<2x4x8x16xf32>, tensor<2x1x16x8xf32> -> tensor<2x4x8x8xf32>
  %1 = llm.softmax %0 axis 3 : tensor<2x4x8x8xf32>
  %2 = llm.matmul %1, %v : tensor<2x4x8x8xf32>, tensor<2x1x8x16xf32> -> tensor<2x4x8x16xf32>
  return %2 : tensor<2x4x8x16xf32>
}

// -----

// A row whose scores are all -10000 is uniform; added to the scores it is not.
// CHECK-LABEL: @keeps_finite_selected_mask
func.func @keeps_finite_selected_mask(%q: tensor<2x4x8x16xf32>, %kt: tensor<2x4x16x8xf32>, %v: tensor<2x4x8x16xf32>, %hidden: tensor<2x1x1x8xi1>) -> tensor<2x4x8x16xf32> {
  // CHECK-NOT: llm.attention
  %low = llm.constant dense<-1.0e4> : tensor<f32>
  %0 = llm.matmul %q, %kt : tensor<2x4x8x16xf32>, tensor<2x4x16x8xf32> -> tensor<2x4x8x8xf32>
  %1 = llm.select %hidden, %low, %0 : tensor<2x1x1x8xi1>, tensor<f32>, tensor<2x4x8x8xf32> -> tensor<2x4x8x8xf32>
  %2 = llm.softmax %1 axis 3 : tensor<2x4x8x8xf32>
  %3 = llm.matmul %2, %v : tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32> -> tensor<2x4x8x16xf32>
  return %3 : tensor<2x4x8x16xf32>
}

// -----

// A causal mask, as GPT-2 selects it, stays a mask.
// CHECK-LABEL: @selected_where_shown
func.func @selected_where_shown(%q: tensor<2x4x8x16xf32>, %kt: tensor<2x4x16x8xf32>, %v: tensor<2x4x8x16xf32>, %shown: tensor<8x8xi1>) -> tensor<2x4x8x16xf32> {
  // CHECK: %[[MASK:.*]] = llm.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<8x8xi1>, tensor<f32>, tensor<f32> -> tensor<8x8xf32>
  // CHECK: llm.attention %{{.*}} mask %[[MASK]] scale
  %lowest = llm.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = llm.matmul %q, %kt : tensor<2x4x8x16xf32>, tensor<2x4x16x8xf32> -> tensor<2x4x8x8xf32>
  %1 = llm.select %shown, %0, %lowest : tensor<8x8xi1>, tensor<2x4x8x8xf32>, tensor<f32> -> tensor<2x4x8x8xf32>
  %2 = llm.softmax %1 axis 3 : tensor<2x4x8x8xf32>
  %3 = llm.matmul %2, %v : tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32> -> tensor<2x4x8x16xf32>
  return %3 : tensor<2x4x8x16xf32>
}
