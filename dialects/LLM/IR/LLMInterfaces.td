//===- LLMInterfaces.td - What every op of a model answers -*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_LLMINTERFACES_TD
#define DIALECTS_LLM_IR_LLMINTERFACES_TD

include "mlir/IR/OpBase.td"

def LLM_ModelOpInterface : OpInterface<"ModelOpInterface"> {
  let cppNamespace = "::weft";
  let description = [{
    What passes ask of an op, so that a new op is added in one place. The op has
    one result.
  }];
  let methods = [
    InterfaceMethod<[{
      Symbolic sizes of the result, given those of each operand.
      }], "::weft::Sizes", "reifySizes",
      (ins "::llvm::ArrayRef<::weft::Sizes>":$operands)>,
    InterfaceMethod<[{
      Which dimensions of operands and result belong together, as an einsum,
      given the sizes of the operands and of the result.
      }], "::weft::ShardingRule", "getShardingRule",
      (ins "::llvm::ArrayRef<::weft::Sizes>":$operands,
           "const ::weft::Sizes &":$result)>,
    InterfaceMethod<[{
      Floating-point operations and bytes moved, given the sizes of the operands
      and of the result.
      }], "::weft::Cost", "getCost",
      (ins "::llvm::ArrayRef<::weft::Sizes>":$operands,
           "const ::weft::Sizes &":$result)>,
    InterfaceMethod<[{
      The op's meaning: floats in double, integers exactly at their width. Fails
      with a diagnostic on data for which the op has none.
      }], "::mlir::FailureOr<::weft::HostTensor>", "evaluate",
      (ins "::llvm::ArrayRef<::weft::HostTensor>":$operands,
           "const ::weft::Evaluation &":$evaluation)>,
  ];
}

#endif // DIALECTS_LLM_IR_LLMINTERFACES_TD
