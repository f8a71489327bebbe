//===- ExecutionPlanOutputs.cpp - Which parts of an output are written ----===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/ExecutionPlan.h"

#include <algorithm>

using namespace weft;

std::vector<Block> ExecutionPlan::writtenParts(uint32_t output) const {
  std::vector<Block> parts;
  bool isEverything = false;
  auto add = [&](const Op &op, uint32_t buffer, uint64_t offset,
                 uint64_t bytes) {
    const ProgramBuffer &root = variant.buffers[variant.buffers[buffer].root];
    if (root.kind != artifact::Buffer::OUTPUT || root.index != output)
      return;
    // Where it writes is known when it runs.
    isEverything |= op.isDynamic;
    uint64_t begin = rootOffsets[buffer] + offset;
    if (bytes != 0)
      parts.push_back({begin, begin + bytes});
  };
  auto addWhole = [&](const Op &op, uint32_t buffer) {
    add(op, buffer, 0, bufferBytes[buffer]);
  };
  auto addLaunch = [&](const Op &op, const LaunchOp &launch) {
    for (size_t i = 0; i != launch.buffers.size(); ++i)
      if (launch.writes[i])
        addWhole(op, launch.buffers[i]);
  };
  for (const Op &op : variant.ops)
    switch (op.kind) {
    case Op::Kind::Launch:
      addLaunch(op, variant.launches[op.index]);
      break;
    case Op::Kind::Gemm: {
      const GemmOp &gemm = variant.gemms[op.index];
      addWhole(op, gemm.d);
      if (gemm.launch)
        addLaunch(op, variant.launches[*gemm.launch]);
      break;
    }
    case Op::Kind::Collective:
      addWhole(op, variant.collectives[op.index].destination);
      break;
    case Op::Kind::Copy:
      add(op, variant.copies[op.index].destination,
          copies[op.index].destinationOffset, copies[op.index].bytes);
      break;
    case Op::Kind::Fill:
      addWhole(op, variant.fills[op.index].buffer);
      break;
    case Op::Kind::Read:
    case Op::Kind::Jump:
    case Op::Kind::Signal:
    case Op::Kind::Wait:
      break;
    }
  if (isEverything)
    return {{0, UINT64_MAX}};
  std::sort(parts.begin(), parts.end(),
            [](const Block &a, const Block &b) { return a.begin < b.begin; });
  std::vector<Block> merged;
  for (const Block &part : parts)
    if (!merged.empty() && part.begin <= merged.back().end)
      merged.back().end = std::max(merged.back().end, part.end);
    else
      merged.push_back(part);
  return merged;
}
