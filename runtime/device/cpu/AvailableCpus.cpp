//===- AvailableCpus.cpp - How many threads this process may run ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cpu/AvailableCpus.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <string>
#include <thread>

using namespace weft;

static std::string readText(const std::string &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

static std::optional<int64_t> takeNumber(std::string_view &text) {
  int64_t number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc())
    return std::nullopt;
  text.remove_prefix(end - text.data());
  return number;
}

std::optional<double> weft::parseCpuMax(std::string_view text) {
  std::optional<int64_t> quota = takeNumber(text);
  if (!quota || text.empty() || text[0] != ' ')
    return std::nullopt;
  text.remove_prefix(1);
  std::optional<int64_t> period = takeNumber(text);
  if (!period || *quota <= 0 || *period <= 0)
    return std::nullopt;
  return double(*quota) / double(*period);
}

/// The tightest limit on the way from this process's cgroup to the root.
static std::optional<double> cgroupLimit() {
  std::optional<double> limit;
  auto tighten = [&](std::optional<double> other) {
    if (other)
      limit = limit ? std::min(*limit, *other) : *other;
  };
  std::istringstream groups(readText("/proc/self/cgroup"));
  for (std::string line; std::getline(groups, line);) {
    // Version 2 is "0::/path"; version 1 is "4:cpu,cpuacct:/path".
    size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos)
      continue;
    std::string controllers = line.substr(first + 1, second - first - 1);
    bool isV2 = controllers.empty();
    if (!isV2 && ("," + controllers + ",").find(",cpu,") == std::string::npos)
      continue;
    std::string path = line.substr(second + 1);
    while (true) {
      if (isV2) {
        tighten(parseCpuMax(readText("/sys/fs/cgroup" + path + "/cpu.max")));
      } else {
        std::string folder = "/sys/fs/cgroup/cpu" + path + "/cpu.cfs_";
        std::string quota = readText(folder + "quota_us");
        std::string period = readText(folder + "period_us");
        quota = quota.substr(0, quota.find('\n'));
        tighten(parseCpuMax(quota + " " + period));
      }
      size_t slash = path.rfind('/');
      if (path.empty() || path == "/" || slash == path.npos)
        break;
      path.resize(slash);
    }
  }
  return limit;
}

unsigned weft::availableCpus() {
  unsigned count = std::max(1u, std::thread::hardware_concurrency());
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0)
    count = static_cast<unsigned>(std::max(1, CPU_COUNT(&mask)));
  if (std::optional<double> limit = cgroupLimit())
    if (*limit < count)
      count = std::max(1u, static_cast<unsigned>(std::ceil(*limit)));
  return count;
}
