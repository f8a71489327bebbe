//===- Passes.td - From kernels to programs ---------------*- tablegen -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CONVERSION_LLMTOEXEC_PASSES_TD
#define LIB_CONVERSION_LLMTOEXEC_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertLLMToExec : Pass<"convert-llm-to-exec", "::mlir::ModuleOp"> {
  let summary = "Turn entry functions of kernels into programs of launches";
  let description = [{
    Each public function becomes an `exec.program`: its arguments are inputs, its
    results outputs, every `llm.kernel` one launch in the same order. The body of
    a kernel becomes a private function over sizes `s0`, `s1`, ...; kernels with
    equal bodies share one, so that the layers of a model share code.

    Before:
    ```mlir
    func.func @main(%x: tensor<?x8xf32> {llm.name = "x", llm.sizes = #llm.sizes<[batch, 8]>}) -> (tensor<?x8xf32> {llm.name = "y"}) {
      %0 = llm.kernel(%x) : (tensor<?x8xf32>) -> tensor<?x8xf32> {
      ^bb0(%in: tensor<?x8xf32>):
        %1 = llm.relu %in : tensor<?x8xf32>
        llm.yield %1 : tensor<?x8xf32>
      }
      return %0 : tensor<?x8xf32>
    }
    ```
    After:
    ```mlir
    func.func private @relu_0(%in: tensor<?x8xf32> {llm.sizes = #llm.sizes<[s0, 8]>}) -> tensor<?x8xf32> attributes {exec.sizes = 1 : i64} {
      %0 = llm.relu %in : tensor<?x8xf32>
      return %0 : tensor<?x8xf32>
    }
    exec.program @main inputs [#exec.tensor<"x" : f32 [batch, 8]>] outputs [#exec.tensor<"y" : f32 [batch, 8]>] {
      exec.variant {
        %0 = exec.input 0 bytes [32 * batch]
        %1 = exec.temporary bytes [32 * batch]
        exec.launch @relu_0(%0, %1) sizes [batch]
        %2 = exec.output 0 bytes [32 * batch]
        exec.copy %1 offset [0] to %2 offset [0] bytes [32 * batch]
      }
    }
    ```

    A state is memory of its own, and what `llm.write_cache` makes of it lies in
    the same place: a kernel that yields one writes the state's buffer. A program
    that needs the value from before, loads a state before a new value of it is
    stored, or stores a cache to another state is refused.

    A reshape outside of kernels costs nothing. Any other op there is refused, as
    is a tensor whose size no `llm.size` explains.

    With `gemms`, a kernel that is nothing but a product with operands of one type
    (f16, bf16 or f32), perhaps with a bias and a relu or a gelu by tanh, becomes an
    `exec.gemm` that launches the kernel where there is no matrix library:
    ```mlir
    exec.gemm %0, %1 to %2 m [batch] n [32] k [16] batch [1] transpose_b type f16 output f32 accumulate f32 launch @linear_0(%0, %1, %2) sizes [batch]
    ```
  }];
  let options = [
    Option<"gemms", "gemms", "bool", /*default=*/"false",
           "Give plain products to a matrix library">];
  let dependentDialects = ["::weft::exec::ExecDialect", "::mlir::func::FuncDialect"];
}

#endif // LIB_CONVERSION_LLMTOEXEC_PASSES_TD
