//===- SiteTable.h - Numbers of instructions that can fault -----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_SITETABLE_H
#define RUNTIME_CUSIM_EMIT_SITETABLE_H

#include "runtime/cusim/ptx/Module.h"

#include <cstdint>
#include <string>
#include <vector>

namespace weft::cusim {

/// A place that can fault: `line` of the PTX text, and what stands there.
struct Site {
  uint32_t line;
  std::string text;
  std::string kernel;
};

/// The sites of a module. They depend on its text alone, so that code from the
/// object cache names the same ones.
struct SiteTable {
  std::vector<Site> sites;
  /// [function][instruction]: an index in `sites`; arithmetic has none and
  /// says 0.
  std::vector<std::vector<uint32_t>> numbers;

  static SiteTable of(const ptx::Module &module);
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_SITETABLE_H
