//===- Printf.h - printf of kernels -----------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_PRINTF_H
#define RUNTIME_CUSIM_MACHINE_PRINTF_H

#include <cstdint>
#include <string>

namespace weft::cusim {

/// Where a kernel's arguments and strings lie.
class PrintfMemory {
public:
  virtual ~PrintfMemory() = default;
  /// `bytes` (1, 4 or 8) from an address; ends the grid when it is bad.
  virtual uint64_t load(uint64_t address, uint32_t bytes) = 0;
};

/// A string up to its zero, or 64 KiB.
std::string loadString(PrintfMemory &memory, uint64_t address);

/// `format` with its arguments, which CUDA lays out one after the other, each
/// aligned to its size (int 4 bytes; long, pointers and double 8). Conversions
/// that CUDA does not know are written as they are. `count`: the arguments
/// that were read.
std::string formatPrintf(const std::string &format, uint64_t arguments,
                         PrintfMemory &memory, uint32_t &count);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_PRINTF_H
