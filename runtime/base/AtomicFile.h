//===- AtomicFile.h - Files that appear whole or not at all -----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_ATOMICFILE_H
#define RUNTIME_BASE_ATOMICFILE_H

#include "weft/Status.h"

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace weft {

/// Writes the parts to a temporary name beside `path`, then renames it to
/// `path`. After an error neither is left.
Status writeAtomically(const std::string &path,
                       std::initializer_list<std::span<const uint8_t>> parts);

} // namespace weft

#endif // RUNTIME_BASE_ATOMICFILE_H
