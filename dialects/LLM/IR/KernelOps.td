//===- KernelOps.td - Groups of ops that run as one launch -*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_KERNELOPS_TD
#define DIALECTS_LLM_IR_KERNELOPS_TD

include "mlir/Interfaces/ControlFlowInterfaces.td"
include "dialects/LLM/IR/LLMBase.td"

def LLM_KernelOp : LLM_Op<"kernel", [
    Pure, IsolatedFromAbove, SingleBlock]> {
  let summary = "Ops that become one launch of one kernel";
  let description = [{
    The body computes one tensor from the operands, its block arguments. At most
    one op of the body is an *anchor*, which reads each operand element more than
    once (linear, matmul, attention, a normalization or a reduction); the others
    are its prologue and epilogue, computed element by element where they are
    used.

    Example:
    ```mlir
    func.func @feed_forward(%x: tensor<?x384xf32>, %w: tensor<1536x384xf32>, %b: tensor<1536xf32>) -> tensor<?x1536xf32> {
      %y = llm.kernel(%x, %w, %b) : (tensor<?x384xf32>, tensor<1536x384xf32>, tensor<1536xf32>) -> tensor<?x1536xf32> {
      ^bb0(%in: tensor<?x384xf32>, %weight: tensor<1536x384xf32>, %bias: tensor<1536xf32>):
        %0 = llm.linear %in, %weight bias %bias : tensor<?x384xf32>, tensor<1536x384xf32>, tensor<1536xf32> -> tensor<?x1536xf32>
        %1 = llm.gelu %0 approximate none : tensor<?x1536xf32>
        llm.yield %1 : tensor<?x1536xf32>
      }
      return %y : tensor<?x1536xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<LLM_StoredTensor>:$inputs);
  let results = (outs LLM_StoredTensor:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` attr-dict `:` functional-type($inputs, $result) $body
  }];
  let hasVerifier = 1;
}

def LLM_YieldOp : LLM_Op<"yield", [Pure, Terminator, ReturnLike, HasParent<"KernelOp">]> {
  let summary = "The result of an `llm.kernel`";
  let description = "Ends the body of an `llm.kernel`.";
  let arguments = (ins LLM_StoredTensor:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

#endif // DIALECTS_LLM_IR_KERNELOPS_TD
