//===- CheckWrites.cpp - Refuse reads of what nothing has written ---------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Exec/Transforms/Passes.h"

using namespace mlir;
namespace weft::exec {

#define GEN_PASS_DEF_CHECKWRITES
#include "dialects/Exec/Transforms/Passes.h.inc"

namespace {

using Buffers = llvm::SmallPtrSet<Value, 16>;

struct CheckWritesPass : impl::CheckWritesBase<CheckWritesPass> {
  void runOnOperation() override {
    for (auto variant : getOperation().getVariants().getOps<VariantOp>())
      if (failed(check(variant)))
        return signalPassFailure();
  }

  LogicalResult check(VariantOp variant) {
    Buffers written;
    if (failed(check(variant.getBody(), written)))
      return failure();
    for (auto output : variant.getBody().getOps<OutputOp>())
      if (!written.contains(output.getResult()))
        return output.emitOpError("is never written");
    return success();
  }

  /// Adds what the commands of `region` certainly write to `written`.
  LogicalResult check(Region &region, Buffers &written) {
    for (Operation &op : region.getOps())
      if (auto command = dyn_cast<CommandOpInterface>(op))
        if (failed(check(command, written)))
          return failure();
    return success();
  }

  LogicalResult check(CommandOpInterface command, Buffers &written) {
    for (const BufferUse &use : command.getBufferUses()) {
      Value root = getRootBuffer(use.buffer);
      if (use.writes ||
          !isa_and_present<TemporaryOp, OutputOp>(root.getDefiningOp()))
        continue;
      if (!written.contains(root)) {
        InFlightDiagnostic diagnostic = command->emitOpError(
            "reads a buffer that no command before it writes");
        diagnostic.attachNote(root.getLoc()) << "the buffer is here";
        return diagnostic;
      }
    }
    for (const BufferUse &use : command.getBufferUses())
      if (use.writes)
        written.insert(getRootBuffer(use.buffer));
    return checkNested(command, written);
  }

  LogicalResult checkNested(Operation *command, Buffers &written) {
    if (auto loop = dyn_cast<WhileOp>(command)) {
      Buffers inside = written;
      return check(loop.getBody(), inside);
    }
    if (auto condition = dyn_cast<IfOp>(command)) {
      Buffers then = written, otherwise = written;
      if (failed(check(condition.getThen(), then)) ||
          failed(check(condition.getOtherwise(), otherwise)))
        return failure();
      for (Value buffer : then)
        if (otherwise.contains(buffer))
          written.insert(buffer);
    }
    return success();
  }
};

} // namespace
} // namespace weft::exec
