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
