//===- OneLaunch.h - Functions that are one kernel --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_ONELAUNCH_H
#define LIB_CODEGEN_CUDA_ONELAUNCH_H

#include "llvm/ADT/StringRef.h"

namespace weft {

/// On a function that stands in for one command, so that one kernel computes
/// all of it. Other products may become several (ProductKernels.h).
inline constexpr llvm::StringLiteral oneLaunchAttrName = "weft.one_launch";

} // namespace weft

#endif // LIB_CODEGEN_CUDA_ONELAUNCH_H
