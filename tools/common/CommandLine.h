//===- CommandLine.h - Options of a compiler tool ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's OptTable, because llvm::cl would take LLVM's own options too. A tool's
// main names what tablegen makes of its Options.td:
//
//   #define TOOL_OPTIONS "tools/llm-compile/Options.inc"
//   #include "tools/common/CommandLine.h"
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_COMMON_COMMANDLINE_H
#define TOOLS_COMMON_COMMANDLINE_H

#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Option/Option.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>

namespace weft::tool {

using namespace llvm::opt; // As what tablegen writes expects.

enum OptionID {
  OPT_INVALID = 0,
#define OPTION(...) LLVM_MAKE_OPT_ID(__VA_ARGS__),
#include TOOL_OPTIONS
#undef OPTION
};

#define OPTTABLE_STR_TABLE_CODE
#include TOOL_OPTIONS
#undef OPTTABLE_STR_TABLE_CODE

#define OPTTABLE_PREFIXES_TABLE_CODE
#include TOOL_OPTIONS
#undef OPTTABLE_PREFIXES_TABLE_CODE

inline constexpr OptTable::Info optionInfo[] = {
#define OPTION(...) LLVM_CONSTRUCT_OPT_INFO(__VA_ARGS__),
#include TOOL_OPTIONS
#undef OPTION
};

struct OptionTable : GenericOptTable {
  OptionTable()
      : GenericOptTable(OptionStrTable, OptionPrefixesTable, optionInfo) {}
};

/// What a tool says of itself.
struct About {
  std::string name;
  /// What its one operand is: "model".
  std::string operand;
  const char *usage;
  const char *summary;
  /// Follows the options.
  const char *examples = "";
};

struct CommandLine {
  InputArgList options;
  std::string operand;
};

/// Prints "error: ..."; the exit status to return.
inline int fail(const std::string &message) {
  llvm::errs() << "error: " << message << "\n";
  return 1;
}

/// The exit status at the end: an error where what was printed is lost, as on a
/// full disk. LLVM's stream would end the process with a message of its own.
inline int finish() {
  llvm::outs().flush();
  std::error_code error = llvm::outs().error();
  if (!error)
    return 0;
  llvm::outs().clear_error();
  return fail("cannot write to standard output: " + error.message());
}

/// Parses the command line. A number is the exit status to return at once: for
/// --help and --version, or after an error of one line.
inline std::optional<int> parse(const About &about, int argc, char **argv,
                                CommandLine &commandLine) {
  static const OptionTable table; // The parsed options refer to it.
  InputArgList &options = commandLine.options;
  std::string seeHelp = "; see " + about.name + " --help";
  unsigned missingIndex, missingCount;
  options = table.ParseArgs(llvm::ArrayRef(argv + 1, argc - 1), missingIndex,
                            missingCount);
  if (options.hasArg(OPT_help) || argc == 1) {
    table.printHelp(llvm::outs(), about.usage, about.summary);
    llvm::outs() << about.examples;
    return argc == 1;
  }
  if (options.hasArg(OPT_version)) {
    llvm::outs() << about.name << " " << WEFT_VERSION << "\n";
    return 0;
  }
  if (missingCount)
    return fail("option '" + std::string(options.getArgString(missingIndex)) +
                "' needs a value");
  if (const Arg *unknown = options.getLastArg(OPT_UNKNOWN)) {
    std::string nearest, spelling = unknown->getAsString(options);
    bool isNear = table.findNearest(spelling, nearest) <= 2;
    return fail("unknown option '" + spelling + "'" +
                (isNear ? "; did you mean '" + nearest + "'?" : seeHelp));
  }
  std::vector<std::string> operands = options.getAllArgValues(OPT_INPUT);
  if (operands.size() != 1)
    return fail("expected one " + about.operand + ", found " +
                std::to_string(operands.size()) + seeHelp);
  commandLine.operand = operands.front();
  return std::nullopt;
}

} // namespace weft::tool

#endif // TOOLS_COMMON_COMMANDLINE_H
