//===- IntegerProduct.cpp - Quantized products of bytes -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tile of 1, 2, 4 or 8 rows passes along the panels of a group, a part of a
// block of each in turn. A step of 32 elements of a panel is read once for all
// rows of the tile, and multiplied in integers; its sums are scaled and added
// in f32, and wait in scratch for the panel's next turn.
//
// Meanwhile the next group's panels come to the second cache. With one row,
// what is computed takes half as long as memory does, and only if it waits for
// nothing else do both go on at the same time.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/BlockProduct.h"
#include "lib/Codegen/CPU/IntegerDot.h"

using namespace mlir;

namespace weft {

namespace {
constexpr int64_t lanes = CPUCodeBuilder::lanes;
class IntegerProduct : public BlockProductWay {
public:
  explicit IntegerProduct(const BlockProduct &product)
      : BlockProductWay(product),
        panels(emitter, product.format, product.weight, product.depth),
        maximumRows(code.target.registerLanes / 2) {}

  SizeExpr scratchBytes(const SizeExpr &rows) const override {
    QuantizedRows staged(code, {}, product.depth, panels.traits);
    return SizeExpr(sumsBytes) + rows * staged.rowBytes();
  }
  void setScratch(Value address) override { scratch = address; }
  void stage(Value first, Value count) override;
  void compute(Value count, const PanelGroup &group, TakeSums take) override;

private:
  static constexpr int64_t sumsBytes = 8 * 4 * lanes * 4;
  QuantizedRows rows() {
    return {code, code.address(scratch, code.builder.getI8Type(), sumsBytes),
            product.depth, panels.traits};
  }
  /// Sums of `height` rows from `first` on, [row][panel]; those from `count` on
  /// are the last one again.
  void emitTile(int64_t height, Value first, Value count,
                const PanelGroup &group);
  /// Fetches as many of the panel's bytes as a part of a block has that begins
  /// at the given step. All planes of a panel come in the order in which they
  /// lie, so that memory sees one stream for each panel of a group.
  void prefetchPart(Value panel, Value block, int64_t step);
  void emitStep(const BlockStep &step, Value number,
                ArrayRef<Value> rowAddresses, MutableArrayRef<Value> sums);

  BlockPanels panels;
  int64_t maximumRows;
  Value scratch;
};
} // namespace

void IntegerProduct::stage(Value first, Value count) {
  code.loop(code.constant(0), count, 1, [&](Value row) {
    ElementEmitter::Scope scope(emitter);
    Value number = code.add(first, row);
    product.forRow(number, [&] {
      rows().make(row, [&](Value column) {
        ElementEmitter::Scope scope(emitter);
        return product.input(column);
      });
    });
  });
}

void IntegerProduct::compute(Value count, const PanelGroup &group,
                             TakeSums take) {
  code.loop(code.constant(0), count, maximumRows, [&](Value first) {
    Value rest = code.sub(count, first);
    Value number = code.constant(1);
    int64_t variants = llvm::Log2_64(maximumRows) + 1;
    for (int64_t i = 1; i < variants; ++i)
      number = code.select(code.compare(arith::CmpIPredicate::sgt, rest,
                                        code.constant(int64_t(1) << (i - 1))),
                           code.constant(i + 1), number);
    Value height = code.minimum(rest, code.constant(maximumRows));
    code.choose(number, variants, [&](int64_t variant) {
      int64_t tileRows = int64_t(1) << (variant - 1);
      emitTile(tileRows, first, count, group);
      take(scratch, product.groupSize * lanes, first, height, code.constant(0),
           group.size);
    });
  });
}

void IntegerProduct::emitTile(int64_t height, Value first, Value count,
                              const PanelGroup &group) {
  Value last = code.sub(count, code.constant(1));
  SmallVector<Value> addresses;
  for (int64_t r = 0; r < height; ++r)
    addresses.push_back(rows().rowAddress(
        code.minimum(code.add(first, code.constant(r)), last)));
  auto sumAddress = [&](Value p, int64_t r) {
    Value ofPanel =
        code.address(scratch, code.f32(), code.mul(p, code.constant(lanes)));
    return code.address(ofPanel, code.f32(), r * product.groupSize * lanes);
  };
  Value zero = code.number(CPUCodeBuilder::vectorOf(code.f32()), 0);
  for (int64_t i = 0; i < height * product.groupSize; ++i)
    code.store(zero, code.address(scratch, code.f32(), i * lanes));

  SmallVector<int64_t, 8> order = panels.stepOrder();
  int64_t together = panels.stepsTogether();
  code.loop(
      code.constant(0), code.constant(panels.blocksPerRow()), 1,
      [&](Value block) {
        ElementEmitter::Scope scope(emitter);
        for (int64_t begin = 0; begin < panels.stepsPerBlock();
             begin += together)
          // Not unrolled: LLVM would put the prefetches of all panels at the
          // end of the block's code, where they hold up what follows.
          code.loop(
              code.constant(0), code.constant(product.groupSize), 1,
              [&](Value p) {
                ElementEmitter::Scope scope(emitter);
                prefetchPart(panels.panel(group.next(p)), block, begin);
                Value panel = panels.panel(group.number(p));
                CPUCodeBuilder::Values sums;
                for (int64_t r = 0; r < height; ++r)
                  sums.push_back(
                      code.loadLanes(code.f32(), sumAddress(p, r), Value()));
                // Bytes that steps share stay in registers.
                for (int64_t i : ArrayRef(order).slice(begin, together)) {
                  Value number = code.add(
                      code.mul(block, code.constant(panels.stepsPerBlock())),
                      code.constant(i));
                  emitStep(panels.read(panel, block, i), number, addresses,
                           sums);
                }
                for (int64_t r = 0; r < height; ++r)
                  code.store(sums[r], sumAddress(p, r));
              });
      });
}

void IntegerProduct::prefetchPart(Value panel, Value block, int64_t step) {
  int64_t bytes =
      panels.blockBytes() * panels.stepsTogether() / panels.stepsPerBlock();
  Type byte = code.builder.getI8Type();
  Value ofBlock = code.address(
      panel, byte, code.mul(block, code.constant(panels.blockBytes())));
  for (int64_t line = 0; line < bytes; line += 64)
    code.prefetchToSecondCache(code.address(
        ofBlock, byte, step / panels.stepsTogether() * bytes + line));
}

void IntegerProduct::emitStep(const BlockStep &step, Value number,
                              ArrayRef<Value> rowAddresses,
                              MutableArrayRef<Value> sums) {
  const BlockTraits &traits = panels.traits;
  int64_t words = 8 / traits.parts;
  QuantizedRows staged = rows();
  for (auto [address, sum] : llvm::zip_equal(rowAddresses, sums)) {
    QuantizedRows::Step row = staged.step(address, number);
    for (int64_t part = 0; part < traits.parts; ++part) {
      Value start = code.integer(CPUCodeBuilder::vectorOf(code.i32()), 0);
      Value correction = code.address(row.sums, code.f32(), part);
      if (!traits.hasMinima)
        start = code.broadcast(code.load(code.i32(), correction));
      Value product = emitIntegerDot(
          code, ArrayRef(step.words).slice(part * words, words),
          traits.greatest, code.address(row.quants, code.i32(), part * words),
          start);
      Value scaled = code.make<arith::SIToFPOp>(
          CPUCodeBuilder::vectorOf(code.f32()), product);
      sum = code.fma(scaled, code.mulf(step.scales[part], row.scale), sum);
      if (traits.hasMinima)
        sum =
            code.fma(step.minima[part], code.load(code.f32(), correction), sum);
    }
  }
}

std::unique_ptr<BlockProductWay>
makeIntegerProduct(const BlockProduct &product) {
  return std::make_unique<IntegerProduct>(product);
}

} // namespace weft
