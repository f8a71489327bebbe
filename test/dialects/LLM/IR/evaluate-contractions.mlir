// RUN: llm-opt %s --llm-evaluate | FileCheck %s

// CHECK-LABEL: @linear
// CHECK: dense<{{\[}}[1.100000e+01, 2.400000e+01, 3.700000e+01], [1.300000e+01, 2.800000e+01, 4.300000e+01]]>
// CHECK: dense<{{\[}}[1.100000e+01, 2.400000e+01, 3.700000e+01], [1.300000e+01, 2.800000e+01, 4.300000e+01]]>
// CHECK: dense<1.000000e+01> : tensor<2x1xf32>
func.func @linear() -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x1xf32>) {
  %x = llm.constant dense<[[1.0, 0.0], [1.0, 1.0]]> : tensor<2x2xf32>
  %w = llm.constant dense<[[1.0, 2.0], [4.0, 4.0], [7.0, 6.0]]> : tensor<3x2xf32>
  %b = llm.constant dense<[10.0, 20.0, 30.0]> : tensor<3xf32>
  %a = llm.linear %x, %w bias %b : tensor<2x2xf32>, tensor<3x2xf32>, tensor<3xf32> -> tensor<2x3xf32>
  // Panels of 2 rows, the last one padded.
  %p = llm.constant dense<[[[1.0, 4.0], [2.0, 4.0]], [[7.0, 99.0], [6.0, 99.0]]]> : tensor<2x2x2xf32>
  %c = llm.linear %x, %p bias %b panel 2 : tensor<2x2xf32>, tensor<2x2x2xf32>, tensor<3xf32> -> tensor<2x3xf32>
  // A sum over nothing is the bias.
  %e = llm.constant dense<> : tensor<2x0xf32>
  %f = llm.constant dense<> : tensor<1x0xf32>
  %g = llm.constant dense<10.0> : tensor<1xf32>
  %d = llm.linear %e, %f bias %g : tensor<2x0xf32>, tensor<1x0xf32>, tensor<1xf32> -> tensor<2x1xf32>
  return %a, %c, %d : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x1xf32>
}

// CHECK-LABEL: @narrow_weights
// CHECK: dense<{{\[}}[1.000000e+00, 9.000000e+00, 1.500000e+00]]> : tensor<1x3xf32>
// CHECK: dense<{{\[}}[7.000000e+00, 0x7F800000]]> : tensor<1x2xf32>
func.func @narrow_weights() -> (tensor<1x3xf32>, tensor<1x2xf32>) {
  %x = llm.constant dense<[[1.0, 0.5]]> : tensor<1x2xf32>
  %w = llm.constant dense<[[1.0, 0.0], [8.0, 2.0], [0.0, 3.0]]> : tensor<3x2xbf16>
  %a = llm.linear %x, %w : tensor<1x2xf32>, tensor<3x2xbf16> -> tensor<1x3xf32>
  %i = llm.constant dense<[1]> : tensor<1xi64>
  %table = llm.constant dense<[[1.0, 2.0], [7.0, 0x7C00]]> : tensor<2x2xf16>
  %b = llm.embedding %i, %table : tensor<1xi64>, tensor<2x2xf16> -> tensor<1x2xf32>
  return %a, %b : tensor<1x3xf32>, tensor<1x2xf32>
}

// CHECK-LABEL: @matmul
// CHECK: dense<{{\[}}[19, 22], [43, 50]]> : tensor<2x2xi32>
// CHECK: dense<{{\[}}{{\[}}[17], [39]], {{\[}}[23], [53]]]> : tensor<2x2x1xi32>
// CHECK: dense<64> : tensor<1x1xi8>
func.func @matmul() -> (tensor<2x2xi32>, tensor<2x2x1xi32>, tensor<1x1xi8>) {
  %x = llm.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %y = llm.constant dense<[[5, 6], [7, 8]]> : tensor<2x2xi32>
  %a = llm.matmul %x, %y : tensor<2x2xi32>, tensor<2x2xi32> -> tensor<2x2xi32>
  // The leading dimension repeats.
  %z = llm.constant dense<[[[5], [6]], [[7], [8]]]> : tensor<2x2x1xi32>
  %b = llm.matmul %x, %z : tensor<2x2xi32>, tensor<2x2x1xi32> -> tensor<2x2x1xi32>
  %i = llm.constant dense<100> : tensor<1x4xi8>
  %j = llm.constant dense<100> : tensor<4x1xi8>
  %c = llm.matmul %i, %j : tensor<1x4xi8>, tensor<4x1xi8> -> tensor<1x1xi8>
  return %a, %b, %c : tensor<2x2xi32>, tensor<2x2x1xi32>, tensor<1x1xi8>
}

// Equal scores average the values; two heads of the query share one of the key.
// CHECK-LABEL: @attention
// CHECK: dense<3.000000e+00> : tensor<1x2x2x1xf32>
// CHECK: dense<{{.*}}[2.000000e+00], [2.000000e+00]], {{\[}}[3.000000e+00], [3.000000e+00]]{{.*}}> : tensor<1x2x2x1xf32>
// CHECK: dense<{{.*}}[5.000000e+00], [5.000000e+00]], {{\[}}[0.000000e+00], [0.000000e+00]]{{.*}}> : tensor<1x2x2x1xf32>
func.func @attention() -> (tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>) {
  %q = llm.constant dense<0.0> : tensor<1x2x2x3xf32>
  %k = llm.constant dense<1.0> : tensor<1x3x1x3xf32>
  %v = llm.constant dense<[[[[1.0]], [[3.0]], [[5.0]]]]> : tensor<1x3x1x1xf32>
  %a = llm.attention %q, %k, %v scale 1.0 : tensor<1x2x2x3xf32>, tensor<1x3x1x3xf32>, tensor<1x3x1x1xf32> -> tensor<1x2x2x1xf32>
  // Row 0 of 2 sees 2 of 3 keys, row 1 all.
  %b = llm.attention %q, %k, %v causal scale 1.0 : tensor<1x2x2x3xf32>, tensor<1x3x1x3xf32>, tensor<1x3x1x1xf32> -> tensor<1x2x2x1xf32>
  // The first row sees the last key only, the second none.
  %m = llm.constant dense<[[0xFF800000, 0xFF800000, 0.0], [0xFF800000, 0xFF800000, 0xFF800000]]> : tensor<2x3xf32>
  %c = llm.attention %q, %k, %v mask %m scale 1.0 : tensor<1x2x2x3xf32>, tensor<1x3x1x3xf32>, tensor<1x3x1x1xf32>, tensor<2x3xf32> -> tensor<1x2x2x1xf32>
  return %a, %b, %c : tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>
}

// A rank may have none of the heads.
// CHECK-LABEL: @attention_without_heads
// CHECK: dense<> : tensor<1x2x0x2xf32>
func.func @attention_without_heads() -> tensor<1x2x0x2xf32> {
  %x = llm.constant dense<1.0> : tensor<1x2x1x2xf32>
  %0 = llm.slice %x offsets [0, 0, 0, 0] sizes [1, 2, 0, 2] strides [1, 1, 1, 1] : tensor<1x2x1x2xf32> -> tensor<1x2x0x2xf32>
  %y = llm.attention %0, %0, %0 scale 1.0 : tensor<1x2x0x2xf32>, tensor<1x2x0x2xf32>, tensor<1x2x0x2xf32> -> tensor<1x2x0x2xf32>
  return %y : tensor<1x2x0x2xf32>
}
