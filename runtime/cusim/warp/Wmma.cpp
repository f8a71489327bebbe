//===- Wmma.cpp - wmma.load, wmma.mma, wmma.store -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/Wmma.h"

#include "runtime/cusim/warp/FullResults.h"
#include "runtime/cusim/warp/LaneMemory.h"
#include "runtime/cusim/warp/MatrixProduct.h"
#include "runtime/cusim/warp/Mma.h"
#include "runtime/cusim/warp/WmmaShapes.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace weft::cusim;
using ptx::Type;

namespace {

/// Words of the largest fragment of a lane, and of a warp.
constexpr unsigned MaxWords = 8, MaxWarpWords = MaxWords * WarpSize;
/// Elements of the largest accumulator: m16n16, m32n8, m8n32.
constexpr unsigned MaxSums = 256;

/// Where a matrix lies: the first lane's address and stride speak for the warp.
struct MatrixPlace {
  uint64_t address;
  uint64_t lineBytes;
  unsigned lane;
};

MatrixPlace placeOf(const Collective &call, const TransferImmediate &how,
                    unsigned strideWord) {
  unsigned lane = std::countr_zero(call.lanes);
  unsigned dense = how.isTransposed ? how.lines : how.lineElements;
  uint64_t stride = how.isDense ? dense : operandWord(call, strideWord, lane);
  return {operandPair(call, 0, lane), stride * how.elementBits / 8, lane};
}

/// Calls `move(line, host's address, bytes)` for each line of memory.
template <typename Move>
void forEachLine(const Collective &call, const TransferImmediate &how,
                 const MatrixPlace &place, AccessKind kind, Move move) {
  unsigned count = how.isTransposed ? how.lineElements : how.lines;
  unsigned elements = how.isTransposed ? how.lines : how.lineElements;
  unsigned bytes = elements * how.elementBits / 8;
  unsigned alignment = how.elementBits < 8 ? 1 : how.elementBits / 8;
  for (unsigned line = 0; line < count; ++line)
    move(line,
         resolve(call, place.lane, place.address + line * place.lineBytes,
                 bytes, alignment, kind),
         bytes);
}

/// Rows of A by lanes, of the transpose of B, and where C begins.
struct Inputs {
  MultiplyImmediate how;
  const uint8_t *a, *b;
  const uint32_t *c;
  unsigned count;

  explicit Inputs(const Collective &call)
      : how(MultiplyImmediate::unpack(call.immediate)),
        count(unsigned(how.m) * how.n) {
    const uint32_t *words = call.operands;
    a = reinterpret_cast<const uint8_t *>(words);
    words += wmmaFragmentWords(how.aType, how.m, how.k) * WarpSize;
    b = reinterpret_cast<const uint8_t *>(words);
    c = words + wmmaFragmentWords(how.bType, how.n, how.k) * WarpSize;
  }
};

/// Doubles stay whole in their lane: the words of a memory image become
/// [value][low, high][lane], in place.
void splitDoubles(uint32_t *words, unsigned count) {
  uint32_t image[MaxWarpWords];
  std::memcpy(image, words, count * WarpSize * 4);
  for (unsigned i = 0; i < count * WarpSize; ++i)
    words[(i / 2 / WarpSize * 2 + i % 2) * WarpSize + i / 2 % WarpSize] =
        image[i];
}
void joinDoubles(uint32_t *words, unsigned count) {
  uint32_t split[MaxWarpWords];
  std::memcpy(split, words, count * WarpSize * 4);
  for (unsigned i = 0; i < count * WarpSize; ++i)
    words[i] =
        split[(i / 2 / WarpSize * 2 + i % 2) * WarpSize + i / 2 % WarpSize];
}

constexpr float LargestHalf = 65504;

/// Values beyond the largest become it; a NaN stays one.
void saturate(float *values, unsigned count, float largest) {
  for (unsigned i = 0; i < count; ++i)
    if (std::abs(values[i]) > largest)
      values[i] = std::copysign(largest, values[i]);
}

/// A matrix of results in memory order is the fragment.
void writeMatrix(const Collective &call, const void *matrix, unsigned bytes) {
  writeResults<MaxWords>(call, bytes / 4 / WarpSize, [&](uint32_t *results) {
    std::memcpy(results, matrix, bytes);
  });
}

} // namespace

void weft::cusim::cusim_wmma_load(const Collective &call) {
  auto how = TransferImmediate::unpack(call.immediate);
  MatrixPlace place = placeOf(call, how, 2);
  uint32_t words[MaxWarpWords];
  auto *image = reinterpret_cast<uint8_t *>(words);
  unsigned elementBytes = how.elementBits / 8;
  auto move = [&](unsigned line, const uint8_t *from, unsigned bytes) {
    if (!how.isTransposed) {
      std::memcpy(image + line * bytes, from, bytes);
      return;
    }
    for (unsigned i = 0; i < how.lines; ++i)
      std::memcpy(image + (i * how.lineElements + line) * elementBytes,
                  from + i * elementBytes, elementBytes);
  };
  forEachLine(call, how, place, AccessKind::Load, move);
  if (how.elementBits == 64)
    splitDoubles(words, how.matrixWords);
  unsigned matrixWords = how.matrixWords * WarpSize;
  writeResults<MaxWords>(call, how.fragmentWords, [&](uint32_t *results) {
    for (unsigned w = 0; w < how.fragmentWords * WarpSize; w += matrixWords)
      std::memcpy(results + w, words, matrixWords * 4);
  });
}

void weft::cusim::cusim_wmma_store(const Collective &call) {
  auto how = TransferImmediate::unpack(call.immediate);
  MatrixPlace place = placeOf(call, how, 2u + how.fragmentWords);
  uint32_t words[MaxWarpWords];
  std::memcpy(words, call.operands + 2 * WarpSize,
              how.matrixWords * WarpSize * 4);
  if (how.elementBits == 64)
    joinDoubles(words, how.matrixWords);
  auto *image = reinterpret_cast<const uint8_t *>(words);
  unsigned elementBytes = how.elementBits / 8;
  auto move = [&](unsigned line, uint8_t *to, unsigned bytes) {
    if (!how.isTransposed) {
      std::memcpy(to, image + line * bytes, bytes);
      return;
    }
    for (unsigned i = 0; i < how.lines; ++i)
      std::memcpy(to + i * elementBytes,
                  image + (i * how.lineElements + line) * elementBytes,
                  elementBytes);
  };
  forEachLine(call, how, place, AccessKind::Store, move);
}

void weft::cusim::cusim_wmma_float(const Collective &call) {
  Inputs in(call);
  alignas(64) float sums[MaxSums];
  if (in.how.cType == Type::F16)
    widenHalf(reinterpret_cast<const uint16_t *>(in.c), sums, in.count);
  else
    std::memcpy(sums, in.c, in.count * sizeof(float));
  multiplyMatrices({in.how.aType, in.how.bType, in.a, in.b, in.how.m, in.how.n,
                    in.how.k, sums});
  bool isHalf = in.how.dType == Type::F16;
  if (in.how.isSaturating)
    saturate(sums, in.count,
             isHalf ? LargestHalf : std::numeric_limits<float>::max());
  if (!isHalf)
    return writeMatrix(call, sums, in.count * sizeof(float));
  alignas(64) uint16_t halves[MaxSums];
  roundToHalf(sums, halves, in.count);
  writeMatrix(call, halves, in.count * sizeof(uint16_t));
}

void weft::cusim::cusim_wmma_integer(const Collective &call) {
  Inputs in(call);
  alignas(64) float sums[MaxSums] = {};
  int32_t values[MaxSums];
  std::memcpy(values, in.c, in.count * sizeof(int32_t));
  multiplyMatrices({in.how.aType, in.how.bType, in.a, in.b, in.how.m, in.how.n,
                    in.how.k, sums});
  addIntegers(values, sums, values, in.count, in.how.isSaturating);
  writeMatrix(call, values, in.count * sizeof(int32_t));
}

void weft::cusim::cusim_wmma_bits(const Collective &call) {
  Inputs in(call);
  int32_t values[MaxSums];
  std::memcpy(values, in.c, in.count * sizeof(int32_t));
  multiplyBits(in.a, in.b, values, in.how.m, in.how.n, in.how.k / 8,
               in.how.isXor);
  writeMatrix(call, values, in.count * sizeof(int32_t));
}

void weft::cusim::cusim_wmma_double(const Collective &call) {
  Inputs in(call);
  // m8n8k4: one value of A and B a lane, two of C.
  uint32_t words[8 * WarpSize];
  std::memcpy(words, call.operands, sizeof(words));
  for (unsigned first : {0u, 2u})
    joinDoubles(words + first * WarpSize, 2);
  joinDoubles(words + 4 * WarpSize, 4);
  double a[32], b[32], c[64];
  std::memcpy(a, words, sizeof(a));
  std::memcpy(b, words + 2 * WarpSize, sizeof(b));
  std::memcpy(c, words + 4 * WarpSize, sizeof(c));
  multiplyDoublesRounded(a, b, c, in.how);
  std::memcpy(words, c, sizeof(c));
  splitDoubles(words, 4);
  writeMatrix(call, words, sizeof(c));
}
