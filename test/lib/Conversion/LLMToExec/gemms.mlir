// RUN: llm-opt %s --convert-llm-to-exec=gemms | FileCheck %s
// RUN: llm-opt %s --convert-llm-to-exec | FileCheck %s --check-prefix=NONE
// NONE-NOT: exec.gemm

llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(1, 512) divisor 1
llm.weight @w : tensor<32x8xf16> in "model.safetensors" at 0
llm.weight @b : tensor<32xf32> in "model.safetensors" at 512

// Rows of all sequences are one matrix; the cast that widens them is the
// kernel's affair.
// CHECK-LABEL: exec.program @linear
func.func @linear(%x: tensor<?x?x8xf16> {llm.sizes = #llm.sizes<[batch, sequence, 8]>}) -> tensor<?x?x32xf32> {
  // CHECK: %[[X:.*]] = exec.input 0
  // CHECK-DAG: %[[W:.*]] = exec.weight @w
  // CHECK-DAG: %[[B:.*]] = exec.weight @b
  // CHECK: %[[T:.*]] = exec.temporary bytes [128*batch*sequence]
  // CHECK-NEXT: exec.gemm %[[X]], %[[W]] bias %[[B]] to %[[T]] m [batch*sequence] n [32] k [8] batch [1] transpose_b type f16 output f32 accumulate f32 epilogue "gelu" launch @cast_linear_gelu_0(%[[X]], %[[W]], %[[B]], %[[T]]) sizes [batch, sequence]
  %w = llm.load_weight @w : tensor<32x8xf16>
  %b = llm.load_weight @b : tensor<32xf32>
  %0 = llm.kernel(%x, %w, %b) : (tensor<?x?x8xf16>, tensor<32x8xf16>, tensor<32xf32>) -> tensor<?x?x32xf32> {
  ^bb0(%in: tensor<?x?x8xf16>, %weight: tensor<32x8xf16>, %bias: tensor<32xf32>):
    %1 = llm.cast %in : tensor<?x?x8xf16> -> tensor<?x?x8xf32>
    %2 = llm.linear %1, %weight bias %bias : tensor<?x?x8xf32>, tensor<32x8xf16>, tensor<32xf32> -> tensor<?x?x32xf32>
    %3 = llm.gelu %2 approximate tanh : tensor<?x?x32xf32>
    llm.yield %3 : tensor<?x?x32xf32>
  }
  return %0 : tensor<?x?x32xf32>
}

// CHECK-LABEL: exec.program @stacks
func.func @stacks(%x: tensor<?x4x?x8xf32> {llm.sizes = #llm.sizes<[batch, 4, sequence, 8]>}, %y: tensor<?x4x8x?xf32> {llm.sizes = #llm.sizes<[batch, 4, 8, sequence]>}) -> tensor<?x4x?x?xf32> {
  // CHECK: exec.gemm %{{.*}}, %{{.*}} to %{{.*}} m [sequence] n [sequence] k [8] batch [4*batch] type f32 output f32 accumulate f32 launch
  %0 = llm.kernel(%x, %y) : (tensor<?x4x?x8xf32>, tensor<?x4x8x?xf32>) -> tensor<?x4x?x?xf32> {
  ^bb0(%left: tensor<?x4x?x8xf32>, %right: tensor<?x4x8x?xf32>):
    %1 = llm.matmul %left, %right : tensor<?x4x?x8xf32>, tensor<?x4x8x?xf32> -> tensor<?x4x?x?xf32>
    llm.yield %1 : tensor<?x4x?x?xf32>
  }
  return %0 : tensor<?x4x?x?xf32>
}

// Operands of two types, a residual, and a stack that is broadcast: kernels.
// CHECK-LABEL: exec.program @kernels
// CHECK-NOT: exec.gemm
func.func @kernels(%x: tensor<?x8xf32> {llm.sizes = #llm.sizes<[batch, 8]>}, %y: tensor<?x32xf32> {llm.sizes = #llm.sizes<[batch, 32]>}, %one: tensor<1x8x4xf32>, %three: tensor<3x4x8xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<3x4x4xf32>) {
  %w = llm.load_weight @w : tensor<32x8xf16>
  %0 = llm.kernel(%x, %w) : (tensor<?x8xf32>, tensor<32x8xf16>) -> tensor<?x32xf32> {
  ^bb0(%in: tensor<?x8xf32>, %weight: tensor<32x8xf16>):
    %3 = llm.linear %in, %weight : tensor<?x8xf32>, tensor<32x8xf16> -> tensor<?x32xf32>
    llm.yield %3 : tensor<?x32xf32>
  }
  %1 = llm.kernel(%x, %w, %y) : (tensor<?x8xf32>, tensor<32x8xf16>, tensor<?x32xf32>) -> tensor<?x32xf32> {
  ^bb0(%in: tensor<?x8xf32>, %weight: tensor<32x8xf16>, %residual: tensor<?x32xf32>):
    %3 = llm.linear %in, %weight : tensor<?x8xf32>, tensor<32x8xf16> -> tensor<?x32xf32>
    %4 = llm.add %3, %residual : tensor<?x32xf32>, tensor<?x32xf32> -> tensor<?x32xf32>
    llm.yield %4 : tensor<?x32xf32>
  }
  %2 = llm.kernel(%three, %one) : (tensor<3x4x8xf32>, tensor<1x8x4xf32>) -> tensor<3x4x4xf32> {
  ^bb0(%left: tensor<3x4x8xf32>, %right: tensor<1x8x4xf32>):
    %3 = llm.matmul %left, %right : tensor<3x4x8xf32>, tensor<1x8x4xf32> -> tensor<3x4x4xf32>
    llm.yield %3 : tensor<3x4x4xf32>
  }
  return %0, %1, %2 : tensor<?x32xf32>, tensor<?x32xf32>, tensor<3x4x4xf32>
}
