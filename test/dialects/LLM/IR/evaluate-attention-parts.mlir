// RUN: llm-opt %s --llm-evaluate | FileCheck %s

// Keys of zero make a mean of the values 1 to 4, in parts of two positions; the
// third part sees nothing.
// CHECK-LABEL: @parts
// CHECK{LITERAL}: llm.constant dense<[[[1.500000e+00, 0.693147182]], [[3.500000e+00, 0.693147182]], [[0.000000e+00, 0xFF800000]]]>
// CHECK{LITERAL}: llm.constant dense<2.500000e+00> : tensor<1x1x1xf32>
func.func @parts() -> (tensor<3x1x2xf32>, tensor<1x1x1xf32>) {
  %query = llm.constant dense<1.0> : tensor<1x1x1xf32>
  %keys = llm.constant dense<0.0> : tensor<3x1x1x2xf32>
  %values = llm.constant dense<[[[[3.0], [4.0]]], [[[9.0], [9.0]]], [[[1.0], [2.0]]]]> : tensor<3x1x2x1xf32>
  %positions = llm.constant dense<3> : tensor<1xi32>
  %starts = llm.constant dense<[0, 1]> : tensor<2xi32>
  %lengths = llm.constant dense<4> : tensor<1xi32>
  %blocks = llm.constant dense<[[2, 0, 1]]> : tensor<1x3xi32>
  %parts = llm.paged_attention_parts %query, %keys, %values positions %positions sequences %starts lengths %lengths blocks %blocks scale 1.0 span 2 : tensor<1x1x1xf32>, tensor<3x1x1x2xf32>, tensor<3x1x2x1xf32>, tensor<1xi32>, tensor<2xi32>, tensor<1xi32>, tensor<1x3xi32> -> tensor<3x1x2xf32>
  %merged = llm.merge_attention %parts positions %positions sequences %starts : tensor<3x1x2xf32>, tensor<1xi32>, tensor<2xi32> -> tensor<1x1x1xf32>
  return %parts, %merged : tensor<3x1x2xf32>, tensor<1x1x1xf32>
}

// The tokens of a prompt are whole, each a row of its own.
// CHECK-LABEL: @prompt
// CHECK{LITERAL}: llm.constant dense<[[[3.000000e+00, 0.000000e+00]], [[3.500000e+00, 0.693147182]], [[0.000000e+00, 0xFF800000]], [[0.000000e+00, 0xFF800000]]]>
// CHECK{LITERAL}: llm.constant dense<[[[3.000000e+00]], [[3.500000e+00]]]> : tensor<2x1x1xf32>
func.func @prompt() -> (tensor<4x1x2xf32>, tensor<2x1x1xf32>) {
  %query = llm.constant dense<1.0> : tensor<2x1x1xf32>
  %keys = llm.constant dense<0.0> : tensor<3x1x1x2xf32>
  %values = llm.constant dense<[[[[3.0], [4.0]]], [[[9.0], [9.0]]], [[[1.0], [2.0]]]]> : tensor<3x1x2x1xf32>
  %positions = llm.constant dense<[0, 1]> : tensor<2xi32>
  %starts = llm.constant dense<[0, 2]> : tensor<2xi32>
  %lengths = llm.constant dense<2> : tensor<1xi32>
  %blocks = llm.constant dense<[[0, 1, 2]]> : tensor<1x3xi32>
  %parts = llm.paged_attention_parts %query, %keys, %values positions %positions sequences %starts lengths %lengths blocks %blocks scale 1.0 span 2 : tensor<2x1x1xf32>, tensor<3x1x1x2xf32>, tensor<3x1x2x1xf32>, tensor<2xi32>, tensor<2xi32>, tensor<1xi32>, tensor<1x3xi32> -> tensor<4x1x2xf32>
  %merged = llm.merge_attention %parts positions %positions sequences %starts : tensor<4x1x2xf32>, tensor<2xi32>, tensor<2xi32> -> tensor<2x1x1xf32>
  return %parts, %merged : tensor<4x1x2xf32>, tensor<2x1x1xf32>
}
