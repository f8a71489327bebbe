//===- CodeFiles.cpp - Which code runs on a GPU ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/CodeFiles.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <charconv>

using namespace weft;
using namespace weft::cuda;

/// "sm_90a" of "stage0.sm_90a.cubin"; empty for other names.
static std::string_view archOf(std::string_view file) {
  constexpr std::string_view end = ".cubin";
  if (!file.ends_with(end))
    return {};
  file.remove_suffix(end.size());
  return file.substr(file.rfind('.') + 1);
}

/// 90 of "sm_90", 0 of anything else: code of "sm_90a" runs on nothing but 90.
static unsigned numberOf(std::string_view arch) {
  unsigned number = 0;
  if (arch.starts_with("sm_"))
    arch.remove_prefix(3);
  auto [end, error] =
      std::from_chars(arch.data(), arch.data() + arch.size(), number);
  return error == std::errc() && end == arch.data() + arch.size() ? number : 0;
}

std::vector<std::string> cuda::codeFilesFor(const artifact::Stage &stage,
                                            unsigned architecture) {
  std::vector<std::pair<unsigned, std::string>> ranked;
  for (const std::string &file : stage.code_files()) {
    std::string_view arch = archOf(file);
    unsigned number = numberOf(arch);
    if (arch == "sm_" + std::to_string(architecture) + "a")
      ranked.emplace_back(architecture + 1, file);
    else if (number <= architecture && number / 10 == architecture / 10)
      ranked.emplace_back(number, file);
    else if (file.ends_with(".ptx"))
      ranked.emplace_back(0, file);
  }
  std::sort(ranked.rbegin(), ranked.rend());
  std::vector<std::string> files;
  for (auto &[rank, file] : ranked)
    files.push_back(std::move(file));
  return files;
}

std::string cuda::describeCode(const artifact::Stage &stage) {
  std::string cubins, ptx;
  for (const std::string &file : stage.code_files())
    if (std::string_view arch = archOf(file); !arch.empty())
      cubins += (cubins.empty() ? "cubins of " : " and ") + printable(arch);
    else if (file.ends_with(".ptx"))
      ptx = "PTX of " + printable(stage.arch());
  if (ptx.empty() && cubins.empty())
    return "no code";
  return ptx + (ptx.empty() || cubins.empty() ? "" : ", ") + cubins;
}
