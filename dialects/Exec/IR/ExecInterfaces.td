//===- ExecInterfaces.td - What every command answers -----*- tablegen -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_EXEC_IR_EXECINTERFACES_TD
#define DIALECTS_EXEC_IR_EXECINTERFACES_TD

include "mlir/IR/OpBase.td"

def Exec_CommandInterface : OpInterface<"CommandOpInterface"> {
  let cppNamespace = "::weft::exec";
  let description = "One command of a program.";
  let methods = [
    InterfaceMethod<"The queue it runs on.", "uint64_t", "getQueue">,
    InterfaceMethod<"The buffers it touches itself, without nested commands.",
      "::llvm::SmallVector<::weft::exec::BufferUse>", "getBufferUses">,
  ];
}

#endif // DIALECTS_EXEC_IR_EXECINTERFACES_TD
