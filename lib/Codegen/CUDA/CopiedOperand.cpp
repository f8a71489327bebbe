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

namespace weft::cuda {

namespace {
class CopiedOperand : public TileOperand {
public:
  CopiedOperand(ElementEmitter &emitter, const Product &product,
                const TileShape &shape, TileOrigin origin)
      : emitter(emitter), code(cudaCodeOf(emitter)), product(product),
        shape(shape), origin(origin),
        rows(origin.isLeft ? shape.rows : shape.columns) {}
  bool isAsync() const override { return true; }
  void start() override;
  void copy(Value depth, Value tile) override;

private:
  /// A piece is 16 bytes.
  static constexpr int64_t pieceElements = 8, pieceBytes = 16;

  int64_t piecesPerRow() const { return shape.depth / pieceElements; }

  ElementEmitter &emitter;
  CUDACodeBuilder &code;
  const Product &product;
  const TileShape &shape;
  const TileOrigin origin;
  const int64_t rows;
  /// The thread's first piece: where it is in memory, bytes from the tile's
  /// start in shared memory, and which term of the tile it starts with.
  Value source, target, firstTerm;
  /// Rows from the thread's first one to the product's last, i32.
  Value rowsLeft;
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
  Number32 thread(code, origin.thread);
  Number32 piece = thread % piecesPerRow(), row = thread / piecesPerRow();
  target = row * (shape.depth * 2) + (piece ^ ((row / 2) & 3)) * pieceBytes;
  const SizeExpr &size = origin.isLeft ? product.rows : product.columns;
  Value left = code.minimum(code.sub(code.size(size), origin.first),
                            code.constant(rows));
  rowsLeft = Number32(code, code.make<arith::TruncIOp>(code.i32(), left)) - row;
  Value first =
      code.add(origin.first, code.make<arith::ExtUIOp>(code.i64(), row));
  firstTerm = code.make<arith::ExtUIOp>(code.i64(), piece * pieceElements);
  source = code.address(
      emitter.inMemory(origin.isLeft ? product.lhs : product.rhs)->base,
      product.matrixElement,
      code.add(code.mul(first, code.constant(depth)), firstTerm));
}

void CopiedOperand::copy(Value depth, Value tile) {
  auto number = [&](int64_t value) { return code.integer(code.i32(), value); };
  // Nothing is read beyond the last row or the last term: there are zeros.
  Value isTerm =
      code.compare(arith::CmpIPredicate::slt, code.add(depth, firstTerm),
                   code.size(product.depth));
  Value left = code.make<arith::SelectOp>(isTerm, rowsLeft, number(0));
  Value from = code.address(source, product.matrixElement, depth);
  Type byte = code.builder.getI8Type();
  Value to = code.address(tile, byte, target);
  // Swizzles repeat after 8 rows: the thread's next row is at a fixed distance.
  int64_t step = shape.groupThreads() / piecesPerRow();
  assert(step % 8 == 0 && "rows of a thread are swizzled alike");
  for (int64_t row = 0; row < rows; row += step) {
    Value isRow = code.compare(arith::CmpIPredicate::sgt, left, number(row));
    Value bytes =
        code.make<arith::SelectOp>(isRow, number(pieceBytes), number(0));
    copyAsync(code, code.address(to, byte, row * shape.depth * 2),
              code.address(from, product.matrixElement,
                           row * *product.depth.asConstant()),
              bytes);
  }
}

} // namespace weft::cuda
