//===- MatrixMove.cpp - ldmatrix, stmatrix, movmatrix ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/MatrixMove.h"

#include "runtime/cusim/warp/FormBuilder.h"
#include "runtime/cusim/warp/FullResults.h"
#include "runtime/cusim/warp/LaneMemory.h"

#include <cstring>

using namespace weft::cusim;
using ptx::Instruction;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

namespace {

constexpr unsigned Rows = 8, RowBytes = 16;

void transpose(const uint32_t *from, uint32_t *to) {
  uint16_t in[Rows][8], out[8][Rows];
  std::memcpy(in, from, sizeof(in));
  for (unsigned row = 0; row < Rows; ++row)
    for (unsigned column = 0; column < 8; ++column)
      out[column][row] = in[row][column];
  std::memcpy(to, out, sizeof(out));
}

/// Rows of matrices as the lanes hold them: [matrix][row], 16 bytes each. A
/// lane that does not take part has no address; its row is left alone.
uint8_t *rowAddress(const Collective &call, unsigned lane, AccessKind kind) {
  if (!(call.lanes >> lane & 1))
    return nullptr;
  return resolve(call, lane, operandPair(call, 0, lane), RowBytes, RowBytes,
                 kind);
}

constexpr uint64_t TransposeBit = 8;

/// The lanes that have addresses of `count` matrices.
uint32_t addressLanes(const Collective &call, unsigned count) {
  return call.lanes & ~uint32_t(0) >> (WarpSize - count * Rows);
}

} // namespace

void weft::cusim::cusim_ldmatrix(const Collective &call) {
  unsigned count = call.immediate & 7;
  countWarpAccess(call, addressLanes(call, count), 0, RowBytes,
                  AccessKind::Load);
  uint32_t loaded[4 * WarpSize];
  for (unsigned row = 0; row < count * Rows; ++row) {
    auto *to = reinterpret_cast<uint8_t *>(loaded) + row * RowBytes;
    if (const uint8_t *from = rowAddress(call, row, AccessKind::Load))
      std::memcpy(to, from, RowBytes);
    else
      std::memset(to, 0, RowBytes);
  }
  writeResults<4>(call, count, [&](uint32_t *results) {
    for (unsigned i = 0; i < count; ++i) {
      const uint32_t *from = loaded + i * WarpSize;
      if (call.immediate & TransposeBit)
        transpose(from, results + i * WarpSize);
      else
        std::memcpy(results + i * WarpSize, from, WarpSize * 4);
    }
  });
}

void weft::cusim::cusim_stmatrix(const Collective &call) {
  unsigned count = call.immediate & 7;
  countWarpAccess(call, addressLanes(call, count), 0, RowBytes,
                  AccessKind::Store);
  for (unsigned i = 0; i < count; ++i) {
    uint32_t matrix[WarpSize];
    const uint32_t *from = call.operands + (2 + i) * WarpSize;
    if (call.immediate & TransposeBit)
      transpose(from, matrix);
    else
      std::memcpy(matrix, from, sizeof(matrix));
    for (unsigned row = 0; row < Rows; ++row)
      if (uint8_t *to = rowAddress(call, i * Rows + row, AccessKind::Store))
        std::memcpy(to, matrix + row * 4, RowBytes);
  }
}

void weft::cusim::cusim_movmatrix(const Collective &call) {
  writeResults<1>(
      call, 1, [&](uint32_t *results) { transpose(call.operands, results); });
}

weft::StatusOr<CollectiveForm>
weft::cusim::matrixMoveForm(const Instruction &instruction) {
  if (!instruction.shape || instruction.shape->m != 8 ||
      instruction.shape->n != 8 || instruction.type() != Type::B16)
    return formError(instruction,
                     "only matrices of .m8n8 and .b16 are supported");
  if (instruction.opcode == Opcode::Movmatrix) {
    if (!instruction.has(Modifier::Trans))
      return formError(instruction, "needs .trans");
    FormBuilder builder(instruction, "cusim_movmatrix", cusim_movmatrix);
    builder.result(1);
    builder.operand(1);
    return builder.finish();
  }
  unsigned count = instruction.has(Modifier::X4)   ? 4
                   : instruction.has(Modifier::X2) ? 2
                   : instruction.has(Modifier::X1) ? 1
                                                   : 0;
  if (!count)
    return formError(instruction, "needs .x1, .x2 or .x4");
  ptx::Space space = instruction.space();
  if (space != ptx::Space::Shared && space != ptx::Space::Generic)
    return formError(instruction, "moves matrices of shared memory only");
  bool isLoad = instruction.opcode == Opcode::Ldmatrix;
  FormBuilder builder(instruction, isLoad ? "cusim_ldmatrix" : "cusim_stmatrix",
                      isLoad ? cusim_ldmatrix : cusim_stmatrix);
  if (isLoad)
    builder.result(1, count);
  builder.address(space);
  if (!isLoad)
    builder.operand(1, count);
  builder.setImmediate(count |
                       (instruction.has(Modifier::Trans) ? TransposeBit : 0));
  return builder.finish();
}
