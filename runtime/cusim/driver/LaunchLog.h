//===- LaunchLog.h - What launches leave behind in writing ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_LAUNCHLOG_H
#define RUNTIME_CUSIM_DRIVER_LAUNCHLOG_H

#include "runtime/cusim/machine/Device.h"

#include <string>

namespace weft::cusim {

/// Each line after "========= ", as compute-sanitizer prints its findings.
std::string asLogLines(const std::string &text);

/// Appends a line of JSON to the file.
void logCounters(const std::string &path, const CompiledKernel &kernel,
                 const LaunchParameters &parameters, const Counters &counters);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_DRIVER_LAUNCHLOG_H
