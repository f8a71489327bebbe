// RUN: llm-opt %s --canonicalize --split-input-file | FileCheck %s

// Ops on small constants become constants, rounded to their type.

// CHECK-LABEL: @arithmetic
// CHECK-NEXT: %[[C:.*]] = llm.constant dense<[5.000000e+00, 7.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: return %[[C]]
func.func @arithmetic() -> tensor<2xf32> {
  %a = llm.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %b = llm.constant dense<2.0> : tensor<f32>
  %c = llm.constant dense<1.0> : tensor<1xf32>
  %d = llm.mul %a, %b : tensor<2xf32>, tensor<f32> -> tensor<2xf32>
  %e = llm.add %d, %c : tensor<2xf32>, tensor<1xf32> -> tensor<2xf32>
  return %e : tensor<2xf32>
}

// -----

// 1/3 as f32, not as the double that it is computed in.
// CHECK-LABEL: @rounds
// CHECK-NEXT: llm.constant dense<0.333333343> : tensor<f32>
func.func @rounds() -> tensor<f32> {
  %a = llm.constant dense<3.0> : tensor<f32>
  %b = llm.reciprocal %a : tensor<f32>
  return %b : tensor<f32>
}

// -----

// CHECK-LABEL: @wraps
// CHECK-NEXT: llm.constant dense<[-128, 0]> : tensor<2xi8>
func.func @wraps() -> tensor<2xi8> {
  %a = llm.constant dense<[127, -1]> : tensor<2xi8>
  %b = llm.constant dense<1> : tensor<i8>
  %c = llm.add %a, %b : tensor<2xi8>, tensor<i8> -> tensor<2xi8>
  return %c : tensor<2xi8>
}

// -----

// CHECK-LABEL: @lowest_by_minus_one
// CHECK-NEXT: llm.constant dense<-2147483648> : tensor<i32>
func.func @lowest_by_minus_one() -> tensor<i32> {
  %a = llm.constant dense<-2147483648> : tensor<i32>
  %b = llm.constant dense<-1> : tensor<i32>
  %c = llm.div %a, %b : tensor<i32>, tensor<i32> -> tensor<i32>
  return %c : tensor<i32>
}

// -----

// A fault is the evaluator's to report, not the folder's.
// CHECK-LABEL: @keeps_division_by_zero
// CHECK: llm.div
func.func @keeps_division_by_zero() -> tensor<i32> {
  %a = llm.constant dense<1> : tensor<i32>
  %b = llm.constant dense<0> : tensor<i32>
  %c = llm.div %a, %b : tensor<i32>, tensor<i32> -> tensor<i32>
  return %c : tensor<i32>
}

// -----

// CHECK-LABEL: @keeps_bad_index
// CHECK: llm.gather
func.func @keeps_bad_index() -> tensor<i32> {
  %a = llm.constant dense<[1, 2]> : tensor<2xi32>
  %b = llm.constant dense<2> : tensor<i32>
  %c = llm.gather %a, %b axis 0 : tensor<2xi32>, tensor<i32> -> tensor<i32>
  return %c : tensor<i32>
}

// -----

// CHECK-LABEL: @empty
// CHECK-NEXT: llm.constant dense<> : tensor<0x3xf32>
func.func @empty() -> tensor<0x3xf32> {
  %a = llm.constant dense<> : tensor<3x0xf32>
  %b = llm.transpose %a perm [1, 0] : tensor<3x0xf32> -> tensor<0x3xf32>
  return %b : tensor<0x3xf32>
}

// -----

// 4 KiB is the largest constant that folding makes.
// CHECK-LABEL: @limits
// CHECK: llm.constant dense<0.000000e+00> : tensor<1024xf32>
// CHECK: llm.expand %{{.*}} to [1025]
func.func @limits() -> (tensor<1024xf32>, tensor<1025xf32>) {
  %a = llm.constant dense<0.0> : tensor<f32>
  %b = llm.expand %a to [1024] : tensor<f32> -> tensor<1024xf32>
  %c = llm.expand %a to [1025] : tensor<f32> -> tensor<1025xf32>
  return %b, %c : tensor<1024xf32>, tensor<1025xf32>
}

// -----

// CHECK-LABEL: @booleans
// CHECK-NEXT: llm.constant dense<[false, true, false, false, false]> : tensor<5xi1>
func.func @booleans() -> tensor<5xi1> {
  %a = llm.constant dense<[1.0, 0xFF800000, 0x7FC00000, 2.0, 1.5]> : tensor<5xf32>
  %b = llm.constant dense<1.0> : tensor<f32>
  %c = llm.compare ge %a, %b : tensor<5xf32>, tensor<f32> -> tensor<5xi1>
  %d = llm.not %c : tensor<5xi1>
  // true, or NaN: neither greater nor equal.
  %e = llm.constant dense<[true, true, false, true, true]> : tensor<5xi1>
  %f = llm.and %d, %e : tensor<5xi1>, tensor<5xi1> -> tensor<5xi1>
  return %f : tensor<5xi1>
}

// -----

// CHECK-LABEL: @symbols_and_weights_stay
// CHECK: llm.sizes_to_tensor [batch]
// CHECK: llm.load_weight @w
llm.weight @w : tensor<1xf32> in "f" at 0
func.func @symbols_and_weights_stay() -> (tensor<1xi64>, tensor<1xf32>) {
  %a = llm.sizes_to_tensor [batch] : tensor<1xi64>
  %b = llm.load_weight @w : tensor<1xf32>
  return %a, %b : tensor<1xi64>, tensor<1xf32>
}

// -----

// CHECK-LABEL: @sizes_that_are_numbers
// CHECK-NEXT: llm.constant dense<[3, 12]> : tensor<2xi64>
func.func @sizes_that_are_numbers() -> tensor<2xi64> {
  %a = llm.sizes_to_tensor [3, 12] : tensor<2xi64>
  return %a : tensor<2xi64>
}

// -----

// Inside of a kernel too.
// CHECK-LABEL: @kernel
// CHECK: llm.kernel
// CHECK-NEXT: llm.constant dense<3.000000e+00> : tensor<f32>
// CHECK-NEXT: llm.yield
func.func @kernel() -> tensor<f32> {
  %r = llm.kernel() : () -> tensor<f32> {
    %a = llm.constant dense<1.0> : tensor<f32>
    %b = llm.constant dense<2.0> : tensor<f32>
    %c = llm.add %a, %b : tensor<f32>, tensor<f32> -> tensor<f32>
    llm.yield %c : tensor<f32>
  }
  return %r : tensor<f32>
}
