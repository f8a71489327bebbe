//===- ExecBase.td - The exec dialect, types, attributes ---*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_EXEC_IR_EXECBASE_TD
#define DIALECTS_EXEC_IR_EXECBASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/Exec/IR/ExecInterfaces.td"
include "dialects/LLM/IR/LLMBase.td"

def Exec_Dialect : Dialect {
  let name = "exec";
  let cppNamespace = "::weft::exec";
  let summary = "What the runtime does, in order";
  let description = [{
    A program is a flat list of commands over buffers, one to one what the
    artifact's `Program` holds (include/weft/artifact.proto). It computes nothing
    beyond sizes: expressions over the symbols that `llm.size` declares, over the
    variables `v0`, `v1`, ... that `exec.read` sets, and over mesh coordinates.

    Buffers are values, so that a command can only name a buffer that is declared
    before it. Commands change memory; they run in order within a queue, and
    `exec.signal` and `exec.wait` order them between queues.

    A command's location names the node of the model that it computes.
  }];
  let dependentDialects = ["::weft::LLMDialect"];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
}

def Exec_BufferType : TypeDef<Exec_Dialect, "Buffer"> {
  let mnemonic = "buffer";
  let summary = "Bytes on the device";
}

// One size expression.
def Exec_Size : ConfinedAttr<LLM_SizesAttr, [AttrConstraint<
    CPred<"::llvm::cast<::weft::SizesAttr>($_self).getTexts().size() == 1">,
    "of one size expression">]>;

def Exec_TensorAttr : AttrDef<Exec_Dialect, "Tensor"> {
  let mnemonic = "tensor";
  let summary = "Name, element type and sizes of an input or output";
  let description = "`#exec.tensor<\"input_ids\" : i64 [batch, sequence]>`";
  let parameters = (ins "::mlir::StringAttr":$name, "::mlir::Type":$elementType,
                        "::weft::SizesAttr":$sizes);
  let hasCustomAssemblyFormat = 1;
}
def Exec_TensorArrayAttr : TypedArrayAttrBase<Exec_TensorAttr, "array of tensors">;

class Exec_Enum<string name, string summary, list<I32EnumAttrCase> cases> :
    I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::weft::exec";
}

class Exec_Op<string mnemonic, list<Trait> traits = []> :
    Op<Exec_Dialect, mnemonic, traits>;

// A command: `queue` is printed when it is not 0.
class Exec_Command<string mnemonic, list<Trait> traits = []> :
    Exec_Op<mnemonic, [DeclareOpInterfaceMethods<Exec_CommandInterface, ["getBufferUses"]>]
                      # traits>;

#endif // DIALECTS_EXEC_IR_EXECBASE_TD
