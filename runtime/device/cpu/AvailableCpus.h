//===- AvailableCpus.h - How many threads this process may run --*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CPU_AVAILABLECPUS_H
#define RUNTIME_DEVICE_CPU_AVAILABLECPUS_H

#include <optional>
#include <string_view>

namespace weft {

/// CPUs of the affinity mask, and no more than the cgroup's CPU limit (rounded
/// up). At least 1.
unsigned availableCpus();

/// The limit in CPUs that a cgroup v2 file `cpu.max` ("150000 100000") sets;
/// none for "max" and for text that is no such file.
std::optional<double> parseCpuMax(std::string_view text);

} // namespace weft

#endif // RUNTIME_DEVICE_CPU_AVAILABLECPUS_H
