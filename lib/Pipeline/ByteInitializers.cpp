//===- ByteInitializers.cpp - Initializers that move bytes ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Pipeline/ByteInitializers.h"

#include "dialects/LLM/IR/LLM.h"
#include "dialects/LLM/Transforms/BlockLayouts.h"

using namespace mlir;
using namespace weft;

static BlockType blocksOf(Value value) {
  return dyn_cast<BlockType>(getElementTypeOrSelf(value));
}

/// The tensor's bytes: [..., K / B, bytes of a block], or a list where rows are
/// interleaved.
static RankedTensorType getByteType(RankedTensorType type) {
  if (!cast<BlockType>(type.getElementType()).isInterleaved())
    return bytesOfBlocks(type);
  auto byte = IntegerType::get(type.getContext(), 8, IntegerType::Unsigned);
  return RankedTensorType::get({*getStorageBytes(type)}, byte);
}

namespace {

class Rewriter {
public:
  explicit Rewriter(func::FuncOp function)
      : function(function), builder(function.getContext()) {}

  LogicalResult run();

private:
  LogicalResult rewrite(Operation &op);
  Value reshape(Value value, RankedTensorType type);

  func::FuncOp function;
  OpBuilder builder;
  /// The bytes of each tensor in blocks.
  DenseMap<Value, Value> bytes;
};

} // namespace

Value Rewriter::reshape(Value value, RankedTensorType type) {
  if (value.getType() == type)
    return value;
  Sizes sizes(type.getShape().begin(), type.getShape().end());
  return ReshapeOp::create(
      builder, value.getLoc(), type, value,
      SizesAttr::get(builder.getContext(), ArrayRef<SizeExpr>(sizes)));
}

LogicalResult Rewriter::rewrite(Operation &op) {
  builder.setInsertionPoint(&op);
  Value result = op.getResult(0);
  auto cast = dyn_cast<BitcastOp>(op);
  if (!cast)
    return op.emitOpError("computes a weight from elements in blocks, of which "
                          "only bytes can be moved; show them by llm.bitcast");
  Value input = cast.getInput();
  if (blocksOf(input))
    input = bytes.at(input);
  if (blocksOf(result))
    bytes[result] = reshape(input, getByteType(cast.getType()));
  else
    result.replaceAllUsesWith(reshape(input, cast.getType()));
  return success();
}

LogicalResult Rewriter::run() {
  Block &body = function.getBody().front();
  moveBlocksAsBytes(body);
  for (unsigned i = 0; i != body.getNumArguments(); ++i) {
    BlockArgument argument = body.getArgument(i);
    if (!blocksOf(argument))
      continue;
    // The old one goes last: its users are looked at with its type.
    bytes[argument] = body.insertArgument(
        ++i, getByteType(cast<RankedTensorType>(argument.getType())),
        argument.getLoc());
  }
  SmallVector<Operation *> replaced;
  for (Operation &op : body.without_terminator()) {
    if (llvm::none_of(op.getOperands(), blocksOf) && !blocksOf(op.getResult(0)))
      continue;
    if (failed(rewrite(op)))
      return failure();
    replaced.push_back(&op);
  }
  Operation *end = body.getTerminator();
  for (OpOperand &operand : end->getOpOperands())
    if (Value found = bytes.lookup(operand.get()))
      operand.set(found);
  for (Operation *op : llvm::reverse(replaced))
    op->erase();
  body.eraseArguments(
      [](BlockArgument argument) { return bool(blocksOf(argument)); });
  function.setType(FunctionType::get(
      function.getContext(), body.getArgumentTypes(), end->getOperandTypes()));
  return success();
}

LogicalResult weft::passBlocksAsBytes(func::FuncOp initializer) {
  return Rewriter(initializer).run();
}
