// RUN: llm-opt %s --llm-evaluate | FileCheck %s

// CHECK-LABEL: @over_nothing
// CHECK: dense<0.000000e+00> : tensor<2x1xf32>
// CHECK: dense<0x7FC00000> : tensor<2x1xf32>
// CHECK: dense<0xFF800000> : tensor<2x1xf32>
// CHECK: dense<0x7F800000> : tensor<2x1xf32>
// CHECK: dense<1.000000e+00> : tensor<2x1xf32>
// CHECK: dense<> : tensor<1x0xf32>
func.func @over_nothing() -> (tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>, tensor<1x0xf32>) {
  %x = llm.constant dense<> : tensor<2x0xf32>
  %a = llm.reduce sum %x axes [1] : tensor<2x0xf32> -> tensor<2x1xf32>
  %b = llm.reduce mean %x axes [1] : tensor<2x0xf32> -> tensor<2x1xf32>
  %c = llm.reduce max %x axes [1] : tensor<2x0xf32> -> tensor<2x1xf32>
  %d = llm.reduce min %x axes [1] : tensor<2x0xf32> -> tensor<2x1xf32>
  %e = llm.reduce prod %x axes [1] : tensor<2x0xf32> -> tensor<2x1xf32>
  %f = llm.reduce mean %x axes [0] : tensor<2x0xf32> -> tensor<1x0xf32>
  return %a, %b, %c, %d, %e, %f : tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>, tensor<1x0xf32>
}

// CHECK-LABEL: @over_no_integers
// CHECK: dense<-128> : tensor<1xi8>
// CHECK: dense<127> : tensor<1xi8>
// CHECK: dense<0> : tensor<1xui8>
// CHECK: dense<255> : tensor<1xui8>
// CHECK: dense<false> : tensor<1xi1>
func.func @over_no_integers() -> (tensor<1xi8>, tensor<1xi8>, tensor<1xui8>, tensor<1xui8>, tensor<1xi1>) {
  %x = llm.constant dense<> : tensor<0xi8>
  %a = llm.reduce max %x axes [0] : tensor<0xi8> -> tensor<1xi8>
  %b = llm.reduce min %x axes [0] : tensor<0xi8> -> tensor<1xi8>
  %y = llm.constant dense<> : tensor<0xui8>
  %c = llm.reduce max %y axes [0] : tensor<0xui8> -> tensor<1xui8>
  %d = llm.reduce min %y axes [0] : tensor<0xui8> -> tensor<1xui8>
  %z = llm.constant dense<> : tensor<0xi1>
  %e = llm.reduce max %z axes [0] : tensor<0xi1> -> tensor<1xi1>
  return %a, %b, %c, %d, %e : tensor<1xi8>, tensor<1xi8>, tensor<1xui8>, tensor<1xui8>, tensor<1xi1>
}

// CHECK-LABEL: @reductions
// CHECK: dense<{{\[}}[5.000000e+00, 7.000000e+00, 9.000000e+00]]> : tensor<1x3xf32>
// CHECK: dense<{{\[}}[2.000000e+00], [5.000000e+00]]> : tensor<2x1xf32>
// CHECK: dense<7.200000e+02> : tensor<1x1xf32>
// CHECK: dense<0x7FC00000> : tensor<1xf32>
// CHECK: dense<44> : tensor<1xi8>
// CHECK: dense<100> : tensor<1xi8>
// CHECK: dense<5.000000e-01> : tensor<f32>
func.func @reductions() -> (tensor<1x3xf32>, tensor<2x1xf32>, tensor<1x1xf32>, tensor<1xf32>, tensor<1xi8>, tensor<1xi8>, tensor<f32>) {
  %x = llm.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %a = llm.reduce sum %x axes [0] : tensor<2x3xf32> -> tensor<1x3xf32>
  %b = llm.reduce mean %x axes [1] : tensor<2x3xf32> -> tensor<2x1xf32>
  %c = llm.reduce prod %x axes [0, 1] : tensor<2x3xf32> -> tensor<1x1xf32>
  %n = llm.constant dense<[1.0, 0x7FC00000, 2.0]> : tensor<3xf32>
  %d = llm.reduce max %n axes [0] : tensor<3xf32> -> tensor<1xf32>
  // The sum wraps; the mean is of the exact sum.
  %i = llm.constant dense<100> : tensor<3xi8>
  %e = llm.reduce sum %i axes [0] : tensor<3xi8> -> tensor<1xi8>
  %f = llm.reduce mean %i axes [0] : tensor<3xi8> -> tensor<1xi8>
  %s = llm.constant dense<0.5> : tensor<f32>
  %g = llm.reduce min %s axes [] : tensor<f32> -> tensor<f32>
  return %a, %b, %c, %d, %e, %f, %g : tensor<1x3xf32>, tensor<2x1xf32>, tensor<1x1xf32>, tensor<1xf32>, tensor<1xi8>, tensor<1xi8>, tensor<f32>
}

// A row that is -infinity everywhere gives zeros; great finite ones do not
// overflow.
// CHECK-LABEL: @softmax
// CHECK: dense<{{\[}}[0.000000e+00, 0.000000e+00], [5.000000e-01, 5.000000e-01], [1.000000e+00, 0.000000e+00]]>
// CHECK: dense<{{\[}}[0.000000e+00, 0.333333
// CHECK: dense<> : tensor<2x0xf32>
func.func @softmax() -> (tensor<3x2xf32>, tensor<2x3xf32>, tensor<2x0xf32>) {
  %x = llm.constant dense<[[0xFF800000, 0xFF800000], [3.4e38, 3.4e38], [0.0, 0xFF800000]]> : tensor<3x2xf32>
  %a = llm.softmax %x axis 1 : tensor<3x2xf32>
  %y = llm.constant dense<[[0xFF800000, 0.0, 1.0], [1.0, 0.6931472, 1.0]]> : tensor<2x3xf32>
  %b = llm.softmax %y axis 0 : tensor<2x3xf32>
  %z = llm.constant dense<> : tensor<2x0xf32>
  %c = llm.softmax %z axis 1 : tensor<2x0xf32>
  return %a, %b, %c : tensor<3x2xf32>, tensor<2x3xf32>, tensor<2x0xf32>
}

// CHECK-LABEL: @layer_norm
// CHECK: dense<{{\[}}[-1.000000e+00, 3.000000e+00], [1.000000e+00, 1.000000e+00]]>
func.func @layer_norm() -> tensor<2x2xf64> {
  %x = llm.constant dense<[[1.0, 3.0], [5.0, 5.0]]> : tensor<2x2xf64>
  %s = llm.constant dense<2.0> : tensor<2xf64>
  %b = llm.constant dense<1.0> : tensor<2xf64>
  // Without variance, epsilon keeps the quotient finite.
  %0 = llm.layer_norm %x, %s bias %b epsilon 1.0e-38 : tensor<2x2xf64>, tensor<2xf64>, tensor<2xf64>
  return %0 : tensor<2x2xf64>
}
