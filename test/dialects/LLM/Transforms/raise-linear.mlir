// RUN: llm-opt %s --llm-raise-linear | FileCheck %s
// RUN: rm -rf %t && mkdir %t && cp %s %t/input.mlir
// RUN: awk -f %S/Inputs/weights.awk > %t/model.onnx
// RUN: llm-opt %t/input.mlir --verify --llm-raise-linear -o /dev/null

llm.weight @w : tensor<8x6xf32> in "model.onnx" at 0
llm.weight @b : tensor<6xf32> in "model.onnx" at 192
llm.weight @row : tensor<1x6xf32> in "model.onnx" at 192
llm.weight @stack : tensor<2x8x6xf32> in "model.onnx" at 4096

// CHECK-LABEL: @bias_on_the_left
//  CHECK-SAME: (%[[X:.*]]: tensor<?x3x8xf32>)
func.func @bias_on_the_left(%x: tensor<?x3x8xf32>) -> tensor<?x3x6xf32> {
  // CHECK-DAG: %[[W:.*]] = llm.load_weight @w
  // CHECK-DAG: %[[B:.*]] = llm.load_weight @b
  // CHECK: %[[T:.*]] = llm.transpose %[[W]] perm [1, 0] : tensor<8x6xf32> -> tensor<6x8xf32>
  // CHECK: %[[Y:.*]] = llm.linear %[[X]], %[[T]] bias %[[B]] :
  // CHECK-NEXT: return %[[Y]]
  %w = llm.load_weight @w : tensor<8x6xf32>
  %b = llm.load_weight @b : tensor<6xf32>
  %0 = llm.matmul %x, %w : tensor<?x3x8xf32>, tensor<8x6xf32> -> tensor<?x3x6xf32>
  %1 = llm.add %b, %0 : tensor<6xf32>, tensor<?x3x6xf32> -> tensor<?x3x6xf32>
  return %1 : tensor<?x3x6xf32>
}

// A weight that was transposed for the product is taken as it was.
// CHECK-LABEL: @weight_transposed_already
func.func @weight_transposed_already(%x: tensor<3x6xf32>) -> tensor<3x8xf32> {
  // CHECK: %[[W:.*]] = llm.load_weight @w
  // CHECK: llm.linear %{{.*}}, %[[W]] : tensor<3x6xf32>, tensor<8x6xf32> -> tensor<3x8xf32>
  %w = llm.load_weight @w : tensor<8x6xf32>
  %t = llm.transpose %w perm [1, 0] : tensor<8x6xf32> -> tensor<6x8xf32>
  %0 = llm.matmul %x, %t : tensor<3x6xf32>, tensor<6x8xf32> -> tensor<3x8xf32>
  return %0 : tensor<3x8xf32>
}

// CHECK-LABEL: @bias_of_rank_2
func.func @bias_of_rank_2(%x: tensor<3x8xf32>) -> tensor<3x6xf32> {
  // CHECK: %[[B:.*]] = llm.reshape %{{.*}} to [6] : tensor<1x6xf32> -> tensor<6xf32>
  // CHECK: llm.linear %{{.*}}, %{{.*}} bias %[[B]]
  %w = llm.load_weight @w : tensor<8x6xf32>
  %b = llm.load_weight @row : tensor<1x6xf32>
  %0 = llm.matmul %x, %w : tensor<3x8xf32>, tensor<8x6xf32> -> tensor<3x6xf32>
  %1 = llm.add %0, %b : tensor<3x6xf32>, tensor<1x6xf32> -> tensor<3x6xf32>
  return %1 : tensor<3x6xf32>
}

// CHECK-LABEL: @keeps_product_of_activations
func.func @keeps_product_of_activations(%x: tensor<3x8xf32>, %y: tensor<8x6xf32>) -> tensor<3x6xf32> {
  // CHECK: llm.matmul
  %0 = llm.matmul %x, %y : tensor<3x8xf32>, tensor<8x6xf32> -> tensor<3x6xf32>
  return %0 : tensor<3x6xf32>
}

// CHECK-LABEL: @keeps_stack_of_weights
func.func @keeps_stack_of_weights(%x: tensor<2x3x8xf32>) -> tensor<2x3x6xf32> {
  // CHECK: llm.matmul
  %w = llm.load_weight @stack : tensor<2x8x6xf32>
  %0 = llm.matmul %x, %w : tensor<2x3x8xf32>, tensor<2x8x6xf32> -> tensor<2x3x6xf32>
  return %0 : tensor<2x3x6xf32>
}

// CHECK-LABEL: @keeps_bias_of_shared_product
func.func @keeps_bias_of_shared_product(%x: tensor<3x8xf32>) -> (tensor<3x6xf32>, tensor<3x6xf32>) {
  // CHECK: %[[P:.*]] = llm.linear %{{[^ ]*}}, %{{[^ ]*}} : tensor<3x8xf32>
  // CHECK: llm.add %[[P]]
  %w = llm.load_weight @w : tensor<8x6xf32>
  %b = llm.load_weight @b : tensor<6xf32>
  %0 = llm.matmul %x, %w : tensor<3x8xf32>, tensor<8x6xf32> -> tensor<3x6xf32>
  %1 = llm.add %0, %b : tensor<3x6xf32>, tensor<6xf32> -> tensor<3x6xf32>
  return %0, %1 : tensor<3x6xf32>, tensor<3x6xf32>
}

// CHECK-LABEL: @keeps_residual
func.func @keeps_residual(%x: tensor<1x8xf32>, %r: tensor<1x6xf32>) -> tensor<1x6xf32> {
  // CHECK: llm.linear %{{[^ ]*}}, %{{[^ ]*}} : tensor<1x8xf32>
  // CHECK: llm.add
  %w = llm.load_weight @w : tensor<8x6xf32>
  %0 = llm.matmul %x, %w : tensor<1x8xf32>, tensor<8x6xf32> -> tensor<1x6xf32>
  %1 = llm.add %0, %r : tensor<1x6xf32>, tensor<1x6xf32> -> tensor<1x6xf32>
  return %1 : tensor<1x6xf32>
}

// CHECK-LABEL: @keeps_wider_bias
func.func @keeps_wider_bias(%x: tensor<8xf32>) -> tensor<3x6xf32> {
  // CHECK: llm.linear
  // CHECK: llm.add
  %w = llm.load_weight @w : tensor<8x6xf32>
  %b = llm.constant dense<0.5> : tensor<3x6xf32>
  %x2 = llm.reshape %x to [1, 8] : tensor<8xf32> -> tensor<1x8xf32>
  %0 = llm.matmul %x2, %w : tensor<1x8xf32>, tensor<8x6xf32> -> tensor<1x6xf32>
  %1 = llm.add %0, %b : tensor<1x6xf32>, tensor<3x6xf32> -> tensor<3x6xf32>
  return %1 : tensor<3x6xf32>
}
