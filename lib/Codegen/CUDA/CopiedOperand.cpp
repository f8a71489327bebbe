//===- CopiedOperand.cpp - Tiles that are copied as they lie --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/MatrixInstructions.h"
#include "lib/Codegen/CUDA/Number32.h"
#include "lib/Codegen/CUDA/TileOperand.h"

using namespace mlir;

namespace weft {

namespace {
class CopiedOperand : public TileOperand {
public:
  CopiedOperand(ElementEmitter &emitter, const Product &product,
                const TileShape &shape, TileOrigin origin)
      : code(cudaCodeOf(emitter)), product(product), shape(shape),
        origin(origin),
        base(emitter.inMemory(origin.isLeft ? product.lhs : product.rhs)->base),
        rows(origin.isLeft ? shape.rows : shape.columns) {}
  bool isAsync() const override { return true; }
  void start() override;
  void copy(Value depth, Value tile) override;

private:
  /// A piece is 16 bytes.
  static constexpr int64_t pieceElements = 8, pieceBytes = 16;

  CUDACodeBuilder &code;
  const Product &product;
  const TileShape &shape;
  const TileOrigin origin;
  Value base;
  const int64_t rows;
  /// Of the thread's pieces: bytes from the tile's base in memory, and from the
  /// tile's start in shared memory.
  Values sources, targets;
  Value firstTerm;
};
} // namespace

bool canCopy(ElementEmitter &emitter, const Product &product, bool isLeft) {
  std::optional<MemoryTensor> tensor =
      emitter.inMemory(isLeft ? product.lhs : product.rhs);
  return product.isLinear && tensor &&
         tensor->element == product.matrixElement &&
         Product::vectorLanes(product.depth, 8) == 8;
}

std::unique_ptr<TileOperand> makeCopiedOperand(ElementEmitter &emitter,
                                               const Product &product,
                                               const TileShape &shape,
                                               TileOrigin origin) {
  return std::make_unique<CopiedOperand>(emitter, product, shape, origin);
}

void CopiedOperand::start() {
  int64_t depth = *product.depth.asConstant();
  int64_t perRow = shape.depth / pieceElements;
  Number32 thread(code, code.threadId32());
  Number32 piece = thread % perRow, first = thread / perRow;
  // Rows beyond the last are the last one, and thrown away.
  Value highest =
      code.sub(code.size((origin.isLeft ? product.rows : product.columns) - 1),
               origin.first);
  highest = code.make<arith::TruncIOp>(
      code.i32(), code.minimum(highest, code.constant(rows - 1)));
  for (int64_t i = 0; i < rows * perRow / shape.threads; ++i) {
    Number32 row = first + i * (shape.threads / perRow);
    Number32 inside(code, code.minimum(row, highest));
    sources.push_back((inside * depth + piece * pieceElements) * 2);
    targets.push_back(row * (shape.depth * 2) +
                      (piece ^ ((row / 2) & 3)) * pieceBytes);
  }
  base = code.address(base, product.matrixElement,
                      code.mul(origin.first, code.constant(depth)));
  firstTerm = code.make<arith::ExtUIOp>(code.i64(), piece * pieceElements);
}

void CopiedOperand::copy(Value depth, Value tile) {
  Value isTerm =
      code.compare(arith::CmpIPredicate::slt, code.add(depth, firstTerm),
                   code.size(product.depth));
  Value bytes =
      code.make<arith::SelectOp>(isTerm, code.integer(code.i32(), pieceBytes),
                                 code.integer(code.i32(), 0));
  Value from = code.address(base, product.matrixElement, depth);
  Type byte = code.builder.getI8Type();
  for (auto [source, target] : llvm::zip_equal(sources, targets))
    copyAsync(code, code.address(tile, byte, target),
              code.address(from, byte, source), bytes);
}

} // namespace weft
