//===- Exchange.cpp - Values from lane to lane ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/Exchange.h"

#include "runtime/cusim/warp/LaneMemory.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace weft::cusim;

namespace {

constexpr uint32_t CanonicalNaN = 0x7fffffff;

/// The lane that `lane` reads, and whether it lies in its segment.
struct ShuffleSource {
  unsigned lane;
  bool isInRange;
};

ShuffleSource shuffleSource(ShuffleMode mode, unsigned lane, uint32_t b,
                            uint32_t c) {
  int value = b & 0x1f;
  int clamp = c & 0x1f;
  int segment = c >> 8 & 0x1f;
  int self = static_cast<int>(lane);
  int first = self & segment;
  int last = first | (clamp & ~segment);
  int source = self;
  bool isInRange = false;
  switch (mode) {
  case ShuffleMode::Up:
    source = self - value;
    isInRange = source >= last;
    break;
  case ShuffleMode::Down:
    source = self + value;
    isInRange = source <= last;
    break;
  case ShuffleMode::Butterfly:
    source = self ^ value;
    isInRange = source <= last;
    break;
  case ShuffleMode::Index:
    source = first | (value & ~segment);
    isInRange = source <= last;
    break;
  }
  return {static_cast<unsigned>(isInRange ? source : self), isInRange};
}

uint64_t matchValue(const Collective &call, unsigned lane) {
  return call.immediate & 1 ? operandPair(call, 0, lane)
                            : operandWord(call, 0, lane);
}

/// min and max as the scalar instructions define them: -0 is below +0, and a
/// NaN loses against a number unless it is asked to win.
uint32_t reduceFloat(ReduceImmediate how, uint32_t left, uint32_t right) {
  float a = std::bit_cast<float>(left), b = std::bit_cast<float>(right);
  if (std::isnan(a) || std::isnan(b)) {
    if (how.propagatesNaN || (std::isnan(a) && std::isnan(b)))
      return CanonicalNaN;
    return std::isnan(a) ? right : left;
  }
  bool isLess = a < b || (a == b && std::signbit(a));
  return isLess == (how.operation == ReduceOperation::Min) ? left : right;
}

uint32_t reduce(ReduceImmediate how, uint32_t a, uint32_t b) {
  bool isSigned = how.type == ReduceType::Signed;
  auto isLess = [&] {
    return isSigned ? static_cast<int32_t>(a) < static_cast<int32_t>(b) : a < b;
  };
  switch (how.operation) {
  case ReduceOperation::Add:
    return a + b;
  case ReduceOperation::And:
    return a & b;
  case ReduceOperation::Or:
    return a | b;
  case ReduceOperation::Xor:
    return a ^ b;
  case ReduceOperation::Min:
    if (how.type == ReduceType::Float)
      return reduceFloat(how, a, b);
    return isLess() ? a : b;
  case ReduceOperation::Max:
    if (how.type == ReduceType::Float)
      return reduceFloat(how, a, b);
    return isLess() ? b : a;
  }
  __builtin_unreachable();
}

} // namespace

void weft::cusim::cusim_shfl(const Collective &call) {
  auto mode = static_cast<ShuffleMode>(call.immediate & 0xff);
  bool wantsPredicate = call.immediate >> 8 & 1;
  forEachLane(call, [&](unsigned lane) {
    ShuffleSource source = shuffleSource(mode, lane, operandWord(call, 1, lane),
                                         operandWord(call, 2, lane));
    bool takesPart = call.lanes >> source.lane & 1;
    setResult(call, 0, lane,
              operandWord(call, 0, takesPart ? source.lane : lane));
    if (wantsPredicate)
      setResult(call, 1, lane, source.isInRange);
  });
}

void weft::cusim::cusim_vote(const Collective &call) {
  uint32_t ballot = 0;
  forEachLane(call, [&](unsigned lane) {
    ballot |= (operandWord(call, 0, lane) & 1) << lane;
  });
  uint32_t result = 0;
  switch (static_cast<VoteMode>(call.immediate)) {
  case VoteMode::All:
    result = ballot == call.lanes;
    break;
  case VoteMode::Any:
    result = ballot != 0;
    break;
  case VoteMode::Uniform:
    result = ballot == call.lanes || ballot == 0;
    break;
  case VoteMode::Ballot:
    result = ballot;
    break;
  }
  forEachLane(call, [&](unsigned lane) { setResult(call, 0, lane, result); });
}

void weft::cusim::cusim_match_any(const Collective &call) {
  // Each turn finds all lanes with the value of the lowest one left.
  for (uint32_t left = call.lanes; left;) {
    uint64_t value = matchValue(call, std::countr_zero(left));
    uint32_t same = 0;
    for (uint32_t rest = left; rest; rest &= rest - 1) {
      unsigned lane = std::countr_zero(rest);
      if (matchValue(call, lane) == value)
        same |= uint32_t(1) << lane;
    }
    for (uint32_t rest = same; rest; rest &= rest - 1)
      setResult(call, 0, std::countr_zero(rest), same);
    left &= ~same;
  }
}

void weft::cusim::cusim_match_all(const Collective &call) {
  uint64_t value = matchValue(call, std::countr_zero(call.lanes));
  bool isSame = true;
  forEachLane(call, [&](unsigned lane) {
    isSame = isSame && matchValue(call, lane) == value;
  });
  forEachLane(call, [&](unsigned lane) {
    setResult(call, 0, lane, isSame ? call.lanes : 0);
    if (call.immediate & 2)
      setResult(call, 1, lane, isSame);
  });
}

void weft::cusim::cusim_redux(const Collective &call) {
  ReduceImmediate how = ReduceImmediate::unpack(call.immediate);
  auto value = [&](unsigned lane) {
    uint32_t word = operandWord(call, 0, lane);
    return how.isAbsolute ? word & 0x7fffffff : word;
  };
  unsigned first = std::countr_zero(call.lanes);
  uint32_t result = value(first);
  for (uint32_t rest = call.lanes & (call.lanes - 1); rest; rest &= rest - 1)
    result = reduce(how, result, value(std::countr_zero(rest)));
  // A single NaN among the lanes, or all of them: the canonical one.
  if (how.type == ReduceType::Float && std::isnan(std::bit_cast<float>(result)))
    result = CanonicalNaN;
  forEachLane(call, [&](unsigned lane) { setResult(call, 0, lane, result); });
}

void weft::cusim::cusim_elect(const Collective &call) {
  unsigned leader = std::countr_zero(call.lanes);
  forEachLane(call, [&](unsigned lane) {
    setResult(call, 0, lane, leader);
    setResult(call, 1, lane, lane == leader);
  });
}

void weft::cusim::cusim_warp_barrier(const Collective &) {}
