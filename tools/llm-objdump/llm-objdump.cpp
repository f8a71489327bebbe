//===- llm-objdump.cpp - Shows what an artifact holds ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/Artifact.h"
#include "tools/llm-objdump/Print.h"

#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Option/Option.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace llvm::opt;
using namespace weft;

namespace {

enum OptionID {
  OPT_INVALID = 0,
#define OPTION(...) LLVM_MAKE_OPT_ID(__VA_ARGS__),
#include "tools/llm-objdump/Options.inc"
#undef OPTION
};

#define OPTTABLE_STR_TABLE_CODE
#include "tools/llm-objdump/Options.inc"
#undef OPTTABLE_STR_TABLE_CODE

#define OPTTABLE_PREFIXES_TABLE_CODE
#include "tools/llm-objdump/Options.inc"
#undef OPTTABLE_PREFIXES_TABLE_CODE

constexpr OptTable::Info optionInfo[] = {
#define OPTION(...) LLVM_CONSTRUCT_OPT_INFO(__VA_ARGS__),
#include "tools/llm-objdump/Options.inc"
#undef OPTION
};

class Options : public GenericOptTable {
public:
  Options()
      : GenericOptTable(OptionStrTable, OptionPrefixesTable, optionInfo) {}
};

} // namespace

static int fail(const std::string &message) {
  errs() << "error: " << message << "\n";
  return 1;
}

static Status dump(const std::string &folder, const InputArgList &args) {
  StatusOr<std::unique_ptr<artifact::Manifest>> manifest = readManifest(folder);
  if (!manifest)
    return manifest.status();
  objdump::printSummary(**manifest, outs());
  if (args.hasArg(OPT_program))
    objdump::printPrograms(**manifest, outs());
  if (args.hasArg(OPT_kernels))
    objdump::printKernels(**manifest, outs());
  if (args.hasArg(OPT_weights))
    WEFT_RETURN_IF_ERROR(objdump::printWeights(folder, **manifest, outs()));
  if (args.hasArg(OPT_disassemble))
    for (const artifact::Stage &stage : (*manifest)->stages())
      if (stage.target() == artifact::CPU)
        WEFT_RETURN_IF_ERROR(objdump::disassemble(folder, stage, outs()));
  return Status::ok();
}

int main(int argc, char **argv) {
  Options table;
  unsigned missingIndex, missingCount;
  InputArgList args =
      table.ParseArgs(ArrayRef(argv + 1, argc - 1), missingIndex, missingCount);
  if (args.hasArg(OPT_help) || argc == 1) {
    table.printHelp(outs(), "llm-objdump DIR.weft [options]",
                    "Shows what a compiled artifact holds");
    return argc == 1;
  }
  if (args.hasArg(OPT_version)) {
    outs() << "llm-objdump " << WEFT_VERSION << "\n";
    return 0;
  }
  if (const Arg *arg = args.getLastArg(OPT_UNKNOWN))
    return fail("unknown option '" + arg->getAsString(args) +
                "'; see llm-objdump --help");
  std::vector<std::string> folders = args.getAllArgValues(OPT_INPUT);
  if (folders.size() != 1)
    return fail("expected one artifact, found " +
                std::to_string(folders.size()) + "; see llm-objdump --help");
  Status status = dump(folders.front(), args);
  return status ? 0 : fail(status.message());
}
