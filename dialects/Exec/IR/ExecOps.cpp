//===- ExecOps.cpp - Verifiers of structure and buffers -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Exec/IR/Exec.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
namespace weft::exec {

//===----------------------------------------------------------------------===//
// Programs and variants
//===----------------------------------------------------------------------===//

/// Whoever runs the program gives inputs and finds outputs by their names.
static LogicalResult checkNames(ProgramOp program, StringRef noun,
                                ArrayAttr tensors) {
  llvm::StringSet<> seen;
  for (auto tensor : tensors.getAsRange<TensorAttr>()) {
    StringRef name = tensor.getName();
    if (name.empty() || llvm::any_of(name, [](unsigned char c) {
          return c < ' ' || c == 0x7f;
        }))
      return program.emitOpError("the name of ")
             << noun << " " << seen.size()
             << " is empty or holds control characters";
    if (!seen.insert(name).second)
      return program.emitOpError("two ")
             << noun << "s are named '" << name << "'";
  }
  return success();
}

LogicalResult ProgramOp::verifyRegions() {
  if (failed(checkNames(*this, "input", getInputs())) ||
      failed(checkNames(*this, "output", getOutputs())))
    return failure();
  for (Operation &op : getVariants().front())
    if (!isa<VariantOp>(op))
      return op.emitOpError("is not a variant: a program holds variants only");
  return success();
}

/// Checks `index < count`; `noun` is what is counted.
static LogicalResult checkIndex(Operation *op, StringRef noun, int64_t index,
                                int64_t count) {
  if (index >= 0 && index < count)
    return success();
  return op->emitOpError() << noun << " " << index << " is not one of the "
                           << count << " that the variant has";
}

static LogicalResult verifyCommand(VariantOp variant, Operation *op) {
  auto command = dyn_cast<CommandOpInterface>(op);
  if (!command)
    return op->emitOpError("is neither a buffer nor a command");
  if (failed(checkIndex(op, "queue", command.getQueue(), variant.getQueues())))
    return failure();
  if (auto event = op->getAttrOfType<IntegerAttr>("event"))
    if (failed(checkIndex(op, "event", event.getInt(), variant.getEvents())))
      return failure();
  if (auto read = dyn_cast<ReadOp>(op))
    if (failed(checkIndex(op, "variable", read.getVariable(),
                          variant.getVariables())))
      return failure();
  for (const BufferUse &use : command.getBufferUses())
    if (use.writes && !isa_and_present<TemporaryOp, OutputOp, StateOp>(
                          getRootBuffer(use.buffer).getDefiningOp())) {
      InFlightDiagnostic diagnostic = op->emitOpError(
          "writes a buffer that is not a temporary, an output or a state");
      diagnostic.attachNote(use.buffer.getLoc()) << "the buffer is here";
      return diagnostic;
    }
  return success();
}

LogicalResult VariantOp::verifyRegions() {
  auto isBuffer = [](Operation &op) {
    return isa<InputOp, OutputOp, WeightOp, StateOp, TemporaryOp, ConstantOp,
               ViewOp>(op);
  };
  WalkResult result = getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isBuffer(*op))
      return WalkResult::advance();
    return WalkResult(verifyCommand(*this, op));
  });
  return failure(result.wasInterrupted());
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

LogicalResult KernelOp::verify() {
  if (getWrites().size() != getLeastBytes().getTexts().size())
    return emitOpError() << "says of " << getWrites().size()
                         << " buffers whether they are written, but has least "
                            "bytes of "
                         << getLeastBytes().getTexts().size();
  if (!getGrid() && !getThreads() && !getShared())
    return success();
  if (!getGrid() || !getThreads() || !getShared() ||
      getGrid()->getTexts().size() != 3)
    return emitOpError("needs a grid of three sizes, threads and shared bytes "
                       "to run on a GPU");
  if (*getThreads() < 1 || *getThreads() > 1024)
    return emitOpError() << "has blocks of " << *getThreads()
                         << " threads; expected 1 to 1024";
  return success();
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

/// Checks an input or output against the program's list.
static LogicalResult verifyArgument(Operation *op, StringRef noun,
                                    int64_t index, SizesAttr bytes,
                                    ArrayAttr tensors) {
  if (index < 0 || index >= static_cast<int64_t>(tensors.size()))
    return op->emitOpError() << "is " << noun << " " << index
                             << " of a program with " << tensors.size();
  auto tensor = cast<TensorAttr>(tensors[index]);
  unsigned elementBytes = getElementBytes(tensor.getElementType());
  if (!elementBytes)
    return op->emitOpError()
           << "holds elements of type " << tensor.getElementType()
           << ", which no buffer can";
  SizeExpr expected = elementBytes;
  for (const SizeExpr &size : tensor.getSizes().getExprs())
    expected = expected * size;
  if (expected != getSize(bytes))
    return op->emitOpError()
           << "has " << getSize(bytes).str() << " bytes, but " << noun << " "
           << tensor.getName() << " has " << expected.str();
  return success();
}

LogicalResult InputOp::verify() {
  return verifyArgument(*this, "input", getIndex(), getBytes(),
                        (*this)->getParentOfType<ProgramOp>().getInputs());
}

LogicalResult OutputOp::verify() {
  return verifyArgument(*this, "output", getIndex(), getBytes(),
                        (*this)->getParentOfType<ProgramOp>().getOutputs());
}

LogicalResult WeightOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto weight =
      symbols.lookupNearestSymbolFrom<weft::WeightOp>(*this, getWeightAttr());
  if (!weight)
    return emitOpError() << "names " << getWeightAttr()
                         << ", which is no llm.weight of this module";
  RankedTensorType type = weight.getTensorType();
  SizeExpr expected = getStorageBytes(type).value_or(0);
  if (expected != getSize(getBytes()))
    return emitOpError() << "has " << getSize(getBytes()).str()
                         << " bytes, but the weight has " << expected.str();
  return success();
}

LogicalResult StateOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (!symbols.lookupNearestSymbolFrom<DeclareStateOp>(*this, getStateAttr()))
    return emitOpError() << "names " << getStateAttr()
                         << ", which no exec.declare_state declares";
  return success();
}

} // namespace weft::exec
