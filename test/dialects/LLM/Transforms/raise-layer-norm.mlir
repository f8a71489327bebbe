// RUN: llm-opt %s --llm-raise-layer-norm | FileCheck %s
// RUN: llm-opt %s --verify --llm-raise-layer-norm -o /dev/null

// CHECK-LABEL: @division_and_power
//  CHECK-SAME: (%[[X:.*]]: tensor<?x?x8xf32>, %[[SCALE:.*]]: tensor<8xf32>, %[[BIAS:.*]]: tensor<8xf32>)
func.func @division_and_power(%x: tensor<?x?x8xf32>, %scale: tensor<8xf32>, %bias: tensor<8xf32>) -> tensor<?x?x8xf32> {
  // CHECK-NEXT: %[[Y:.*]] = llm.layer_norm %[[X]], %[[SCALE]] bias %[[BIAS]] epsilon 9.99999996E-13 :
  // CHECK-NEXT: return %[[Y]]
  %two = llm.constant dense<2.0> : tensor<f32>
  %epsilon = llm.constant dense<1.0e-12> : tensor<f32>
  %0 = llm.reduce mean %x axes [2] : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %1 = llm.sub %x, %0 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %2 = llm.pow %1, %two : tensor<?x?x8xf32>, tensor<f32> -> tensor<?x?x8xf32>
  %3 = llm.reduce mean %2 axes [2] : tensor<?x?x8xf32> -> tensor<?x?x1xf32>
  %4 = llm.add %3, %epsilon : tensor<?x?x1xf32>, tensor<f32> -> tensor<?x?x1xf32>
  %5 = llm.sqrt %4 : tensor<?x?x1xf32>
  %6 = llm.div %1, %5 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %7 = llm.mul %6, %scale : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x8xf32>
  %8 = llm.add %7, %bias : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x8xf32>
  return %8 : tensor<?x?x8xf32>
}

// CHECK-LABEL: @rsqrt_and_product
func.func @rsqrt_and_product(%x: tensor<4x8xf32>, %scale: tensor<1x8xf32>) -> tensor<4x8xf32> {
  // CHECK-NEXT: %[[SCALE:.*]] = llm.reshape %{{.*}} to [8] : tensor<1x8xf32> -> tensor<8xf32>
  // CHECK-NEXT: llm.layer_norm %{{.*}}, %[[SCALE]] epsilon 9.99999974E-6 : tensor<4x8xf32>, tensor<8xf32>
  // CHECK-NEXT: return
  %epsilon = llm.constant dense<1.0e-5> : tensor<1xf32>
  %0 = llm.reduce mean %x axes [1] : tensor<4x8xf32> -> tensor<4x1xf32>
  %1 = llm.sub %x, %0 : tensor<4x8xf32>, tensor<4x1xf32> -> tensor<4x8xf32>
  %2 = llm.mul %1, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %3 = llm.reduce mean %2 axes [1] : tensor<4x8xf32> -> tensor<4x1xf32>
  %4 = llm.add %epsilon, %3 : tensor<1xf32>, tensor<4x1xf32> -> tensor<4x1xf32>
  %5 = llm.rsqrt %4 : tensor<4x1xf32>
  %6 = llm.mul %5, %1 : tensor<4x1xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %7 = llm.mul %scale, %6 : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  return %7 : tensor<4x8xf32>
}

// CHECK-LABEL: @reciprocal
func.func @reciprocal(%x: tensor<4x8xf32>, %scale: tensor<8xf32>) -> tensor<4x8xf32> {
  // CHECK-NEXT: llm.layer_norm
  // CHECK-NEXT: return
  %epsilon = llm.constant dense<1.0e-5> : tensor<f32>
  %0 = llm.reduce mean %x axes [1] : tensor<4x8xf32> -> tensor<4x1xf32>
  %1 = llm.sub %x, %0 : tensor<4x8xf32>, tensor<4x1xf32> -> tensor<4x8xf32>
  %2 = llm.mul %1, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %3 = llm.reduce mean %2 axes [1] : tensor<4x8xf32> -> tensor<4x1xf32>
  %4 = llm.add %3, %epsilon : tensor<4x1xf32>, tensor<f32> -> tensor<4x1xf32>
  %5 = llm.sqrt %4 : tensor<4x1xf32>
  %6 = llm.reciprocal %5 : tensor<4x1xf32>
  %7 = llm.mul %1, %6 : tensor<4x8xf32>, tensor<4x1xf32> -> tensor<4x8xf32>
  %8 = llm.mul %7, %scale : tensor<4x8xf32>, tensor<8xf32> -> tensor<4x8xf32>
  return %8 : tensor<4x8xf32>
}

// CHECK-LABEL: @keeps_other_dimension
func.func @keeps_other_dimension(%x: tensor<8x8xf32>, %scale: tensor<8xf32>) -> tensor<8x8xf32> {
  // CHECK: llm.rsqrt
  // CHECK-NOT: llm.layer_norm
  %epsilon = llm.constant dense<1.0e-5> : tensor<f32>
  %0 = llm.reduce mean %x axes [0] : tensor<8x8xf32> -> tensor<1x8xf32>
  %1 = llm.sub %x, %0 : tensor<8x8xf32>, tensor<1x8xf32> -> tensor<8x8xf32>
  %2 = llm.mul %1, %1 : tensor<8x8xf32>, tensor<8x8xf32> -> tensor<8x8xf32>
  %3 = llm.reduce mean %2 axes [0] : tensor<8x8xf32> -> tensor<1x8xf32>
  %4 = llm.add %3, %epsilon : tensor<1x8xf32>, tensor<f32> -> tensor<1x8xf32>
  %5 = llm.rsqrt %4 : tensor<1x8xf32>
  %6 = llm.mul %1, %5 : tensor<8x8xf32>, tensor<1x8xf32> -> tensor<8x8xf32>
  %7 = llm.mul %6, %scale : tensor<8x8xf32>, tensor<8xf32> -> tensor<8x8xf32>
  return %7 : tensor<8x8xf32>
}

// CHECK-LABEL: @keeps_norm_without_scale
func.func @keeps_norm_without_scale(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // CHECK: llm.rsqrt
  // CHECK-NOT: llm.layer_norm
  %epsilon = llm.constant dense<1.0e-5> : tensor<f32>
  %0 = llm.reduce mean %x axes [1] : tensor<4x8xf32> -> tensor<4x1xf32>
  %1 = llm.sub %x, %0 : tensor<4x8xf32>, tensor<4x1xf32> -> tensor<4x8xf32>
  %2 = llm.mul %1, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %3 = llm.reduce mean %2 axes [1] : tensor<4x8xf32> -> tensor<4x1xf32>
  %4 = llm.add %3, %epsilon : tensor<4x1xf32>, tensor<f32> -> tensor<4x1xf32>
  %5 = llm.rsqrt %4 : tensor<4x1xf32>
  %6 = llm.mul %1, %5 : tensor<4x8xf32>, tensor<4x1xf32> -> tensor<4x8xf32>
  return %6 : tensor<4x8xf32>
}

// CHECK-LABEL: @keeps_shared_variance
func.func @keeps_shared_variance(%x: tensor<4x8xf32>, %scale: tensor<8xf32>) -> (tensor<4x8xf32>, tensor<4x1xf32>) {
  // CHECK: llm.rsqrt
  // CHECK-NOT: llm.layer_norm
  %epsilon = llm.constant dense<1.0e-5> : tensor<f32>
  %0 = llm.reduce mean %x axes [1] : tensor<4x8xf32> -> tensor<4x1xf32>
  %1 = llm.sub %x, %0 : tensor<4x8xf32>, tensor<4x1xf32> -> tensor<4x8xf32>
  %2 = llm.mul %1, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %3 = llm.reduce mean %2 axes [1] : tensor<4x8xf32> -> tensor<4x1xf32>
  %4 = llm.add %3, %epsilon : tensor<4x1xf32>, tensor<f32> -> tensor<4x1xf32>
  %5 = llm.rsqrt %4 : tensor<4x1xf32>
  %6 = llm.mul %1, %5 : tensor<4x8xf32>, tensor<4x1xf32> -> tensor<4x8xf32>
  %7 = llm.mul %6, %scale : tensor<4x8xf32>, tensor<8xf32> -> tensor<4x8xf32>
  return %7, %3 : tensor<4x8xf32>, tensor<4x1xf32>
}
