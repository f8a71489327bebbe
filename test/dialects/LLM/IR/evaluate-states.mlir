// RUN: llm-opt %s --llm-evaluate | FileCheck %s

// A state is zero at first, and what was stored last afterwards: functions are
// evaluated in order.

llm.state @count : tensor<2xi64>
llm.state @pool : tensor<2x1x2x2xf16>

// CHECK-LABEL: @first
// CHECK: llm.constant dense<1> : tensor<2xi64>
func.func @first() -> tensor<2xi64> {
  %one = llm.constant dense<1> : tensor<2xi64>
  %count = llm.load_state @count : tensor<2xi64>
  %next = llm.add %count, %one : tensor<2xi64>, tensor<2xi64> -> tensor<2xi64>
  llm.store_state %next, @count : tensor<2xi64>
  return %next : tensor<2xi64>
}

// What was loaded before a store stays what it was.
// CHECK-LABEL: @second
// CHECK: llm.constant dense<1> : tensor<2xi64>
// CHECK: llm.constant dense<[3, 1]> : tensor<2xi64>
func.func @second() -> (tensor<2xi64>, tensor<2xi64>) {
  %more = llm.constant dense<[2, 0]> : tensor<2xi64>
  %count = llm.load_state @count : tensor<2xi64>
  %next = llm.add %count, %more : tensor<2xi64>, tensor<2xi64> -> tensor<2xi64>
  llm.store_state %next, @count : tensor<2xi64>
  %again = llm.load_state @count : tensor<2xi64>
  return %count, %again : tensor<2xi64>, tensor<2xi64>
}

// Two steps of one sequence, whose block is the pool's second.
// CHECK-LABEL: @prefill
// CHECK{LITERAL}: llm.constant dense<[[[[0.000000e+00, 0.000000e+00], [0.000000e+00, 0.000000e+00]]], [[[1.000000e+00, 2.000000e+00], [0.000000e+00, 0.000000e+00]]]]>
func.func @prefill() -> tensor<2x1x2x2xf16> {
  %row = llm.constant dense<[[[1.0, 2.0]]]> : tensor<1x1x2xf32>
  %position = llm.constant dense<0> : tensor<1xi32>
  %starts = llm.constant dense<[0, 1]> : tensor<2xi32>
  %blocks = llm.constant dense<1> : tensor<1x1xi32>
  %pool = llm.load_state @pool : tensor<2x1x2x2xf16>
  %next = llm.write_cache %row, %pool positions %position sequences %starts blocks %blocks : tensor<1x1x2xf32>, tensor<2x1x2x2xf16>, tensor<1xi32>, tensor<2xi32>, tensor<1x1xi32>
  llm.store_state %next, @pool : tensor<2x1x2x2xf16>
  return %next : tensor<2x1x2x2xf16>
}

// CHECK-LABEL: @decode
// CHECK{LITERAL}: llm.constant dense<[[[[0.000000e+00, 0.000000e+00], [0.000000e+00, 0.000000e+00]]], [[[1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]]]>
func.func @decode() -> tensor<2x1x2x2xf32> {
  // Rounded to the numbers that a pool of f16 holds.
  %row = llm.constant dense<[[[3.0003, 4.0]]]> : tensor<1x1x2xf32>
  %position = llm.constant dense<1> : tensor<1xi32>
  %starts = llm.constant dense<[0, 1]> : tensor<2xi32>
  %blocks = llm.constant dense<1> : tensor<1x1xi32>
  %pool = llm.load_state @pool : tensor<2x1x2x2xf16>
  %next = llm.write_cache %row, %pool positions %position sequences %starts blocks %blocks : tensor<1x1x2xf32>, tensor<2x1x2x2xf16>, tensor<1xi32>, tensor<2xi32>, tensor<1x1xi32>
  llm.store_state %next, @pool : tensor<2x1x2x2xf16>
  %wide = llm.cast %next : tensor<2x1x2x2xf16> -> tensor<2x1x2x2xf32>
  return %wide : tensor<2x1x2x2xf32>
}
