// RUN: split-file %s %t
// RUN: llm-opt %t/counted.mlir --verify --canonicalize | FileCheck %s --check-prefix=COUNTED
// RUN: llm-opt %t/shifted.mlir --verify --canonicalize | FileCheck %s --check-prefix=SHIFTED
// RUN: not llm-opt %t/short.mlir --verify --canonicalize 2>&1 | FileCheck %s --check-prefix=SHORT

// Positions that the program computes stay within their table: the mask has
// only 0 and 1, so that the last of 7 tokens counts at most 7 of them.
// COUNTED: llm.gather

//--- counted.mlir
llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(1, 64) divisor 1
func.func @positions(%mask: tensor<?x?xi64> {llm.sizes = #llm.sizes<[batch, sequence]>}) -> tensor<?x?x2xf32> {
  %two = llm.constant dense<2> : tensor<i64>
  %from = llm.iota axis 0 to [sequence, 1] : tensor<?x1xi64>
  %to = llm.iota axis 1 to [1, sequence] : tensor<1x?xi64>
  %counted = llm.compare le %from, %to : tensor<?x1xi64>, tensor<1x?xi64> -> tensor<?x?xi1>
  %ones = llm.cast %counted : tensor<?x?xi1> -> tensor<?x?xi64>
  %sums = llm.matmul %mask, %ones : tensor<?x?xi64>, tensor<?x?xi64> -> tensor<?x?xi64>
  %ids = llm.add %sums, %two : tensor<?x?xi64>, tensor<i64> -> tensor<?x?xi64>
  %table = llm.constant dense<1.0> : tensor<10x2xf32>
  %0 = llm.gather %table, %ids axis 0 : tensor<10x2xf32>, tensor<?x?xi64> -> tensor<?x?x2xf32>
  return %0 : tensor<?x?x2xf32>
}

// An offset alone would lead the table's last rows out of it.
// SHIFTED: llm.embedding

//--- shifted.mlir
func.func @shifted(%ids: tensor<16xi64>) -> tensor<16x2xf32> {
  %two = llm.constant dense<2> : tensor<i64>
  %table = llm.constant dense<1.0> : tensor<4x2xf32>
  %0 = llm.add %ids, %two : tensor<16xi64>, tensor<i64> -> tensor<16xi64>
  %1 = llm.embedding %0, %table : tensor<16xi64>, tensor<4x2xf32> -> tensor<16x2xf32>
  return %1 : tensor<16x2xf32>
}

// A table that is too short for the sizes that were drawn.
// SHORT: error: cannot verify passes: `short` has no value on the inputs drawn (sequence = 2): 'llm.embedding' op id 2 is not in [0, 2)

//--- short.mlir
llm.size @sequence range(1, 64) divisor 1
func.func @short(%x: tensor<?xf32> {llm.sizes = #llm.sizes<[sequence]>}) -> tensor<?x2xf32> {
  %one = llm.constant dense<1> : tensor<i64>
  %table = llm.constant dense<1.0> : tensor<2x2xf32>
  %positions = llm.iota axis 0 to [sequence] : tensor<?xi64>
  %ids = llm.add %positions, %one : tensor<?xi64>, tensor<i64> -> tensor<?xi64>
  %0 = llm.embedding %ids, %table : tensor<?xi64>, tensor<2x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
