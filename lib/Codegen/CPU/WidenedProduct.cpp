//===- WidenedProduct.cpp - Quantized weights times f32 -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For input that is not rounded: a panel is widened to f32 in scratch, and
// multiplied as panels of f32 are.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/BlockProduct.h"
#include "lib/Codegen/CPU/MicroKernel.h"

using namespace mlir;

namespace weft {

namespace {
constexpr int64_t lanes = CPUCodeBuilder::lanes;

class WidenedProduct : public BlockProductWay {
public:
  explicit WidenedProduct(const BlockProduct &product)
      : BlockProductWay(product), shape(TileShape::of(code.target)),
        panels(emitter, product.format, product.weight, product.depth) {
    for (int64_t &count : shape.panels)
      count = 1;
  }

  // Sums, a panel, rows.
  SizeExpr scratchBytes(const SizeExpr &rows) const override {
    return SizeExpr(sumsBytes() + product.depth * lanes * 4) +
           rows * (product.depth * 4);
  }
  void setScratch(Value address) override {
    sums = address;
    panel = code.address(sums, code.f32(), sumsBytes() / 4);
    rows = code.address(panel, code.f32(), product.depth * lanes);
  }
  void stage(Value first, Value count) override;
  void compute(Value count, const PanelGroup &group, TakeSums take) override;

private:
  int64_t sumsBytes() const { return shape.maximumRows * lanes * 4; }

  TileShape shape;
  BlockPanels panels;
  Value sums, panel, rows;
};
} // namespace

void WidenedProduct::stage(Value first, Value count) {
  Value depth = code.constant(product.depth);
  code.loop(code.constant(0), count, 1, [&](Value row) {
    ElementEmitter::Scope scope(emitter);
    Value number = code.add(first, row);
    Value target = code.address(rows, code.f32(), code.mul(row, depth));
    product.forRow(number, [&] {
      code.loop(code.constant(0), depth, lanes, [&](Value column) {
        ElementEmitter::Scope scope(emitter);
        code.store(product.input(column),
                   code.address(target, code.f32(), column));
      });
    });
  });
}

void WidenedProduct::compute(Value count, const PanelGroup &group,
                             TakeSums take) {
  code.loop(code.constant(0), group.size, 1, [&](Value i) {
    ElementEmitter::Scope scope(emitter);
    Value base = panels.panel(group.number(i));
    code.loop(code.constant(0), code.constant(panels.blocksPerRow()), 1,
              [&](Value block) {
                Value target = code.address(
                    panel, code.f32(),
                    code.mul(block, code.constant(panels.stepsPerBlock() * 32 *
                                                  lanes)));
                for (int64_t step = 0; step < panels.stepsPerBlock(); ++step)
                  for (auto [k, values] : llvm::enumerate(
                           panels.toFloats(panels.read(base, block, step))))
                    code.store(values,
                               code.address(target, code.f32(),
                                            (step * 32 + int64_t(k)) * lanes));
              });
    forEachRowTile(emitter, shape, count, [&](Value first, Value height) {
      code.choose(height, shape.maximumRows, [&](int64_t tileRows) {
        ElementEmitter::Scope scope(emitter);
        MicroKernel kernel;
        kernel.rows = tileRows;
        kernel.panels = 1;
        kernel.rowStride = code.constant(product.depth);
        kernel.a =
            code.address(rows, code.f32(), code.mul(first, kernel.rowStride));
        kernel.b = {panel};
        kernel.bElement = code.f32();
        kernel.depthStride = code.constant(lanes);
        kernel.depth = code.constant(product.depth);
        kernel.result = sums;
        kernel.resultStride = code.constant(lanes);
        emitMicroKernel(emitter, kernel);
      });
      take(sums, lanes, first, height, i, code.constant(1));
    });
  });
}

std::unique_ptr<BlockProductWay>
makeWidenedProduct(const BlockProduct &product) {
  return std::make_unique<WidenedProduct>(product);
}

} // namespace weft
