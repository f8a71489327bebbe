//===- SamplerTest.cpp - Which tokens are drawn, and how often ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/Sampler.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

using namespace weft;
using testing::HasSubstr;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

Sampler make(const SamplingOptions &options) {
  StatusOr<Sampler> sampler = Sampler::create(options);
  EXPECT_TRUE(sampler.isOk());
  return std::move(*sampler);
}

int32_t sample(Sampler &sampler, const std::vector<float> &logits,
               const std::vector<int32_t> &history = {}) {
  StatusOr<int32_t> token = sampler.sample(logits, history);
  EXPECT_TRUE(token.isOk());
  return token ? *token : -1;
}

/// How often each token came up.
std::map<int32_t, double> shares(const SamplingOptions &options,
                                 const std::vector<float> &logits,
                                 const std::vector<int32_t> &history = {}) {
  constexpr int draws = 10000;
  Sampler sampler = make(options);
  std::map<int32_t, double> found;
  for (int i = 0; i != draws; ++i)
    found[sample(sampler, logits, history)] += 1.0 / draws;
  return found;
}

/// The steps of SamplingOptions by the book: sorts everything, in double.
std::map<int32_t, double> shareByTheBook(const SamplingOptions &options,
                                         std::vector<float> logits,
                                         const std::vector<int32_t> &history) {
  std::vector<bool> seen(logits.size());
  for (int32_t token : history)
    if (!seen[token]) {
      seen[token] = true;
      logits[token] *= logits[token] > 0 ? 1 / options.repetitionPenalty
                                         : options.repetitionPenalty;
    }
  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  });
  if (options.topK != 0 && options.topK < order.size())
    order.resize(options.topK);
  std::vector<double> weights;
  for (int32_t token : order)
    weights.push_back(std::exp((double(logits[token]) - logits[order[0]]) /
                               options.temperature));
  double total = std::accumulate(weights.begin(), weights.end(), 0.0), sum = 0;
  size_t kept = 0;
  while (kept != weights.size() && sum < options.topP * total)
    sum += weights[kept++];
  while (kept > 1 && weights[kept - 1] < options.minP)
    sum -= weights[--kept];
  std::map<int32_t, double> shares;
  for (size_t i = 0; i != kept; ++i)
    shares[order[i]] = weights[i] / sum;
  return shares;
}

TEST(Sampler, GreedyTakesTheLowestOfTheGreatest) {
  Sampler sampler = make({});
  EXPECT_EQ(sample(sampler, {1, 5, 3, 5}), 1);
  EXPECT_EQ(sample(sampler, {-infinity, NAN, -7, -infinity}), 2);
  EXPECT_EQ(sample(sampler, {0, infinity, infinity}), 1);
  // In every place of a block, and over several blocks.
  for (size_t size : {1, 15, 16, 17, 255, 256, 257, 1000})
    for (size_t place = 0; place < size; place += 1 + size / 50) {
      std::vector<float> logits(size, -2);
      logits[place] = -1;
      logits.back() = -1;
      EXPECT_EQ(sample(sampler, logits), static_cast<int32_t>(place));
    }
}

TEST(Sampler, PenalizesEachTokenOfTheTextOnce) {
  Sampler sampler = make({.repetitionPenalty = 2});
  EXPECT_EQ(sample(sampler, {4, 3, 1}, {0, 0, 0}), 1);
  EXPECT_EQ(sample(sampler, {4, 3, 1}, {0, 1}), 0);
  EXPECT_EQ(sample(sampler, {-1, -1.5f, -9}, {0}), 1);
  // A text may hold tokens that the model gives no logit.
  EXPECT_EQ(sample(sampler, {4, 3, 1}, {-1, 3, 1 << 30}), 0);
}

TEST(Sampler, DrawsAsTheStepsSay) {
  std::vector<float> logits;
  for (int i = 0; i != 300; ++i)
    logits.push_back(4 * std::sin(static_cast<float>(i) * 1.7f));
  for (int i = 0; i != 6; ++i)
    logits[static_cast<size_t>(40 * i)] = 7 - static_cast<float>(i / 2);
  std::vector<int32_t> history = {0, 40, 40, 5};
  SamplingOptions cases[] = {
      {.temperature = 1},
      {.temperature = 0.5f},
      {.temperature = 3},
      {.temperature = 1, .topK = 5},
      {.temperature = 1, .topK = 1},
      {.temperature = 1, .topK = 300},
      {.temperature = 1, .topP = 0.6f},
      {.temperature = 2, .topP = 0.95f},
      {.temperature = 1, .topP = 1e-6f},
      {.temperature = 1, .minP = 0.2f},
      {.temperature = 1, .minP = 1},
      {.temperature = 1.5f, .topK = 40, .topP = 0.8f, .minP = 0.05f},
      {.temperature = 1, .repetitionPenalty = 1.3f},
      {.temperature = 1, .topK = 5, .repetitionPenalty = 0.5f},
  };
  for (const SamplingOptions &options : cases) {
    auto found = shares(options, logits, history);
    auto expected = shareByTheBook(options, logits, history);
    for (const auto &[token, share] : expected)
      EXPECT_NEAR(found[token], share, 0.02)
          << token << " of case " << &options - cases;
    for (const auto &[token, share] : found)
      EXPECT_TRUE(expected.contains(token))
          << token << " of case " << &options - cases;
  }
}

TEST(Sampler, SameSeedSameTokens) {
  std::vector<float> logits(1000, 1);
  auto draw = [&](uint64_t seed) {
    Sampler sampler = make({.temperature = 1, .seed = seed});
    std::vector<int32_t> tokens;
    for (int i = 0; i != 20; ++i)
      tokens.push_back(sample(sampler, logits));
    return tokens;
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
  // The same on every machine: mt19937_64 and IEEE arithmetic.
  auto first = draw(42);
  first.resize(4);
  EXPECT_THAT(first, testing::ElementsAre(755, 639, 752, 136));
}

TEST(Sampler, KeepsWhatTopPNeedsOfAFlatVocabulary) {
  // Nearly all of 150,000 tokens are needed: more than any first guess.
  std::vector<float> logits(150000, 0);
  logits[77] = 1;
  Sampler sampler = make({.temperature = 1, .topP = 0.9f});
  int32_t greatest = 0;
  for (int i = 0; i != 100; ++i)
    greatest = std::max(greatest, sample(sampler, logits));
  EXPECT_LT(greatest, 135100);
  EXPECT_GT(greatest, 120000);
}

TEST(Sampler, RefusesWhatIsNoNumber) {
  Sampler sampler = make({.temperature = 1});
  std::vector<float> none = {NAN, -infinity};
  EXPECT_THAT(sampler.sample(none, {}).message(),
              HasSubstr("none of the 2 logits is a number"));
  EXPECT_FALSE(sampler.sample({}, {}).isOk());
  auto error = [](const SamplingOptions &options) {
    StatusOr<Sampler> sampler = Sampler::create(options);
    EXPECT_FALSE(sampler.isOk());
    return sampler ? "" : sampler.message();
  };
  EXPECT_THAT(error({.temperature = -1}), HasSubstr("the temperature is -1"));
  EXPECT_THAT(error({.temperature = NAN}), HasSubstr("temperature"));
  EXPECT_THAT(error({.topP = 0}), HasSubstr("above 0, at most 1"));
  EXPECT_THAT(error({.topP = 1.5f}), HasSubstr("top-p is 1.5"));
  EXPECT_THAT(error({.minP = 2}), HasSubstr("min-p is 2"));
  EXPECT_THAT(error({.repetitionPenalty = 0}), HasSubstr("repetition penalty"));
}

} // namespace
