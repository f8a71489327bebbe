//===- CPUTarget.cpp - Levels of x86-64 -----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/CodegenCPU.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
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

/// A feature that no level has, and the level that it needs.
struct ExtraFeature {
  StringRef name;
  StringRef level;
};
static constexpr ExtraFeature extraFeatures[] = {
    {"avxvnni", "x86-64-v3"},
    {"avx512vnni", "x86-64-v4"},
    {"amx-bf16", "x86-64-v4"},
};

static constexpr StringRef levels[] = {"x86-64-v4", "x86-64-v3", "x86-64"};

static CPUTarget targetOf(StringRef level) {
  CPUTarget target;
  target.arch = level.str();
  target.features = baseFeatures;
  auto append = [&](const std::vector<std::string> &features) {
    target.features.insert(target.features.end(), features.begin(),
                           features.end());
  };
  if (level != "x86-64") {
    append(avx2Features);
    target.registerLanes = 8;
    target.hasFMA = target.hasF16C = true;
  }
  if (level == "x86-64-v4") {
    append(avx512Features);
    target.registerLanes = 16;
    target.registers = 32;
  }
  llvm::sort(target.features);
  return target;
}

static void addFeature(CPUTarget &target, StringRef name) {
  target.arch += "+" + name.str();
  target.features.push_back(name.str());
  if (name == "amx-bf16") {
    // No processor has one of them alone.
    target.features.insert(target.features.end(), {"amx-tile", "avx512bf16"});
    target.hasMatrixUnit = true;
  } else {
    target.hasByteDot = true;
  }
  llvm::sort(target.features);
}

/// The greatest level, and its features, whose needs `has` has.
static std::optional<CPUTarget>
greatestTarget(llvm::function_ref<bool(StringRef)> has) {
  for (StringRef level : levels) {
    CPUTarget target = targetOf(level);
    if (!llvm::all_of(target.features, has))
      continue;
    for (const ExtraFeature &feature : extraFeatures)
      if (feature.level == level && has(feature.name)) {
        CPUTarget extended = target;
        addFeature(extended, feature.name);
        if (llvm::all_of(extended.features, has))
          target = std::move(extended);
      }
    return target;
  }
  return std::nullopt;
}

FailureOr<CPUTarget> resolveCPUTarget(StringRef arch, Location location) {
  if (arch == "host") {
    llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
    if (auto target = greatestTarget(
            [&](StringRef feature) { return host.lookup(feature); }))
      return *target;
    return emitError(location)
           << "this machine is no x86-64; name one with --arch";
  }
  auto [level, rest] = arch.split('+');
  if (!llvm::is_contained(levels, level))
    return emitError(location)
           << "unknown --arch '" << arch
           << "'; expected host, x86-64, x86-64-v3 or x86-64-v4, perhaps with "
              "features as in x86-64-v4+avx512vnni";
  CPUTarget target = targetOf(level);
  SmallVector<StringRef> names;
  rest.split(names, '+', -1, /*KeepEmpty=*/false);
  // In the order of the table, so that one set of features has one name.
  for (const ExtraFeature &feature : extraFeatures)
    if (llvm::is_contained(names, feature.name) && feature.level == level)
      addFeature(target, feature.name);
  for (StringRef name : names)
    if (!llvm::is_contained(target.features, name))
      return emitError(location)
             << "--arch '" << arch << "' names '" << name
             << "'; expected avxvnni with x86-64-v3, avx512vnni or amx-bf16 "
                "with x86-64-v4";
  return target;
}

} // namespace weft
