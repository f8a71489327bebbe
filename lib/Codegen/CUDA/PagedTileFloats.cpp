//===- PagedTileFloats.cpp - A tile's products with a cache of f32 --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sums lie in a warp's lanes as those of f16 do; operands are read from shared
// memory as single f32. A lane's are of terms 2 (lane % 4) and the next, of
// which the sums of one product are the weights of the next.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/MatrixInstructions.h"
#include "lib/Codegen/CUDA/PagedTile.h"

using namespace mlir;

namespace weft::cuda {

/// Terms of a product.
static constexpr int64_t terms = 8;

/// This lane's first row and column of rows from `base` on.
Value PagedTile::findFloats(Number32 base, SharedRows rows) {
  Number32 row = (Number32(code, lane) % 4) * 2;
  return sharedAt(base + row * rows.stride() + (Number32(code, lane) / 4) * 4);
}

/// The elements of this lane's two rows, from `row` and `column` on.
PagedTile::Values PagedTile::loadFloats(Value place, int64_t row,
                                        int64_t column, SharedRows rows) {
  Values loaded;
  for (int64_t i = 0; i < 2; ++i)
    loaded.push_back(
        code.load(code.f32(), code.address(below(place, row + i, rows),
                                           code.f32(), column)));
  return loaded;
}

PagedTile::Values PagedTile::loadFloatQuery() {
  Number32 row = Number32(code, warp) * 16 + Number32(code, lane) / 4;
  Value place = sharedAt(row * queryRows.stride() +
                         (Number32(code, lane) % 4) * 8 + queryPlace());
  Values query;
  for (int64_t term = 0; term < depth; term += terms)
    for (int64_t i = 0; i < 2; ++i)
      for (int64_t half = 0; half < 2; ++half)
        query.push_back(code.load(
            code.f32(), code.address(below(place, half * 8, queryRows),
                                     code.f32(), term + i)));
  return query;
}

/// The same number, of which nothing is computed before: what a loop needs of
/// each element of a query is cheaper than registers for it.
static Value recomputed(CUDACodeBuilder &code, Value number) {
  return code
      .make<LLVM::InlineAsmOp>(code.f32(), number, "mov.b32 $0, $1;", "=f,f",
                               /*has_side_effects=*/true,
                               /*is_align_stack=*/false,
                               LLVM::tailcallkind::TailCallKind::None,
                               LLVM::AsmDialectAttr(), ArrayAttr())
      ->getResult(0);
}

PagedTile::Values PagedTile::emitFloatScores(ValueRange query, Value stage) {
  Values scores(blockSize / 2, code.number(code.f32(), 0));
  Value place = findFloats(Number32(code, stage), keyRows);
  for (int64_t term = 0; term < depth; term += terms) {
    Values left;
    for (Value number : query.slice(term / 2, 4))
      left.push_back(recomputed(code, number));
    for (int64_t column = 0; column < blockSize; column += 8) {
      int64_t at = column / 2;
      Values sum = multiplyFloatMatrices(
          code, left, loadFloats(place, term, column, keyRows),
          ArrayRef(scores).slice(at, 4));
      llvm::copy(sum, scores.begin() + at);
    }
  }
  return scores;
}

void PagedTile::emitFloatProduct(ValueRange weights, Value stage,
                                 State &state) {
  Value place =
      findFloats(Number32(code, stage) + depth * keyRows.stride(), valueRows);
  for (int64_t term = 0; term < blockSize; term += terms) {
    ValueRange own = weights.slice(term / 2, 4);
    Values left = {own[0], own[2], own[1], own[3]};
    for (int64_t column = 0; column < width; column += 8) {
      int64_t at = column / 2;
      Values sum = multiplyFloatMatrices(
          code, left, loadFloats(place, term, column, valueRows),
          ArrayRef(state.results).slice(at, 4));
      llvm::copy(sum, state.results.begin() + at);
    }
  }
}

} // namespace weft::cuda
