//===- llm-bench.cpp - How fast is a compiled artifact? -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/common/Progress.h"
#include "tools/common/RuntimeTool.h"
#include "tools/llm-bench/FmaPeak.h"
#include "tools/llm-bench/Generation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <set>

using namespace weft;

using Clock = std::chrono::steady_clock;

static constexpr int warmUps = 2;

namespace {
struct Options {
  tool::LoadFlags load;
  std::vector<std::string> sizes;
  std::string entryPoint;
  tool::GenerationOptions
      generation; // with the repetitions and the seed of both
  bool json = false;

  /// A language model's step at chosen sizes is an entry point as any other.
  bool asksForEntryPoint() const {
    return !sizes.empty() || !entryPoint.empty();
  }
};

/// What the launches of one kernel, or of all kernels of a family, take.
struct Work {
  double microseconds = 0, flops = 0;
};

struct Result {
  std::vector<double> latencies; // microseconds
  // Of one run, a rank's mean time.
  std::map<std::string, Work> families, kernels;
  double launches = 0; // of one run, on one rank
  double peak = 0;     // GFLOP/s of the CPUs; 0 on other devices

  double mean() const {
    return std::accumulate(latencies.begin(), latencies.end(), 0.0) /
           static_cast<double>(latencies.size());
  }
  double median() const {
    std::vector<double> sorted = latencies;
    std::sort(sorted.begin(), sorted.end());
    size_t middle = sorted.size() / 2;
    return sorted.size() % 2 ? sorted[middle]
                             : (sorted[middle - 1] + sorted[middle]) / 2;
  }
  double deviation() const {
    if (latencies.size() < 2)
      return 0;
    double squares = 0;
    for (double latency : latencies)
      squares += (latency - mean()) * (latency - mean());
    return std::sqrt(squares / static_cast<double>(latencies.size() - 1));
  }
};
} // namespace

static void addOptions(CLI::App &app, Options &options) {
  options.load.addTo(app);
  app.add_option("--sizes", options.sizes,
                 "values of the artifact's symbolic sizes")
      ->delimiter(',')
      ->type_name("NAME=N,...");
  app.add_option("--entry", options.entryPoint,
                 "the entry point to run (default: the first)")
      ->type_name("NAME");
  tool::GenerationOptions &generation = options.generation;
  auto count = CLI::Range(int64_t(0), int64_t(1) << 31);
  app.add_option("-p,--prompt", generation.prompt,
                 "tokens of a language model's prompt; 0: none")
      ->check(count)
      ->capture_default_str()
      ->type_name("N");
  app.add_option("-n,--generated", generation.generated,
                 "tokens that it generates; 0: none")
      ->check(count)
      ->capture_default_str()
      ->type_name("N");
  app.add_option("-d,--depth", generation.depth,
                 "tokens that were in the cache before")
      ->check(count)
      ->capture_default_str()
      ->type_name("N");
  app.add_option("-b,--sequences", generation.sequences,
                 "sequences at the same time")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str()
      ->type_name("N");
  app.add_option("-r", generation.repeats, "runs that are timed")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str()
      ->type_name("N");
  app.add_option("--seed", generation.seed, "of the inputs' random values")
      ->check(tool::wholeNumber())
      ->capture_default_str();
  app.add_flag("--json", options.json, "prints one JSON object");
  app.footer(
      "Example: the latency of an encoder for 8 texts of 128 tokens, on 2 "
      "threads\n"
      "  llm-bench encoder.weft --sizes=batch=8,sequence=128 -r 20 "
      "--threads=2\n"
      "Example: generation behind 2048 tokens, for 8 sequences at once\n"
      "  llm-bench model.weft -p 0 -n 128 -d 2048 -b 8\n"
      "Language models are measured in tokens a second, unless --sizes or "
      "--entry is given.\n"
      "Integer inputs are 0 or 1, which is valid for ids and masks; "
      "floating-point ones lie in [-1, 1).\n"
      "Kernel times come from as many runs again, each launch timed by "
      "itself.");
}

static StatusOr<std::map<std::string, int64_t>>
parseSizes(const Options &options) {
  std::map<std::string, int64_t> sizes;
  for (const std::string &text : options.sizes) {
    auto pair = tool::splitPair(text, "--sizes");
    if (!pair)
      return pair.status();
    int64_t value = 0;
    const std::string &digits = pair->second;
    auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size())
      return Status::error("--sizes '" + text + "': expected a number");
    if (!sizes.emplace(pair->first, value).second)
      return Status::error("--sizes gives '" + pair->first + "' twice");
  }
  return sizes;
}

static void fillRandom(Tensor &tensor, std::mt19937_64 &random) {
  // Not a distribution of the standard library, whose values differ from one
  // library to the next.
  auto fraction = [&] { return double(random() >> 11) / double(1ull << 53); };
  auto fill = [&](auto values, auto draw) {
    for (auto &value : values)
      value = static_cast<std::remove_reference_t<decltype(value)>>(draw());
  };
  auto bit = [&] { return random() & 1; };
  auto unit = [&] { return 2 * fraction() - 1; };
  switch (tensor.type()) {
  case DataType::F32:
    return fill(tensor.values<float>(), unit);
  case DataType::F64:
    return fill(tensor.values<double>(), unit);
  case DataType::F16:
    // 1 or 0 in the format's bits.
    return fill(tensor.values<uint16_t>(), [&] { return bit() * 0x3c00; });
  case DataType::BF16:
    return fill(tensor.values<uint16_t>(), [&] { return bit() * 0x3f80; });
  case DataType::I16:
  case DataType::U16:
    return fill(tensor.values<uint16_t>(), bit);
  case DataType::I32:
  case DataType::U32:
    return fill(tensor.values<uint32_t>(), bit);
  case DataType::I64:
  case DataType::U64:
    return fill(tensor.values<uint64_t>(), bit);
  default:
    return fill(tensor.values<uint8_t>(), bit);
  }
}

static StatusOr<Result> measure(Model &model, const Options &options) {
  auto sizes = parseSizes(options);
  if (!sizes)
    return sizes.status();
  auto shapes = model.inputShapes(*sizes, options.entryPoint);
  if (!shapes)
    return Status::error(shapes.message() +
                         (shapes.message().ends_with("has no value")
                              ? "; give it with --sizes"
                              : ""));

  std::mt19937_64 random(options.generation.seed);
  std::vector<Tensor> inputs;
  std::vector<TensorView> views;
  std::vector<TensorInfo> infos = model.inputs(options.entryPoint);
  for (size_t i = 0; i != infos.size(); ++i) {
    StatusOr<Tensor> input =
        Tensor::create(infos[i].name, infos[i].type, (*shapes)[i]);
    if (!input)
      return input.status();
    fillRandom(*input, random);
    inputs.push_back(std::move(*input));
  }
  for (const Tensor &input : inputs)
    views.push_back(input.view());

  RunOptions run;
  run.entryPoint = options.entryPoint;
  StatusOr<std::vector<Tensor>> outputs = model.run(views, run);
  if (!outputs)
    return outputs.status();
  std::vector<MutableTensorView> results;
  for (Tensor &output : *outputs)
    results.push_back(output.mutableView());
  for (int i = 1; i < warmUps; ++i)
    WEFT_RETURN_IF_ERROR(model.run(views, results, run));

  Result result;
  for (int i = 0; i != options.generation.repeats; ++i) {
    Clock::time_point start = Clock::now();
    WEFT_RETURN_IF_ERROR(model.run(views, results, run));
    result.latencies.push_back(
        std::chrono::duration<double, std::micro>(Clock::now() - start)
            .count());
  }
  // Apart from the timed runs, which reading the clock would slow down.
  std::set<std::string> devices;
  run.onCommand = [&](const CommandRecord &record) {
    devices.emplace(record.device);
    for (Work *work : {&result.families[std::string(record.family)],
                       &result.kernels[std::string(record.name)]}) {
      work->microseconds +=
          std::chrono::duration<double, std::micro>(record.end - record.begin)
              .count();
      work->flops += record.flops;
    }
    result.launches +=
        record.family != "memory" && record.family != "collective";
  };
  for (int i = 0; i != options.generation.repeats; ++i)
    WEFT_RETURN_IF_ERROR(model.run(views, results, run));
  double rankRuns =
      options.generation.repeats * static_cast<double>(devices.size());
  for (auto *works : {&result.families, &result.kernels})
    for (auto &[name, work] : *works) {
      work.microseconds /= rankRuns;
      work.flops /= options.generation.repeats;
    }
  result.launches /= std::max(rankRuns, 1.0);
  if (tool::runsOnCpu(model))
    result.peak = tool::measureFmaPeak(model.threads());
  return result;
}

static void printJson(const Result &result) {
  auto works = [](const std::map<std::string, Work> &works) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (const auto &[name, work] : works)
      object[name] = {{"us", work.microseconds}, {"flops", work.flops}};
    return object;
  };
  auto gemm = result.families.find("matmul");
  Work matmul = gemm == result.families.end() ? Work() : gemm->second;
  nlohmann::ordered_json object = {
      {"latencies_us", result.latencies},
      {"mean_us", result.mean()},
      {"median_us", result.median()},
      {"stddev_us", result.deviation()},
      {"min_us",
       *std::min_element(result.latencies.begin(), result.latencies.end())},
      {"peak_rss_bytes", tool::peakResidentBytes()},
      {"launches", result.launches},
      {"families", works(result.families)},
      {"kernels", works(result.kernels)},
      {"gemm_us", matmul.microseconds},
      {"gemm_flops", matmul.flops},
      {"fma_peak_gflops", result.peak}};
  // Names come from a manifest: they may be no valid UTF-8.
  std::puts(
      object
          .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
          .c_str());
}

static void printTable(const Result &result) {
  std::printf(
      "latency   mean %.1f us, deviation %.1f, median %.1f, least %.1f "
      "(%zu runs)\n",
      result.mean(), result.deviation(), result.median(),
      *std::min_element(result.latencies.begin(), result.latencies.end()),
      result.latencies.size());
  std::printf("memory    %.1f MB at most\n",
              static_cast<double>(tool::peakResidentBytes()) / 1e6);
  std::printf("launches  %.0f\n", result.launches);
  if (result.peak > 0)
    std::printf("peak      %.1f GFLOP/s of f32 multiply-adds\n", result.peak);
  std::printf("\n%-12s %12s %10s %8s\n", "family", "us", "GFLOP/s",
              result.peak > 0 ? "of peak" : "");
  for (const auto &[name, family] : result.families) {
    double rate =
        family.microseconds > 0 ? family.flops / family.microseconds / 1e3 : 0;
    std::printf("%-12s %12.1f", name.c_str(), family.microseconds);
    if (family.flops > 0)
      std::printf(" %10.1f", rate);
    if (family.flops > 0 && result.peak > 0)
      std::printf(" %7.1f%%", 100 * rate / result.peak);
    std::printf("\n");
  }
}

static Status benchEntryPoint(Model &model, const Options &options) {
  tool::Progress progress("measuring " + options.load.artifact);
  StatusOr<Result> result = measure(model, options);
  progress.end();
  if (!result)
    return result.status();
  options.json ? printJson(*result) : printTable(*result);
  return Status::ok();
}

static Status benchGeneration(Model &model, const Options &options) {
  std::optional<tool::ReadPeak> readPeak;
  if (tool::runsOnCpu(model)) {
    auto opened = tool::ReadPeak::open(options.load.artifact,
                                       options.load.options().copiesWeights);
    if (!opened)
      return opened.status();
    readPeak = std::move(*opened);
  }
  tool::Progress progress("measuring " + options.load.artifact);
  auto result = tool::measureGeneration(model, options.generation, readPeak);
  progress.end();
  if (!result)
    return result.status();
  auto print = options.json ? tool::printJson : tool::printTable;
  print(options.generation, *result);
  return Status::ok();
}

int main(int argc, char **argv) {
  CLI::App app("Measures tokens a second of a language model, or the latency "
               "of an entry "
               "point of a compiled artifact.");
  Options options;
  addOptions(app, options);
  if (std::optional<int> status = tool::parse(app, argc, argv))
    return *status;
  StatusOr<Model> model =
      Model::load(options.load.artifact, options.load.options());
  if (!model)
    return tool::fail(model.message());
  tool::printNotes(model->notes());
  bool generates = model->languageModel() && !options.asksForEntryPoint();
  for (const char *option : {"-p", "-n", "-d", "-b"})
    if (!generates && app.count(option) != 0)
      return tool::fail(std::string(option) +
                        " counts the tokens of a language model, but an entry "
                        "point is measured: leave it out");
  auto bench = generates ? benchGeneration : benchEntryPoint;
  return tool::finish(bench(*model, options));
}
