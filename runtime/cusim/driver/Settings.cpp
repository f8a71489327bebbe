//===- Settings.cpp - What the environment says of the devices ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Settings.h"
#include "runtime/cusim/driver/Architecture.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

using namespace weft;
using namespace weft::cusim;

static std::optional<std::string> variable(const char *name) {
  const char *value = std::getenv(name);
  if (!value || !*value)
    return std::nullopt;
  return value;
}

static Status wrong(const char *name, const std::string &value,
                    const std::string &expected) {
  return Status::error(std::string(name) + " is '" + value + "'; expected " +
                       expected);
}

static Status readNumber(const char *name, uint64_t least, uint64_t most,
                         uint64_t &number) {
  std::optional<std::string> value = variable(name);
  if (!value)
    return Status::ok();
  const char *end = value->data() + value->size();
  auto [rest, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc() || rest != end || number < least || number > most)
    return wrong(name, *value,
                 "a number from " + std::to_string(least) + " to " +
                     std::to_string(most));
  return Status::ok();
}

static Status readBytes(const char *name, uint64_t &bytes) {
  std::optional<std::string> value = variable(name);
  if (!value)
    return Status::ok();
  const char *end = value->data() + value->size();
  uint64_t number = 0;
  auto [rest, error] = std::from_chars(value->data(), end, number);
  std::string_view unit(rest, end);
  unsigned shift = unit == "KiB"   ? 10
                   : unit == "MiB" ? 20
                   : unit == "GiB" ? 30
                                   : 0;
  if (error != std::errc() || (shift == 0 && !unit.empty()) || number == 0 ||
      number > (uint64_t(1) << 46 >> shift))
    return wrong(name, *value, "a size such as 512MiB or 16GiB");
  bytes = number << shift;
  return Status::ok();
}

/// The index of the variable's word among `words`; `index` if it is not set.
static Status readWord(const char *name,
                       std::initializer_list<const char *> words,
                       unsigned &index) {
  std::optional<std::string> value = variable(name);
  if (!value)
    return Status::ok();
  std::string expected;
  unsigned number = 0;
  for (const char *word : words) {
    if (*value == word) {
      index = number;
      return Status::ok();
    }
    expected += (number++ ? ", " : "one of ") + std::string(word);
  }
  return wrong(name, *value, expected);
}

StatusOr<Settings> Settings::fromEnvironment() {
  Settings settings;
  uint64_t devices = settings.devices, threads = 0, seed = 0, timeout = 0;
  WEFT_RETURN_IF_ERROR(readNumber("CUSIM_DEVICES", 0, 64, devices));
  WEFT_RETURN_IF_ERROR(readNumber("CUSIM_THREADS", 0, 4096, threads));
  WEFT_RETURN_IF_ERROR(readNumber("CUSIM_SEED", 0, UINT64_MAX, seed));
  WEFT_RETURN_IF_ERROR(readNumber("CUSIM_TIMEOUT", 0, 1000000, timeout));
  WEFT_RETURN_IF_ERROR(readBytes("CUSIM_MEMORY", settings.memory));
  settings.devices = devices;
  settings.schedule.threads = threads;
  settings.schedule.seed = seed;
  settings.schedule.timeout = timeout;

  unsigned check = 1, width = 2, copies = 0, streams = 0;
  WEFT_RETURN_IF_ERROR(
      readWord("CUSIM_CHECK", {"none", "bounds", "all"}, check));
  WEFT_RETURN_IF_ERROR(readWord("CUSIM_WIDTH", {"1", "32"}, width));
  WEFT_RETURN_IF_ERROR(readWord("CUSIM_COPIES", {"late", "eager"}, copies));
  WEFT_RETURN_IF_ERROR(readWord("CUSIM_STREAMS", {"eager", "late"}, streams));
  // Races are seen between threads that are strands of their own.
  if (check == 2 && width == 1)
    return Status::error("CUSIM_CHECK=all needs CUSIM_WIDTH=1");
  settings.compile.width = width == 0 || check == 2 ? 1 : 32;
  settings.compile.checkBounds = check >= 1;
  settings.compile.checkRaces = check == 2;
  settings.schedule.deferCopies = copies == 0;
  settings.isLate = streams == 1;

  settings.arch = variable("CUSIM_ARCH").value_or(settings.arch);
  if (!findArchitecture(settings.arch))
    return wrong("CUSIM_ARCH", settings.arch, "one of " + knownArchitectures());
  settings.cache = variable("CUSIM_CACHE").value_or("");
  settings.counters = variable("CUSIM_COUNTERS").value_or("");
  settings.compile.count = !settings.counters.empty();
  return settings;
}
