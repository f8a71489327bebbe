//===- TileEpilogue.cpp - What follows a product of tiles -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/SharedRows.h"
#include "lib/Codegen/CUDA/TileProduct.h"

using namespace mlir;

namespace weft::cuda {

Value TileSums::offsetOf(CUDACodeBuilder &code, Value row, Value column,
                         int64_t columns) {
  Number32 r(code, row), c(code, column);
  return (r * columns + (c ^ ((r & 3) * 8))) * 4;
}

static Value loadSum(CUDACodeBuilder &code, Value address, int64_t lanes) {
  if (lanes == 1)
    return code.load(code.f32(), address);
  // A group of 8 columns stays together.
  if (lanes == 8)
    return loadEight(code, address);
  return code.make<LLVM::LoadOp>(code.vectorOf(code.f32()), address,
                                 /*alignment=*/16);
}

void emitProductEpilogue(ElementEmitter &emitter, const KernelOutput &output,
                         const Product &product, const TileSums &sums) {
  CUDACodeBuilder &code = cudaCodeOf(emitter);
  int64_t bytes = CodeBuilder::storageBytes(output.memory.element);
  int64_t lanes = Product::vectorLanes(product.columns, bytes == 2 ? 8 : 4);
  code.lanes = lanes;
  int64_t perRow = sums.columns / lanes;
  int64_t vectors = sums.rows * perRow;
  code.loop(code.threadId(), code.constant(vectors), code.blockThreads(),
            [&](Value number) {
              Number32 n(code, code.make<arith::TruncIOp>(code.i32(), number));
              Number32 r = n / perRow;
              Value row = sums.rowOf(r);
              Value inTile = code.mul(code.mod(number, code.constant(perRow)),
                                      code.constant(lanes));
              Value column = code.add(sums.firstColumn, inTile);
              Value isInside = code.make<arith::AndIOp>(
                  code.compare(arith::CmpIPredicate::slt, row,
                               code.size(product.rows)),
                  code.compare(arith::CmpIPredicate::slt, column,
                               code.size(product.columns)));
              code.branch(isInside, [&] {
                ElementEmitter::Scope scope(emitter);
                Value c = code.make<arith::TruncIOp>(code.i32(), inTile);
                Value address =
                    code.address(sums.base, code.builder.getI8Type(),
                                 TileSums::offsetOf(code, r, c, sums.columns));
                Value sum = loadSum(code, address, lanes);
                for (int64_t i = 1; i < sums.count; ++i)
                  sum = code.addf(
                      sum, loadSum(code,
                                   code.address(address, code.f32(),
                                                i * sums.rows * sums.columns),
                                   lanes));
                LaneIndices at = product.rowIndex(emitter, row);
                at.push_back(lanes == 1 ? LaneIndex::uniform(column)
                                        : LaneIndex::consecutive(column));
                storeProduct(emitter, output, product, at, sum);
              });
            });
}

} // namespace weft::cuda
