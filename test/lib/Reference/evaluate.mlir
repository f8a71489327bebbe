// RUN: llm-opt %s --llm-evaluate --split-input-file | FileCheck %s

// Each function is replaced by its value. test/numerics compares every op with
// NumPy on random shapes; here are the corners that a reader may ask about.

// CHECK-LABEL: @broadcasts_both_sides
// CHECK-NEXT: llm.constant dense<{{\[\[}}11, 12], [21, 22], [31, 32]]> : tensor<3x2xi32>
// CHECK-NEXT: return
func.func @broadcasts_both_sides() -> tensor<3x2xi32> {
  %column = llm.constant dense<[[10], [20], [30]]> : tensor<3x1xi32>
  %row = llm.constant dense<[1, 2]> : tensor<2xi32>
  %0 = llm.add %column, %row : tensor<3x1xi32>, tensor<2xi32> -> tensor<3x2xi32>
  return %0 : tensor<3x2xi32>
}

// CHECK-LABEL: @rank_zero
// CHECK-NEXT: dense<1.250000e+00> : tensor<f32>
func.func @rank_zero() -> tensor<f32> {
  %0 = llm.constant dense<-1.25> : tensor<f32>
  %1 = llm.abs %0 : tensor<f32>
  return %1 : tensor<f32>
}

// CHECK-LABEL: @no_elements
// CHECK-NEXT: dense<> : tensor<0x3xf32>
func.func @no_elements() -> tensor<0x3xf32> {
  %0 = llm.constant dense<> : tensor<0x3xf32>
  %1 = llm.exp %0 : tensor<0x3xf32>
  return %1 : tensor<0x3xf32>
}

// CHECK-LABEL: @sum_of_no_elements
// CHECK-NEXT: dense<0.000000e+00> : tensor<1x3xf32>
func.func @sum_of_no_elements() -> tensor<1x3xf32> {
  %0 = llm.constant dense<> : tensor<0x3xf32>
  %1 = llm.reduce sum %0 axes [0] : tensor<0x3xf32> -> tensor<1x3xf32>
  return %1 : tensor<1x3xf32>
}

// CHECK-LABEL: @nan_is_the_maximum
// CHECK-NEXT: dense<[0x{{[7F]}}FC00000, 0x7F800000, 0.000000e+00]> : tensor<3xf32>
func.func @nan_is_the_maximum() -> tensor<3xf32> {
  %0 = llm.constant dense<[0x7FC00000, 0x7F800000, -0.0]> : tensor<3xf32>
  %1 = llm.constant dense<[1.0, 2.0, 0.0]> : tensor<3xf32>
  %2 = llm.max %0, %1 : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %2 : tensor<3xf32>
}

// CHECK-LABEL: @negative_zero
// CHECK-NEXT: dense<[-0.000000e+00, 0.000000e+00, 0xFF800000]> : tensor<3xf32>
func.func @negative_zero() -> tensor<3xf32> {
  %0 = llm.constant dense<[0.0, -0.0, 0x7F800000]> : tensor<3xf32>
  %1 = llm.neg %0 : tensor<3xf32>
  return %1 : tensor<3xf32>
}

// CHECK-LABEL: @integers_wrap
// CHECK-NEXT: dense<[-128, 0, -56]> : tensor<3xi8>
func.func @integers_wrap() -> tensor<3xi8> {
  %0 = llm.constant dense<[127, -1, 100]> : tensor<3xi8>
  %1 = llm.constant dense<[1, 1, 100]> : tensor<3xi8>
  %2 = llm.add %0, %1 : tensor<3xi8>, tensor<3xi8> -> tensor<3xi8>
  return %2 : tensor<3xi8>
}

// CHECK-LABEL: @unsigned_compares
// CHECK-NEXT: dense<[false, true]> : tensor<2xi1>
func.func @unsigned_compares() -> tensor<2xi1> {
  %0 = llm.constant dense<[255, 1]> : tensor<2xui8>
  %1 = llm.constant dense<2> : tensor<ui8>
  %2 = llm.compare lt %0, %1 : tensor<2xui8>, tensor<ui8> -> tensor<2xi1>
  return %2 : tensor<2xi1>
}

// CHECK-LABEL: @logical_not
// CHECK-NEXT: dense<[false, true]> : tensor<2xi1>
func.func @logical_not() -> tensor<2xi1> {
  %0 = llm.constant dense<[true, false]> : tensor<2xi1>
  %1 = llm.not %0 : tensor<2xi1>
  return %1 : tensor<2xi1>
}

// CHECK-LABEL: @cast_saturates
// CHECK-NEXT: dense<[127, -128, 0, -2]> : tensor<4xi8>
func.func @cast_saturates() -> tensor<4xi8> {
  %0 = llm.constant dense<[300.0, 0xFF800000, 0x7FC00000, -2.9]> : tensor<4xf32>
  %1 = llm.cast %0 : tensor<4xf32> -> tensor<4xi8>
  return %1 : tensor<4xi8>
}

// CHECK-LABEL: @slice_walks_backwards
// CHECK-NEXT: dense<[7, 5, 3]> : tensor<3xi64>
func.func @slice_walks_backwards() -> tensor<3xi64> {
  %0 = llm.constant dense<[1, 2, 3, 4, 5, 6, 7]> : tensor<7xi64>
  %1 = llm.slice %0 offsets [6] sizes [3] strides [-2] : tensor<7xi64> -> tensor<3xi64>
  return %1 : tensor<3xi64>
}

// The second row is masked everywhere and gives zeros; the first sees one key.
// CHECK-LABEL: @attention_masks
// CHECK-NEXT: dense<{{\[\[\[\[}}3.000000e+00]], {{\[\[}}0.000000e+00]]]]> : tensor<1x2x1x1xf32>
func.func @attention_masks() -> tensor<1x2x1x1xf32> {
  %query = llm.constant dense<1.0> : tensor<1x2x1x1xf32>
  %value = llm.constant dense<[[[[3.0]], [[4.0]]]]> : tensor<1x2x1x1xf32>
  %mask = llm.constant dense<[[0.0, 0xFF800000], [0xFF800000, 0xFF800000]]> : tensor<2x2xf32>
  %0 = llm.attention %query, %query, %value mask %mask scale 1.0 : tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, tensor<2x2xf32> -> tensor<1x2x1x1xf32>
  return %0 : tensor<1x2x1x1xf32>
}

// Two heads share the keys of one group; row s sees keys up to s + T - S.
// CHECK-LABEL: @attention_is_causal_and_grouped
// CHECK-NEXT: dense<{{\[\[\[\[}}2.000000e+00], [2.000000e+00]], {{\[\[}}3.000000e+00], [3.000000e+00]]]]> : tensor<1x2x2x1xf32>
func.func @attention_is_causal_and_grouped() -> tensor<1x2x2x1xf32> {
  %query = llm.constant dense<0.0> : tensor<1x2x2x1xf32>
  %key = llm.constant dense<1.0> : tensor<1x3x1x1xf32>
  %value = llm.constant dense<[[[[1.0]], [[3.0]], [[5.0]]]]> : tensor<1x3x1x1xf32>
  %0 = llm.attention %query, %key, %value causal scale 1.0 : tensor<1x2x2x1xf32>, tensor<1x3x1x1xf32>, tensor<1x3x1x1xf32> -> tensor<1x2x2x1xf32>
  return %0 : tensor<1x2x2x1xf32>
}

// CHECK-LABEL: @softmax_of_minus_infinity
// CHECK-NEXT: dense<{{\[\[}}0.000000e+00, 0.000000e+00], [5.000000e-01, 5.000000e-01]]> : tensor<2x2xf32>
func.func @softmax_of_minus_infinity() -> tensor<2x2xf32> {
  %0 = llm.constant dense<[[0xFF800000, 0xFF800000], [7.0, 7.0]]> : tensor<2x2xf32>
  %1 = llm.softmax %0 axis 1 : tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}

// A panel's last rows are padding: 5 rows in 3 panels of 2.
// CHECK-LABEL: @packed_linear
// CHECK-NEXT: dense<{{\[\[}}1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00, 5.000000e+00]]> : tensor<1x5xf32>
func.func @packed_linear() -> tensor<1x5xf32> {
  %x = llm.constant dense<1.0> : tensor<1x1xf32>
  %w = llm.constant dense<[[[1.0, 2.0]], [[3.0, 4.0]], [[5.0, 0.0]]]> : tensor<3x1x2xf32>
  %0 = llm.linear %x, %w panel 2 : tensor<1x1xf32>, tensor<3x1x2xf32> -> tensor<1x5xf32>
  return %0 : tensor<1x5xf32>
}

// Only the result is rounded: 2^24 + 1 + 1 is computed in double.
// CHECK-LABEL: @computes_in_double
// CHECK-NEXT: dense<0x4B800001> : tensor<f32>
func.func @computes_in_double() -> tensor<f32> {
  %0 = llm.constant dense<16777216.0> : tensor<f32>
  %1 = llm.constant dense<1.0> : tensor<f32>
  %2 = llm.add %0, %1 : tensor<f32>, tensor<f32> -> tensor<f32>
  %3 = llm.add %2, %1 : tensor<f32>, tensor<f32> -> tensor<f32>
  return %3 : tensor<f32>
}

// CHECK-LABEL: @kernel
// CHECK-NEXT: dense<[2.000000e+00, 6.000000e+00]> : tensor<2xf32>
func.func @kernel() -> tensor<2xf32> {
  %x = llm.constant dense<[1.0, -3.0]> : tensor<2xf32>
  %y = llm.kernel(%x, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> {
  ^bb0(%a: tensor<2xf32>, %b: tensor<2xf32>):
    %0 = llm.mul %a, %b : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
    llm.yield %0 : tensor<2xf32>
  }
  %z = llm.add %x, %y : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %z : tensor<2xf32>
}

// A function with arguments stays.
// CHECK-LABEL: @arguments
// CHECK-NEXT: llm.neg
func.func @arguments(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = llm.neg %x : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

llm.size @n range(3, 3) divisor 1

// CHECK-LABEL: @size_of_one_value() -> tensor<3xi64>
// CHECK-NEXT: dense<[0, 1, 2]> : tensor<3xi64>
func.func @size_of_one_value() -> tensor<?xi64> {
  %0 = llm.iota axis 0 to [n] : tensor<?xi64>
  return %0 : tensor<?xi64>
}
