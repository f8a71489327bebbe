//===- ByteInitializers.cpp - Initializers that move bytes ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Pipeline/ByteInitializers.h"

#include "dialects/LLM/IR/LLM.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace weft;

static BlockType blocksOf(Value value) {
  return dyn_cast<BlockType>(getElementTypeOrSelf(value));
}

/// The tensor's bytes: [..., K / B, bytes of a block], or a list where rows are
/// interleaved.
static RankedTensorType getByteType(RankedTensorType type) {
  auto block = cast<BlockType>(type.getElementType());
  auto byte = IntegerType::get(type.getContext(), 8, IntegerType::Unsigned);
  if (block.isInterleaved())
    return RankedTensorType::get({*getStorageBytes(type)}, byte);
  SmallVector<int64_t> shape(type.getShape());
  shape.back() /= block.getInfo().elements;
  shape.push_back(block.getInfo().bytes);
  return RankedTensorType::get(shape, byte);
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
  Value slice(SliceOp op);
  Value pad(PadOp op);
  Value concat(ConcatOp op);

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

Value Rewriter::slice(SliceOp op) {
  int64_t elements = blocksOf(op).getInfo().elements;
  RankedTensorType type = getByteType(op.getType());
  Sizes offsets = op.getOffsets().getExprs(), sizes = op.getSizes().getExprs();
  offsets.back() = floorDiv(offsets.back(), elements);
  sizes.back() = floorDiv(sizes.back(), elements);
  offsets.push_back(0);
  sizes.push_back(type.getShape().back());
  SmallVector<int64_t> strides(op.getStrides());
  strides.push_back(1);
  MLIRContext *context = op.getContext();
  return SliceOp::create(builder, op.getLoc(), type, bytes.at(op.getInput()),
                         SizesAttr::get(context, ArrayRef<SizeExpr>(offsets)),
                         SizesAttr::get(context, ArrayRef<SizeExpr>(sizes)),
                         builder.getDenseI64ArrayAttr(strides));
}

Value Rewriter::pad(PadOp op) {
  auto inBlocks = [&](ArrayRef<int64_t> amounts) {
    SmallVector<int64_t> counts(amounts);
    counts.back() /= blocksOf(op).getInfo().elements;
    counts.push_back(0);
    return builder.getDenseI64ArrayAttr(counts);
  };
  return PadOp::create(builder, op.getLoc(), getByteType(op.getType()),
                       bytes.at(op.getInput()), inBlocks(op.getLow()),
                       inBlocks(op.getHigh()));
}

Value Rewriter::concat(ConcatOp op) {
  SmallVector<Value> inputs;
  for (Value input : op.getInputs())
    inputs.push_back(bytes.at(input));
  return ConcatOp::create(builder, op.getLoc(), getByteType(op.getType()),
                          inputs, op.getAxisAttr());
}

LogicalResult Rewriter::rewrite(Operation &op) {
  builder.setInsertionPoint(&op);
  Value result = op.getResult(0);
  if (auto cast = dyn_cast<BitcastOp>(op)) {
    Value input = cast.getInput();
    if (blocksOf(input))
      input = bytes.at(input);
    if (blocksOf(result))
      bytes[result] = reshape(input, getByteType(cast.getType()));
    else
      result.replaceAllUsesWith(reshape(input, cast.getType()));
    return success();
  }
  bool isInterleaved =
      blocksOf(op.getOperand(0)) && blocksOf(op.getOperand(0)).isInterleaved();
  if (!isa<SliceOp, PadOp, ConcatOp>(op) || isInterleaved)
    return op.emitOpError("computes a weight from elements in blocks, of which "
                          "only bytes can be moved; show them by llm.bitcast");
  bytes[result] = TypeSwitch<Operation *, Value>(&op)
                      .Case([&](SliceOp op) { return slice(op); })
                      .Case([&](PadOp op) { return pad(op); })
                      .Case([&](ConcatOp op) { return concat(op); });
  return success();
}

LogicalResult Rewriter::run() {
  Block &body = function.getBody().front();
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
