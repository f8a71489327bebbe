//===- TileShape.cpp - Which tiles a product is cut into ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/TileShape.h"
#include "weft/GpuArch.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

namespace weft::cuda {

namespace {
/// A shape, and which inputs it suits. Registers are about what ptxas takes for
/// sm_80; a test holds the kernels to them.
struct Candidate {
  TileInputs inputs;
  TileShape shape;
};
// rows, columns, depth, stages, threads, rowWarps, registers, groups
constexpr Candidate candidates[] = {
    {TileInputs::Floats, {64, 64, 16, 2, 128, 1, 104}},
    {TileInputs::Halves, {128, 64, 32, 2, 128, 2, 160}},
    {TileInputs::Halves, {64, 64, 32, 2, 128, 2, 128}},
    {TileInputs::Halves, {16, 64, 32, 2, 256, 1, 80, 4}},
    {TileInputs::Halves, {16, 32, 32, 2, 128, 1, 80, 4}},
    {TileInputs::AsyncHalves, {128, 128, 32, 2, 128, 2, 215}},
    {TileInputs::AsyncHalves, {128, 64, 32, 2, 128, 2, 144}},
    {TileInputs::AsyncHalves, {64, 64, 32, 4, 128, 2, 104}},
    {TileInputs::AsyncHalves, {16, 64, 32, 2, 256, 1, 80, 4}},
    {TileInputs::AsyncHalves, {16, 32, 32, 3, 128, 1, 80, 4}},
};

/// A step of a step's tokens: the default of --max-tokens.
constexpr int64_t unknownSize = 512;
constexpr int64_t warpLanes = 32;
} // namespace

static int64_t sharedBytes(const TileShape &shape, TileInputs inputs) {
  int64_t elementBytes = inputs == TileInputs::Floats ? 4 : 2;
  return shape.groups * shape.stages * shape.depth *
         (shape.rows + shape.columns) * elementBytes;
}

TileChoice chooseTile(unsigned arch, TileInputs inputs, const SizeExpr &rows,
                      const SizeExpr &columns, const SizeExpr &depth) {
  GpuArch gpu = gpuArchs[0];
  for (const GpuArch &each : gpuArchs)
    if (each.arch == arch)
      gpu = each;
  int64_t m = rows.asConstant().value_or(unknownSize);
  int64_t n = columns.asConstant().value_or(unknownSize);
  int64_t k = depth.asConstant().value_or(unknownSize);
  std::optional<TileChoice> best;
  double least = std::numeric_limits<double>::infinity();
  for (const Candidate &candidate : candidates) {
    const TileShape &shape = candidate.shape;
    // Low tiles read the columns again for each few rows, of which there may be
    // many more than the model takes.
    if (candidate.inputs != inputs || (shape.rows <= lowRows && m > lowRows))
      continue;
    int64_t tiles =
        llvm::divideCeil(m, shape.rows) * llvm::divideCeil(n, shape.columns);
    int64_t together =
        std::min(gpu.registers / (shape.threads * shape.registers),
                 gpu.sharedBytes / sharedBytes(shape, inputs));
    // Blocks that a multiprocessor runs side by side share its time; what a
    // tile reads counts beside what it computes. For each term, in products.
    int64_t perProcessor = llvm::divideCeil(tiles, gpu.multiprocessors);
    int64_t waves = llvm::divideCeil(perProcessor, together);
    double work = shape.rows * shape.columns;
    double traffic = 16 * (shape.rows + shape.columns);
    double latency = 2048;
    double cost = perProcessor * (work + traffic) + waves * latency;
    if (cost < least) {
      least = cost;
      double peak =
          inputs == TileInputs::Floats ? gpu.floatFlops : gpu.halfFlops;
      best = {shape, m, together,
              double(together * shape.threads / warpLanes) / gpu.warps,
              cost * 2 * k * gpu.multiprocessors / peak};
    }
  }
  return *best;
}

} // namespace weft::cuda
