// RUN: llm-opt %s --llm-raise-gelu | FileCheck %s
// RUN: llm-opt %s --verify --llm-raise-gelu -o /dev/null

// CHECK-LABEL: @product_first
//  CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>)
func.func @product_first(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // CHECK-NEXT: %[[Y:.*]] = llm.gelu %[[X]] approximate none : tensor<?x8xf32>
  // CHECK-NEXT: return %[[Y]]
  %root = llm.constant dense<1.41421354> : tensor<f32>
  %one = llm.constant dense<1.0> : tensor<1xf32>
  %half = llm.constant dense<0.5> : tensor<f32>
  %0 = llm.div %x, %root : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = llm.erf %0 : tensor<?x8xf32>
  %2 = llm.add %one, %1 : tensor<1xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %3 = llm.mul %x, %2 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %4 = llm.mul %3, %half : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// CHECK-LABEL: @half_of_sum_first
func.func @half_of_sum_first(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: llm.gelu %{{.*}} approximate none
  // CHECK-NEXT: return
  %root = llm.constant dense<0.707106769> : tensor<f32>
  %one = llm.constant dense<1.0> : tensor<f32>
  %half = llm.constant dense<0.5> : tensor<f32>
  %0 = llm.mul %root, %x : tensor<f32>, tensor<4xf32> -> tensor<4xf32>
  %1 = llm.erf %0 : tensor<4xf32>
  %2 = llm.add %1, %one : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %3 = llm.mul %half, %2 : tensor<f32>, tensor<4xf32> -> tensor<4xf32>
  %4 = llm.mul %3, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// CHECK-LABEL: @half_of_x_first
func.func @half_of_x_first(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: llm.gelu %{{.*}} approximate none
  %root = llm.constant dense<1.41421354> : tensor<f32>
  %one = llm.constant dense<1.0> : tensor<f32>
  %two = llm.constant dense<2.0> : tensor<f32>
  %0 = llm.div %x, %root : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = llm.erf %0 : tensor<4xf32>
  %2 = llm.add %1, %one : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %3 = llm.div %x, %two : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %4 = llm.mul %3, %2 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// CHECK-LABEL: @tanh_of_power
func.func @tanh_of_power(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: llm.gelu %{{.*}} approximate tanh
  // CHECK-NEXT: return
  %three = llm.constant dense<3.0> : tensor<f32>
  %cubic = llm.constant dense<0.044715> : tensor<f32>
  %scale = llm.constant dense<0.797884583> : tensor<f32>
  %one = llm.constant dense<1.0> : tensor<f32>
  %half = llm.constant dense<0.5> : tensor<f32>
  %0 = llm.mul %x, %half : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = llm.pow %x, %three : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %2 = llm.mul %1, %cubic : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %3 = llm.add %x, %2 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %4 = llm.mul %3, %scale : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %5 = llm.tanh %4 : tensor<4xf32>
  %6 = llm.add %5, %one : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %7 = llm.mul %0, %6 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %7 : tensor<4xf32>
}

// x * sqrt(2 / pi) * (1 + 0.044715 * x * x), as "gelu_fast" is exported.
// CHECK-LABEL: @tanh_of_products
func.func @tanh_of_products(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: llm.gelu %{{.*}} approximate tanh
  // CHECK-NEXT: return
  %cubic = llm.constant dense<0.044715> : tensor<f32>
  %scale = llm.constant dense<0.797884583> : tensor<f32>
  %one = llm.constant dense<1.0> : tensor<f32>
  %half = llm.constant dense<0.5> : tensor<f32>
  %0 = llm.mul %x, %scale : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = llm.mul %x, %cubic : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %2 = llm.mul %1, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %3 = llm.add %2, %one : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %4 = llm.mul %0, %3 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %5 = llm.tanh %4 : tensor<4xf32>
  %6 = llm.add %5, %one : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %7 = llm.mul %x, %6 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %8 = llm.mul %half, %7 : tensor<f32>, tensor<4xf32> -> tensor<4xf32>
  return %8 : tensor<4xf32>
}

// CHECK-LABEL: @keeps_other_scale
func.func @keeps_other_scale(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: llm.erf
  %root = llm.constant dense<1.5> : tensor<f32>
  %one = llm.constant dense<1.0> : tensor<f32>
  %half = llm.constant dense<0.5> : tensor<f32>
  %0 = llm.div %x, %root : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = llm.erf %0 : tensor<4xf32>
  %2 = llm.add %1, %one : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %3 = llm.mul %x, %2 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %4 = llm.mul %3, %half : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// CHECK-LABEL: @keeps_other_factor
func.func @keeps_other_factor(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: llm.erf
  %root = llm.constant dense<1.41421354> : tensor<f32>
  %one = llm.constant dense<1.0> : tensor<f32>
  %half = llm.constant dense<0.5> : tensor<f32>
  %0 = llm.div %x, %root : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = llm.erf %0 : tensor<4xf32>
  %2 = llm.add %1, %one : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %3 = llm.mul %y, %2 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %4 = llm.mul %3, %half : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// CHECK-LABEL: @keeps_shared_erf
func.func @keeps_shared_erf(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: llm.erf
  // CHECK-NOT: llm.gelu
  %root = llm.constant dense<1.41421354> : tensor<f32>
  %one = llm.constant dense<1.0> : tensor<f32>
  %half = llm.constant dense<0.5> : tensor<f32>
  %0 = llm.div %x, %root : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = llm.erf %0 : tensor<4xf32>
  %2 = llm.add %1, %one : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %3 = llm.mul %x, %2 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %4 = llm.mul %3, %half : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %4, %1 : tensor<4xf32>, tensor<4xf32>
}
