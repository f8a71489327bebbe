//===- Sampler.cpp - Draws tokens from logits -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/Sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

using namespace weft;

/// Below the greatest logit by more, a token has less than 1e-13 of its
/// probability: all of a vocabulary together are less than a float can tell.
static constexpr float negligible = -30;

static Status outOfRange(const char *name, float value, const char *expected) {
  return Status::error("the " + std::string(name) + " is " +
                       std::to_string(value) + ", expected " + expected);
}

StatusOr<Sampler> Sampler::create(const SamplingOptions &options) {
  // Comparisons that are false for NaN.
  if (!(options.temperature >= 0) || std::isinf(options.temperature))
    return outOfRange("temperature", options.temperature,
                      "a number of at least 0");
  if (!(options.topP > 0 && options.topP <= 1))
    return outOfRange("top-p", options.topP, "a number above 0, at most 1");
  if (!(options.minP >= 0 && options.minP <= 1))
    return outOfRange("min-p", options.minP, "a number from 0 to 1");
  if (!(options.repetitionPenalty > 0) || std::isinf(options.repetitionPenalty))
    return outOfRange("repetition penalty", options.repetitionPenalty,
                      "a number above 0");
  return Sampler(options);
}

/// The lowest of the tokens with the greatest logit; -1 where there is none.
static int32_t greatestOf(std::span<const float> logits) {
  // Blocks, so that the compiler compares many at once: the greatest of a block
  // does not depend on the order of comparisons.
  constexpr size_t block = 256;
  float greatest = -std::numeric_limits<float>::infinity();
  size_t place = logits.size();
  for (size_t begin = 0; begin < logits.size(); begin += block) {
    size_t end = std::min(begin + block, logits.size());
    std::array<float, 16> lanes;
    lanes.fill(-std::numeric_limits<float>::infinity());
    size_t i = begin;
    for (; i + 16 <= end; i += 16)
      for (size_t lane = 0; lane != 16; ++lane)
        lanes[lane] =
            logits[i + lane] > lanes[lane] ? logits[i + lane] : lanes[lane];
    for (; i != end; ++i)
      lanes[0] = logits[i] > lanes[0] ? logits[i] : lanes[0];
    float best = *std::max_element(lanes.begin(), lanes.end());
    if (best > greatest) {
      greatest = best;
      place = begin;
    }
  }
  while (place < logits.size() && logits[place] != greatest)
    ++place;
  return place < logits.size() ? static_cast<int32_t>(place) : -1;
}

std::span<const float> Sampler::penalize(std::span<const float> logits,
                                         std::span<const int32_t> history) {
  if (options.repetitionPenalty == 1 || history.empty())
    return logits;
  penalized.assign(logits.begin(), logits.end());
  isSeen.assign(logits.size(), false);
  for (int32_t token : history) {
    auto index = static_cast<size_t>(token);
    if (token < 0 || index >= logits.size() || isSeen[index])
      continue;
    isSeen[index] = true;
    float &logit = penalized[index];
    logit = logit > 0 ? logit / options.repetitionPenalty
                      : logit * options.repetitionPenalty;
  }
  return penalized;
}

/// Greater first; the lower token among equals.
template <typename Candidate>
static bool isBefore(Candidate left, Candidate right) {
  return left.weight != right.weight ? left.weight > right.weight
                                     : left.token < right.token;
}

void Sampler::keepTopK(std::span<const float> logits) {
  // A heap of the best, the worst of them on top: nearly all tokens fail the
  // first comparison.
  auto before = isBefore<Candidate>;
  for (size_t i = 0; i != logits.size(); ++i) {
    Candidate candidate{logits[i], static_cast<int32_t>(i)};
    if (candidates.size() < options.topK) {
      if (std::isnan(candidate.weight))
        continue;
      candidates.push_back(candidate);
      std::push_heap(candidates.begin(), candidates.end(), before);
    } else if (candidate.weight > candidates.front().weight) {
      std::pop_heap(candidates.begin(), candidates.end(), before);
      candidates.back() = candidate;
      std::push_heap(candidates.begin(), candidates.end(), before);
    }
  }
  // The heap's order is the library's own affair.
  std::sort(
      candidates.begin(), candidates.end(),
      [](Candidate left, Candidate right) { return left.token < right.token; });
}

void Sampler::keepLikely(std::span<const float> logits, float greatest) {
  float least = greatest + negligible * options.temperature;
  for (size_t i = 0; i != logits.size(); ++i)
    if (logits[i] >= least)
      candidates.push_back({logits[i], static_cast<int32_t>(i)});
}

void Sampler::keepTopP() {
  double total = 0;
  for (Candidate candidate : candidates)
    total += candidate.weight;
  // Tokens less probable than this cannot be needed: all of them together have
  // less than 1 - p. Nearly all of a vocabulary ends here.
  double least =
      total * (1 - options.topP) / static_cast<double>(candidates.size());
  ranked.clear();
  for (Candidate candidate : candidates)
    if (candidate.weight >= least)
      ranked.push_back(candidate);
  // The last one that is needed, by halves instead of sorting.
  double wanted = total * options.topP;
  auto begin = ranked.begin(), end = ranked.end();
  while (end - begin > 1) {
    auto middle = begin + (end - begin) / 2;
    std::nth_element(begin, middle, end, isBefore<Candidate>);
    double sum = 0;
    for (auto it = begin; it != middle; ++it)
      sum += it->weight;
    if (sum >= wanted) {
      end = middle;
    } else {
      wanted -= sum;
      begin = middle;
    }
  }
  if (begin != ranked.end())
    std::erase_if(candidates, [last = *begin](Candidate candidate) {
      return isBefore(last, candidate);
    });
}

int32_t Sampler::draw() {
  double total = 0;
  for (Candidate candidate : candidates)
    total += candidate.weight;
  // Not a distribution of the standard library, whose values differ from one
  // library to the next.
  double rest = total * (static_cast<double>(random() >> 11) * 0x1p-53);
  for (Candidate candidate : candidates) {
    rest -= candidate.weight;
    if (rest < 0)
      return candidate.token;
  }
  return candidates.back().token; // Rounding left a little.
}

StatusOr<int32_t> Sampler::sample(std::span<const float> logits,
                                  std::span<const int32_t> history) {
  logits = penalize(logits, history);
  int32_t best = greatestOf(logits);
  if (best < 0)
    return Status::error("none of the " + std::to_string(logits.size()) +
                         " logits is a number: the model computed NaN or "
                         "-infinity");
  float greatest = logits[static_cast<size_t>(best)];
  if (options.temperature == 0 || std::isinf(greatest))
    return best;
  candidates.clear();
  if (options.topK != 0 && options.topK < logits.size())
    keepTopK(logits);
  else
    keepLikely(logits, greatest);
  for (Candidate &candidate : candidates)
    candidate.weight =
        std::exp((candidate.weight - greatest) / options.temperature);
  if (options.topP < 1)
    keepTopP();
  // The most probable one has weight 1.
  std::erase_if(candidates, [&](Candidate candidate) {
    return candidate.weight < options.minP;
  });
  return draw();
}
