//===- ObjectLinker.h - Object files to functions ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_JIT_OBJECTLINKER_H
#define RUNTIME_CUSIM_JIT_OBJECTLINKER_H

#include "weft/Status.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace weft::cusim {

/// Links objects into this process, where they stay as long as the linker.
class ObjectLinker {
public:
  static StatusOr<std::unique_ptr<ObjectLinker>> create();
  virtual ~ObjectLinker() = default;
  /// Lets objects name something of this process.
  virtual Status define(const std::string &symbol, void *address) = 0;
  /// The address of `symbol` in an object of its own.
  virtual StatusOr<void *> link(std::span<const uint8_t> object,
                                const std::string &symbol) = 0;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_JIT_OBJECTLINKER_H
