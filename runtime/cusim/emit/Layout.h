//===- Layout.h - Where a kernel's variables lie ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_LAYOUT_H
#define RUNTIME_CUSIM_EMIT_LAYOUT_H

#include "runtime/cusim/ptx/Module.h"
#include "weft/Status.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace weft::cusim {

/// Of shared memory, for the system: CUDA Programming Guide, "Technical
/// Specifications per Compute Capability". Cooperative groups keep there what
/// tiles of several warps need, and expect zeros.
constexpr uint64_t ReservedSharedBytes = 1024;

/// A kernel and the functions that it may call, with the offsets of their
/// variables. Only what the kernel uses takes room.
struct Layout {
  /// Indices in Module::functions; the kernel first.
  std::vector<uint32_t> functions;
  /// Of those, the ones whose address a register may hold.
  std::vector<uint32_t> indirectTargets;
  /// Of those, the ones that may run `exit`, themselves or by a call.
  std::vector<bool> mayExit;
  bool isRecursive = false;

  /// Offsets in the block's shared memory, by index in Module::variables; for
  /// an unsized array, that of the dynamic part.
  std::map<uint32_t, uint64_t> moduleShared;
  /// By (index in Module::functions, index in Function::variables).
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> functionShared;
  uint64_t staticSharedBytes = 0;
  /// Of those, where the system's own part begins
  /// (%reserved_smem_offset_begin), if a function asks for it.
  std::optional<uint64_t> reservedShared;

  /// Offsets of .local variables in their function's frame.
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> local;
  /// The same of a .func's parameters whose address it takes: they lie on the
  /// stack. By (index in Module::functions, index in Function::parameters).
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> localParameters;
  /// Bytes of a function's frame; those of the functions it calls follow.
  std::map<uint32_t, uint64_t> frameBytes;
  /// Where alloca takes memory, behind all frames, if a function has it.
  std::optional<uint64_t> stackBase;
  /// Of all frames that are in use at once, for each thread.
  uint64_t localBytes = 0;

  static StatusOr<Layout> of(const ptx::Module &module, uint32_t kernel);
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_LAYOUT_H
