// RUN: llm-opt %s --llm-evaluate | FileCheck %s

// Corner cases of the scalar functions: NaN, signed zeros, infinities, i1,
// unsigned integers, wrapping.

// CHECK-LABEL: @signs
// CHECK: dense<[1.000000e+00, -1.000000e+00, 0.000000e+00, 0.000000e+00, 0x7FC00000]>
func.func @signs() -> tensor<5xf32> {
  %x = llm.constant dense<[3.0, 0xFF800000, 0.0, -0.0, 0x7FC00000]> : tensor<5xf32>
  %y = llm.sign %x : tensor<5xf32>
  return %y : tensor<5xf32>
}

// CHECK-LABEL: @absolute
// CHECK: dense<[0.000000e+00, 0x7F800000]>
// CHECK: dense<[-128, 127, 1]> : tensor<3xi8>
// CHECK: dense<[128, 255]> : tensor<2xui8>
func.func @absolute() -> (tensor<2xf32>, tensor<3xi8>, tensor<2xui8>) {
  %x = llm.constant dense<[-0.0, 0xFF800000]> : tensor<2xf32>
  %a = llm.abs %x : tensor<2xf32>
  %y = llm.constant dense<[-128, -127, 1]> : tensor<3xi8>
  %b = llm.abs %y : tensor<3xi8>
  %z = llm.constant dense<[128, 255]> : tensor<2xui8>
  %c = llm.abs %z : tensor<2xui8>
  return %a, %b, %c : tensor<2xf32>, tensor<3xi8>, tensor<2xui8>
}

// CHECK-LABEL: @negation
// CHECK: dense<[-0.000000e+00, 0.000000e+00]>
// CHECK: dense<[-128, 1]> : tensor<2xi8>
// CHECK: dense<[1, 128]> : tensor<2xui8>
func.func @negation() -> (tensor<2xf32>, tensor<2xi8>, tensor<2xui8>) {
  %x = llm.constant dense<[0.0, -0.0]> : tensor<2xf32>
  %a = llm.neg %x : tensor<2xf32>
  %y = llm.constant dense<[-128, -1]> : tensor<2xi8>
  %b = llm.neg %y : tensor<2xi8>
  %z = llm.constant dense<[255, 128]> : tensor<2xui8>
  %c = llm.neg %z : tensor<2xui8>
  return %a, %b, %c : tensor<2xf32>, tensor<2xi8>, tensor<2xui8>
}

// CHECK-LABEL: @rounding
// CHECK: dense<[-2.000000e+00, 0.000000e+00, 2.000000e+00, 2.000000e+00, -0.000000e+00]>
// CHECK: dense<[-2.000000e+00, 0.000000e+00, 1.000000e+00, 2.000000e+00, -1.000000e+00]>
// CHECK: dense<[-1.000000e+00, 1.000000e+00, 2.000000e+00, 3.000000e+00, -0.000000e+00]>
func.func @rounding() -> (tensor<5xf32>, tensor<5xf32>, tensor<5xf32>) {
  %x = llm.constant dense<[-1.5, 0.5, 1.5, 2.5, -0.25]> : tensor<5xf32>
  %a = llm.round %x : tensor<5xf32>
  %b = llm.floor %x : tensor<5xf32>
  %c = llm.ceil %x : tensor<5xf32>
  return %a, %b, %c : tensor<5xf32>, tensor<5xf32>, tensor<5xf32>
}

// CHECK-LABEL: @limits
// CHECK: dense<[0.000000e+00, 0x7F800000]>
// CHECK: dense<[0.000000e+00, 1.000000e+00]>
// CHECK: dense<[-1.000000e+00, 1.000000e+00]>
// CHECK: dense<[-0.000000e+00, 0x7F800000]>
// CHECK: dense<[-0.000000e+00, 0x7F800000]>
// CHECK: dense<[0x7FC00000, 0.000000e+00]>
func.func @limits() -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %x = llm.constant dense<[0xFF800000, 0x7F800000]> : tensor<2xf32>
  %a = llm.exp %x : tensor<2xf32>
  %b = llm.sigmoid %x : tensor<2xf32>
  %c = llm.tanh %x : tensor<2xf32>
  %d = llm.gelu %x approximate none : tensor<2xf32>
  %e = llm.gelu %x approximate tanh : tensor<2xf32>
  %f = llm.rsqrt %x : tensor<2xf32>
  return %a, %b, %c, %d, %e, %f : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// 1.0 * gelu(1) = 0.8413447 (erf), 0.8411920 (tanh).
// CHECK-LABEL: @gelu
// CHECK: dense<0.841344773>
// CHECK: dense<8.411920e-01>
func.func @gelu() -> (tensor<f32>, tensor<f32>) {
  %x = llm.constant dense<1.0> : tensor<f32>
  %a = llm.gelu %x approximate none : tensor<f32>
  %b = llm.gelu %x approximate tanh : tensor<f32>
  return %a, %b : tensor<f32>, tensor<f32>
}

// NaN wins, and -0.0 is less than 0.0.
// CHECK-LABEL: @extrema
// CHECK: dense<[0x7FC00000, 0x7FC00000, -0.000000e+00, -0.000000e+00]>
// CHECK: dense<[0x7FC00000, 0x7FC00000, 0.000000e+00, 0.000000e+00]>
// CHECK: dense<[0x7FC00000, 0.000000e+00, 0.000000e+00]>
// CHECK: dense<[1, 0]> : tensor<2xui8>
// CHECK: dense<[-1, 0]> : tensor<2xi8>
func.func @extrema() -> (tensor<4xf32>, tensor<4xf32>, tensor<3xf32>, tensor<2xui8>, tensor<2xi8>) {
  %x = llm.constant dense<[0x7FC00000, 1.0, 0.0, -0.0]> : tensor<4xf32>
  %y = llm.constant dense<[1.0, 0x7FC00000, -0.0, 0.0]> : tensor<4xf32>
  %a = llm.min %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %b = llm.max %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %z = llm.constant dense<[0x7FC00000, -0.0, -1.0]> : tensor<3xf32>
  %c = llm.relu %z : tensor<3xf32>
  %u = llm.constant dense<[255, 0]> : tensor<2xui8>
  %v = llm.constant dense<1> : tensor<ui8>
  %d = llm.min %u, %v : tensor<2xui8>, tensor<ui8> -> tensor<2xui8>
  %s = llm.constant dense<[-1, 0]> : tensor<2xi8>
  %t = llm.constant dense<1> : tensor<i8>
  %e = llm.min %s, %t : tensor<2xi8>, tensor<i8> -> tensor<2xi8>
  return %a, %b, %c, %d, %e : tensor<4xf32>, tensor<4xf32>, tensor<3xf32>, tensor<2xui8>, tensor<2xi8>
}

// CHECK-LABEL: @division
// CHECK: dense<[0x7F800000, 0xFF800000, 0x7FC00000]>
// CHECK: dense<[-3, -3, 3]> : tensor<3xi32>
// CHECK: dense<-128> : tensor<i8>
// CHECK: dense<127> : tensor<ui8>
func.func @division() -> (tensor<3xf32>, tensor<3xi32>, tensor<i8>, tensor<ui8>) {
  %x = llm.constant dense<[1.0, -1.0, 0.0]> : tensor<3xf32>
  %y = llm.constant dense<0.0> : tensor<f32>
  %a = llm.div %x, %y : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  %i = llm.constant dense<[-7, 7, -7]> : tensor<3xi32>
  %j = llm.constant dense<[2, -2, -2]> : tensor<3xi32>
  %b = llm.div %i, %j : tensor<3xi32>, tensor<3xi32> -> tensor<3xi32>
  %k = llm.constant dense<-128> : tensor<i8>
  %l = llm.constant dense<-1> : tensor<i8>
  %c = llm.div %k, %l : tensor<i8>, tensor<i8> -> tensor<i8>
  %u = llm.constant dense<254> : tensor<ui8>
  %v = llm.constant dense<2> : tensor<ui8>
  %d = llm.div %u, %v : tensor<ui8>, tensor<ui8> -> tensor<ui8>
  return %a, %b, %c, %d : tensor<3xf32>, tensor<3xi32>, tensor<i8>, tensor<ui8>
}

// Of the divisor's sign.
// CHECK-LABEL: @remainders
// CHECK: dense<[1, -1, -1, 0]> : tensor<4xi32>
// CHECK: dense<0> : tensor<i8>
// CHECK: dense<[5.000000e-01, 1.500000e+00, -1.500000e+00, 0x7F800000, 0x7FC00000]>
func.func @remainders() -> (tensor<4xi32>, tensor<i8>, tensor<5xf32>) {
  %i = llm.constant dense<[-7, 7, -7, 6]> : tensor<4xi32>
  %j = llm.constant dense<[2, -2, -2, 3]> : tensor<4xi32>
  %a = llm.mod %i, %j : tensor<4xi32>, tensor<4xi32> -> tensor<4xi32>
  %k = llm.constant dense<-128> : tensor<i8>
  %l = llm.constant dense<-1> : tensor<i8>
  %b = llm.mod %k, %l : tensor<i8>, tensor<i8> -> tensor<i8>
  %x = llm.constant dense<[2.5, -0.5, 0.5, -1.0, 1.0]> : tensor<5xf32>
  %y = llm.constant dense<[2.0, 2.0, -2.0, 0x7F800000, 0.0]> : tensor<5xf32>
  %c = llm.mod %x, %y : tensor<5xf32>, tensor<5xf32> -> tensor<5xf32>
  return %a, %b, %c : tensor<4xi32>, tensor<i8>, tensor<5xf32>
}

// CHECK-LABEL: @comparisons
// CHECK: dense<[false, false, true]>
// CHECK: dense<[true, true, false]>
// CHECK: dense<[false, true]>
// CHECK: dense<[true, false]>
// CHECK: dense<[true, false]>
func.func @comparisons() -> (tensor<3xi1>, tensor<3xi1>, tensor<2xi1>, tensor<2xi1>, tensor<2xi1>) {
  %x = llm.constant dense<[0x7FC00000, 1.0, -0.0]> : tensor<3xf32>
  %zero = llm.constant dense<0.0> : tensor<f32>
  %a = llm.compare eq %x, %zero : tensor<3xf32>, tensor<f32> -> tensor<3xi1>
  %b = llm.compare ne %x, %zero : tensor<3xf32>, tensor<f32> -> tensor<3xi1>
  %u = llm.constant dense<[255, 0]> : tensor<2xui8>
  %v = llm.constant dense<1> : tensor<ui8>
  %c = llm.compare lt %u, %v : tensor<2xui8>, tensor<ui8> -> tensor<2xi1>
  %s = llm.constant dense<[-1, 2]> : tensor<2xi8>
  %t = llm.constant dense<1> : tensor<i8>
  %d = llm.compare le %s, %t : tensor<2xi8>, tensor<i8> -> tensor<2xi1>
  %p = llm.constant dense<[true, false]> : tensor<2xi1>
  %q = llm.constant dense<false> : tensor<i1>
  %e = llm.compare gt %p, %q : tensor<2xi1>, tensor<i1> -> tensor<2xi1>
  return %a, %b, %c, %d, %e : tensor<3xi1>, tensor<3xi1>, tensor<2xi1>, tensor<2xi1>, tensor<2xi1>
}

// CHECK-LABEL: @casts
// CHECK: dense<[2, -2, 127, -128, 0]> : tensor<5xi8>
// CHECK: dense<[2, 0, 255, 0, 0]> : tensor<5xui8>
// CHECK: dense<true> : tensor<5xi1>
// CHECK: dense<[9223372036854775807, -9223372036854775808]> : tensor<2xi64>
// CHECK: dense<[-1, 0]> : tensor<2xi8>
// CHECK: dense<[1.000000e+00, 0.000000e+00]>
// CHECK: dense<1.84467441E+19>
func.func @casts() -> (tensor<5xi8>, tensor<5xui8>, tensor<5xi1>, tensor<2xi64>, tensor<2xi8>, tensor<2xf32>, tensor<f32>) {
  %x = llm.constant dense<[2.9, -2.9, 1.0e+10, 0xFF800000, 0x7FC00000]> : tensor<5xf32>
  %a = llm.cast %x : tensor<5xf32> -> tensor<5xi8>
  %b = llm.cast %x : tensor<5xf32> -> tensor<5xui8>
  %c = llm.cast %x : tensor<5xf32> -> tensor<5xi1>
  %y = llm.constant dense<[1.0e+30, -1.0e+30]> : tensor<2xf64>
  %d = llm.cast %y : tensor<2xf64> -> tensor<2xi64>
  %i = llm.constant dense<[255, 256]> : tensor<2xi32>
  %e = llm.cast %i : tensor<2xi32> -> tensor<2xi8>
  %p = llm.constant dense<[true, false]> : tensor<2xi1>
  %f = llm.cast %p : tensor<2xi1> -> tensor<2xf32>
  %u = llm.constant dense<18446744073709551615> : tensor<ui64>
  %g = llm.cast %u : tensor<ui64> -> tensor<f32>
  return %a, %b, %c, %d, %e, %f, %g : tensor<5xi8>, tensor<5xui8>, tensor<5xi1>, tensor<2xi64>, tensor<2xi8>, tensor<2xf32>, tensor<f32>
}

// CHECK-LABEL: @bits
// CHECK: dense<[-1, 0]> : tensor<2xi8>
// CHECK: dense<[255, 254]> : tensor<2xui8>
// CHECK: dense<[true, false]> : tensor<2xi1>
// CHECK: dense<[false, true]> : tensor<2xi1>
func.func @bits() -> (tensor<2xi8>, tensor<2xui8>, tensor<2xi1>, tensor<2xi1>) {
  %x = llm.constant dense<[0, -1]> : tensor<2xi8>
  %a = llm.not %x : tensor<2xi8>
  %u = llm.constant dense<[0, 1]> : tensor<2xui8>
  %b = llm.not %u : tensor<2xui8>
  %p = llm.constant dense<[false, true]> : tensor<2xi1>
  %c = llm.not %p : tensor<2xi1>
  %true = llm.constant dense<true> : tensor<i1>
  %d = llm.add %c, %true : tensor<2xi1>, tensor<i1> -> tensor<2xi1>
  return %a, %b, %c, %d : tensor<2xi8>, tensor<2xui8>, tensor<2xi1>, tensor<2xi1>
}

// CHECK-LABEL: @broadcasts
// CHECK: dense<{{\[}}[11, 21, 31], [12, 22, 32]]> : tensor<2x3xi32>
// CHECK: dense<> : tensor<0x3xi32>
// CHECK: dense<{{\[}}[10, 10, 10], [20, 2, 30]]> : tensor<2x3xi32>
func.func @broadcasts() -> (tensor<2x3xi32>, tensor<0x3xi32>, tensor<2x3xi32>) {
  %x = llm.constant dense<[[1], [2]]> : tensor<2x1xi32>
  %y = llm.constant dense<[10, 20, 30]> : tensor<3xi32>
  %a = llm.add %x, %y : tensor<2x1xi32>, tensor<3xi32> -> tensor<2x3xi32>
  %z = llm.constant dense<> : tensor<0x1xi32>
  %b = llm.add %z, %y : tensor<0x1xi32>, tensor<3xi32> -> tensor<0x3xi32>
  %p = llm.constant dense<[[false, false, false], [true, false, true]]> : tensor<2x3xi1>
  %w = llm.constant dense<[[10], [2]]> : tensor<2x1xi32>
  %v = llm.constant dense<[20, 0, 30]> : tensor<3xi32>
  %c = llm.select %p, %v, %w : tensor<2x3xi1>, tensor<3xi32>, tensor<2x1xi32> -> tensor<2x3xi32>
  return %a, %b, %c : tensor<2x3xi32>, tensor<0x3xi32>, tensor<2x3xi32>
}
