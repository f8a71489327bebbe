//===- MatMulFamily.cpp - Products of matrices ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Blocks of the grid are numbered along x: those of a column of tiles follow
// each other, so that its weights stay in the second cache; y counts the batch.
// How many rows there are may be known only when the kernel runs. There are
// three ways: few rows, one row of low tiles, and tiles for many.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/ProductKernels.h"
#include "lib/Codegen/CUDA/RowProduct.h"
#include "lib/Codegen/CUDA/TileProduct.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

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

//===----------------------------------------------------------------------===//
// One kernel or several
//===----------------------------------------------------------------------===//

SmallVector<ProductRows> kernelsOfProduct(ElementEmitter &emitter,
                                          Operation *anchor) {
  Product product = *Product::of(emitter, anchor);
  if (!product.isLinear || product.rows.asConstant())
    return {ProductRows::All};
  if (!product.matrixElement)
    return {ProductRows::Many, ProductRows::Few};
  return {ProductRows::Many, ProductRows::Several, ProductRows::Few};
}

StringRef suffixOf(ProductRows rows) {
  switch (rows) {
  case ProductRows::Few:
    return "_few";
  case ProductRows::Several:
    return "_several";
  default:
    return "";
  }
}

/// 1 where `rows` is greater than `bound`, else 0.
static SizeExpr isAbove(const SizeExpr &rows, int64_t bound) {
  return min(1, floorDiv(rows, bound + 1));
}

//===----------------------------------------------------------------------===//
// Ways
//===----------------------------------------------------------------------===//

namespace {
class ProductEmitter {
public:
  ProductEmitter(ElementEmitter &emitter, const KernelOutput &output,
                 Operation *anchor)
      : emitter(emitter), code(cudaCodeOf(emitter)), output(output),
        product(*Product::of(emitter, anchor)), number(code.blockId()) {
    for (const SizeExpr &size : product.batch)
      batch = batch * size;
    if (!product.isLinear)
      product.batchIndex = emitter.delinearize(
          LaneIndex::uniform(code.blockId(1)), product.batch);
  }

  Grid emitFew();
  Grid emitTiles(const SizeExpr &expectedRows);
  /// Branches to one of them.
  Grid emitFewOrTiles();
  SizeExpr rows() const { return product.rows; }
  bool isLinear() const { return product.isLinear; }

private:
  TileShape shapeOf(const SizeExpr &rows) const {
    return chooseTile(code.target.leastArch(), tileInputsOf(emitter, product),
                      rows, product.columns, product.depth)
        .shape;
  }
  SizeExpr blocksOf(const TileShape &shape) const {
    return ceilDiv(product.rows, shape.rows) *
           ceilDiv(product.columns, shape.columns);
  }
  /// Lets the assembler take the registers with which so many blocks run side
  /// by side: otherwise it may rather spill.
  void letRunTogether(int64_t blocks);
  void emitRows(RowProduct &way, Value shared);
  void emitTile(const TileShape &shape, Value shared);

  ElementEmitter &emitter;
  CUDACodeBuilder &code;
  const KernelOutput &output;
  Product product;
  SizeExpr batch = 1;
  Value number;
};
} // namespace

void ProductEmitter::letRunTogether(int64_t blocks) {
  auto function = number.getDefiningOp()->getParentOfType<LLVM::LLVMFuncOp>();
  function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                    code.builder.getI32IntegerAttr(int32_t(blocks)));
}

void ProductEmitter::emitRows(RowProduct &way, Value shared) {
  ElementEmitter::Scope scope(emitter);
  way.emit(shared, code.mul(number, code.constant(way.blockColumns())));
}

void ProductEmitter::emitTile(const TileShape &shape, Value shared) {
  ElementEmitter::Scope scope(emitter);
  Value perColumn = code.size(ceilDiv(product.rows, shape.rows));
  emitTileProduct(
      emitter, output, product, shape, shared,
      code.mul(code.mod(number, perColumn), code.constant(shape.rows)),
      code.mul(code.floorDiv(number, perColumn), code.constant(shape.columns)));
}

Grid ProductEmitter::emitFew() {
  code.setBlockThreads(fewThreads);
  auto way = RowProduct::make(emitter, output, product);
  letRunTogether(way->blocksTogether());
  int64_t bytes = way->sharedBytes();
  emitRows(*way, bytes ? code.allocateShared(bytes) : Value());
  return {ceilDiv(product.columns, way->blockColumns())};
}

Grid ProductEmitter::emitTiles(const SizeExpr &expectedRows) {
  TileShape shape = shapeOf(expectedRows);
  code.setBlockThreads(shape.threads);
  emitTile(shape, code.allocateShared(sharedTileBytes(shape, product)));
  return {blocksOf(shape), batch};
}

Grid ProductEmitter::emitFewOrTiles() {
  TileShape shape = shapeOf(product.rows);
  code.setBlockThreads(shape.threads);
  auto few = RowProduct::make(emitter, output, product);
  Value shared = code.allocateShared(
      std::max(sharedTileBytes(shape, product), few->sharedBytes()));
  // Blocks that one of the ways has more than the other have nothing to do.
  auto ifOurs = [&](const SizeExpr &count, function_ref<void()> emit) {
    code.branch(
        code.compare(arith::CmpIPredicate::slt, number, code.size(count)),
        emit);
    return CodeBuilder::Values();
  };
  SizeExpr fewBlocks = ceilDiv(product.columns, few->blockColumns());
  SizeExpr blocks = blocksOf(shape);
  code.branch(
      code.compare(arith::CmpIPredicate::sle, code.size(product.rows),
                   code.constant(fewRows)),
      [&] { return ifOurs(fewBlocks, [&] { emitRows(*few, shared); }); },
      [&] { return ifOurs(blocks, [&] { emitTile(shape, shared); }); });
  return {max(blocks, fewBlocks)};
}

SizeExpr hasWork(ElementEmitter &emitter, Operation *anchor, ProductRows rows) {
  Product product = *Product::of(emitter, anchor);
  SizeExpr isMoreThanFew = isAbove(product.rows, fewRows);
  SizeExpr isMany =
      product.matrixElement ? isAbove(product.rows, lowRows) : isMoreThanFew;
  switch (rows) {
  case ProductRows::All:
    return 1;
  case ProductRows::Many:
    return isMany;
  case ProductRows::Several:
    return isMoreThanFew - isMany;
  case ProductRows::Few:
    return 1 - isMoreThanFew;
  }
  llvm_unreachable("all are above");
}

Grid emitProductKernel(ElementEmitter &emitter, const KernelOutput &output,
                       Operation *anchor, ProductRows rows) {
  ProductEmitter product(emitter, output, anchor);
  SizeExpr count = product.rows();
  Grid grid;
  switch (rows) {
  case ProductRows::All:
    if (!product.isLinear())
      return product.emitTiles(count);
    if (!count.asConstant())
      return product.emitFewOrTiles();
    return *count.asConstant() <= fewRows ? product.emitFew()
                                          : product.emitTiles(count);
  case ProductRows::Many:
    grid = product.emitTiles(count);
    break;
  case ProductRows::Several:
    grid = product.emitTiles(lowRows);
    break;
  case ProductRows::Few:
    grid = product.emitFew();
    break;
  }
  grid.x = grid.x * hasWork(emitter, anchor, rows);
  return grid;
}

Grid emitMatMulKernel(ElementEmitter &emitter, const KernelOutput &output,
                      Operation *anchor) {
  return emitProductKernel(emitter, output, anchor, ProductRows::All);
}

} // namespace weft::cuda
