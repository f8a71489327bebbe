//===- RuntimeTool.h - What the runtime's tools share -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_COMMON_RUNTIMETOOL_H
#define TOOLS_COMMON_RUNTIMETOOL_H

#include "weft/Runtime.h"

#include <CLI/CLI.hpp>
#include <optional>

namespace weft::tool {

/// Prints "error: ..." on one line; the exit status to return.
int fail(const std::string &message);

/// The exit status at the end: an error also where what was printed is lost, as
/// on a full disk.
int finish(const Status &status);

/// Prints "note: ..." to stderr for each: see Model::notes.
void printNotes(const std::vector<std::string> &notes);

/// A number greater than 0, or with `allowsZero` at least 0.
CLI::Validator number(bool allowsZero);
/// Decimal digits, of a value below 2^64: others would be wrapped or clamped.
CLI::Validator wholeNumber();

/// Parses the command line. A number is the exit status to return at once: for
/// --help, or after an error of one line.
std::optional<int> parse(CLI::App &app, int argc, char **argv);

/// Splits "NAME=VALUE" at the first '='.
StatusOr<std::pair<std::string, std::string>> splitPair(const std::string &text,
                                                        const char *option);

/// Options that both tools have: --devices, --cusim, --threads, --weights,
/// --verify-hashes.
struct LoadFlags {
  std::string artifact;
  std::vector<std::string> devices;
  std::string simulation;
  unsigned threads = 0;
  std::string weights = "map";
  bool verifyHashes = false;

  void addTo(CLI::App &app);
  LoadOptions options() const;
};

/// Whether the host's own speed says anything about the model's.
inline bool runsOnCpu(const Model &model) {
  return model.devices().front().starts_with("cpu");
}

/// "f32[1,128,384]".
std::string describe(DataType type, std::span<const int64_t> shape);

/// Element `index` of an array as a number.
double elementAt(const void *data, DataType type, uint64_t index);

} // namespace weft::tool

#endif // TOOLS_COMMON_RUNTIMETOOL_H
