//===- Wgmma.cpp - wgmma.mma_async ----------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/Wgmma.h"

#include "runtime/cusim/warp/Fragments.h"
#include "runtime/cusim/warp/FullResults.h"
#include "runtime/cusim/warp/LaneMemory.h"
#include "runtime/cusim/warp/MatrixProduct.h"

#include <cstring>

using namespace weft::cusim;
using ptx::Type;

namespace {

constexpr unsigned Rows = 16, WarpsOfGroup = 4;
constexpr unsigned MaxColumns = 256, MaxWordsOfD = MaxColumns / 2;
constexpr unsigned TileColumns = 8, TileRows = 8;
/// A row of A or B^T is 32 bytes for every type: two pieces.
constexpr unsigned PieceBytes = 16, DepthBytes = 2 * PieceBytes;
constexpr size_t MaxPending = 1024;

/// A warp's matrices: too large for a fiber's stack, and nothing in between
/// lets another one run.
struct Buffers {
  alignas(64) uint8_t a[Rows * DepthBytes];
  alignas(64) uint8_t b[MaxColumns * DepthBytes];
  alignas(64) float sums[Rows * MaxColumns];
  alignas(64) int32_t integers[Rows * MaxColumns];
};
thread_local Buffers buffers;

const uint8_t *piece(const Collective &call, uint32_t address) {
  return resolve(call, std::countr_zero(call.lanes),
                 (SharedTag << TagShift) + address, PieceBytes, PieceBytes,
                 AccessKind::Load);
}

/// Rows first to first + count of a matrix in shared memory.
void gatherRows(const Collective &call, const MatrixDescriptor &matrix,
                bool isTransposed, unsigned first, unsigned count,
                uint8_t *rows) {
  if (!isTransposed) {
    for (unsigned row = 0; row < count; ++row)
      for (unsigned i = 0; i < 2; ++i)
        std::memcpy(rows + row * DepthBytes + i * PieceBytes,
                    piece(call, matrix.addressAlongK(first + row, i)),
                    PieceBytes);
    return;
  }
  // 16-bit elements only: a piece holds 8 rows of one column.
  constexpr unsigned Depth = DepthBytes / 2;
  for (unsigned tile = 0; tile < count / TileRows; ++tile)
    for (unsigned k = 0; k < Depth; ++k) {
      const uint8_t *from =
          piece(call, matrix.addressAcrossK(first / TileRows + tile, k));
      for (unsigned row = 0; row < TileRows; ++row)
        std::memcpy(rows + (tile * TileRows + row) * DepthBytes + k * 2,
                    from + row * 2, 2);
    }
}

/// D's registers, a tile of 8 columns after the other: those of mma's C.
void readHalves(const uint32_t *registers, unsigned tiles, float *sums) {
  for (unsigned tile = 0; tile < tiles; ++tile) {
    uint16_t halves[Rows * TileColumns];
    float values[Rows * TileColumns];
    rowsOfRegisters(registers + tile * 2 * WarpSize, 2, 2,
                    reinterpret_cast<uint8_t *>(halves));
    widenHalf(halves, values, Rows * TileColumns);
    for (unsigned row = 0; row < Rows; ++row)
      std::memcpy(sums + (row * tiles + tile) * TileColumns,
                  values + row * TileColumns, TileColumns * sizeof(float));
  }
}
void writeHalves(const float *sums, unsigned tiles, uint32_t *registers) {
  for (unsigned tile = 0; tile < tiles; ++tile) {
    uint16_t halves[Rows * TileColumns];
    for (unsigned row = 0; row < Rows; ++row)
      roundToHalf(sums + (row * tiles + tile) * TileColumns,
                  halves + row * TileColumns, TileColumns);
    registersOfRows(reinterpret_cast<const uint8_t *>(halves), 2, 2,
                    registers + tile * 2 * WarpSize);
  }
}
template <typename Element>
void readWords(const uint32_t *registers, unsigned tiles, Element *rows) {
  for (unsigned tile = 0; tile < tiles; ++tile)
    rowsOfAccumulators(registers + tile * 4 * WarpSize, Rows,
                       rows + tile * TileColumns, tiles * TileColumns);
}
template <typename Element>
void writeWords(const Element *rows, unsigned tiles, uint32_t *registers) {
  for (unsigned tile = 0; tile < tiles; ++tile)
    accumulatorsOfRows(rows + tile * TileColumns, Rows,
                       registers + tile * 4 * WarpSize, tiles * TileColumns);
}

void multiplyFloats(const Collective &call, const WgmmaImmediate &how,
                    bool accumulates) {
  unsigned tiles = how.columnTiles, columns = tiles * TileColumns;
  bool isHalf = how.dType == Type::F16;
  if (!accumulates)
    std::memset(buffers.sums, 0, Rows * columns * sizeof(float));
  else if (isHalf)
    readHalves(call.operands, tiles, buffers.sums);
  else
    readWords(call.operands, tiles, buffers.sums);
  unsigned depth = DepthBytes * 8 / ptx::bitsOf(how.aType);
  multiplyMatrices({how.aType, how.bType, buffers.a, buffers.b, Rows, columns,
                    depth, buffers.sums, how.negates});
  writeResults<MaxWordsOfD>(call, tiles * (isHalf ? 2 : 4),
                            [&](uint32_t *results) {
                              if (isHalf)
                                writeHalves(buffers.sums, tiles, results);
                              else
                                writeWords(buffers.sums, tiles, results);
                            });
}

void multiplyIntegers(const Collective &call, const WgmmaImmediate &how,
                      bool accumulates) {
  unsigned tiles = how.columnTiles, columns = tiles * TileColumns;
  if (accumulates)
    readWords(call.operands, tiles, buffers.integers);
  else
    std::memset(buffers.integers, 0, Rows * columns * sizeof(int32_t));
  if (how.aType == Type::B1) {
    multiplyBits(buffers.a, buffers.b, buffers.integers, Rows, columns,
                 DepthBytes, /*isXor=*/false);
  } else {
    std::memset(buffers.sums, 0, Rows * columns * sizeof(float));
    multiplyMatrices({how.aType, how.bType, buffers.a, buffers.b, Rows, columns,
                      DepthBytes, buffers.sums});
    addIntegers(buffers.integers, buffers.sums, buffers.integers,
                Rows * columns, how.isSaturating);
  }
  writeResults<MaxWordsOfD>(call, tiles * 4, [&](uint32_t *results) {
    writeWords(buffers.integers, tiles, results);
  });
}

} // namespace

MatrixDescriptor MatrixDescriptor::decode(uint64_t bits) {
  constexpr uint32_t SwizzleBytes[] = {16, 128, 64, 32};
  auto field = [&](unsigned shift) {
    return static_cast<uint32_t>(bits >> shift & 0x3fff) << 4;
  };
  return {field(0), field(16), field(32), static_cast<uint32_t>(bits >> 49 & 7),
          SwizzleBytes[bits >> 62]};
}

uint32_t MatrixDescriptor::swizzle(uint32_t address) const {
  // 16-byte pieces change places within rows of 32, 64 or 128 bytes, by the
  // number of the 128 bytes that they lie in.
  uint32_t phase = ((address >> 7) - baseOffset) & (swizzleBytes / 16 - 1);
  return address ^ phase << 4;
}

uint32_t MatrixDescriptor::addressAlongK(unsigned row, unsigned piece) const {
  uint32_t along = swizzleBytes == 16 ? leadingOffset : PieceBytes;
  return swizzle(start + row % TileRows * swizzleBytes +
                 row / TileRows * strideOffset + piece * along);
}

uint32_t MatrixDescriptor::addressAcrossK(unsigned piece, unsigned k) const {
  unsigned pieces = swizzleBytes / PieceBytes;
  uint32_t nextPieces = leadingOffset, nextDepth = strideOffset;
  // Without a swizzle, the two offsets change roles.
  if (pieces == 1)
    std::swap(nextPieces, nextDepth);
  return swizzle(start + piece % pieces * PieceBytes +
                 piece / pieces * nextPieces + k % 8 * swizzleBytes +
                 k / 8 * nextDepth);
}

std::vector<uint8_t> weft::cusim::readMatrices(const Collective &call,
                                               const PendingProduct &product) {
  auto how = WgmmaImmediate::unpack(product.immediate);
  unsigned rowsOfA = how.isInRegisters ? 0 : Rows;
  unsigned rowsOfB = how.columnTiles * TileColumns;
  std::vector<uint8_t> rows((rowsOfA + rowsOfB) * DepthBytes);
  if (rowsOfA)
    gatherRows(call, MatrixDescriptor::decode(product.a), how.aTransposed,
               call.strand->warp % WarpsOfGroup * Rows, Rows, rows.data());
  gatherRows(call, MatrixDescriptor::decode(product.b), how.bTransposed, 0,
             rowsOfB, rows.data() + rowsOfA * DepthBytes);
  return rows;
}

void weft::cusim::cusim_wgmma(const Collective &call) {
  auto how = WgmmaImmediate::unpack(call.immediate);
  bool isHalf = how.dType == Type::F16;
  unsigned word = how.columnTiles * (isHalf ? 2u : 4u);
  unsigned lane = std::countr_zero(call.lanes);
  WarpProducts &products = productsOf(call.strand);
  PendingProduct product{products.openGroup,
                         call.site,
                         how.accumulators,
                         call.immediate,
                         0,
                         0,
                         {}};
  if (how.isInRegisters) {
    rowsOfRegisters(call.operands + word * WarpSize, 4, 2, buffers.a);
    word += 4;
  } else {
    product.a = operandPair(call, word, lane);
    word += 2;
  }
  product.b = operandPair(call, word, lane);
  product.matrices = readMatrices(call, product);
  size_t bytesOfA = how.isInRegisters ? 0 : sizeof(buffers.a);
  std::memcpy(buffers.a, product.matrices.data(), bytesOfA);
  std::memcpy(buffers.b, product.matrices.data() + bytesOfA,
              product.matrices.size() - bytesOfA);
  products.pending.push_back(std::move(product));
  // Those of a program that never waits.
  if (products.pending.size() > MaxPending)
    products.pending.pop_front();
  bool accumulates = operandWord(call, word + 2, lane) & 1;
  if (how.dType == Type::S32)
    multiplyIntegers(call, how, accumulates);
  else
    multiplyFloats(call, how, accumulates);
}
