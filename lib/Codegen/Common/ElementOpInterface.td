//===- ElementOpInterface.td - Ops computed by element -----*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_ELEMENTOPINTERFACE_TD
#define LIB_CODEGEN_COMMON_ELEMENTOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def ElementOpInterface : OpInterface<"ElementOpInterface"> {
  let cppNamespace = "::weft";
  let description = [{
    How a kernel computes elements of an op's result when it needs them. Asking
    the operands in turn is what fuses ops. Every `llm` op of a kernel's body has
    this form, so that every body can run.
  }];
  let methods = [
    InterfaceMethod<[{
      Emits the element of the result at `index`: a scalar when every index is
      uniform, or a vector of CodeBuilder::lanes. f16 and bf16 are computed in
      f32. On what no instruction exists for, calls `emitter.unsupported`.
      }], "::mlir::Value", "emitElement",
      (ins "::weft::ElementEmitter &":$emitter,
           "::llvm::ArrayRef<::weft::LaneIndex>":$index)>,
    InterfaceMethod<[{
      True when an element needs only the elements at the same index (after
      broadcasting) of the operands.
      }], "bool", "isElementwise", (ins), "", "return false;">,
  ];
}

#endif // LIB_CODEGEN_COMMON_ELEMENTOPINTERFACE_TD
