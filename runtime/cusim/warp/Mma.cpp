//===- Mma.cpp - mma.sync -------------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/Mma.h"

#include "runtime/cusim/warp/Fragments.h"
#include "runtime/cusim/warp/FullResults.h"
#include "runtime/cusim/warp/MatrixProduct.h"

#include <cfenv>

using namespace weft::cusim;
using ptx::Type;

namespace {

constexpr unsigned MaxRows = 16, Columns = 8;
/// Registers of A (m16n8k16 of f64) and of C (doubles), in words.
constexpr unsigned MaxWordsOfA = 8, MaxWordsOfC = 8;

/// Rows of A and B^T as bytes, and where the words of C begin.
struct Inputs {
  alignas(64) uint8_t a[MaxWordsOfA * WarpSize * 4];
  alignas(64) uint8_t b[MaxWordsOfA * WarpSize * 4];
  const uint32_t *c;

  Inputs(const Collective &call, const MultiplyImmediate &how) {
    unsigned bits = ptx::bitsOf(how.aType);
    unsigned aWords = how.m * how.k * bits / 32 / WarpSize;
    unsigned bWords = Columns * how.k * bits / 32 / WarpSize;
    rowsOfRegisters(call.operands, aWords, how.m / RegisterRows, a);
    rowsOfRegisters(call.operands + aWords * WarpSize, bWords, 1, b);
    c = call.operands + (aWords + bWords) * WarpSize;
  }
};

} // namespace

void weft::cusim::multiplyDoublesRounded(const double *a, const double *b,
                                         double *c,
                                         const MultiplyImmediate &how) {
  constexpr int Modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
  if (how.rounding != Rounding::Nearest)
    std::fesetround(Modes[static_cast<unsigned>(how.rounding)]);
  multiplyDoubles(a, b, c, how.m, how.n, how.k);
  if (how.rounding != Rounding::Nearest)
    std::fesetround(FE_TONEAREST);
}

void weft::cusim::cusim_mma_float(const Collective &call) {
  MultiplyImmediate how = MultiplyImmediate::unpack(call.immediate);
  Inputs inputs(call, how);
  alignas(64) float sums[MaxRows * Columns];
  alignas(64) uint16_t halves[MaxRows * Columns];
  auto *halfBytes = reinterpret_cast<uint8_t *>(halves);
  unsigned count = how.m * Columns, rowTiles = how.m / RegisterRows;
  if (how.cType == Type::F16) {
    rowsOfRegisters(inputs.c, rowTiles, rowTiles, halfBytes);
    widenHalf(halves, sums, count);
  } else {
    rowsOfAccumulators(inputs.c, how.m, sums);
  }
  multiplyMatrices(
      {how.aType, how.bType, inputs.a, inputs.b, how.m, Columns, how.k, sums});
  unsigned words = how.dType == Type::F16 ? rowTiles : rowTiles * 2;
  writeResults<4>(call, words, [&](uint32_t *results) {
    if (how.dType == Type::F16) {
      roundToHalf(sums, halves, count);
      registersOfRows(halfBytes, rowTiles, rowTiles, results);
    } else {
      accumulatorsOfRows(sums, how.m, results);
    }
  });
}

void weft::cusim::cusim_mma_integer(const Collective &call) {
  MultiplyImmediate how = MultiplyImmediate::unpack(call.immediate);
  Inputs inputs(call, how);
  alignas(64) float sums[MaxRows * Columns] = {};
  alignas(64) int32_t values[MaxRows * Columns];
  rowsOfAccumulators(inputs.c, how.m, values);
  multiplyMatrices(
      {how.aType, how.bType, inputs.a, inputs.b, how.m, Columns, how.k, sums});
  addIntegers(values, sums, values, how.m * Columns, how.isSaturating);
  writeResults<4>(call, how.m / RegisterRows * 2, [&](uint32_t *results) {
    accumulatorsOfRows(values, how.m, results);
  });
}

void weft::cusim::cusim_mma_bits(const Collective &call) {
  MultiplyImmediate how = MultiplyImmediate::unpack(call.immediate);
  Inputs inputs(call, how);
  alignas(64) int32_t values[MaxRows * Columns];
  rowsOfAccumulators(inputs.c, how.m, values);
  multiplyBits(inputs.a, inputs.b, values, how.m, Columns, how.k / 8,
               how.isXor);
  writeResults<4>(call, how.m / RegisterRows * 2, [&](uint32_t *results) {
    accumulatorsOfRows(values, how.m, results);
  });
}

void weft::cusim::cusim_mma_double(const Collective &call) {
  MultiplyImmediate how = MultiplyImmediate::unpack(call.immediate);
  unsigned rowTiles = how.m / RegisterRows, depthTiles = how.k / RowLanes;
  unsigned aValues = rowTiles * depthTiles;
  const uint32_t *bWords = call.operands + aValues * 2 * WarpSize;
  const uint32_t *cWords = bWords + depthTiles * 2 * WarpSize;
  double a[MaxRows * 16], b[Columns * 16], c[MaxRows * Columns];
  for (unsigned lane = 0; lane < WarpSize; ++lane) {
    unsigned g = lane / RowLanes, t = lane % RowLanes;
    for (unsigned w = 0; w < aValues; ++w)
      a[(g + w % rowTiles * 8) * how.k + w / rowTiles * 4 + t] =
          doubleOf(call.operands, w, lane);
    for (unsigned w = 0; w < depthTiles; ++w)
      b[g * how.k + w * 4 + t] = doubleOf(bWords, w, lane);
    for (unsigned w = 0; w < rowTiles * 2; ++w)
      c[(g + w / 2 * 8) * Columns + 2 * t + w % 2] = doubleOf(cWords, w, lane);
  }
  multiplyDoublesRounded(a, b, c, how);
  writeResults<MaxWordsOfC>(call, rowTiles * 4, [&](uint32_t *results) {
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      for (unsigned w = 0; w < rowTiles * 2; ++w)
        setDouble(results, w, lane,
                  c[(lane / RowLanes + w / 2 * 8) * Columns +
                    2 * (lane % RowLanes) + w % 2]);
  });
}
