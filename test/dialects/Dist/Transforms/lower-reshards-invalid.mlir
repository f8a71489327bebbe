// RUN: llm-opt %s --dist-lower-reshards --verify-diagnostics

dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{cannot make a tensor partial over axes over which it is not partial}}
  %y = dist.reshard %x from <[{}]> to <[{}] sum {"tp"}> of [4] : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}
