//===- IntegerProduct.cpp - Quantized products of bytes -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tile of 1, 2, 4 or 8 rows passes along one or several panels. A step of 32
// elements of a panel is read once for all rows of the tile, and multiplied in
// integers; its sums are scaled and added in f32.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/BlockProduct.h"
#include "lib/Codegen/CPU/IntegerDot.h"

using namespace mlir;

namespace weft {

namespace {
constexpr int64_t lanes = CPUCodeBuilder::lanes;
/// How early to ask memory. Twice as far was slower by 12% for Q4_K and by 23%
/// for Q6_K.
constexpr int64_t aheadBytes = 2048;

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
  /// Sums of `height` rows from `first` on; those from `count` on are the last
  /// one again.
  void emitTile(int64_t height, Value first, Value count,
                ArrayRef<Value> panelNumbers);
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
      // Few rows leave registers for several streams of panels.
      int64_t together = 1;
      if (tileRows <= 2 && code.target.registerLanes > 4)
        together = 2;
      if (tileRows == 1 && code.target.registerLanes == 16 &&
          panels.stepsPerBlock() == 1)
        together = 4;
      together = std::min(together, product.groupSize);
      assert(product.groupSize % together == 0 && "powers of two");
      code.loop(code.constant(0), group.size, together, [&](Value i) {
        ElementEmitter::Scope scope(emitter);
        SmallVector<Value> numbers;
        for (int64_t p = 0; p < together; ++p)
          numbers.push_back(group.number(code.add(i, code.constant(p))));
        emitTile(tileRows, first, count, numbers);
        take(scratch, together * lanes, first, height, i,
             code.constant(together));
      });
    });
  });
}

void IntegerProduct::emitTile(int64_t height, Value first, Value count,
                              ArrayRef<Value> panelNumbers) {
  Value last = code.sub(count, code.constant(1));
  SmallVector<Value> addresses, bases;
  for (int64_t r = 0; r < height; ++r)
    addresses.push_back(rows().rowAddress(
        code.minimum(code.add(first, code.constant(r)), last)));
  for (Value number : panelNumbers)
    bases.push_back(panels.panel(number));
  Value zero = code.number(CPUCodeBuilder::vectorOf(code.f32()), 0);
  CPUCodeBuilder::Values sums(height * bases.size(), zero);
  sums = code.loop(
      code.constant(0), code.constant(panels.blocksPerRow()), 1, sums,
      [&](Value block, ValueRange carried) {
        CPUCodeBuilder::Values next(carried);
        SmallVector<int64_t, 8> order = panels.stepOrder();
        size_t together = panels.stepsTogether();
        // Bytes that steps share stay in registers.
        for (size_t begin = 0; begin < order.size(); begin += together)
          for (auto [p, base] : llvm::enumerate(bases))
            for (int64_t i : ArrayRef(order).slice(begin, together)) {
              Value number = code.add(
                  code.mul(block, code.constant(panels.stepsPerBlock())),
                  code.constant(i));
              BlockStep step =
                  panels.read(base, block, i, height <= 2 ? aheadBytes : 0);
              emitStep(step, number, addresses,
                       MutableArrayRef<Value>(next).slice(p * height, height));
            }
        return next;
      });
  for (int64_t r = 0; r < height; ++r)
    for (size_t p = 0; p < bases.size(); ++p)
      code.store(
          sums[p * height + r],
          code.address(scratch, code.f32(),
                       (r * int64_t(bases.size()) + int64_t(p)) * lanes));
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
