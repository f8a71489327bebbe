// RUN: llm-opt %s --llm-evaluate | FileCheck %s

llm.size @two range(2, 2) divisor 1

// CHECK-LABEL: @moves
// CHECK: dense<{{\[}}[0, 1], [2, 3], [4, 5]]> : tensor<3x2xi32>
// CHECK: dense<{{\[}}[0, 3], [1, 4], [2, 5]]> : tensor<3x2xi32>
// CHECK: dense<{{\[}}[5, 3], [2, 0]]> : tensor<2x2xi32>
// CHECK: dense<{{\[}}[0, 1, 2, 0], [3, 4, 5, 1]]> : tensor<2x4xi32>
// CHECK: dense<{{\[}}{{\[}}[0], [1]], {{\[}}[0], [1]]]> : tensor<2x2x1xi32>
// CHECK: dense<{{\[}}[0, 0, 0, 0, 0], [0, 0, 1, 2, 0], [0, 3, 4, 5, 0]]> : tensor<3x5xi32>
func.func @moves() -> (tensor<3x2xi32>, tensor<3x2xi32>, tensor<2x2xi32>, tensor<2x4xi32>, tensor<2x2x1xi32>, tensor<3x5xi32>) {
  %x = llm.constant dense<[[0, 1, 2], [3, 4, 5]]> : tensor<2x3xi32>
  %y = llm.constant dense<[[0], [1]]> : tensor<2x1xi32>
  %a = llm.reshape %x to [3, 2] : tensor<2x3xi32> -> tensor<3x2xi32>
  %b = llm.transpose %x perm [1, 0] : tensor<2x3xi32> -> tensor<3x2xi32>
  %c = llm.slice %x offsets [1, 2] sizes [2, 2] strides [-1, -2] : tensor<2x3xi32> -> tensor<2x2xi32>
  %d = llm.concat %x, %y axis 1 : tensor<2x3xi32>, tensor<2x1xi32> -> tensor<2x4xi32>
  %e = llm.expand %y to [two, 2, 1] : tensor<2x1xi32> -> tensor<2x2x1xi32>
  %f = llm.pad %x low [1, 1] high [0, 1] : tensor<2x3xi32> -> tensor<3x5xi32>
  return %a, %b, %c, %d, %e, %f : tensor<3x2xi32>, tensor<3x2xi32>, tensor<2x2xi32>, tensor<2x4xi32>, tensor<2x2x1xi32>, tensor<3x5xi32>
}

// CHECK-LABEL: @empty
// CHECK: dense<> : tensor<0x5xf32>
// CHECK: dense<> : tensor<2x0xf32>
// CHECK: dense<1.000000e+00> : tensor<2xf32>
// CHECK: dense<0.000000e+00> : tensor<2x1xf32>
func.func @empty() -> (tensor<0x5xf32>, tensor<2x0xf32>, tensor<2xf32>, tensor<2x1xf32>) {
  %x = llm.constant dense<> : tensor<2x0xf32>
  %one = llm.constant dense<1.0> : tensor<2xf32>
  %none = llm.constant dense<> : tensor<0xf32>
  %a = llm.reshape %x to [0, 5] : tensor<2x0xf32> -> tensor<0x5xf32>
  // An empty slice may begin anywhere.
  %b = llm.slice %x offsets [0, 7] sizes [2, 0] strides [1, 1] : tensor<2x0xf32> -> tensor<2x0xf32>
  %c = llm.concat %none, %one axis 0 : tensor<0xf32>, tensor<2xf32> -> tensor<2xf32>
  %d = llm.pad %x low [0, 1] high [0, 0] : tensor<2x0xf32> -> tensor<2x1xf32>
  return %a, %b, %c, %d : tensor<0x5xf32>, tensor<2x0xf32>, tensor<2xf32>, tensor<2x1xf32>
}

// CHECK-LABEL: @rank_0
// CHECK: dense<7> : tensor<i32>
// CHECK: dense<7> : tensor<1x1xi32>
func.func @rank_0() -> (tensor<i32>, tensor<1x1xi32>) {
  %x = llm.constant dense<7> : tensor<i32>
  %a = llm.transpose %x perm [] : tensor<i32> -> tensor<i32>
  %b = llm.reshape %x to [1, 1] : tensor<i32> -> tensor<1x1xi32>
  return %a, %b : tensor<i32>, tensor<1x1xi32>
}

// CHECK-LABEL: @indices
// CHECK: dense<{{\[}}[4, 5], [0, 1]]> : tensor<2x2xi32>
// CHECK: dense<{{\[}}{{\[}}[1, 0]], {{\[}}[3, 2]], {{\[}}[5, 4]]]> : tensor<3x1x2xi32>
// CHECK: dense<[2, 3]> : tensor<2xi32>
// CHECK: dense<> : tensor<0x2xi32>
// CHECK: dense<{{\[}}[0, 1, 2], [0, 1, 2]]> : tensor<2x3xi64>
// CHECK: dense<[0.000000e+00, 1.000000e+00]> : tensor<2xf32>
// CHECK: dense<[2, 4]> : tensor<2xi64>
func.func @indices() -> (tensor<2x2xi32>, tensor<3x1x2xi32>, tensor<2xi32>, tensor<0x2xi32>, tensor<2x3xi64>, tensor<2xf32>, tensor<2xi64>) {
  %x = llm.constant dense<[[0, 1], [2, 3], [4, 5]]> : tensor<3x2xi32>
  %i = llm.constant dense<[2, 0]> : tensor<2xi64>
  %a = llm.embedding %i, %x : tensor<2xi64>, tensor<3x2xi32> -> tensor<2x2xi32>
  %j = llm.constant dense<[[-1, -2]]> : tensor<1x2xi64>
  %b = llm.gather %x, %j axis 1 : tensor<3x2xi32>, tensor<1x2xi64> -> tensor<3x1x2xi32>
  %k = llm.constant dense<1> : tensor<ui8>
  %c = llm.gather %x, %k axis 0 : tensor<3x2xi32>, tensor<ui8> -> tensor<2xi32>
  %n = llm.constant dense<> : tensor<0xi64>
  %d = llm.gather %x, %n axis 0 : tensor<3x2xi32>, tensor<0xi64> -> tensor<0x2xi32>
  %e = llm.iota axis 1 to [two, 3] : tensor<?x3xi64>
  %s = llm.reshape %e to [2, 3] : tensor<?x3xi64> -> tensor<2x3xi64>
  %f = llm.iota axis 0 to [two] : tensor<2xf32>
  %g = llm.sizes_to_tensor [two, two * 2] : tensor<2xi64>
  return %a, %b, %c, %d, %s, %f, %g : tensor<2x2xi32>, tensor<3x1x2xi32>, tensor<2xi32>, tensor<0x2xi32>, tensor<2x3xi64>, tensor<2xf32>, tensor<2xi64>
}
