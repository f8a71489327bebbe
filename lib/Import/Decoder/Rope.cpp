//===- Rope.cpp - Frequencies of rotary position embeddings ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/Rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

using namespace weft;

static constexpr double pi = std::numbers::pi;

/// 0 below `low`, 1 above `high`.
static double ramp(double value, double low, double high) {
  // As in the reference, no step where both are equal.
  if (low == high)
    high += 0.001;
  return std::clamp((value - low) / (high - low), 0.0, 1.0);
}

/// How much of `frequency` is divided by the factor, from 0 to 1.
static double getLlama3Share(double frequency, const RopeScaling &scaling) {
  double wavelength = 2 * pi / frequency;
  double low = scaling.originalContext / scaling.lowFrequencyFactor;
  double high = scaling.originalContext / scaling.highFrequencyFactor;
  if (wavelength < high)
    return 0;
  if (wavelength > low)
    return 1;
  return 1 -
         (scaling.originalContext / wavelength - scaling.lowFrequencyFactor) /
             (scaling.highFrequencyFactor - scaling.lowFrequencyFactor);
}

/// The same for yarn, of frequency number i.
static double getYarnShare(int64_t i, double base, int64_t dimensions,
                           const RopeScaling &scaling) {
  auto dimensionOfTurns = [&](double turns) {
    return static_cast<double>(dimensions) *
           std::log(scaling.originalContext / (turns * 2 * pi)) /
           (2 * std::log(base));
  };
  double low = dimensionOfTurns(scaling.betaFast);
  double high = dimensionOfTurns(scaling.betaSlow);
  if (scaling.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  return ramp(static_cast<double>(i), std::max(low, 0.0),
              std::min(high, static_cast<double>(dimensions - 1)));
}

StatusOr<RopeTable> weft::computeRope(double base, int64_t dimensions,
                                      const RopeScaling &scaling) {
  using enum RopeScaling::Kind;
  auto isPositive = [](double value) {
    return std::isfinite(value) && value > 0;
  };
  if (!isPositive(base) || base == 1)
    return Status::error("the base of the rotary embedding is " +
                         std::to_string(base) + "; expected a positive number");
  if (scaling.kind != None && scaling.kind != Divisors &&
      !isPositive(scaling.factor))
    return Status::error("the factor of the rotary embedding's scaling is " +
                         std::to_string(scaling.factor) +
                         "; expected a positive number");
  if ((scaling.kind == Llama3 || scaling.kind == Yarn) &&
      (!isPositive(scaling.originalContext) ||
       !isPositive(scaling.lowFrequencyFactor) ||
       !isPositive(scaling.betaFast) || !isPositive(scaling.betaSlow) ||
       !(scaling.highFrequencyFactor > scaling.lowFrequencyFactor)))
    return Status::error("the numbers of the rotary embedding's scaling make "
                         "no sense; expected an original context, bounds that "
                         "are positive, and the low bound below the high one");
  int64_t count = dimensions / 2;
  if (scaling.kind == Divisors &&
      scaling.divisors.size() != static_cast<size_t>(count))
    return Status::error("the rotary embedding has " +
                         std::to_string(scaling.divisors.size()) +
                         " divisors; expected " + std::to_string(count) +
                         ", one for each of its frequencies");

  RopeTable table;
  for (int64_t i = 0; i != count; ++i) {
    double exponent =
        static_cast<double>(2 * i) / static_cast<double>(dimensions);
    double frequency = 1 / std::pow(base, exponent);
    double share = scaling.kind == Linear   ? 1
                   : scaling.kind == Llama3 ? getLlama3Share(frequency, scaling)
                   : scaling.kind == Yarn
                       ? getYarnShare(i, base, dimensions, scaling)
                       : 0;
    frequency *= share / scaling.factor + (1 - share);
    if (scaling.kind == Divisors) {
      if (!isPositive(scaling.divisors[i]))
        return Status::error("a divisor of the rotary embedding is " +
                             std::to_string(scaling.divisors[i]) +
                             "; expected a positive number");
      frequency /= scaling.divisors[i];
    }
    table.frequencies.push_back(frequency);
  }
  if (scaling.attentionFactor)
    table.attentionFactor = *scaling.attentionFactor;
  else if (scaling.kind == Yarn && scaling.factor > 1)
    table.attentionFactor = 0.1 * std::log(scaling.factor) + 1;
  if (!isPositive(table.attentionFactor))
    return Status::error("the attention factor of the rotary embedding is " +
                         std::to_string(table.attentionFactor) +
                         "; expected a positive number");
  return table;
}
