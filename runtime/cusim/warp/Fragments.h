//===- Fragments.h - Registers of mma as matrices ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The rule of Mma.h, by 16 bytes (four lanes, a row) at a time.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_FRAGMENTS_H
#define RUNTIME_CUSIM_WARP_FRAGMENTS_H

#include "runtime/cusim/machine/Strand.h"

#include <cstdint>
#include <cstring>

namespace weft::cusim {

/// Lanes of a row, and the bytes that a register of theirs holds.
constexpr unsigned RowLanes = 4, RowBytes = 16;
/// Rows that one register of a warp holds.
constexpr unsigned RegisterRows = WarpSize / RowLanes;

/// Moves between registers [register][lane] and rows of bytes. `rowTiles` is
/// how many registers lie above each other (m / 8) before the next 16 columns.
inline void rowsOfRegisters(const uint32_t *registers, unsigned count,
                            unsigned rowTiles, uint8_t *rows) {
  unsigned rowStride = count / rowTiles * RowBytes;
  for (unsigned w = 0; w < count; ++w) {
    uint8_t *to = rows + w % rowTiles * RegisterRows * rowStride +
                  w / rowTiles * RowBytes;
    for (unsigned g = 0; g < RegisterRows; ++g)
      std::memcpy(to + g * rowStride, registers + w * WarpSize + g * RowLanes,
                  RowBytes);
  }
}
inline void registersOfRows(const uint8_t *rows, unsigned count,
                            unsigned rowTiles, uint32_t *registers) {
  unsigned rowStride = count / rowTiles * RowBytes;
  for (unsigned w = 0; w < count; ++w) {
    const uint8_t *from = rows + w % rowTiles * RegisterRows * rowStride +
                          w / rowTiles * RowBytes;
    for (unsigned g = 0; g < RegisterRows; ++g)
      std::memcpy(registers + w * WarpSize + g * RowLanes, from + g * rowStride,
                  RowBytes);
  }
}

/// C of 32-bit elements, 8 columns: registers 2 h and 2 h + 1 hold the even and
/// the odd columns of rows 8 h to 8 h + 7. `rows` is [m][stride].
template <typename Element>
void rowsOfAccumulators(const uint32_t *registers, unsigned m, Element *rows,
                        unsigned stride = 8) {
  static_assert(sizeof(Element) == sizeof(uint32_t));
  using Four = uint32_t __attribute__((ext_vector_type(4)));
  for (unsigned row = 0; row < m; ++row) {
    const uint32_t *from = registers + row / RegisterRows * 2 * WarpSize +
                           row % RegisterRows * RowLanes;
    Four even, odd;
    std::memcpy(&even, from, sizeof(even));
    std::memcpy(&odd, from + WarpSize, sizeof(odd));
    auto all = __builtin_shufflevector(even, odd, 0, 4, 1, 5, 2, 6, 3, 7);
    Four low = all.lo, high = all.hi;
    std::memcpy(rows + row * stride, &low, sizeof(low));
    std::memcpy(rows + row * stride + 4, &high, sizeof(high));
  }
}
template <typename Element>
void accumulatorsOfRows(const Element *rows, unsigned m, uint32_t *registers,
                        unsigned stride = 8) {
  static_assert(sizeof(Element) == sizeof(uint32_t));
  using Four = uint32_t __attribute__((ext_vector_type(4)));
  for (unsigned row = 0; row < m; ++row) {
    uint32_t *to = registers + row / RegisterRows * 2 * WarpSize +
                   row % RegisterRows * RowLanes;
    Four low, high;
    std::memcpy(&low, rows + row * stride, sizeof(low));
    std::memcpy(&high, rows + row * stride + 4, sizeof(high));
    Four even = __builtin_shufflevector(low, high, 0, 2, 4, 6);
    Four odd = __builtin_shufflevector(low, high, 1, 3, 5, 7);
    std::memcpy(to, &even, sizeof(even));
    std::memcpy(to + WarpSize, &odd, sizeof(odd));
  }
}

/// Doubles take two registers a value, low words first.
inline double doubleOf(const uint32_t *registers, unsigned value,
                       unsigned lane) {
  uint64_t low = registers[value * 2 * WarpSize + lane];
  uint64_t high = registers[(value * 2 + 1) * WarpSize + lane];
  return __builtin_bit_cast(double, low | high << 32);
}
inline void setDouble(uint32_t *registers, unsigned value, unsigned lane,
                      double number) {
  auto bits = __builtin_bit_cast(uint64_t, number);
  registers[value * 2 * WarpSize + lane] = static_cast<uint32_t>(bits);
  registers[(value * 2 + 1) * WarpSize + lane] =
      static_cast<uint32_t>(bits >> 32);
}

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_FRAGMENTS_H
