//===- CpuFeatures.h - What this machine's processor can do -----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_ARTIFACT_CPUFEATURES_H
#define RUNTIME_ARTIFACT_CPUFEATURES_H

#include <string_view>

namespace weft {

/// True when processor and operating system offer `feature`, an x86 feature by
/// LLVM's name without '+' ("avx2", "avx512f"). False for names that are not
/// known here: code that needs them may not run.
bool hasCpuFeature(std::string_view feature);

} // namespace weft

#endif // RUNTIME_ARTIFACT_CPUFEATURES_H
