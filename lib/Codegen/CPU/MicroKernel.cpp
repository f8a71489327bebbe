//===- MicroKernel.cpp - Products of register tiles -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/MicroKernel.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace weft {

TileShape TileShape::of(const CPUTarget &target) {
  // rows * panels accumulators, one more register a panel and one for A.
  if (target.registerLanes == 16)
    return {14, {4, 4, 4, 4, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2}};
  // Two registers a panel.
  if (target.registerLanes == 8)
    return {6, {4, 2, 2, 1, 1, 1}};
  // Four registers a panel, and one for a product before it is added.
  return {3, {2, 1, 1}};
}

TileShape TileShape::ofColumns(const CPUTarget &target,
                               std::optional<int64_t> panels) {
  auto inPasses = [&](int64_t width) {
    return llvm::divideCeil(panels.value_or(1), width) * width;
  };
  // Up to 4% of panels may be computed for nothing.
  if (target.registerLanes == 16 && 25 * inPasses(3) <= 26 * inPasses(2))
    return {9, {3, 3, 3, 3, 3, 3, 3, 3, 3}};
  return of(target);
}

static void prefetchLater(CPUCodeBuilder &code, const MicroKernel &kernel,
                          Value k) {
  Value line = code.address(kernel.later, code.builder.getI8Type(),
                            code.mul(k, kernel.laterStride));
  code.make<LLVM::Prefetch>(line, /*rw=*/0u, /*hint=*/2u, /*cache=*/1u);
}

void emitMicroKernel(ElementEmitter &emitter, const MicroKernel &kernel) {
  CPUCodeBuilder &code = codeOf(emitter);
  VectorType type = CPUCodeBuilder::vectorOf(code.f32());
  auto resultAddress = [&](int64_t row, int64_t panel) {
    Value offset = code.add(code.mul(code.constant(row), kernel.resultStride),
                            code.constant(panel * CPUCodeBuilder::lanes));
    return code.address(kernel.result, code.f32(), offset);
  };
  CPUCodeBuilder::Values sums;
  for (int64_t row = 0; row < kernel.rows; ++row)
    for (int64_t panel = 0; panel < kernel.panels; ++panel) {
      Value start = code.number(type, 0);
      if (kernel.growth)
        start = code.mulf(code.load(type, resultAddress(row, panel)),
                          code.load(code.f32(), code.address(kernel.growth,
                                                             code.f32(), row)));
      sums.push_back(start);
    }
  auto addTerm = [&](Value k, ValueRange carried) {
    Value offset = code.mul(k, kernel.depthStride);
    CPUCodeBuilder::Values b;
    for (int64_t panel = 0; panel < kernel.panels; ++panel) {
      Value address = code.address(kernel.b[panel], kernel.bElement, offset);
      if (kernel.prefetchAhead)
        code.prefetch(
            code.address(address, kernel.bElement,
                         kernel.prefetchAhead * CPUCodeBuilder::lanes));
      Value mask = kernel.masks.empty() ? Value() : kernel.masks[panel];
      Value loaded = code.loadLanes(kernel.bElement, address, mask);
      if (kernel.bElement.isInteger())
        b.push_back(code.make<arith::SIToFPOp>(type, loaded));
      else
        b.push_back(emitter.fromStorage(loaded, kernel.bElement));
    }
    if (kernel.other) {
      Type byte = code.builder.getI8Type();
      Value line = code.address(kernel.other, byte,
                                code.mul(k, code.constant(kernel.otherStride)));
      for (int64_t at = 0; at < kernel.otherBytes; at += 64)
        code.prefetch(code.address(line, byte, at));
    }
    Value column = code.address(kernel.a, code.f32(), k);
    CPUCodeBuilder::Values next(carried);
    for (int64_t row = 0; row < kernel.rows; ++row) {
      Value address = code.address(
          column, code.f32(), code.mul(code.constant(row), kernel.rowStride));
      Value a = code.broadcast(code.load(code.f32(), address));
      for (int64_t panel = 0; panel < kernel.panels; ++panel) {
        Value &sum = next[row * kernel.panels + panel];
        sum = code.fma(a, b[panel], sum);
      }
    }
    return next;
  };
  Value unroll = code.constant(kernel.unroll);
  Value whole = code.mul(code.floorDiv(kernel.depth, unroll), unroll);
  sums = code.loop(code.constant(0), whole, unroll, sums,
                   [&](Value k, ValueRange carried) {
                     CPUCodeBuilder::Values next(carried);
                     for (int64_t i = 0; i < kernel.unroll; ++i) {
                       Value term = code.add(k, code.constant(i));
                       if (kernel.later && i % kernel.laterStep == 0)
                         prefetchLater(code, kernel, term);
                       next = addTerm(term, next);
                     }
                     return next;
                   });
  if (whole != kernel.depth)
    sums = code.loop(whole, kernel.depth, 1, sums, addTerm);
  for (int64_t row = 0; row < kernel.rows; ++row)
    for (int64_t panel = 0; panel < kernel.panels; ++panel) {
      Value sum = sums[row * kernel.panels + panel];
      if (!kernel.scales.empty()) {
        Value start = kernel.isAdded
                          ? code.load(type, resultAddress(row, panel))
                          : code.number(type, 0);
        sum = code.fma(sum, kernel.scales[panel], start);
      }
      code.store(sum, resultAddress(row, panel));
    }
}

Value TileShape::panelsFor(CPUCodeBuilder &code, Value rows) const {
  Value result = code.constant(panels.back());
  for (int64_t height = maximumRows - 1; height > 0; --height)
    if (panelsFor(height) != panelsFor(height + 1))
      result = code.select(
          code.compare(arith::CmpIPredicate::sle, rows, code.constant(height)),
          code.constant(panelsFor(height)), result);
  return result;
}

void forEachRowTile(ElementEmitter &emitter, const TileShape &shape,
                    Value count, function_ref<void(Value, Value)> body) {
  CPUCodeBuilder &code = codeOf(emitter);
  Value highest = code.constant(shape.maximumRows);
  Value tiles = code.floorDiv(
      code.add(count, code.constant(shape.maximumRows - 1)), highest);
  code.loop(code.constant(0), tiles, 1, [&](Value tile) {
    ElementEmitter::Scope scope(emitter);
    Value first = code.floorDiv(code.mul(tile, count), tiles);
    Value last =
        code.floorDiv(code.mul(code.add(tile, code.constant(1)), count), tiles);
    body(first, code.sub(last, first));
  });
}

} // namespace weft
