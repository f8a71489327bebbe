//===- AttentionSpan.cpp - Into which parts attention is divided ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/AttentionSpan.h"

#include "dialects/LLM/Analysis/SizeAnalysis.h"
#include "lib/Codegen/CUDA/PagedAttention.h"
#include "weft/GpuArch.h"

using namespace mlir;

namespace weft {

namespace {
/// Of one step's attention, of sequences of one token each.
struct Decoding {
  int64_t blocksOfSequence; ///< Of threads, with whole heads.
  int64_t positions;        ///< That a token sees.
  int64_t sequences;
  int64_t bytes; ///< Of the cache, for a position and a block of threads.
};
} // namespace

/// Longer contexts are rarely full: parts suit sequences of this length.
static constexpr int64_t typicalContext = 4096;
/// Of a launch that waits for the one before, in a graph; and of a part that is
/// merged, mostly the latency of its loads.
static constexpr double launchSeconds = 2e-6, mergeSeconds = 2e-7;

static double secondsOf(const GpuArch &gpu, const Decoding &step,
                        int64_t span) {
  int64_t length = span == 0 ? step.positions : std::min(span, step.positions);
  int64_t parts = llvm::divideCeil(step.positions, length);
  // The multiprocessors share the memory's bandwidth evenly.
  int64_t rounds = llvm::divideCeil(
      step.blocksOfSequence * step.sequences * parts, gpu.multiprocessors);
  double seconds = double(rounds) * length * step.bytes * gpu.multiprocessors /
                   gpu.memoryBytes;
  return span == 0 ? seconds : seconds + launchSeconds + parts * mergeSeconds;
}

static std::optional<Decoding> decodingOf(PagedAttentionOp op,
                                          SizeAnalysis &sizes) {
  RankedTensorType keys = op.getKeys().getType();
  RankedTensorType values = op.getValues().getType();
  int64_t heads = op.getType().getDimSize(1);
  if (ShapedType::isDynamic(heads) || !keys.getElementType().isFloat() ||
      ShapedType::isDynamicShape(keys.getShape().drop_front()) ||
      values.isDynamicDim(3) || keys.getDimSize(1) == 0)
    return std::nullopt;
  const SizeSymbols &symbols = sizes.getSymbols();
  SizeExpr capacity = sizes.getSize(op.getBlockTable(), 1) * keys.getDimSize(3);
  SizeExpr sequences = sizes.getSize(op.getKvLength(), 0);
  int64_t positions = std::min(symbols.of(capacity).maximum, typicalContext);
  if (op.getWindow())
    positions = std::min(positions, int64_t(*op.getWindow()));
  int64_t elements = keys.getDimSize(2) + values.getDimSize(3);
  return Decoding{cuda::itemsOfToken(heads, keys.getDimSize(1)),
                  std::max<int64_t>(positions, 1),
                  symbols.of(sequences).maximum,
                  elements * keys.getElementTypeBitWidth() / 8};
}

int64_t chooseAttentionSpan(ModuleOp module, const CUDATarget &target) {
  const GpuArch *gpu = llvm::find_if(gpuArchs, [&](const GpuArch &each) {
    return each.arch == target.leastArch();
  });
  if (gpu == std::end(gpuArchs))
    gpu = gpuArchs;
  SizeAnalysis sizes(module);
  SmallVector<Decoding> steps;
  module.walk([&](PagedAttentionOp op) {
    std::optional<Decoding> step = decodingOf(op, sizes);
    if (!step)
      return;
    steps.push_back(*step);
    step->sequences = 1;
    steps.push_back(*step);
  });
  int64_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (int64_t span : {0, 128, 256, 512}) {
    double seconds = 0;
    for (const Decoding &step : steps)
      seconds += secondsOf(*gpu, step, span);
    if (seconds < least) {
      least = seconds;
      best = span;
    }
  }
  return best;
}

} // namespace weft
