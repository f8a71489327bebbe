//===- Code.h - Kernels that a device can launch ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CODE_H
#define RUNTIME_DEVICE_CODE_H

#include <cstddef>

namespace weft {

/// The kernels of one stage, loaded on a device. They are named by their index
/// in the stage's kernel table.
class Code {
public:
  virtual ~Code() = default;
  virtual size_t kernelCount() const = 0;
};

} // namespace weft

#endif // RUNTIME_DEVICE_CODE_H
