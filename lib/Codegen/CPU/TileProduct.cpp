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
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/BlockProduct.h"
#include "lib/Codegen/CPU/IntegerDot.h"

using namespace mlir;

namespace weft {

namespace {
constexpr int64_t lanes = CodeBuilder::lanes;
constexpr int64_t tileBytes = 1024, tileRows = 16;
/// Rows of one pass, and panels.
constexpr int64_t passRows = 32, passPanels = 2;
/// Tiles that are on their way from the second cache.
constexpr int64_t tilesAhead = 2;

class TileProduct : public BlockProductWay {
public:
  explicit TileProduct(const BlockProduct &product)
      : BlockProductWay(product),
        panels(emitter, product.format, product.weight, product.depth),
        depthTiles(product.depth / 32) {}

  // Sums, the configuration, panels, rows.
  SizeExpr scratchBytes(const SizeExpr &rows) const override {
    return SizeExpr(rowsOffset()) +
           ceilDiv(rows, passRows) * (2 * depthTiles * tileBytes);
  }
  void setScratch(Value address) override { scratch = address; }
  void stage(Value first, Value count) override;
  void compute(Value count, const PanelGroup &group, TakeSums take) override;

private:
  static constexpr int64_t sumsBytes = passRows * passPanels * lanes * 4;
  int64_t rowsOffset() const {
    return sumsBytes + 64 + product.groupSize * depthTiles * tileBytes;
  }
  Value at(int64_t offset) {
    return code.address(scratch, code.builder.getI8Type(), offset);
  }
  Value panelTiles(Value number) {
    return code.address(
        at(sumsBytes + 64), code.builder.getI8Type(),
        code.mul(number, code.constant(depthTiles * tileBytes)));
  }
  Value rowTiles(Value number) {
    return code.address(
        at(rowsOffset()), code.builder.getI8Type(),
        code.mul(number, code.constant(depthTiles * tileBytes)));
  }

  void configure();
  void widen(Value panel, Value tiles);
  /// Sums of `height` (1 or 2) tiles of rows with two panels.
  void emitPass(int64_t height, Value firstTile, Value firstPanel);

  // The matrix unit. Tiles 0 to 3 are sums, 4 and 5 rows, 6 and 7 panels.
  void onTile(StringRef name, ArrayRef<int64_t> tiles,
              ValueRange operands = {});
  void loadTile(int64_t tile, Value address) {
    onTile("llvm.x86.tileloadd64", {tile}, {address, code.constant(64)});
  }

  BlockPanels panels;
  int64_t depthTiles;
  Value scratch;
};
} // namespace

/// Nearest, for pairs of numbers; the first goes to the low half of a word.
static Value toPairs(CodeBuilder &code, Value even, Value odd) {
  auto rounded = [&](Value value) {
    Value bits = code.bitcast(value, code.i32());
    return code.add(bits, code.integer(bits.getType(), 0x8000));
  };
  Value low = rounded(even), high = rounded(odd);
  low = code.make<arith::ShRUIOp>(low, code.integer(low.getType(), 16));
  high = code.make<arith::AndIOp>(
      high, code.integer(high.getType(), int32_t(0xFFFF0000)));
  return code.make<arith::OrIOp>(low, high);
}

void TileProduct::onTile(StringRef name, ArrayRef<int64_t> tiles,
                         ValueRange operands) {
  SmallVector<Value> arguments;
  for (int64_t tile : tiles)
    arguments.push_back(code.integer(code.builder.getI8Type(), tile));
  llvm::append_range(arguments, operands);
  code.make<LLVM::CallIntrinsicOp>(code.builder.getStringAttr(name), arguments);
}

/// All eight tiles have 16 rows of 64 bytes (Intel SDM volume 1, 18.2).
void TileProduct::configure() {
  Value words = at(sumsBytes);
  constexpr int64_t eightRows = 0x1010101010101010,
                    fourWidths = 0x0040004000400040;
  int64_t values[8] = {1, 0, fourWidths, fourWidths, 0, 0, eightRows, 0};
  for (auto [i, value] : llvm::enumerate(values))
    code.store(code.constant(value), code.address(words, code.i64(), i));
  onTile("llvm.x86.ldtilecfg", {}, words);
}

void TileProduct::stage(Value first, Value count) {
  Type bf16 = code.builder.getBF16Type();
  Value depth = code.constant(product.depth);
  auto forEachPart = [&](Value row, function_ref<Value(Value column)> element) {
    Value tiles = rowTiles(code.floorDiv(row, code.constant(tileRows)));
    Value line = code.address(
        tiles, bf16,
        code.mul(code.mod(row, code.constant(tileRows)), code.constant(32)));
    code.loop(code.constant(0), depth, 32, [&](Value column) {
      ElementEmitter::Scope scope(emitter);
      Value target =
          code.address(line, bf16, code.mul(column, code.constant(tileRows)));
      for (int64_t half : {0, 16})
        code.store(emitter.toStorage(
                       element(code.add(column, code.constant(half))), bf16),
                   code.address(target, bf16, half));
    });
  };
  code.loop(code.constant(0), count, 1, [&](Value row) {
    ElementEmitter::Scope scope(emitter);
    Value number = code.add(first, row);
    product.forRow(number, [&] {
      forEachPart(row, [&](Value column) { return product.input(column); });
    });
  });
  // The last pass has rows of zeros.
  Value end = code.mul(code.floorDiv(code.add(count, code.constant(31)),
                                     code.constant(passRows)),
                       code.constant(passRows));
  code.loop(count, end, 1, [&](Value row) {
    forEachPart(row, [&](Value) {
      return code.number(CodeBuilder::vectorOf(code.f32()), 0);
    });
  });
}

void TileProduct::widen(Value panel, Value tiles) {
  Type byte = code.builder.getI8Type();
  int64_t steps = panels.stepsPerBlock();
  code.loop(code.constant(0), code.constant(panels.blocksPerRow()), 1,
            [&](Value block) {
              Value target = code.address(
                  tiles, byte,
                  code.mul(block, code.constant(steps * tileBytes)));
              for (int64_t i = 0; i < steps; ++i) {
                auto floats = panels.toFloats(panels.read(panel, block, i));
                for (int64_t k = 0; k < 32; k += 2)
                  code.store(toPairs(code, floats[k], floats[k + 1]),
                             code.address(target, byte,
                                          i * tileBytes + k * lanes * 2));
              }
            });
}

void TileProduct::compute(Value count, const PanelGroup &group, TakeSums take) {
  assert(group.size % passPanels == 0 && "panels come in pairs");
  Value size = code.constant(group.size);
  code.loop(code.constant(0), size, 1, [&](Value i) {
    widen(panels.panel(group.number(i)), panelTiles(i));
  });
  configure();
  code.loop(code.constant(0), count, passRows, [&](Value first) {
    Value rest = code.sub(count, first);
    Value tile = code.floorDiv(first, code.constant(tileRows));
    Value height = code.select(
        code.compare(arith::CmpIPredicate::sgt, rest, code.constant(tileRows)),
        code.constant(2), code.constant(1));
    code.loop(code.constant(0), size, passPanels, [&](Value p) {
      ElementEmitter::Scope scope(emitter);
      code.choose(height, 2, [&](int64_t n) { emitPass(n, tile, p); });
      take(scratch, passPanels * lanes, first,
           code.minimum(rest, code.constant(passRows)), p, passPanels);
    });
  });
  onTile("llvm.x86.tilerelease", {});
}

void TileProduct::emitPass(int64_t height, Value firstTile, Value firstPanel) {
  Type byte = code.builder.getI8Type();
  SmallVector<Value> streams;
  for (int64_t i = 0; i < height; ++i)
    streams.push_back(rowTiles(code.add(firstTile, code.constant(i))));
  for (int64_t p = 0; p < passPanels; ++p)
    streams.push_back(panelTiles(code.add(firstPanel, code.constant(p))));
  for (int64_t i = 0; i < height * passPanels; ++i)
    onTile("llvm.x86.tilezero", {i});
  code.loop(code.constant(0), code.constant(depthTiles), 1, [&](Value k) {
    Value offset = code.mul(k, code.constant(tileBytes));
    SmallVector<Value> tiles;
    for (Value stream : streams)
      tiles.push_back(code.address(stream, byte, offset));
    auto fetch = [&](int64_t stream) {
      for (int64_t line = 0; line < tileBytes; line += 64)
        code.prefetch(
            code.address(tiles[stream], byte, tilesAhead * tileBytes + line));
    };
    loadTile(6, tiles[height]);
    loadTile(7, tiles[height + 1]);
    fetch(height);
    fetch(height + 1);
    for (int64_t i = 0; i < height; ++i) {
      loadTile(4 + i, tiles[i]);
      fetch(i);
      for (int64_t p = 0; p < passPanels; ++p)
        onTile("llvm.x86.tdpbf16ps", {i * passPanels + p, 4 + i, 6 + p});
    }
  });
  for (int64_t i = 0; i < height; ++i)
    for (int64_t p = 0; p < passPanels; ++p)
      onTile("llvm.x86.tilestored64", {i * passPanels + p},
             {code.address(scratch, code.f32(),
                           i * tileRows * passPanels * lanes + p * lanes),
              code.constant(passPanels * lanes * 4)});
}

std::unique_ptr<BlockProductWay> makeTileProduct(const BlockProduct &product) {
  return std::make_unique<TileProduct>(product);
}

} // namespace weft
