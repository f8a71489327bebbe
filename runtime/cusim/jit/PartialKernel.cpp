//===- PartialKernel.cpp - Code for warps with fewer lanes ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/jit/PartialKernel.h"

#include "runtime/cusim/machine/Hooks.h"

#include <thread>

namespace weft::cusim {
namespace {
/// For a variant that cannot be compiled although the other one could.
void trap(Strand *strand) { cusim_trap(strand, strand->live, 0); }
} // namespace

KernelFunction PartialKernel::get() {
  std::call_once(once, [this] {
    // The caller is a fiber, whose stack is too small for a compiler.
    std::thread compiler([this] { function = compile(); });
    compiler.join();
    if (!function)
      function = trap;
  });
  return function;
}

KernelFunction cusim_partial_kernel(PartialKernel *partial) {
  return partial->get();
}

} // namespace weft::cusim
