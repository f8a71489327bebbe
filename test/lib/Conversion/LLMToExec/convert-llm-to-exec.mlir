// RUN: llm-opt %s --convert-llm-to-exec | FileCheck %s

llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(1, 512) divisor 1
llm.weight @w0 : tensor<1x8x16xf32> in "model.safetensors" at 0
llm.weight @w1 : tensor<1x8x16xf32> in "model.safetensors" at 512

// Two layers share one function; sizes are its parameters.
// CHECK: func.func private @linear_gelu_0(
// CHECK-SAME: %[[X:.*]]: tensor<?x?x8xf32> {llm.sizes = #llm.sizes<[s0, s1, 8]>},
// CHECK-SAME: tensor<1x8x16xf32>
// CHECK-SAME: attributes {exec.sizes = 2 : i64}
// CHECK: llm.gelu
// CHECK-NEXT: return
// CHECK-NOT: func.func

// CHECK-LABEL: exec.program @layers
// CHECK-SAME: inputs [#exec.tensor<"x" : f32 [batch, sequence, 8]>]
// CHECK-SAME: outputs [#exec.tensor<"y" : f32 [batch*sequence, 8]>]
func.func @layers(%x: tensor<?x?x8xf32> {llm.name = "x", llm.sizes = #llm.sizes<[batch, sequence, 8]>}) -> (tensor<?x8xf32> {llm.name = "y"}) {
  // CHECK-NEXT: exec.variant {
  // CHECK-NEXT: %[[X:.*]] = exec.input 0 bytes [32*batch*sequence]
  // CHECK-NEXT: %[[W0:.*]] = exec.weight @w0 bytes [512] layout "panel16"
  // CHECK-NEXT: %[[W1:.*]] = exec.weight @w1 bytes [512] layout "panel16"
  // CHECK-NEXT: %[[T0:.*]] = exec.temporary bytes [32*batch*sequence]
  // CHECK-NEXT: exec.launch @linear_gelu_0(%[[X]], %[[W0]], %[[T0]]) sizes [batch, sequence]
  // CHECK-NEXT: %[[T1:.*]] = exec.temporary bytes [32*batch*sequence]
  // CHECK-NEXT: exec.launch @linear_gelu_0(%[[T0]], %[[W1]], %[[T1]]) sizes [batch, sequence]
  // CHECK-NEXT: %[[Y:.*]] = exec.output 0 bytes [32*batch*sequence]
  // CHECK-NEXT: exec.copy %[[T1]] offset [0] to %[[Y]] offset [0] bytes [32*batch*sequence]
  // CHECK-NEXT: }
  %w0 = llm.load_weight @w0 : tensor<1x8x16xf32>
  %w1 = llm.load_weight @w1 : tensor<1x8x16xf32>
  %0 = llm.kernel(%x, %w0) : (tensor<?x?x8xf32>, tensor<1x8x16xf32>) -> tensor<?x?x8xf32> {
  ^bb0(%in: tensor<?x?x8xf32>, %w: tensor<1x8x16xf32>):
    %1 = llm.linear %in, %w panel 16 : tensor<?x?x8xf32>, tensor<1x8x16xf32> -> tensor<?x?x8xf32>
    %2 = llm.gelu %1 approximate none : tensor<?x?x8xf32>
    llm.yield %2 : tensor<?x?x8xf32>
  }
  %3 = llm.kernel(%0, %w1) : (tensor<?x?x8xf32>, tensor<1x8x16xf32>) -> tensor<?x?x8xf32> {
  ^bb0(%in: tensor<?x?x8xf32>, %w: tensor<1x8x16xf32>):
    %4 = llm.linear %in, %w panel 16 : tensor<?x?x8xf32>, tensor<1x8x16xf32> -> tensor<?x?x8xf32>
    %5 = llm.gelu %4 approximate none : tensor<?x?x8xf32>
    llm.yield %5 : tensor<?x?x8xf32>
  }
  // The bytes stay where they are.
  %6 = llm.reshape %3 to [batch*sequence, 8] : tensor<?x?x8xf32> -> tensor<?x8xf32>
  return %6 : tensor<?x8xf32>
}

// CHECK-LABEL: exec.program @returns_argument_and_constant
func.func @returns_argument_and_constant(%x: tensor<4xf32> {llm.name = "x"}) -> (tensor<4xf32> {llm.name = "y"}, tensor<2xi64> {llm.name = "z"}) {
  // CHECK: %[[X:.*]] = exec.input 0 bytes [16]
  // CHECK-NEXT: %[[C:.*]] = exec.constant dense<[1, 2]> : tensor<2xi64>
  // CHECK-NEXT: %[[Y:.*]] = exec.output 0 bytes [16]
  // CHECK-NEXT: exec.copy %[[X]] offset [0] to %[[Y]] offset [0] bytes [16]
  // CHECK-NEXT: %[[Z:.*]] = exec.output 1 bytes [16]
  // CHECK-NEXT: exec.copy %[[C]] offset [0] to %[[Z]] offset [0] bytes [16]
  %c = llm.constant dense<[1, 2]> : tensor<2xi64>
  return %x, %c : tensor<4xf32>, tensor<2xi64>
}
