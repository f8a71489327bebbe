//===- CPUTarget.cpp - Levels of x86-64 -----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/CodegenCPU.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;

namespace weft {

// The levels of the x86-64 psABI, without what no kernel uses.
static const std::vector<std::string> baseFeatures = {"sse", "sse2"};
static const std::vector<std::string> avx2Features = {
    "avx",   "avx2",   "bmi",  "bmi2",   "f16c",   "fma",
    "lzcnt", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3"};
static const std::vector<std::string> avx512Features = {
    "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"};

static CPUTarget targetOf(StringRef arch) {
  CPUTarget target;
  target.arch = arch.str();
  target.features = baseFeatures;
  auto append = [&](const std::vector<std::string> &features) {
    target.features.insert(target.features.end(), features.begin(),
                           features.end());
  };
  if (arch != "x86-64") {
    append(avx2Features);
    target.registerLanes = 8;
    target.hasFMA = target.hasF16C = true;
  }
  if (arch == "x86-64-v4") {
    append(avx512Features);
    target.registerLanes = 16;
    target.registers = 32;
  }
  llvm::sort(target.features);
  return target;
}

FailureOr<CPUTarget> resolveCPUTarget(StringRef arch, Location location) {
  static constexpr StringRef levels[] = {"x86-64-v4", "x86-64-v3", "x86-64"};
  if (llvm::is_contained(levels, arch))
    return targetOf(arch);
  if (arch != "host")
    return emitError(location)
           << "unknown --arch '" << arch
           << "'; expected host, x86-64, x86-64-v3 or x86-64-v4";
  llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  for (StringRef level : levels) {
    CPUTarget target = targetOf(level);
    if (llvm::all_of(target.features, [&](const std::string &feature) {
          return host.lookup(feature);
        }))
      return target;
  }
  return emitError(location)
         << "this machine is no x86-64; name one with --arch";
}

} // namespace weft
