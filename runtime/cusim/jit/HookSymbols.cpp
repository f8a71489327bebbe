//===- HookSymbols.cpp - What compiled kernels name -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/jit/HookSymbols.h"

#include "runtime/cusim/jit/PartialKernel.h"
#include "runtime/cusim/machine/Hooks.h"

namespace weft::cusim {

std::span<const HookSymbol> hookSymbols() {
#define HOOK(NAME)                                                             \
  {                                                                            \
    #NAME, reinterpret_cast<void *>(&NAME)                                     \
  }
  static const HookSymbol Symbols[] = {
      HOOK(cusim_resolve),        HOOK(cusim_gather),
      HOOK(cusim_scatter),        HOOK(cusim_atomic),
      HOOK(cusim_note_access),    HOOK(cusim_barrier),
      HOOK(cusim_collective),     HOOK(cusim_lanewise),
      HOOK(cusim_cluster_arrive), HOOK(cusim_cluster_wait),
      HOOK(cusim_active_mask),    HOOK(cusim_vprintf),
      HOOK(cusim_assert_fail),    HOOK(cusim_trap),
      HOOK(cusim_yield),          HOOK(cusim_check_stack),
      HOOK(cusim_partial_kernel), HOOK(cusim_clock),
      HOOK(cusim_global_timer),   HOOK(cusim_sync_thread),
      HOOK(cusim_pass_barrier),   HOOK(cusim_sync_warp),
      HOOK(cusim_check_product),  HOOK(cusim_stack_begin),
      HOOK(cusim_stack_allocate), HOOK(cusim_stack_save),
      HOOK(cusim_stack_restore),
  };
#undef HOOK
  return Symbols;
}

} // namespace weft::cusim
