// RUN: llm-reduce %s --reduction-tree='traversal-mode=0 test=%S/Inputs/has-softmax.sh' | FileCheck %s

// What the script does not ask for goes away.

// CHECK-NOT: llm.weight
// CHECK-NOT: @other
// CHECK: llm.softmax
llm.weight @w : tensor<4xf32> in "f" at 0
func.func @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
func.func @culprit(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = llm.softmax %x axis 0 : tensor<4xf32>
  return %0 : tensor<4xf32>
}
