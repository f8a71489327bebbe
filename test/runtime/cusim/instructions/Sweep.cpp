//===- Sweep.cpp - Instructions against their models ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Sweep.h"

#include "runtime/cusim/emit/LaneArithmetic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

namespace weft::cusim::test {

using ptx::Type;

Case exactly(std::string text, unsigned operands,
             std::function<uint64_t(const uint64_t *)> model) {
  Case result;
  result.subject.text = std::move(text);
  result.subject.operands = operands;
  result.model = [model = std::move(model)](const uint64_t *inputs,
                                            uint64_t *outputs) {
    outputs[0] = model(inputs);
  };
  return result;
}

static std::vector<uint64_t> integerEdges(unsigned bits) {
  std::vector<uint64_t> edges = {0, 1, 2, 3, 5, 7, 8, 9};
  uint64_t mask = bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1;
  for (unsigned count : {15, 16, 17, 24, 31, 32, 33, 63, 64, 65, 127, 128, 255,
                         256, 0x120, 0x8000, 0x8001, 0x10000})
    edges.push_back(count);
  uint64_t top = uint64_t(1) << (bits - 1);
  for (uint64_t value :
       {top, top - 1, top + 1, mask, mask - 1, mask - 2,
        uint64_t(0x5555555555555555), uint64_t(0xa5a5c3c30ff00f81), top >> 1,
        uint64_t(0x7fffff), uint64_t(0x800000), uint64_t(0xff7fffff),
        uint64_t(0x7fffffff), uint64_t(0x80000000), uint64_t(0xffffffff)})
    edges.push_back(value);
  for (uint64_t &edge : edges)
    edge &= mask;
  return edges;
}

static std::vector<uint64_t> floatEdges(const Format &format) {
  uint64_t one = uint64_t(format.bias) << format.fractionBits;
  uint64_t ulp = 1, half = uint64_t(1) << (format.fractionBits - 1);
  uint64_t exponent = uint64_t(1) << format.fractionBits;
  std::vector<uint64_t> edges = {0,
                                 ulp,
                                 exponent - 1,
                                 exponent,
                                 exponent + 1, // around subnormals
                                 one,
                                 one - 1,
                                 one + 1,
                                 one + half,
                                 one - exponent, // 1, 1.5, 0.5
                                 one - exponent + half,
                                 one + exponent, // 0.75, 2
                                 one + exponent + half / 2,
                                 one + exponent + half, // 2.5, 3
                                 one + 2 * exponent,
                                 format.largest,
                                 format.largest - 1,
                                 format.largest - half,
                                 format.infinity(),
                                 format.infinity() + 1,
                                 format.infinity() + half,
                                 format.nan};
  // Around the ends of integer types and of narrower floats.
  for (int power :
       {7, 8, 15, 16, 31, 32, 63, 64, -14, -15, -24, -25, -126, -149, 127})
    if (power > -format.bias && power <= format.bias) {
      uint64_t pattern = uint64_t(power + format.bias) << format.fractionBits;
      edges.insert(edges.end(), {pattern, pattern - 1, pattern + 1});
    }
  size_t count = edges.size();
  for (size_t i = 0; i < count; ++i)
    edges.push_back(edges[i] | format.sign());
  return edges;
}

/// Two values in one word.
static std::vector<uint64_t> pairs(const std::vector<uint64_t> &elements,
                                   unsigned bits) {
  std::vector<uint64_t> words;
  for (size_t i = 0; i < elements.size(); ++i) {
    size_t other = (i * 7 + 3) % elements.size();
    words.push_back(elements[i] | elements[other] << bits);
  }
  return words;
}

std::vector<uint64_t> edgeValues(Type type) {
  switch (type) {
  case Type::Pred:
    return {0, 1};
  case Type::F16:
    return floatEdges(formatF16);
  case Type::BF16:
    return floatEdges(formatBF16);
  case Type::F32:
    return floatEdges(formatF32);
  case Type::F64:
    return floatEdges(formatF64);
  case Type::F16x2:
    return pairs(floatEdges(formatF16), 16);
  case Type::BF16x2:
    return pairs(floatEdges(formatBF16), 16);
  case Type::F32x2:
    return pairs(floatEdges(formatF32), 32);
  case Type::U16x2:
  case Type::S16x2:
    return pairs(integerEdges(16), 16);
  default:
    return integerEdges(ptx::bitsOf(type));
  }
}

namespace {
/// Makes the inputs of one case, in batches of 32.
class Inputs {
public:
  Inputs(const Subject &subject, uint64_t seed, size_t mostCrossed)
      : random(seed), mostCrossed(mostCrossed) {
    ptx::Instruction instruction = makeInstruction(subject);
    for (unsigned i = 0; i < subject.operands; ++i) {
      types.push_back(operandType(instruction, i));
      auto constant = subject.constants.find(i);
      edges.push_back(constant == subject.constants.end()
                          ? edgeValues(types.back())
                          : std::vector<uint64_t>{constant->second});
    }
    if (subject.hasCarry) {
      types.push_back(Type::Pred);
      edges.push_back({0, 1});
    }
    makeAll(subject);
  }

  /// [tuple][operand].
  std::vector<std::vector<uint64_t>> tuples;

private:
  std::mt19937_64 random;
  size_t mostCrossed;
  std::vector<Type> types;
  std::vector<std::vector<uint64_t>> edges;

  void makeAll(const Subject &subject) {
    if (types.size() == 1 && ptx::bitsOf(types[0]) <= 16 &&
        subject.constants.empty()) {
      for (uint64_t value = 0; value < uint64_t(1) << ptx::bitsOf(types[0]);
           ++value)
        tuples.push_back({value});
    } else {
      size_t product = 1;
      for (const auto &values : edges)
        product *= values.size();
      for (size_t n = 0; n < std::min(product, mostCrossed); ++n) {
        std::vector<uint64_t> tuple;
        size_t rest = product <= mostCrossed ? n : random() % product;
        for (const auto &values : edges) {
          tuple.push_back(values[rest % values.size()]);
          rest /= values.size();
        }
        tuples.push_back(std::move(tuple));
      }
      for (size_t n = 0; n < mostCrossed / 4; ++n)
        tuples.push_back(randomTuple());
    }
    while (tuples.size() % 32)
      tuples.push_back(tuples.front());
  }

  std::vector<uint64_t> randomTuple() {
    std::vector<uint64_t> tuple;
    // Half of them of like size, so that sums cancel and compare close.
    uint64_t common = random();
    bool areAlike = random() % 2;
    for (size_t i = 0; i < types.size(); ++i) {
      if (edges[i].size() == 1 || random() % 16 == 0) {
        tuple.push_back(edges[i][random() % edges[i].size()]);
        continue;
      }
      unsigned bits = ptx::bitsOf(types[i]);
      uint64_t value = random() >> (64 - bits);
      if (areAlike && bits >= 16) {
        uint64_t low = value & ((uint64_t(1) << (bits - 7)) - 1);
        value =
            (common >> (64 - bits) & ~((uint64_t(1) << (bits - 7)) - 1)) | low;
        if (random() % 2)
          value ^= uint64_t(1) << (bits - 1);
      }
      tuple.push_back(value);
    }
    return tuple;
  }
};
} // namespace

static std::string describe(const std::vector<uint64_t> &inputs,
                            const std::vector<uint64_t> &got,
                            const std::vector<uint64_t> &wanted) {
  std::string text;
  auto append = [&](const char *name, const std::vector<uint64_t> &values) {
    text += name;
    char number[24];
    for (uint64_t value : values) {
      std::snprintf(number, sizeof number, " 0x%llx",
                    static_cast<unsigned long long>(value));
      text += number;
    }
  };
  append("of", inputs);
  append(" got", got);
  if (!wanted.empty())
    append(", expected", wanted);
  return text;
}

/// Compares one case at one width with its model.
static void runCase(const Case &test, Compiled function, unsigned width,
                    const Inputs &inputs, uint64_t seed) {
  const Subject &subject = test.subject;
  std::vector<uint64_t> in(subject.inputs() * width),
      out(subject.outputs() * width), got(subject.outputs()), wanted;
  unsigned failures = 0;
  // What is swept in full at width 32 needs a part only at width 1.
  size_t step = width == 1 && inputs.tuples.size() > 16384 ? 13 : width;
  for (size_t first = 0; first + width <= inputs.tuples.size(); first += step) {
    for (unsigned lane = 0; lane < width; ++lane)
      for (unsigned i = 0; i < subject.inputs(); ++i)
        in[i * width + lane] = inputs.tuples[first + lane][i];
    function(in.data(), out.data());
    for (unsigned lane = 0; lane < width; ++lane) {
      const std::vector<uint64_t> &tuple = inputs.tuples[first + lane];
      for (unsigned i = 0; i < subject.outputs(); ++i)
        got[i] = out[i * width + lane];
      bool isRight = false;
      if (test.judge) {
        isRight = test.judge(tuple.data(), got.data());
      } else {
        wanted.assign(subject.outputs(), 0);
        test.model(tuple.data(), wanted.data());
        isRight = got == wanted ||
                  (test.nanFormat && isNaN(got[0], *test.nanFormat) &&
                   isNaN(wanted[0], *test.nanFormat));
      }
      if (isRight)
        continue;
      ADD_FAILURE() << subject.text << " at width " << width << " (seed "
                    << seed << "): " << describe(tuple, got, wanted);
      if (++failures == 3)
        return;
    }
  }
}

void sweep(const std::vector<Case> &cases) {
  std::vector<Subject> subjects;
  for (const Case &test : cases)
    subjects.push_back(test.subject);
  Program program(subjects);
  // Many cases of one kind share their work.
  size_t mostCrossed = std::clamp<size_t>(400000 / cases.size(), 1024, 8192);
  for (size_t i = 0; i < cases.size(); ++i) {
    uint64_t seed = 1000 + i;
    Inputs inputs(cases[i].subject, seed, mostCrossed);
    for (unsigned width : {1, 32})
      runCase(cases[i], program.function(i, width), width, inputs, seed);
  }
}

} // namespace weft::cusim::test
