//===- Generation.cpp - Tokens a second of a language model ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/llm-bench/Generation.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <string>

using namespace weft;
using namespace weft::tool;

using Clock = std::chrono::steady_clock;

namespace {
/// Calls a model's step for sequences of equal lengths, each with blocks of its
/// own.
class Stepper {
public:
  Stepper(Model &model, const LanguageModel &language,
          const GenerationOptions &options)
      : model(model), language(language), sequences(options.sequences),
        random(options.seed) {
    int64_t longest =
        options.depth + std::max(options.prompt, options.generated);
    tableWidth = (longest + language.blockSize - 1) / language.blockSize;
    table.resize(static_cast<size_t>(sequences * tableWidth));
    std::iota(table.begin(), table.end(), 0);
  }

  /// Puts `count` random tokens behind the first `position` of each sequence,
  /// in as many steps as the artifact's capacity asks for.
  Status append(int64_t position, int64_t count) {
    while (count != 0) {
      int64_t part = std::min(count, language.maxTokens / sequences);
      WEFT_RETURN_IF_ERROR(step(position, part));
      position += part;
      count -= part;
    }
    return Status::ok();
  }

private:
  Status step(int64_t position, int64_t count) {
    start.assign(1, 0);
    tokens.clear(), positions.clear(), rows.clear();
    for (int64_t sequence = 0; sequence != sequences; ++sequence) {
      for (int64_t i = 0; i != count; ++i) {
        uint64_t vocabulary = static_cast<uint64_t>(language.vocabulary);
        tokens.push_back(static_cast<int32_t>(random() % vocabulary));
        positions.push_back(static_cast<int32_t>(position + i));
      }
      start.push_back(static_cast<int32_t>(tokens.size()));
      rows.push_back(start.back() - 1);
    }
    lengths.assign(static_cast<size_t>(sequences),
                   static_cast<int32_t>(position + count));
    logits.resize(static_cast<size_t>(sequences * language.vocabulary));

    int64_t all[] = {sequences * count}, starts[] = {sequences + 1},
            each[] = {sequences}, tableShape[] = {sequences, tableWidth},
            logitsShape[] = {sequences, language.vocabulary};
    TensorView inputs[] = {
        {"tokens", DataType::I32, all, tokens.data()},
        {"positions", DataType::I32, all, positions.data()},
        {"sequence_start", DataType::I32, starts, start.data()},
        {"kv_length", DataType::I32, each, lengths.data()},
        {"block_table", DataType::I32, tableShape, table.data()},
        {"logits_rows", DataType::I32, each, rows.data()}};
    MutableTensorView outputs[] = {
        {"logits", DataType::F32, logitsShape, logits.data()}};
    RunOptions options;
    options.entryPoint = language.entryPoint;
    return model.run(inputs, outputs, options);
  }

  Model &model;
  const LanguageModel &language;
  int64_t sequences, tableWidth;
  std::mt19937_64 random;
  std::vector<int32_t> tokens, positions, start, lengths, table, rows;
  std::vector<float> logits;
};
} // namespace

uint64_t tool::peakResidentBytes() {
  // getrusage counts what the process that started this one had.
  std::ifstream status("/proc/self/status");
  std::string word;
  uint64_t kilobytes = 0;
  while (status >> word)
    if (word == "VmHWM:")
      status >> kilobytes;
  return kilobytes * 1024;
}

static Status checkCapacity(const LanguageModel &language,
                            const GenerationOptions &options) {
  int64_t longest = options.depth + std::max(options.prompt, options.generated);
  if (longest > language.context)
    return Status::error("sequences of " + std::to_string(longest) +
                         " tokens, but the artifact has a context of " +
                         std::to_string(language.context) +
                         ": compile with a larger --context");
  if (options.sequences > language.maxSequences)
    return Status::error(std::to_string(options.sequences) +
                         " sequences, but a step of the artifact takes " +
                         std::to_string(language.maxSequences) +
                         ": compile with a larger --max-sequences");
  if (options.sequences > language.maxTokens)
    return Status::error(std::to_string(options.sequences) +
                         " sequences of a token each, but a step of the "
                         "artifact takes " +
                         std::to_string(language.maxTokens) +
                         " tokens: compile with a larger --max-tokens");
  return Status::ok();
}

StatusOr<GenerationResult>
tool::measureGeneration(Model &model, const GenerationOptions &options,
                        const std::optional<ReadPeak> &readPeak) {
  LanguageModel language = *model.languageModel();
  WEFT_RETURN_IF_ERROR(checkCapacity(language, options));
  Stepper stepper(model, language, options);
  auto prompt = [&] { return stepper.append(options.depth, options.prompt); };
  auto generate = [&](int64_t count) {
    for (int64_t i = 0; i != count; ++i)
      WEFT_RETURN_IF_ERROR(stepper.append(options.depth + i, 1));
    return Status::ok();
  };
  auto rate = [&](int64_t tokens, Clock::time_point start) {
    auto seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return static_cast<double>(tokens * options.sequences) / seconds;
  };

  WEFT_RETURN_IF_ERROR(stepper.append(0, options.depth));
  WEFT_RETURN_IF_ERROR(prompt());
  WEFT_RETURN_IF_ERROR(generate(std::min<int64_t>(options.generated, 8)));
  GenerationResult result;
  for (int i = 0; i != options.repeats; ++i) {
    Clock::time_point start = Clock::now();
    WEFT_RETURN_IF_ERROR(prompt());
    if (options.prompt != 0)
      result.prompt.push_back(rate(options.prompt, start));
    start = Clock::now();
    WEFT_RETURN_IF_ERROR(generate(options.generated));
    if (options.generated != 0)
      result.generation.push_back(rate(options.generated, start));
    if (i == 0) {
      // Pages that are only probed would count as the model's.
      result.peakResidentBytes = peakResidentBytes();
      // The first pass maps them.
      if (readPeak)
        readPeak->measure(model.threads());
    }
    if (readPeak)
      result.readRates.push_back(readPeak->measure(model.threads()));
  }
  return result;
}

static double mean(const std::vector<double> &values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(values.size());
}

static double deviation(const std::vector<double> &values) {
  if (values.size() < 2)
    return 0;
  double squares = 0;
  for (double value : values)
    squares += (value - mean(values)) * (value - mean(values));
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

void tool::printTable(const GenerationOptions &options,
                      const GenerationResult &result) {
  std::printf("%lld sequence%s at depth %lld\n",
              static_cast<long long>(options.sequences),
              options.sequences == 1 ? "" : "s",
              static_cast<long long>(options.depth));
  auto print = [](const char *name, const std::vector<double> &rates) {
    if (!rates.empty())
      std::printf("%-12s %10.2f tokens/s, deviation %.2f, best %.2f\n", name,
                  mean(rates), deviation(rates),
                  *std::max_element(rates.begin(), rates.end()));
  };
  print("prompt", result.prompt);
  print("generation", result.generation);
  std::printf("%-12s %10.1f MB at most\n", "memory",
              static_cast<double>(result.peakResidentBytes) / 1e6);
  if (!result.readRates.empty())
    std::printf("%-12s %10.1f GB/s of the weights\n", "reading",
                mean(result.readRates));
}

void tool::printJson(const GenerationOptions &options,
                     const GenerationResult &result) {
  nlohmann::ordered_json object = {
      {"prompt", options.prompt},
      {"generated", options.generated},
      {"depth", options.depth},
      {"sequences", options.sequences},
      {"prompt_tokens_per_s", result.prompt},
      {"generation_tokens_per_s", result.generation},
      {"read_gb_per_s", result.readRates},
      {"peak_rss_bytes", result.peakResidentBytes}};
  std::puts(object.dump(2).c_str());
}
