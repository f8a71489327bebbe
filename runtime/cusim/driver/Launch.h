//===- Launch.h - A launch, checked and packed ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_LAUNCH_H
#define RUNTIME_CUSIM_DRIVER_LAUNCH_H

#include "runtime/cusim/driver/Driver.h"

namespace weft::cusim {

/// What the launching calls have in common.
struct LaunchRequest {
  const char *call;
  CUfunction function;
  LaunchParameters parameters;
  CUstream stream;
  void **kernelParameters;
  void **extra;
};

/// Checks everything that a driver checks, copies the arguments, and appends
/// the launch to its stream.
CUresult launch(LaunchRequest request);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_DRIVER_LAUNCH_H
