//===- llm-run.cpp - Run a compiled artifact ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/AtomicFile.h"
#include "runtime/base/Npy.h"
#include "runtime/base/Trace.h"
#include "tools/common/Progress.h"
#include "tools/common/RuntimeTool.h"
#include "tools/llm-run/Compare.h"
#include "tools/llm-run/Text.h"
#include "tools/llm-run/Watchdog.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>

using namespace weft;

namespace {
struct Options {
  tool::LoadFlags load;
  tool::TextFlags text;
  std::vector<std::string> inputs, expected;
  std::string outputFolder, trace;
  tool::Tolerance tolerance;
  double timeout = 0;
};
} // namespace

static void addOptions(CLI::App &app, Options &options) {
  options.load.addTo(app);
  options.text.addTo(app);
  app.add_option("--input", options.inputs, "an input, for each input once")
      ->type_name("NAME=FILE.npy");
  app.add_option("--output-dir", options.outputFolder,
                 "writes each output to NAME.npy in this folder")
      ->type_name("DIR");
  app.add_option("--expect", options.expected,
                 "compares an output; a difference is an error")
      ->type_name("NAME=FILE.npy");
  app.add_option("--rtol", options.tolerance.relative,
                 "with --expect: allowed is atol + rtol * |expected|")
      ->check(tool::number(/*allowsZero=*/true))
      ->capture_default_str();
  app.add_option("--atol", options.tolerance.absolute, "see --rtol")
      ->check(tool::number(/*allowsZero=*/true))
      ->capture_default_str();
  app.add_option("--timeout", options.timeout,
                 "stops loading, or running, with an error after this time "
                 "(default: never)")
      ->check(tool::number(/*allowsZero=*/false))
      ->type_name("SECONDS");
  app.add_option("--trace", options.trace,
                 "writes a timeline of every launch and collective, a row for "
                 "each device, for Perfetto or "
                 "chrome://tracing")
      ->type_name("FILE.json");
  app.footer(
      "Examples. A language model answers a question, or holds a "
      "conversation:\n"
      "  llm-run smollm2.weft --chat --prompt \"What is gravity?\"\n"
      "  llm-run smollm2.weft --chat --temperature=0.7 --top-p=0.9\n"
      "An encoder on three tokens:\n"
      "  python3 -c 'import numpy; numpy.save(\"ids.npy\", "
      "numpy.array([[101, 7592, 102]]))'\n"
      "  python3 -c 'import numpy; numpy.save(\"mask.npy\", "
      "numpy.ones((1, 3), \"int64\"))'\n"
      "  llm-run encoder.weft --input input_ids=ids.npy \\\n"
      "      --input attention_mask=mask.npy --output-dir out\n"
      "An error is one line on stderr that starts with 'error:'; the exit "
      "status is then 1.");
}

/// Output names come from a model: they may hold slashes.
static std::string fileName(std::string name) {
  std::replace(name.begin(), name.end(), '/', '_');
  return name + ".npy";
}

static Status writeOutputs(const std::string &folder,
                           const std::vector<Tensor> &outputs) {
  if (mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST)
    return Status::error("cannot make folder '" + folder +
                         "': " + std::strerror(errno));
  std::set<std::string> names;
  for (const Tensor &output : outputs) {
    std::string file = fileName(output.name());
    if (!names.insert(file).second)
      return Status::error("two outputs would be written to '" + file + "'");
    WEFT_RETURN_IF_ERROR(writeNpy(folder + "/" + file, output.type(),
                                  output.shape(), output.data()));
  }
  return Status::ok();
}

static Status compareOutputs(const Options &options,
                             const std::vector<Tensor> &outputs) {
  for (const std::string &text : options.expected) {
    auto pair = tool::splitPair(text, "--expect");
    if (!pair)
      return pair.status();
    auto output =
        std::find_if(outputs.begin(), outputs.end(), [&](const Tensor &tensor) {
          return tensor.name() == pair->first;
        });
    if (output == outputs.end())
      return Status::error("--expect: there is no output '" + pair->first +
                           "'");
    StatusOr<NpyArray> array = readNpy(pair->second);
    if (!array)
      return array.status();
    StatusOr<double> difference =
        tool::compare(*output, *array, options.tolerance);
    if (!difference)
      return Status::error("output '" + pair->first + "' against '" +
                           pair->second + "': " + difference.message());
    std::printf("%s agrees with %s: greatest difference %.3g\n",
                pair->first.c_str(), pair->second.c_str(), *difference);
  }
  return Status::ok();
}

static void addToTrace(Trace &trace, const CommandRecord &record) {
  std::string name(record.name);
  if (record.family == "collective")
    name += " " + std::to_string(record.bytes) + " bytes";
  trace.add({std::move(name), std::string(record.family),
             std::string(record.node), std::string(record.device), record.begin,
             record.end, record.flops});
}

/// What each run is given; the trace takes its commands.
static RunOptions runOptions(const Options &options, Trace &trace) {
  RunOptions run;
  run.timeout = options.timeout;
  if (!options.trace.empty())
    run.onCommand = [&](const CommandRecord &record) {
      addToTrace(trace, record);
    };
  return run;
}

static Status runLanguageModel(const Options &options,
                               tool::Watchdog &watchdog) {
  if (!options.inputs.empty() || !options.expected.empty() ||
      !options.outputFolder.empty())
    return Status::error("--input, --expect and --output-dir do not go with "
                         "the options of language models");
  Trace trace;
  WEFT_RETURN_IF_ERROR(tool::runText(options.load, options.text,
                                     runOptions(options, trace), watchdog));
  return options.trace.empty() ? Status::ok() : trace.write(options.trace);
}

static Status runModel(const Options &options, tool::Watchdog &watchdog) {
  WEFT_RETURN_IF_ERROR(options.text.check());
  if (options.text.isUsed())
    return runLanguageModel(options, watchdog);
  std::vector<NpyArray> arrays;
  std::vector<std::string> names;
  for (const std::string &text : options.inputs) {
    auto pair = tool::splitPair(text, "--input");
    if (!pair)
      return pair.status();
    StatusOr<NpyArray> array = readNpy(pair->second);
    if (!array)
      return array.status();
    names.push_back(pair->first);
    arrays.push_back(std::move(*array));
  }
  tool::Progress progress("loading " + options.load.artifact);
  StatusOr<Model> model =
      Model::load(options.load.artifact, options.load.options());
  if (!model)
    return model.status();
  if (arrays.empty() && model->languageModel())
    return Status::error("'" + options.load.artifact +
                         "' is a language model; give it a text with --prompt "
                         "or --chat");
  std::vector<TensorView> inputs;
  for (size_t i = 0; i != arrays.size(); ++i)
    inputs.push_back({names[i], arrays[i].header.type, arrays[i].header.shape,
                      arrays[i].data()});
  Trace trace;
  RunOptions run = runOptions(options, trace);
  progress.next("running " + options.load.artifact);
  watchdog.restart();
  StatusOr<std::vector<Tensor>> outputs = model->run(inputs, run);
  progress.end();
  if (!outputs)
    return Status::error("'" + options.load.artifact +
                         "': " + outputs.message());
  tool::printNotes(model->notes());
  for (const Tensor &output : *outputs)
    std::printf("%s %s\n", output.name().c_str(),
                tool::describe(output.type(), output.shape()).c_str());
  if (!options.outputFolder.empty())
    WEFT_RETURN_IF_ERROR(writeOutputs(options.outputFolder, *outputs));
  if (!options.trace.empty())
    WEFT_RETURN_IF_ERROR(trace.write(options.trace));
  return compareOutputs(options, *outputs);
}

int main(int argc, char **argv) {
  CLI::App app("Runs a compiled artifact: a language model on a prompt, any "
               "model on inputs from .npy files.");
  Options options;
  addOptions(app, options);
  if (std::optional<int> status = tool::parse(app, argc, argv))
    return *status;
  tool::Watchdog watchdog(options.timeout);
  return tool::finish(runModel(options, watchdog));
}
