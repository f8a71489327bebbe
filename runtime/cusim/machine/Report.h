//===- Report.h - What a check found ----------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_REPORT_H
#define RUNTIME_CUSIM_MACHINE_REPORT_H

#include <cstdint>
#include <string>
#include <vector>

namespace weft::cusim {

/// One finding, in the terms of compute-sanitizer.
struct Report {
  enum class Kind : uint8_t {
    InvalidAddress, ///< outside of every allocation
    MisalignedAddress,
    BarrierDivergence,  ///< an aligned barrier or warp operation that not all
                        ///< lanes reach
    RaceHazard,         ///< two threads of a block, no barrier in between
    UninitializedRead,  ///< of shared memory
    IllegalInstruction, ///< what the hardware would refuse when it runs
    Assertion,
    Trap,
    Timeout, ///< strands that wait for what never comes
  };
  Kind kind;
  std::string kernel;
  uint32_t line = 0;
  std::string instruction;
  uint32_t block[3] = {0, 0, 0};
  uint32_t thread[3] = {0, 0, 0};
  uint64_t address = 0;
  uint32_t bytes = 0;
  bool isWrite = false;
  /// Of a race: where the other thread stands.
  uint32_t otherLine = 0;
  /// What lies next to it, who the other thread of a race is, who waits.
  std::string detail;

  /// "Invalid __global__ read of size 4 bytes\n    at kernel (line 42: ...)".
  std::string toText() const;
};

struct LaunchReport {
  std::vector<Report> findings;
  /// Whether the grid was ended by one of them. Races and uninitialised reads
  /// let it run on.
  bool isFaulted = false;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_REPORT_H
