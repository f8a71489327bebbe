//===- Passes.td - Passes of the reference evaluator -------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_PASSES_TD
#define LIB_REFERENCE_PASSES_TD

include "mlir/Pass/PassBase.td"

def EvaluatePass : Pass<"llm-evaluate", "::mlir::ModuleOp"> {
  let summary = "Replace the body of each function without arguments by its value";
  let description = [{
    For tests and for a look at a number: op in, constant out.

    ```mlir
    func.func @half() -> tensor<2xf32> {
      %x = llm.constant dense<[1.0, -3.0]> : tensor<2xf32>
      %y = llm.constant dense<0.5> : tensor<f32>
      %z = llm.mul %x, %y : tensor<2xf32>, tensor<f32> -> tensor<2xf32>
      return %z : tensor<2xf32>
    }
    ```
    becomes
    ```mlir
    func.func @half() -> tensor<2xf32> {
      %z = llm.constant dense<[5.0e-01, -1.5]> : tensor<2xf32>
      return %z : tensor<2xf32>
    }
    ```
    Results are computed in double and rounded to their element type at the end.
    A function in local form is evaluated for all ranks of the mesh at once, and
    its results are put together: it becomes one of the global form.
    A result that is not static takes the shape that it has; its type in the
    function's signature becomes static. A symbol whose range holds one value
    has that value. A function with arguments stays.
  }];
  let options = [
    Option<"weightDirectory", "weight-directory", "std::string", "\"\"",
           "Where relative names of weight files start">,
  ];
}

#endif // LIB_REFERENCE_PASSES_TD
