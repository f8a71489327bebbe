//===- TilePipeline.cpp - Tiles are brought while others are multiplied ---===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/MatrixInstructions.h"
#include "lib/Codegen/CUDA/Number32.h"
#include "lib/Codegen/CUDA/TileOperand.h"

using namespace mlir;

namespace weft::cuda {

CodeBuilder::Values emitTilePipeline(
    ElementEmitter &emitter, const Product &product, const TileShape &shape,
    Value shared, Value group, TileOperand &left, TileOperand &right,
    ValueRange sums,
    function_ref<CodeBuilder::Values(Value, Value, ValueRange)> compute) {
  CUDACodeBuilder &code = cudaCodeOf(emitter);
  Type byte = code.builder.getI8Type();
  int64_t elementBytes = product.matrixElement ? 2 : 4;
  int64_t leftBytes = shape.rows * shape.depth * elementBytes;
  int64_t stageBytes = leftBytes + shape.columns * shape.depth * elementBytes;
  int64_t ahead = shape.stages - 1;
  bool copies = left.isAsync() || right.isAsync();
  // Groups take the tiles of their terms in turn.
  Value start = code.constant(0);
  if (shape.groups > 1) {
    start = code.mul(code.make<arith::ExtUIOp>(code.i64(), group),
                     code.constant(shape.depth));
    shared = code.address(
        shared, byte,
        Value(Number32(code, group) * (shape.stages * stageBytes)));
  }

  struct Side {
    TileOperand &operand;
    int64_t offset;
  };
  Side sides[] = {{left, 0}, {right, leftBytes}};
  auto tileOf = [&](const Side &side, Value stage) {
    return code.address(code.address(shared, byte, stage), byte, side.offset);
  };
  auto copy = [&](Value depth, Value stage) {
    for (const Side &side : sides)
      if (side.operand.isAsync())
        side.operand.copy(depth, tileOf(side, stage));
    if (copies)
      commitCopies(code);
  };

  // What a row computes once goes before this op.
  Operation *rowPoint =
      code.make<arith::ConstantOp>(code.builder.getI64IntegerAttr(0));
  code.builder.setInsertionPoint(rowPoint);
  for (const Side &side : sides)
    side.operand.start();
  code.builder.setInsertionPointAfter(rowPoint);
  emitter.startRow(rowPoint);

  for (int64_t i = 0; i < ahead; ++i) {
    Value depth = code.add(start, code.constant(i * shape.turnDepth()));
    Value stage = code.integer(code.i32(), i * stageBytes);
    copy(depth, stage);
    for (const Side &side : sides)
      if (!side.operand.isAsync())
        side.operand.put(side.operand.fetch(depth), tileOf(side, stage));
  }

  CodeBuilder::Values carried(sums);
  carried.push_back(code.integer(code.i32(), 0));
  carried.push_back(code.integer(code.i32(), ahead * stageBytes));
  carried = code.loop(
      code.constant(0), code.size(product.depth), shape.turnDepth(), carried,
      [&](Value turn, ValueRange values) {
        ElementEmitter::Scope scope(emitter);
        Value read = values[values.size() - 2], write = values.back();
        if (copies)
          waitForCopies(code, ahead - 1);
        // The tiles that are read now are there, and nobody reads those that
        // are overwritten any more.
        code.barrier();
        Value next = code.add(code.add(turn, start),
                              code.constant(ahead * shape.turnDepth()));
        CodeBuilder::Values parts[2];
        for (auto [side, part] : llvm::zip_equal(sides, parts))
          if (!side.operand.isAsync())
            part = side.operand.fetch(next);
        copy(next, write);
        CodeBuilder::Values results =
            compute(tileOf(sides[0], read), tileOf(sides[1], read),
                    values.drop_back(2));
        for (auto [side, part] : llvm::zip_equal(sides, parts))
          if (!side.operand.isAsync())
            side.operand.put(part, tileOf(side, write));
        // Stages are taken in turn.
        for (Value stage : {read, write}) {
          Number32 following = Number32(code, stage) + stageBytes;
          Value isLast =
              code.compare(arith::CmpIPredicate::eq, following,
                           code.integer(code.i32(), shape.stages * stageBytes));
          results.push_back(code.make<arith::SelectOp>(
              isLast, code.integer(code.i32(), 0), following));
        }
        return results;
      });
  rowPoint->erase();
  emitter.startRow(nullptr);
  // Copies beyond the last term are zeros that would land on what follows.
  if (copies)
    waitForCopies(code, 0);
  code.barrier();
  carried.pop_back_n(2);
  return carried;
}

} // namespace weft::cuda
