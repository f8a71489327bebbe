//===- TileProduct.cpp - Quantized products of AMX tiles ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For many rows: weights and rows become tiles of bf16 in scratch, and the
// matrix unit multiplies 32 rows with two panels at a time, its sums in f32. In
// integers, each 32 elements of depth would need their sums scaled outside of
// the unit, which costs more than the products do.
//
// A tile has 16 rows of 64 bytes. Of the input: 16 rows, 32 elements each. Of
// the weights: 16 pairs of elements of depth, for each of 16 columns.
//
// The depth is cut into parts, so that the tiles of a part stay in the second
// cache. Sums wait in scratch from part to part.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/BlockProduct.h"
#include "lib/Codegen/CPU/MatrixUnit.h"

#include <map>

using namespace mlir;

namespace weft {

namespace {
constexpr int64_t lanes = CPUCodeBuilder::lanes;
constexpr int64_t tileBytes = MatrixUnit::tileBytes,
                  tileRows = MatrixUnit::tileRows;
/// Rows of one pass, and panels.
constexpr int64_t passRows = 32, passPanels = 2;
/// Panels whose tiles are in scratch at a time.
constexpr int64_t togetherPanels = 8;
/// Tiles of a part of the depth, of 512 rows a megabyte; blocks of 256 elements
/// are not cut.
constexpr int64_t partTiles = 32;
/// Tiles that are on their way from the second cache.
constexpr int64_t tilesAhead = 2;

class TileProduct : public BlockProductWay {
public:
  explicit TileProduct(const BlockProduct &product)
      : BlockProductWay(product),
        panels(emitter, product.format, product.weight, product.depth),
        unit(code), depthTiles(product.depth / 32) {}

  // The configuration, panels, rows, sums.
  SizeExpr scratchBytes(const SizeExpr &rows) const override {
    int64_t rowBytes = depthTiles * 64 + sumsStride * 4;
    return SizeExpr(rowsOffset()) +
           ceilDiv(rows, passRows) * (passRows * rowBytes);
  }
  void setScratch(Value address) override { scratch = address; }
  /// Rows that come from the third cache meet some panels, and a row's results
  /// are on one page.
  int64_t groupsTogether() const override {
    return togetherPanels / product.groupSize;
  }
  void stage(Value first, Value count) override;
  void compute(Value count, const PanelGroup &group, TakeSums take) override;

private:
  int64_t rowsOffset() const {
    return 64 + togetherPanels * partTiles * tileBytes;
  }
  /// Between two rows of sums.
  static constexpr int64_t sumsStride = togetherPanels * lanes;
  /// `tiles` tiles behind `address`.
  Value skip(Value address, Value tiles) {
    return code.address(address, code.builder.getI8Type(),
                        code.mul(tiles, code.constant(tileBytes)));
  }
  Value at(int64_t offset) {
    return code.address(scratch, code.builder.getI8Type(), offset);
  }
  Value panelTiles(Value panel) {
    return skip(at(64), code.mul(panel, code.constant(partTiles)));
  }
  /// Rows lie [part][tile of rows][tile of the part]. Tiles of rows, of `count`
  /// rows:
  Value rowTileCount(Value count) {
    Value passes = code.floorDiv(code.add(count, code.constant(passRows - 1)),
                                 code.constant(passRows));
    return code.mul(passes, code.constant(passRows / tileRows));
  }
  /// The first tile of rows of the part that begins at `depthTile`; each has
  /// `tiles` tiles.
  Value partOfRows(Value depthTile, Value rowTile, Value rowTileCount,
                   Value tiles) {
    return skip(at(rowsOffset()), code.add(code.mul(depthTile, rowTileCount),
                                           code.mul(rowTile, tiles)));
  }
  /// Tiles of the part that begins at `depthTile`.
  Value tilesOfPart(Value depthTile) {
    if (depthTiles % partTiles == 0)
      return code.constant(partTiles);
    return code.minimum(code.constant(partTiles),
                        code.sub(code.constant(depthTiles), depthTile));
  }
  void forEachPart(llvm::function_ref<void(Value depthTile, Value tiles)> body);

  void widen(Value panel, Value depthTile, Value tiles, Value target);
  /// Adds to the sums of `height` (1 or 2) tiles of rows with two panels.
  struct Pass {
    Value rows, panels, sums, tiles, isFirst;
  };
  void emitPass(int64_t height, const Pass &pass);

  BlockPanels panels;
  /// Tiles 0 to 3 are sums, 4 and 5 rows, 6 and 7 panels.
  MatrixUnit unit;
  int64_t depthTiles;
  Value scratch;
};
} // namespace

void TileProduct::forEachPart(
    function_ref<void(Value depthTile, Value tiles)> body) {
  code.loop(code.constant(0), code.constant(depthTiles), partTiles,
            [&](Value depthTile) {
              ElementEmitter::Scope scope(emitter);
              body(depthTile, tilesOfPart(depthTile));
            });
}

void TileProduct::stage(Value first, Value count) {
  Type bf16 = code.builder.getBF16Type();
  Type pairs = CPUCodeBuilder::vectorOf(bf16, 2 * lanes);
  Value rowTiles = rowTileCount(count);
  auto forEachTile = [&](Value row, function_ref<Value(Value column)> pair) {
    Value rowTile = code.floorDiv(row, code.constant(tileRows));
    Value line =
        code.mul(code.mod(row, code.constant(tileRows)), code.constant(32));
    forEachPart([&](Value depthTile, Value tiles) {
      Value part = code.address(partOfRows(depthTile, rowTile, rowTiles, tiles),
                                bf16, line);
      code.loop(code.constant(0), tiles, 1, [&](Value k) {
        ElementEmitter::Scope scope(emitter);
        Value column =
            code.mul(code.add(depthTile, k), code.constant(2 * lanes));
        code.make<LLVM::StoreOp>(pair(column), skip(part, k), 64);
      });
    });
  };
  code.loop(code.constant(0), count, 1, [&](Value row) {
    ElementEmitter::Scope scope(emitter);
    Value number = code.add(first, row);
    product.forRow(number, [&] {
      forEachTile(row, [&](Value column) {
        Value low = product.input(column),
              high = product.input(code.add(column, code.constant(lanes)));
        return unit.narrow(low, high);
      });
    });
  });
  // The last pass has rows of zeros.
  Value end = code.mul(rowTiles, code.constant(tileRows));
  code.loop(count, end, 1, [&](Value row) {
    forEachTile(row,
                [&](Value) -> Value { return code.make<LLVM::ZeroOp>(pairs); });
  });
}

void TileProduct::widen(Value panel, Value depthTile, Value tiles,
                        Value target) {
  int64_t steps = panels.stepsPerBlock();
  auto blocksOf = [&](Value tiles) {
    return code.floorDiv(tiles, code.constant(steps));
  };
  Value firstBlock = blocksOf(depthTile);
  code.loop(code.constant(0), blocksOf(tiles), 1, [&](Value block) {
    ElementEmitter::Scope scope(emitter);
    Value tile = skip(target, code.mul(block, code.constant(steps)));
    for (int64_t i = 0; i < steps; ++i) {
      BlockStep step = panels.read(panel, code.add(firstBlock, block), i);
      for (auto [pair, value] : llvm::enumerate(panels.toPairs(step)))
        code.store(value, code.address(tile, code.i32(),
                                       (i * tileRows + int64_t(pair)) * lanes));
    }
  });
}

void TileProduct::compute(Value count, const PanelGroup &group, TakeSums take) {
  assert(togetherPanels > product.groupSize &&
         product.groupSize % passPanels == 0 && "panels come in pairs");
  Value rowTiles = rowTileCount(count);
  Value sums =
      skip(at(rowsOffset()), code.mul(rowTiles, code.constant(depthTiles)));
  unit.configure(at(0));
  forEachPart([&](Value depthTile, Value tiles) {
    code.loop(code.constant(0), group.size, 1, [&](Value i) {
      widen(panels.panel(group.number(i)), depthTile, tiles, panelTiles(i));
    });
    code.loop(code.constant(0), count, passRows, [&](Value first) {
      code.loop(code.constant(0), group.size, passPanels, [&](Value panel) {
        ElementEmitter::Scope scope(emitter);
        Value rowTile = code.floorDiv(first, code.constant(tileRows));
        Value sumsOffset = code.add(code.mul(first, code.constant(sumsStride)),
                                    code.mul(panel, code.constant(lanes)));
        Pass pass{partOfRows(depthTile, rowTile, rowTiles, tiles),
                  panelTiles(panel), code.address(sums, code.f32(), sumsOffset),
                  tiles,
                  code.compare(arith::CmpIPredicate::eq, depthTile,
                               code.constant(0))};
        Value height = code.select(code.compare(arith::CmpIPredicate::sgt,
                                                code.sub(count, first),
                                                code.constant(tileRows)),
                                   code.constant(2), code.constant(1));
        code.choose(height, 2, [&](int64_t n) { emitPass(n, pass); });
      });
    });
  });
  unit.release();
  take(sums, sumsStride, code.constant(0), count, code.constant(0), group.size);
}

void TileProduct::emitPass(int64_t height, const Pass &pass) {
  constexpr int64_t stride = sumsStride * 4;
  auto forEachSum = [&](function_ref<void(int64_t tile, Value address)> body) {
    for (int64_t i = 0; i < height; ++i)
      for (int64_t p = 0; p < passPanels; ++p)
        body(i * passPanels + p,
             code.address(pass.sums, code.f32(),
                          i * tileRows * sumsStride + p * lanes));
  };
  code.branch(
      pass.isFirst,
      [&] {
        forEachSum([&](int64_t tile, Value) { unit.zero(tile); });
        return CPUCodeBuilder::Values();
      },
      [&] {
        forEachSum([&](int64_t tile, Value address) {
          unit.load(tile, address, stride);
        });
        return CPUCodeBuilder::Values();
      });
  Type byte = code.builder.getI8Type();
  // By the numbers of their tiles.
  std::map<int64_t, Value> streams;
  for (int64_t i = 0; i < height; ++i)
    streams[4 + i] = skip(pass.rows, code.mul(pass.tiles, code.constant(i)));
  for (int64_t p = 0; p < passPanels; ++p)
    streams[6 + p] = skip(pass.panels, code.constant(p * partTiles));
  auto load = [&](int64_t tile, Value k) {
    Value address = skip(streams[tile], k);
    unit.load(tile, address);
    for (int64_t line = 0; line < tileBytes; line += 64)
      code.prefetch(code.address(address, byte, tilesAhead * tileBytes + line));
  };
  auto multiply = [&](int64_t row, int64_t panel) {
    if (row < height)
      unit.multiply(row * passPanels + panel, 4 + row, 6 + panel);
  };
  auto loadNext = [&](int64_t tile, Value k) {
    if (streams.count(tile))
      load(tile, k);
  };
  // A tile is loaded anew as soon as its last product has begun, while others
  // go on: where two threads share a core, it has no registers to rename tiles
  // to. So every other step begins with the panel that came first.
  auto step = [&](int64_t panel, Value next) {
    multiply(0, panel);
    multiply(0, 1 - panel);
    loadNext(4, next);
    multiply(1, 1 - panel);
    loadNext(7 - panel, next);
    multiply(1, panel);
    loadNext(5, next);
    loadNext(6 + panel, next);
  };
  for (auto [tile, stream] : streams)
    load(tile, code.constant(0));
  // The last step loads what lies behind, and nothing reads it.
  Value even =
      code.mul(code.floorDiv(pass.tiles, code.constant(2)), code.constant(2));
  code.loop(code.constant(0), even, 2, [&](Value k) {
    step(0, code.add(k, code.constant(1)));
    step(1, code.add(k, code.constant(2)));
  });
  code.loop(even, pass.tiles, 1,
            [&](Value k) { step(0, code.add(k, code.constant(1))); });
  forEachSum(
      [&](int64_t tile, Value address) { unit.store(tile, address, stride); });
}

std::unique_ptr<BlockProductWay> makeTileProduct(const BlockProduct &product) {
  return std::make_unique<TileProduct>(product);
}

} // namespace weft
