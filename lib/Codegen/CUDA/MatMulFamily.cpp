//===- MatMulFamily.cpp - Products of matrices ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Blocks of the grid are numbered along x: those of a column of tiles follow
// each other, so that its weights stay in the second cache; y counts the batch.
// How many rows there are is known when the kernel runs: it branches to a way
// for few of them or to tiles, which costs a branch, and the registers of tiles
// where there are few rows.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/Family.h"
#include "lib/Codegen/CUDA/RowProduct.h"
#include "lib/Codegen/CUDA/TileProduct.h"

using namespace mlir;

namespace weft::cuda {

bool canEmitMatMulKernel(ElementEmitter &emitter, Operation *anchor) {
  return Product::of(emitter, anchor).has_value();
}

TileInputs tileInputsOf(ElementEmitter &emitter, const Product &product) {
  if (!product.matrixElement)
    return TileInputs::Floats;
  return canCopy(emitter, product, /*isLeft=*/true) &&
                 canCopy(emitter, product, /*isLeft=*/false)
             ? TileInputs::AsyncHalves
             : TileInputs::Halves;
}

static TileShape shapeOf(ElementEmitter &emitter, const Product &product) {
  return chooseTile(cudaCodeOf(emitter).target.leastArch(),
                    tileInputsOf(emitter, product), product.rows,
                    product.columns, product.depth)
      .shape;
}

Grid emitMatMulKernel(ElementEmitter &emitter, const KernelOutput &output,
                      Operation *anchor) {
  CUDACodeBuilder &code = cudaCodeOf(emitter);
  Product product = *Product::of(emitter, anchor);
  TileShape shape = shapeOf(emitter, product);
  code.setBlockThreads(shape.threads);
  SizeExpr rowTiles = ceilDiv(product.rows, shape.rows);
  SizeExpr blocks = rowTiles * ceilDiv(product.columns, shape.columns);
  SizeExpr batch = 1;
  for (const SizeExpr &size : product.batch)
    batch = batch * size;
  int64_t sharedBytes = sharedTileBytes(shape, product);
  std::unique_ptr<RowProduct> fewer;
  if (product.isLinear) {
    fewer = RowProduct::make(emitter, output, product);
    sharedBytes = std::max(sharedBytes, fewer->sharedBytes());
  } else {
    product.batchIndex =
        emitter.delinearize(LaneIndex::uniform(code.blockId(1)), product.batch);
  }
  Value shared = code.allocateShared(sharedBytes);
  Value number = code.blockId();
  auto emitTile = [&] {
    ElementEmitter::Scope scope(emitter);
    Value perColumn = code.size(rowTiles);
    emitTileProduct(
        emitter, output, product, shape, shared,
        code.mul(code.mod(number, perColumn), code.constant(shape.rows)),
        code.mul(code.floorDiv(number, perColumn),
                 code.constant(shape.columns)));
  };
  if (!fewer) {
    emitTile();
    return {blocks, batch};
  }
  // One kernel serves all sizes. Blocks that one of the ways has more than the
  // other have nothing to do.
  auto ifOurs = [&](const SizeExpr &count, function_ref<void()> emit) {
    code.branch(
        code.compare(arith::CmpIPredicate::slt, number, code.size(count)),
        emit);
    return CodeBuilder::Values();
  };
  SizeExpr fewerBlocks = ceilDiv(product.columns, fewer->blockColumns());
  code.branch(
      code.compare(arith::CmpIPredicate::sle, code.size(product.rows),
                   code.constant(fewRows)),
      [&] {
        return ifOurs(fewerBlocks, [&] {
          ElementEmitter::Scope scope(emitter);
          fewer->emit(shared,
                      code.mul(number, code.constant(fewer->blockColumns())));
        });
      },
      [&] { return ifOurs(blocks, emitTile); });
  return {max(blocks, fewerBlocks), batch};
}

} // namespace weft::cuda
