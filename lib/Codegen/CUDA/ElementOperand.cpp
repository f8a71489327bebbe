//===- ElementOperand.cpp - Tiles of computed elements --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/Number32.h"
#include "lib/Codegen/CUDA/TileOperand.h"
#include "lib/Codegen/Common/ElementModels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace weft::cuda {

namespace {
class ElementOperand : public TileOperand {
public:
  ElementOperand(ElementEmitter &emitter, const Product &product,
                 const TileShape &shape, TileOrigin origin);
  void start() override;
  Values fetch(Value depth) override;
  void put(ValueRange part, Value tile) override;

private:
  Value element(const LaneIndices &line, LaneIndex last);
  LaneIndices lineIndex(Value row) const;

  ElementEmitter &emitter;
  CUDACodeBuilder &code;
  const Product &product;
  const TileShape &shape;
  const TileOrigin origin;
  /// Terms lie side by side in memory; else columns do.
  const bool alongDepth;
  int64_t rows, lanes, perLine, count;
  const SizeExpr &size;
  /// The thread's vector begins at `last` of its line, its first line is
  /// `line`.
  Value last, line;
  std::vector<LaneIndices> lines;
};
} // namespace

Number32 offsetAlongRows(Number32 row, Number32 term, int64_t rows) {
  constexpr int64_t pieceElements = 8, fewPieces = 4;
  Number32 swizzle =
      rows / pieceElements > fewPieces ? term & 7 : (term / 2) & 3;
  Number32 piece = (row / pieceElements) ^ swizzle;
  return term * (rows * 2) + piece * 16 + (row & 7) * 2;
}

std::unique_ptr<TileOperand> makeElementOperand(ElementEmitter &emitter,
                                                const Product &product,
                                                const TileShape &shape,
                                                TileOrigin origin) {
  return std::make_unique<ElementOperand>(emitter, product, shape, origin);
}

ElementOperand::ElementOperand(ElementEmitter &emitter, const Product &product,
                               const TileShape &shape, TileOrigin origin)
    : emitter(emitter), code(cudaCodeOf(emitter)), product(product),
      shape(shape), origin(origin),
      alongDepth(origin.isLeft || product.isLinear),
      rows(origin.isLeft ? shape.rows : shape.columns),
      size(origin.isLeft ? product.rows : product.columns) {
  // 16 bytes of what lies in memory, where a warp's lie side by side.
  Value operand = origin.isLeft ? product.lhs : product.rhs;
  bool isNarrow = product.matrixElement && !elementTypeOf(operand).isF32();
  lanes = Product::vectorLanes(alongDepth ? product.depth : product.columns,
                               isNarrow ? 8 : 4);
  perLine = (alongDepth ? shape.depth : rows) / lanes;
  count = rows * shape.depth / lanes / shape.groupThreads();
}

/// The lhs has leading indices of its rows, the rhs of its columns or terms.
LaneIndices ElementOperand::lineIndex(Value row) const {
  if (origin.isLeft || !product.isLinear)
    return product.rowIndex(emitter, row);
  return {LaneIndex::uniform(row)};
}

void ElementOperand::start() {
  Value thread = code.make<arith::ExtUIOp>(code.i64(), origin.thread);
  last =
      code.mul(code.mod(thread, code.constant(perLine)), code.constant(lanes));
  line = code.floorDiv(thread, code.constant(perLine));
  if (!alongDepth)
    return;
  // Threads of a line compute together what its elements need of all of it.
  if (perLine <= CUDACodeBuilder::warpLanes)
    code.setTeam({code.mod(thread, code.constant(perLine)), perLine});
  Value highest = code.size(size - 1);
  for (int64_t i = 0; i < count; ++i) {
    Value row = code.add(
        origin.first,
        code.add(line, code.constant(i * shape.groupThreads() / perLine)));
    // Lines beyond the last are the last one, and thrown away.
    lines.push_back(lineIndex(code.minimum(row, highest)));
  }
}

Value ElementOperand::element(const LaneIndices &line, LaneIndex at) {
  LaneIndices index = line;
  index.push_back(at);
  return emitter.broadcastElement(origin.isLeft ? product.lhs : product.rhs,
                                  index);
}

TileOperand::Values ElementOperand::fetch(Value depth) {
  ElementEmitter::Scope scope(emitter);
  code.lanes = lanes;
  std::optional<int64_t> known = product.depth.asConstant();
  bool isWhole = known && *known % shape.turnDepth() == 0;
  Value end = code.size(product.depth);
  auto inLanes = [&](Value first) {
    return lanes == 1 ? LaneIndex::uniform(first)
                      : LaneIndex::consecutive(first);
  };
  Values part;
  for (int64_t i = 0; i < count; ++i) {
    Value term, value;
    if (alongDepth) {
      term = code.add(depth, last);
      Value highest = code.size(product.depth - lanes);
      value = element(lines[i], inLanes(code.minimum(term, highest)));
    } else {
      Value offset =
          code.add(line, code.constant(i * shape.groupThreads() / perLine));
      term = code.add(depth, offset);
      Value column = code.minimum(code.add(origin.first, last),
                                  code.size(product.columns - lanes));
      value =
          element(lineIndex(code.minimum(term, code.size(product.depth - 1))),
                  inLanes(column));
    }
    if (lanes > 1)
      value = code.broadcast(value);
    if (!isWhole) {
      Value zero = code.number(value.getType(), 0);
      Value isTerm = code.compare(arith::CmpIPredicate::slt, term, end);
      value = code.make<arith::SelectOp>(isTerm, value, zero);
    }
    if (product.matrixElement)
      value = code.make<arith::TruncFOp>(
          CodeBuilder::withElement(value.getType(), product.matrixElement),
          value);
    part.push_back(value);
  }
  return part;
}

void ElementOperand::put(ValueRange part, Value tile) {
  Number32 thread(code, origin.thread);
  Number32 first = (thread % perLine) * lanes, start = thread / perLine;
  Type byte = code.builder.getI8Type();
  for (auto [i, value] : llvm::enumerate(part)) {
    Number32 at = start + int64_t(i) * (shape.groupThreads() / perLine);
    Number32 row = alongDepth ? at : first, term = alongDepth ? first : at;
    auto store = [&](Value stored, Number32 offset, int64_t alignment) {
      code.make<LLVM::StoreOp>(stored, code.address(tile, byte, offset),
                               alignment);
    };
    if (product.matrixElement && !alongDepth) {
      store(value, offsetAlongRows(row, term, rows), 2 * lanes);
      continue;
    }
    if (product.matrixElement) {
      Number32 piece = (term / 8) ^ ((row / 2) & 3);
      Number32 offset = row * (shape.depth * 2) + piece * 16;
      store(value, lanes == 8 ? offset : offset + (term & 7) * 2, 2 * lanes);
      continue;
    }
    auto offsetOf = [&](Number32 term) {
      return (term * rows + (row ^ (((term / 4) & 3) * 8))) * 4;
    };
    if (lanes == 1 || !alongDepth) {
      store(value, offsetOf(term), 4 * lanes);
      continue;
    }
    Number32 offset = offsetOf(term);
    for (int64_t lane = 0; lane < lanes; ++lane)
      store(code.make<vector::ExtractOp>(value, ArrayRef<int64_t>{lane}),
            offset + lane * rows * 4, 4);
  }
}

} // namespace weft::cuda
