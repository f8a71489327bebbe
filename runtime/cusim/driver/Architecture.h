//===- Architecture.h - What a GPU says of itself ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_ARCHITECTURE_H
#define RUNTIME_CUSIM_DRIVER_ARCHITECTURE_H

#include <cstdint>
#include <string>
#include <string_view>

namespace weft::cusim {

/// Limits of a compute capability (CUDA C++ Programming Guide, "Technical
/// Specifications per Compute Capability") and sizes of its largest product.
struct Architecture {
  std::string_view name;
  std::string_view product;
  int major, minor;
  int multiprocessors;
  int threadsPerMultiprocessor;
  int blocksPerMultiprocessor;
  /// Bytes; a block takes 1 KiB more than it asks for.
  int sharedPerMultiprocessor;
  int sharedPerBlockOptin;
  int l2Bytes;
  uint64_t memoryBytes;
  int clockKilohertz;
  int memoryClockKilohertz;
  int memoryBusBits;
};

/// nullptr for one that is not known. `sm_90a` is `sm_90`.
const Architecture *findArchitecture(std::string_view name);
std::string knownArchitectures();

/// Whether PTX of `.target` runs on the device: of its compute capability or
/// below, of exactly its own if it ends in `a`, of its major if in `f`.
bool supportsTarget(const Architecture &architecture, std::string_view target);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_DRIVER_ARCHITECTURE_H
