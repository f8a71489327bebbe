//===- Architecture.cpp - What a GPU says of itself -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Architecture.h"

#include <charconv>
#include <optional>

using namespace weft;
using namespace weft::cusim;

static constexpr uint64_t GiB = uint64_t(1) << 30;
static constexpr int KiB = 1 << 10, MiB = 1 << 20;

// clang-format off
static constexpr Architecture architectures[] = {
    {"sm_80", "A100", 8, 0, 108, 2048, 32, 164 * KiB, 163 * KiB, 40 * MiB, 40 * GiB, 1410000, 1215000, 5120},
    {"sm_86", "A10", 8, 6, 72, 1536, 16, 100 * KiB, 99 * KiB, 6 * MiB, 24 * GiB, 1695000, 6251000, 384},
    {"sm_89", "L40", 8, 9, 142, 1536, 24, 100 * KiB, 99 * KiB, 96 * MiB, 48 * GiB, 2490000, 9001000, 384},
    {"sm_90", "H100", 9, 0, 132, 2048, 32, 228 * KiB, 227 * KiB, 50 * MiB, 80 * GiB, 1980000, 2619000, 5120},
    {"sm_100", "B200", 10, 0, 148, 2048, 32, 228 * KiB, 227 * KiB, 126 * MiB, 180 * GiB, 1965000, 3996000, 8192},
    {"sm_120", "RTX PRO 6000", 12, 0, 188, 1536, 24, 100 * KiB, 99 * KiB, 128 * MiB, 96 * GiB, 2617000, 14001000, 512},
};
// clang-format on

const Architecture *cusim::findArchitecture(std::string_view name) {
  if (name.ends_with('a'))
    name.remove_suffix(1);
  for (const Architecture &architecture : architectures)
    if (architecture.name == name)
      return &architecture;
  return nullptr;
}

std::string cusim::knownArchitectures() {
  std::string names;
  for (const Architecture &architecture : architectures)
    names += (names.empty() ? "" : ", ") + std::string(architecture.name);
  return names;
}

bool cusim::supportsTarget(const Architecture &architecture,
                           std::string_view target) {
  if (!target.starts_with("sm_"))
    return false;
  target.remove_prefix(3);
  int number = 0;
  auto [rest, error] =
      std::from_chars(target.data(), target.data() + target.size(), number);
  std::string_view suffix(rest, target.data() + target.size());
  int own = architecture.major * 10 + architecture.minor;
  if (error != std::errc())
    return false;
  if (suffix == "a")
    return number == own;
  if (suffix == "f")
    return number / 10 == architecture.major && number <= own;
  return suffix.empty() && number <= own;
}
