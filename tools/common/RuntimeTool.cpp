//===- RuntimeTool.cpp - What the runtime's tools share -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/common/RuntimeTool.h"

#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>

using namespace weft;

int tool::fail(const std::string &message) {
  std::string line = message;
  for (char &c : line)
    if (static_cast<unsigned char>(c) < ' ')
      c = ' ';
  std::fprintf(stderr, "error: %s\n", line.c_str());
  return 1;
}

void tool::printNotes(const std::vector<std::string> &notes) {
  for (const std::string &note : notes)
    std::fprintf(stderr, "note: %s\n", note.c_str());
}

int tool::finish(const Status &status) {
  if (!status)
    return fail(status.message());
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    return fail(std::string("cannot write to standard output: ") +
                std::strerror(errno));
  return 0;
}

CLI::Validator tool::number(bool allowsZero) {
  auto check = [allowsZero](const std::string &text) -> std::string {
    double value = 0;
    // NaN is neither.
    if (CLI::detail::lexical_cast(text, value) && std::isfinite(value) &&
        (value > 0 || (allowsZero && value == 0)))
      return {};
    return "'" + text + "' is not a number " +
           (allowsZero ? "of at least 0" : "greater than 0");
  };
  return CLI::Validator(check, "");
}

CLI::Validator tool::wholeNumber() {
  auto check = [](const std::string &text) -> std::string {
    uint64_t value = 0;
    const char *last = text.data() + text.size();
    auto [end, error] = std::from_chars(text.data(), last, value);
    if (error == std::errc() && end == last)
      return {};
    return "'" + text + "' is not a whole number from 0 to 2^64 - 1";
  };
  return CLI::Validator(check, "");
}

std::optional<int> tool::parse(CLI::App &app, int argc, char **argv) {
  app.set_version_flag("--version", WEFT_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp &) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::CallForVersion &) {
    std::puts(app.version().c_str());
    return 0;
  } catch (const std::exception &error) {
    return fail(std::string(error.what()) + "; see --help");
  }
  return std::nullopt;
}

StatusOr<std::pair<std::string, std::string>>
tool::splitPair(const std::string &text, const char *option) {
  size_t equals = text.find('=');
  if (equals == text.npos || equals == 0 || equals + 1 == text.size())
    return Status::error(std::string(option) + " '" + text +
                         "': expected NAME=VALUE");
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

void tool::LoadFlags::addTo(CLI::App &app) {
  app.add_option("artifact", artifact, "folder that llm-compile wrote")
      ->required()
      ->type_name("DIR.weft");
  app.add_option("--devices", devices,
                 "one device for each rank of the artifact, or cusim:N for N "
                 "simulated GPUs (default: cpu:0, cpu:1, ..., or for code of "
                 "GPUs cuda:0, cuda:1, ...)")
      ->delimiter(',')
      ->type_name("cpu:0,...|cuda:0,...|cusim:N");
  app.add_option("--cusim", simulation,
                 "simulated GPUs look at nothing (fast), or report wrong "
                 "accesses, races and missing waits (check) (default: wrong "
                 "accesses; see docs/cusim.md)")
      ->check(CLI::IsMember({"fast", "check"}))
      ->type_name("fast|check");
  app.add_option(
         "--threads", threads,
         "threads of the process, split over its ranks (default: one for each "
         "CPU available)")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  app.add_option("--weights", weights,
                 "map: use the files in place; huge: copy them to huge pages, "
                 "for more bandwidth")
      ->check(CLI::IsMember({"map", "huge"}))
      ->type_name("map|huge");
  app.add_flag(
      "--verify-hashes", verifyHashes,
      "also compare the hashes of weight files, which reads them whole");
}

LoadOptions tool::LoadFlags::options() const {
  LoadOptions options;
  options.devices = devices;
  options.simulation = simulation;
  options.threads = threads;
  options.copiesWeights = weights == "huge";
  options.verifyHashes = verifyHashes;
  return options;
}

std::string tool::describe(DataType type, std::span<const int64_t> shape) {
  std::string text(name(type));
  text += '[';
  for (size_t i = 0; i != shape.size(); ++i)
    text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  return text + ']';
}

/// IEEE 754 binary16.
static double halfToDouble(uint16_t bits) {
  double sign = bits >> 15 ? -1 : 1;
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 31)
    return fraction ? NAN : sign * INFINITY;
  if (exponent == 0)
    return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(fraction + 1024, exponent - 25);
}

double tool::elementAt(const void *data, DataType type, uint64_t index) {
  const char *bytes = static_cast<const char *>(data) + index * byteWidth(type);
  auto as = [&](auto value) {
    std::memcpy(&value, bytes, sizeof(value));
    return value;
  };
  auto number = [&](auto value) { return static_cast<double>(as(value)); };
  switch (type) {
  case DataType::Bool:
  case DataType::U8:
    return number(uint8_t());
  case DataType::I8:
    return number(int8_t());
  case DataType::I16:
    return number(int16_t());
  case DataType::I32:
    return number(int32_t());
  case DataType::I64:
    return number(int64_t());
  case DataType::U16:
    return number(uint16_t());
  case DataType::U32:
    return number(uint32_t());
  case DataType::U64:
    return number(uint64_t());
  case DataType::F32:
    return number(float());
  case DataType::F64:
    return number(double());
  case DataType::F16:
    return halfToDouble(as(uint16_t()));
  case DataType::BF16:
    return std::bit_cast<float>(uint32_t(as(uint16_t())) << 16);
  case DataType::Invalid:
    break;
  }
  return NAN;
}
