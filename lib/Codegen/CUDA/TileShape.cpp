//===- TileShape.cpp - Which tiles a product is cut into ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/TileShape.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

namespace weft::cuda {

namespace {
/// NVIDIA's CUDA C++ Programming Guide, table of technical specifications, and
/// the multiprocessors of the largest GPU of each arch that is sold.
struct ArchLimits {
  unsigned arch;
  int64_t multiprocessors, registers, sharedBytes;
};
constexpr ArchLimits archLimits[] = {
    {80, 108, 65536, 164 * 1024},  {86, 84, 65536, 100 * 1024},
    {89, 142, 65536, 100 * 1024},  {90, 132, 65536, 228 * 1024},
    {100, 148, 65536, 228 * 1024}, {120, 170, 65536, 100 * 1024},
};

/// A shape, and which inputs it suits. Registers are about what ptxas takes for
/// sm_80; a test holds the kernels to them.
struct Candidate {
  TileInputs inputs;
  TileShape shape;
};
// rows, columns, depth, stages, threads, rowWarps, registers
constexpr Candidate candidates[] = {
    {TileInputs::Floats, {64, 64, 16, 2, 128, 1, 104}},
    {TileInputs::Halves, {128, 64, 32, 2, 128, 2, 160}},
    {TileInputs::Halves, {64, 64, 32, 2, 128, 2, 128}},
    {TileInputs::AsyncHalves, {128, 128, 32, 2, 128, 2, 215}},
    {TileInputs::AsyncHalves, {128, 64, 32, 2, 128, 2, 144}},
    {TileInputs::AsyncHalves, {64, 64, 32, 4, 128, 2, 104}},
};

/// A step of a step's tokens: the default of --max-tokens.
constexpr int64_t unknownSize = 512;
} // namespace

static int64_t sharedBytes(const TileShape &shape, TileInputs inputs) {
  int64_t elementBytes = inputs == TileInputs::Floats ? 4 : 2;
  return shape.stages * shape.depth * (shape.rows + shape.columns) *
         elementBytes;
}

TileShape chooseTileShape(unsigned arch, TileInputs inputs,
                          const SizeExpr &rows, const SizeExpr &columns) {
  ArchLimits limits = archLimits[0];
  for (const ArchLimits &each : archLimits)
    if (each.arch == arch)
      limits = each;
  int64_t m = rows.asConstant().value_or(unknownSize);
  int64_t n = columns.asConstant().value_or(unknownSize);
  std::optional<TileShape> best;
  double least = std::numeric_limits<double>::infinity();
  for (const Candidate &candidate : candidates) {
    if (candidate.inputs != inputs)
      continue;
    const TileShape &shape = candidate.shape;
    int64_t tiles =
        llvm::divideCeil(m, shape.rows) * llvm::divideCeil(n, shape.columns);
    int64_t together =
        std::min(limits.registers / (shape.threads * shape.registers),
                 limits.sharedBytes / sharedBytes(shape, inputs));
    // Blocks that a multiprocessor runs side by side share its time; what a
    // tile reads counts beside what it computes.
    int64_t perProcessor = llvm::divideCeil(tiles, limits.multiprocessors);
    int64_t waves = llvm::divideCeil(perProcessor, together);
    double work = shape.rows * shape.columns;
    double traffic = 16 * (shape.rows + shape.columns);
    double latency = 2048;
    double cost = perProcessor * (work + traffic) + waves * latency;
    if (cost < least) {
      least = cost;
      best = shape;
    }
  }
  return *best;
}

} // namespace weft::cuda
