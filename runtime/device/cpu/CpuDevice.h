//===- CpuDevice.h - Threads and memory of this machine ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CPU_CPUDEVICE_H
#define RUNTIME_DEVICE_CPU_CPUDEVICE_H

#include "runtime/device/Device.h"
#include "weft/kernel_abi.h"

#include <vector>

namespace weft {

/// CPU kernels, without a library behind them unless one is given.
class CpuCode final : public Code {
public:
  explicit CpuCode(std::vector<WeftKernel> kernels,
                   std::shared_ptr<void> library = nullptr)
      : kernels(std::move(kernels)), library(std::move(library)) {}
  size_t kernelCount() const override { return kernels.size(); }
  WeftKernel kernel(uint32_t index) const { return kernels[index]; }

private:
  std::vector<WeftKernel> kernels;
  std::shared_ptr<void> library; // keeps the code in memory
};

/// "cpu:<index>" with `threads` workers (0: one for each of its CPUs), on
/// `cpus` of the CPUs available (0: all; other devices use the rest). Its
/// queues do their work when it is given to them, so the order in which
/// commands are given is the order in which they run.
std::unique_ptr<Device> createCpuDevice(unsigned index, unsigned threads,
                                        unsigned cpus = 0);

} // namespace weft

#endif // RUNTIME_DEVICE_CPU_CPUDEVICE_H
