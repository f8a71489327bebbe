//===- llm-objdump.cpp - Shows what an artifact holds ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define TOOL_OPTIONS "tools/llm-objdump/Options.inc"
#include "runtime/artifact/Artifact.h"
#include "tools/common/CommandLine.h"
#include "tools/llm-objdump/Print.h"

using namespace llvm;
using namespace llvm::opt;
using namespace weft;
using enum tool::OptionID;

static StatusOr<std::map<std::string, int64_t>>
readSizes(const artifact::Manifest &manifest, const InputArgList &args) {
  std::map<std::string, int64_t> sizes;
  SmallVector<StringRef> texts;
  if (const Arg *arg = args.getLastArg(OPT_sizes))
    StringRef(arg->getValue()).split(texts, ',');
  for (StringRef text : texts) {
    auto [name, number] = text.split('=');
    int64_t value = 0;
    if (number.getAsInteger(10, value) || value < 1)
      return Status::error("--sizes: '" + text.str() +
                           "' is no size; expected one such as batch=8");
    auto isIt = [&](const auto &symbol) { return symbol.name() == name; };
    if (none_of(manifest.sizes(), isIt))
      return Status::error("--sizes: the artifact has no size '" + name.str() +
                           "'");
    sizes[name.str()] = value;
  }
  return sizes;
}

static Status dump(const std::string &folder, const InputArgList &args) {
  StatusOr<std::unique_ptr<artifact::Manifest>> manifest = readManifest(folder);
  if (!manifest)
    return manifest.status();
  objdump::printSummary(**manifest, outs());
  WEFT_RETURN_IF_ERROR(objdump::printTokenizer(folder, **manifest, outs()));
  if (args.hasArg(OPT_program))
    objdump::printPrograms(**manifest, outs());
  if (args.hasArg(OPT_kernels))
    objdump::printKernels(**manifest, outs());
  if (args.hasArg(OPT_weights))
    WEFT_RETURN_IF_ERROR(objdump::printWeights(folder, **manifest, outs()));
  if (args.hasArg(OPT_disassemble))
    for (const artifact::Stage &stage : (*manifest)->stages())
      WEFT_RETURN_IF_ERROR(objdump::disassemble(folder, stage, outs()));
  if (const Arg *gpu = args.getLastArg(OPT_predict)) {
    auto sizes = readSizes(**manifest, args);
    if (!sizes)
      return sizes.status();
    WEFT_RETURN_IF_ERROR(objdump::printPrediction(
        folder, **manifest, gpu->getValue(), *sizes, outs()));
  }
  return Status::ok();
}

int main(int argc, char **argv) {
  tool::About about = {"llm-objdump", "artifact",
                       "llm-objdump DIR.weft [options]",
                       "Shows what a compiled artifact holds"};
  tool::CommandLine commandLine;
  if (std::optional<int> status = tool::parse(about, argc, argv, commandLine))
    return *status;
  Status status = dump(commandLine.operand, commandLine.options);
  return status ? tool::finish() : tool::fail(status.message());
}
