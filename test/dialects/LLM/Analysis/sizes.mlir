// RUN: llm-opt %s --test-llm-sizes --split-input-file --verify-diagnostics -o /dev/null

llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(8, 512) divisor 8

// expected-remark @below {{argument 0: [batch, sequence]}}
// expected-remark @below {{argument 1: [30522, 384]}}
func.func @from_arguments(%ids: tensor<?x?xi64> {llm.sizes = #llm.sizes<[batch, sequence]>}, %table: tensor<30522x384xf32>) -> tensor<?x384xf32> {
  // expected-remark @below {{[batch, sequence, 384]}}
  %0 = llm.embedding %ids, %table : tensor<?x?xi64>, tensor<30522x384xf32> -> tensor<?x?x384xf32>
  // expected-remark @below {{[batch, sequence, 12, 32]}}
  %1 = llm.reshape %0 to [batch, sequence, 12, 32] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
  // expected-remark @below {{[batch, 12, sequence, 32]}}
  %2 = llm.transpose %1 perm [0, 2, 1, 3] : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
  // expected-remark @below {{[batch, 12, 32, sequence]}}
  %3 = llm.transpose %1 perm [0, 2, 3, 1] : tensor<?x?x12x32xf32> -> tensor<?x12x32x?xf32>
  // expected-remark @below {{[batch, 12, sequence, sequence]}}
  %4 = llm.matmul %2, %3 : tensor<?x12x?x32xf32>, tensor<?x12x32x?xf32> -> tensor<?x12x?x?xf32>
  // expected-remark @below {{[batch, 12, sequence, 1]}}
  %5 = llm.reduce max %4 axes [3] : tensor<?x12x?x?xf32> -> tensor<?x12x?x1xf32>
  // expected-remark @below {{[batch, 24, sequence, 1]}}
  %6 = llm.concat %5, %5 axis 1 : tensor<?x12x?x1xf32>, tensor<?x12x?x1xf32> -> tensor<?x24x?x1xf32>
  // expected-remark @below {{[batch*sequence, 384]}}
  %7 = llm.reshape %0 to [batch * sequence, 384] : tensor<?x?x384xf32> -> tensor<?x384xf32>
  return %7 : tensor<?x384xf32>
}

// -----

llm.size @rows range(1, 9) divisor 1

// A kernel's result has the sizes of what it yields.
// expected-remark @below {{argument 0: [rows, 4]}}
func.func @kernel(%x: tensor<?x4xf32> {llm.sizes = #llm.sizes<[rows, 4]>}) -> tensor<4x?xf32> {
  // expected-remark @below {{[4, rows]}}
  %0 = llm.kernel(%x) : (tensor<?x4xf32>) -> tensor<4x?xf32> {
  ^bb0(%in: tensor<?x4xf32>):
    // expected-remark @below {{[rows, 4]}}
    %1 = llm.relu %in : tensor<?x4xf32>
    // expected-remark @below {{[4, rows]}}
    %2 = llm.transpose %1 perm [1, 0] : tensor<?x4xf32> -> tensor<4x?xf32>
    llm.yield %2 : tensor<4x?xf32>
  }
  return %0 : tensor<4x?xf32>
}

// -----

// Sizes without a name get one.
// expected-remark @below {{argument 0: [arg0.0, 3]}}
// expected-remark @below {{argument 1: [3]}}
func.func @unnamed(%x: tensor<?x3xf32>, %y: tensor<3xf32>) -> tensor<?x3xf32> {
  // expected-remark @below {{[arg0.0, 3]}}
  %0 = llm.add %x, %y : tensor<?x3xf32>, tensor<3xf32> -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// -----

llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(8, 512) divisor 8

// expected-remark @below {{argument 0: [batch in [1, 64] by 1, sequence in [8, 512] by 8]}}
func.func @bounds(%x: tensor<?x?xf32> {llm.sizes = #llm.sizes<[batch, sequence]>}) -> tensor<?xf32> attributes {test.bounds} {
  // expected-remark @below {{[3*sequence in [24, 1536] by 24, batch*sequence - sequence in [0, 32256] by 8]}}
  %0 = llm.iota axis 0 to [3 * sequence, batch * sequence - sequence] {test.bounds} : tensor<?x?xi64>
  // expected-remark @below {{[ceildiv(sequence, 3) in [3, 171] by 1, mod(sequence, 5) in [0, 4] by 1, min(batch, sequence) in [1, 64] by 1]}}
  %1 = llm.iota axis 0 to [ceildiv(sequence, 3), mod(sequence, 5), min(sequence, batch)] {test.bounds} : tensor<?x?x?xi64>
  // expected-remark @below {{[batch*sequence in [8, 32768] by 8]}}
  %2 = llm.reshape %x to [batch * sequence] {test.bounds} : tensor<?x?xf32> -> tensor<?xf32>
  return %2 : tensor<?xf32>
}

