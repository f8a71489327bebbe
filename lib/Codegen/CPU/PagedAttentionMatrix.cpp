//===- PagedAttentionMatrix.cpp - Prompts on a matrix unit ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Keys lie transposed and values by position: both are already in the order of
// the unit's right factor, so that neighbouring rows only need to be paired. A
// pass of 32 rows computes its scores with all of a block's keys, makes tiles
// of bf16 of the weights, and adds the product with the values to the result.
// Sums, scores and weights are f32 everywhere else.
//
// Queries and keys are two bf16 each: softmax turns absolute errors of scores
// into relative ones of weights, and of keys that share a large part bf16 keeps
// little of what tells them apart.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/PagedAttention.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft {

static constexpr int64_t tileRows = MatrixUnit::tileRows;
static constexpr int64_t tileDepth = MatrixUnit::tileDepth;
static constexpr int64_t tileWords = MatrixUnit::tileBytes / 4;
/// Queries and keys are the sums of so many bf16, see MatrixUnit::split.
static constexpr int64_t numParts = 2;

/// Tiles that `depth` takes.
static int64_t tilesFor(int64_t depth) {
  return llvm::divideCeil(uint64_t(depth), tileDepth);
}

void PagedAttentionKernel::allocateMatrix() {
  int64_t rows = llvm::alignTo(itemTokens * share, passRows);
  configurationPlace = allocate(lanes);
  queryTilePlace =
      allocate(rows / tileRows * numParts * tilesFor(depth) * tileWords);
  keyTilePlace =
      allocate(blockSize / lanes * numParts * tilesFor(depth) * tileWords);
  valueTilePlace =
      allocate(paddedWidth / lanes * tilesFor(blockSize) * tileWords);
  scorePlace = allocate(passRows * blockSize);
  weightTilePlace = allocate(passTiles * tilesFor(blockSize) * tileWords);
}

void PagedAttentionKernel::emitMatrixItem(const Item &item) {
  Value isFew = code.compare(CmpIPredicate::sle, item.rows,
                             code.constant(MatrixUnit::tileRows));
  code.branch(
      isFew,
      [&] {
        ElementEmitter::Scope scope(emitter);
        forEachBlock(item, [&](Value index) { emitBlock(item, index); });
        return Values();
      },
      [&] {
        ElementEmitter::Scope scope(emitter);
        packQueryTiles(item);
        matrix.configure(pointer(configurationPlace));
        forEachBlock(item, [&](Value index) {
          KeyBlock block = locate(item, index);
          packKeyTiles(block);
          packValueTiles(block);
          code.loop(code.constant(0), item.rows, passRows, [&](Value first) {
            ElementEmitter::Scope scope(emitter);
            Value rows = code.minimum(code.sub(item.rows, first),
                                      code.constant(passRows));
            forSeenPart(block, first, rows, [&](const KeyBlock &seen) {
              emitPass(seen, first, rows);
            });
          });
        });
        matrix.release();
        return Values();
      });
}

void PagedAttentionKernel::packQueryTiles(const Item &item) {
  Type bf16 = code.builder.getBF16Type();
  code.loop(code.constant(0), item.rows, 1, [&](Value row) {
    ElementEmitter::Scope scope(emitter);
    Value source =
        element(pointer(queryPlace), code.mul(row, code.constant(paddedDepth)));
    Value tile = tileAt(queryTilePlace,
                        code.mul(code.floorDiv(row, code.constant(tileRows)),
                                 code.constant(numParts * tilesFor(depth))));
    Value line = code.address(tile, bf16,
                              code.mul(code.mod(row, code.constant(tileRows)),
                                       code.constant(tileDepth)));
    VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
    // What lies beyond the depth is 0, as it is in the keys.
    for (int64_t column = 0; column < tilesFor(depth) * tileDepth;
         column += lanes) {
      Value numbers = code.number(vector, 0);
      if (column < depth) {
        Value isThere = code.compare(CmpIPredicate::slt, code.laneNumbers(),
                                     code.constant(depth - column));
        numbers =
            code.select(isThere, code.load(vector, element(source, column)),
                        code.number(vector, 0));
      }
      auto [high, low] = matrix.split(numbers);
      for (auto [part, value] : llvm::enumerate(ArrayRef{high, low}))
        code.store(matrix.round(value),
                   code.address(
                       line, bf16,
                       (int64_t(part) * tilesFor(depth) + column / tileDepth) *
                               tileWords * 2 +
                           column % tileDepth));
    }
  });
}

void PagedAttentionKernel::packKeyTiles(const KeyBlock &block) {
  Value zero = code.number(CPUCodeBuilder::vectorOf(code.f32()), 0);
  // A pair of the depth, of all positions.
  auto packPair = [&](Value pair, bool hasOdd) {
    Value even = code.mul(pair, code.constant(2));
    Value odd = code.add(even, code.constant(1));
    Value target =
        element(pointer(keyTilePlace), code.mul(pair, code.constant(lanes)));
    for (int64_t at = 0; at < blockSize; at += lanes) {
      Value column = code.constant(at);
      auto [highEven, lowEven] = matrix.split(readKeys(block, even, column));
      auto [highOdd, lowOdd] =
          matrix.split(hasOdd ? readKeys(block, odd, column) : zero);
      Value panel =
          element(target, at / lanes * numParts * tilesFor(depth) * tileWords);
      code.store(matrix.toPairs(highEven, highOdd), panel);
      code.store(matrix.toPairs(lowEven, lowOdd),
                 element(panel, tilesFor(depth) * tileWords));
    }
  };
  code.loop(code.constant(0), code.constant(depth / 2), 1, [&](Value pair) {
    ElementEmitter::Scope scope(emitter);
    packPair(pair, true);
  });
  if (depth % 2)
    packPair(code.constant(depth / 2), false);
  for (int64_t pair = (depth + 1) / 2; pair < tilesFor(depth) * tileDepth / 2;
       ++pair)
    for (int64_t panel = 0; panel < blockSize / lanes * numParts; ++panel)
      code.store(zero,
                 element(pointer(keyTilePlace),
                         panel * tilesFor(depth) * tileWords + pair * lanes));
}

void PagedAttentionKernel::packValueTiles(const KeyBlock &block) {
  // Masks: of a pair of positions, and of columns.
  auto packPair = [&](Value pair, bool isWhole) {
    Value even = code.mul(pair, code.constant(2));
    Value target =
        element(pointer(valueTilePlace), code.mul(pair, code.constant(lanes)));
    for (int64_t column = 0; column < width; column += lanes) {
      auto read = [&](int64_t i) {
        Value position = code.add(even, code.constant(i)), mask;
        if (column + lanes > width)
          mask = code.compare(CmpIPredicate::slt, code.laneNumbers(),
                              code.constant(width - column));
        if (!isWhole) {
          Value isSeen = code.broadcast(
              code.compare(CmpIPredicate::slt, position, block.count));
          mask = mask ? code.make<arith::AndIOp>(mask, isSeen) : isSeen;
        }
        return readValues(block, position, code.constant(column), mask);
      };
      code.store(
          matrix.toPairs(read(0), read(1)),
          element(target, column / lanes * tilesFor(blockSize) * tileWords));
    }
  };
  Value whole = code.floorDiv(block.count, code.constant(2));
  Value end = code.mul(
      code.floorDiv(code.add(block.count, code.constant(tileDepth - 1)),
                    code.constant(tileDepth)),
      code.constant(tileDepth / 2));
  for (auto [from, to, isWhole] :
       {std::tuple(code.constant(0), whole, true), {whole, end, false}})
    code.loop(from, to, 1, [&](Value pair) {
      ElementEmitter::Scope scope(emitter);
      packPair(pair, isWhole);
    });
}

void PagedAttentionKernel::multiplyTiles(ArrayRef<TileFactors> products,
                                         Value depth, Value result,
                                         int64_t resultStride, bool isAdded) {
  // Tiles 0 to 3 are sums, 4 and 5 rows, 6 and 7 panels.
  int64_t numPanels = products[0].panels.size();
  auto forEachSum = [&](function_ref<void(int64_t, Value)> body) {
    for (int64_t i = 0; i < passTiles; ++i)
      for (int64_t p = 0; p < numPanels; ++p)
        body(i * passTiles + p,
             element(result, i * tileRows * resultStride + p * lanes));
  };
  forEachSum([&](int64_t tile, Value address) {
    if (isAdded)
      matrix.load(tile, address, resultStride * 4);
    else
      matrix.zero(tile);
  });
  code.loop(code.constant(0), depth, 1, [&](Value k) {
    Value offset = code.mul(k, code.constant(tileWords));
    for (const TileFactors &factors : products) {
      for (int64_t p = 0; p < numPanels; ++p)
        matrix.load(6 + p, element(factors.panels[p], offset));
      for (int64_t i = 0; i < passTiles; ++i) {
        Value rows = element(factors.rows, i * factors.rowTiles * tileWords);
        matrix.load(4 + i, element(rows, offset));
        for (int64_t p = 0; p < numPanels; ++p)
          matrix.multiply(i * passTiles + p, 4 + i, 6 + p);
      }
    }
  });
  forEachSum([&](int64_t tile, Value address) {
    matrix.store(tile, address, resultStride * 4);
  });
}

void PagedAttentionKernel::emitPass(const KeyBlock &block, Value firstRow,
                                    Value rows) {
  int64_t depthTiles = tilesFor(depth), blockTiles = tilesFor(blockSize);
  auto panelsOf = [&](Place place, int64_t first, int64_t count,
                      int64_t tiles) {
    Values panels;
    for (int64_t p = first; p < first + count; ++p)
      panels.push_back(element(pointer(place), p * tiles * tileWords));
    return panels;
  };
  int64_t rowTiles = numParts * depthTiles;
  Value high = tileAt(queryTilePlace,
                      code.mul(code.floorDiv(firstRow, code.constant(tileRows)),
                               code.constant(rowTiles)));
  Value low = element(high, depthTiles * tileWords);
  for (int64_t panel = 0; panel < blockSize / lanes; panel += 2)
    // Other scores are hidden, whatever they are.
    code.branch(code.compare(CmpIPredicate::slt, code.constant(panel * lanes),
                             block.count),
                [&] {
                  Values highKeys = panelsOf(keyTilePlace, panel, 2, rowTiles);
                  Values lowKeys;
                  for (Value keys : highKeys)
                    lowKeys.push_back(element(keys, depthTiles * tileWords));
                  // A low part times a low part, which is left out, is 2^-14
                  // of the product at most.
                  multiplyTiles({{high, rowTiles, highKeys},
                                 {low, rowTiles, highKeys},
                                 {high, rowTiles, lowKeys}},
                                code.constant(depthTiles),
                                element(pointer(scorePlace), panel * lanes),
                                blockSize, /*isAdded=*/false);
                });
  Type bf16 = code.builder.getBF16Type();
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  Value firstResult = element(pointer(resultPlace),
                              code.mul(firstRow, code.constant(paddedWidth)));
  code.loop(code.constant(0), rows, 1, [&](Value row) {
    ElementEmitter::Scope scope(emitter);
    Value scores =
        element(pointer(scorePlace), code.mul(row, code.constant(blockSize)));
    Value tile = tileAt(weightTilePlace,
                        code.mul(code.floorDiv(row, code.constant(tileRows)),
                                 code.constant(blockTiles)));
    Value line = code.address(tile, bf16,
                              code.mul(code.mod(row, code.constant(tileRows)),
                                       code.constant(tileDepth)));
    Value growth = emitWeights(
        block, code.add(firstRow, row), scores,
        [&](int64_t column, Value weights) {
          code.store(matrix.round(weights),
                     code.address(line, bf16,
                                  column / tileDepth * tileWords * 2 +
                                      column % tileDepth));
        });
    Value result =
        element(firstResult, code.mul(row, code.constant(paddedWidth)));
    for (int64_t column = 0; column < paddedWidth; column += lanes) {
      Value address = element(result, column);
      code.store(code.mulf(code.load(vector, address), growth), address);
    }
  });
  Value seenTiles =
      code.floorDiv(code.add(block.count, code.constant(tileDepth - 1)),
                    code.constant(tileDepth));
  int64_t panels = paddedWidth / lanes;
  for (int64_t panel = 0; panel < panels; panel += 2)
    multiplyTiles(
        {{pointer(weightTilePlace), blockTiles,
          panelsOf(valueTilePlace, panel, std::min<int64_t>(2, panels - panel),
                   blockTiles)}},
        seenTiles, element(firstResult, panel * lanes), paddedWidth,
        /*isAdded=*/true);
}

} // namespace weft
