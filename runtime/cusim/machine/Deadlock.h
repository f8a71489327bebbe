//===- Deadlock.h - Strands that wait for ever ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_DEADLOCK_H
#define RUNTIME_CUSIM_MACHINE_DEADLOCK_H

namespace weft::cusim {

class Core;
struct Fiber;

/// Every strand of the core waits, and nothing can come: reports who waits
/// where, and ends the grid.
void reportDeadlock(Core &core);
/// The time is up while `running` spins.
void reportTimeout(Core &core, Fiber &running);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_DEADLOCK_H
