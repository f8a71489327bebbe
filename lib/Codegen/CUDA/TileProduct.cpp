//===- TileProduct.cpp - A block's tile of a product ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/TileProduct.h"
#include "lib/Codegen/CUDA/MatrixInstructions.h"
#include "lib/Codegen/CUDA/Number32.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace weft::cuda {

namespace {
/// What both ways of multiplying share.
class TileEmitter {
public:
  TileEmitter(ElementEmitter &emitter, const KernelOutput &output,
              const Product &product, const TileShape &shape, Value shared,
              Value firstRow, Value firstColumn)
      : emitter(emitter), code(cudaCodeOf(emitter)), output(output),
        product(product), shape(shape), shared(shared), firstRow(firstRow),
        firstColumn(firstColumn), blockThread(code, code.threadId32()),
        thread(shape.groups == 1 ? blockThread
                                 : blockThread % shape.groupThreads()),
        group(shape.groups == 1 ? Number32(code, int64_t(0))
                                : blockThread / shape.groupThreads()) {}

  void emitWithFMA();
  void emitWithMatrices();

private:
  using Values = CodeBuilder::Values;
  std::unique_ptr<TileOperand> makeOperand(bool isLeft);
  Values sumsOf(ArrayRef<Value> start,
                function_ref<Values(Value, Value, ValueRange)> compute);
  Value at(Value base, Value offset, int64_t constant = 0) {
    Type byte = code.builder.getI8Type();
    return code.address(code.address(base, byte, offset), byte, constant);
  }
  Value loadFour(Value address) {
    return code.make<LLVM::LoadOp>(CodeBuilder::vectorOf(code.f32(), 4),
                                   address, /*alignment=*/16);
  }
  Value productRow(Number32 inTile) {
    return code.add(firstRow, code.make<arith::ExtUIOp>(code.i64(), inTile));
  }

  ElementEmitter &emitter;
  CUDACodeBuilder &code;
  const KernelOutput &output;
  const Product &product;
  const TileShape &shape;
  Value shared, firstRow, firstColumn;
  /// The thread's number in the block, in its group, and its group's.
  Number32 blockThread, thread, group;
};
} // namespace

std::unique_ptr<TileOperand> TileEmitter::makeOperand(bool isLeft) {
  TileOrigin origin{isLeft ? firstRow : firstColumn, isLeft, thread};
  if (product.matrixElement && canCopy(emitter, product, isLeft))
    return makeCopiedOperand(emitter, product, shape, origin);
  if (!isLeft)
    if (auto blocks = makeBlockOperand(emitter, product, shape, origin))
      return blocks;
  return makeElementOperand(emitter, product, shape, origin);
}

TileEmitter::Values
TileEmitter::sumsOf(ArrayRef<Value> start,
                    function_ref<Values(Value, Value, ValueRange)> compute) {
  auto left = makeOperand(true), right = makeOperand(false);
  return emitTilePipeline(emitter, product, shape, shared, group, *left, *right,
                          start, compute);
}

//===----------------------------------------------------------------------===//
// fma
//===----------------------------------------------------------------------===//

/// 16 threads along the columns, with 4 each; 8 along the rows, with 4 in each
/// half of the tile.
void TileEmitter::emitWithFMA() {
  constexpr int64_t four = 4, halves = 2;
  int64_t half = shape.rows / halves;
  Number32 column = (thread % (shape.columns / four)) * four;
  Number32 row = (thread / (shape.columns / four)) * four;
  // As tiles lie for groups of four terms.
  SmallVector<Value, 4> rowOffsets, columnOffsets;
  for (int64_t group = 0; group < shape.depth / four; ++group) {
    rowOffsets.push_back((row ^ (group % 4 * 8)) * 4);
    columnOffsets.push_back((column ^ (group % 4 * 8)) * 4);
  }
  Type vector = CodeBuilder::vectorOf(code.f32(), four);
  Values start(halves * four, code.number(vector, 0));
  Values sums = sumsOf(start, [&](Value a, Value b, ValueRange carried) {
    Values results(carried);
    for (int64_t term = 0; term < shape.depth; ++term) {
      Value right =
          loadFour(at(b, columnOffsets[term / four], term * shape.columns * 4));
      for (int64_t part = 0; part < halves; ++part) {
        Value left = loadFour(at(a, rowOffsets[term / four],
                                 (term * shape.rows + part * half) * 4));
        for (int64_t i = 0; i < four; ++i) {
          Value &sum = results[part * four + i];
          Value factor =
              code.make<vector::ExtractOp>(left, ArrayRef<int64_t>{i});
          sum = code.fma(code.broadcast(factor, four), right, sum);
        }
      }
    }
    return results;
  });
  for (auto [i, sum] : llvm::enumerate(sums)) {
    Value r = row + int64_t(i / four * half + i % four);
    code.make<LLVM::StoreOp>(
        sum, at(shared, TileSums::offsetOf(code, r, column, shape.columns)),
        /*alignment=*/16);
  }
  code.barrier();
  emitProductEpilogue(emitter, output, product,
                      {shared, shape.rows, shape.columns, firstColumn,
                       [&](Value r) { return productRow(Number32(code, r)); }});
}

//===----------------------------------------------------------------------===//
// mma.sync
//===----------------------------------------------------------------------===//

/// Rows and columns of one mma.sync, and terms of it.
static constexpr int64_t matrixRows = 16, matrixColumns = 8, matrixDepth = 16;

static int64_t sumPasses(const TileShape &shape) {
  // Sums of so many rows of matrices of each warp lie in shared memory at once.
  int64_t stageBytes = 2 * shape.depth * (shape.rows + shape.columns);
  return std::max<int64_t>(1, shape.rows * shape.columns * 4 /
                                  (shape.stages * stageBytes));
}

void TileEmitter::emitWithMatrices() {
  Number32 lane = thread % 32, warp = thread / 32;
  Number32 warpRow = (warp % shape.rowWarps) * shape.warpRows();
  Number32 warpColumn = (warp / shape.rowWarps) * shape.warpColumns();
  int64_t rowTiles = shape.warpRows() / matrixRows;
  int64_t columnTiles = shape.warpColumns() / matrixColumns;
  int64_t rowBytes = shape.depth * 2;
  auto offsetOf = [&](Number32 row, Number32 piece) {
    return row * rowBytes + (piece ^ ((row / 2) & 3)) * 16;
  };
  // Lanes name rows of matrices: of the left operand two of rows, then two of
  // terms; of the right one two of terms, then two of columns.
  Number32 left = offsetOf(warpRow + lane % 16, lane / 16);
  Number32 right =
      product.isLinear
          ? offsetOf(warpColumn + lane % 8 + (lane / 16) * 8, (lane / 8) & 1)
          : offsetAlongRows(warpColumn + (lane / 16) * 8, lane % 16,
                            shape.columns);
  Type element = product.matrixElement;
  Values start(rowTiles * columnTiles * 4, code.number(code.f32(), 0));
  Values sums = sumsOf(start, [&](Value a, Value b, ValueRange carried) {
    Values results(carried);
    for (int64_t step = 0; step < shape.depth / matrixDepth; ++step) {
      // The next 16 terms are two pieces further on.
      Number32 leftStep = left ^ (step * 32);
      Number32 rightStep = product.isLinear
                               ? right ^ (step * 32)
                               : right + step * matrixDepth * shape.columns * 2;
      SmallVector<Values> leftWords, rightWords;
      for (int64_t i = 0; i < rowTiles; ++i)
        leftWords.push_back(
            loadMatrices(code, at(a, leftStep, i * matrixRows * rowBytes)));
      for (int64_t i = 0; i < columnTiles / 2; ++i) {
        // The next 16 columns of a term are two pieces further on.
        Values words =
            product.isLinear
                ? loadMatrices(
                      code, at(b, rightStep, i * 2 * matrixColumns * rowBytes))
                : loadMatrices(code, at(b, rightStep ^ (i * 32)),
                               /*transposed=*/true);
        rightWords.push_back({words[0], words[1]});
        rightWords.push_back({words[2], words[3]});
      }
      for (int64_t i = 0; i < rowTiles; ++i)
        for (int64_t j = 0; j < columnTiles; ++j) {
          auto sum =
              MutableArrayRef(results).slice((i * columnTiles + j) * 4, 4);
          llvm::copy(multiplyMatrices(code, element, leftWords[i],
                                      rightWords[j], ValueRange(sum)),
                     sum.begin());
        }
    }
    return results;
  });

  int64_t passes = sumPasses(shape);
  int64_t tilesPerPass = rowTiles / passes;
  int64_t warpRowsPerPass = tilesPerPass * matrixRows;
  Number32 sumRow = (warp % shape.rowWarps) * warpRowsPerPass + lane / 4;
  Number32 sumColumn = warpColumn + (lane % 4) * 2;
  int64_t rowsPerPass = shape.rowWarps * warpRowsPerPass;
  Value sumsOfGroup = shared;
  if (shape.groups > 1)
    sumsOfGroup = at(shared, group * (rowsPerPass * shape.columns * 4));
  for (int64_t pass = 0; pass < passes; ++pass) {
    if (pass > 0)
      code.barrier();
    for (int64_t i = 0; i < tilesPerPass; ++i)
      for (int64_t j = 0; j < columnTiles; ++j)
        for (int64_t half = 0; half < 2; ++half) {
          size_t first =
              ((pass * tilesPerPass + i) * columnTiles + j) * 4 + half * 2;
          Value pair = code.make<vector::FromElementsOp>(
              CodeBuilder::vectorOf(code.f32(), 2),
              ValueRange{sums[first], sums[first + 1]});
          Value offset =
              TileSums::offsetOf(code, sumRow + (i * matrixRows + half * 8),
                                 sumColumn + j * matrixColumns, shape.columns);
          code.make<LLVM::StoreOp>(pair, at(sumsOfGroup, offset),
                                   /*alignment=*/8);
        }
    code.barrier();
    emitProductEpilogue(emitter, output, product,
                        {shared, rowsPerPass, shape.columns, firstColumn,
                         [&](Value r) {
                           Number32 row(code, r);
                           return productRow(
                               (row / warpRowsPerPass) * shape.warpRows() +
                               row % warpRowsPerPass + pass * warpRowsPerPass);
                         },
                         shape.groups});
  }
}

int64_t sharedTileBytes(const TileShape &shape, const Product &product) {
  int64_t elementBytes = product.matrixElement ? 2 : 4;
  int64_t tiles =
      shape.stages * shape.depth * (shape.rows + shape.columns) * elementBytes;
  int64_t passes = product.matrixElement ? sumPasses(shape) : 1;
  return shape.groups *
         std::max(tiles, shape.rows * shape.columns * 4 / passes);
}

void emitTileProduct(ElementEmitter &emitter, const KernelOutput &output,
                     const Product &product, const TileShape &shape,
                     Value shared, Value firstRow, Value firstColumn) {
  TileEmitter tile(emitter, output, product, shape, shared, firstRow,
                   firstColumn);
  if (product.matrixElement)
    tile.emitWithMatrices();
  else
    tile.emitWithFMA();
}

} // namespace weft::cuda
