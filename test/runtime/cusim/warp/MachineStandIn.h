//===- MachineStandIn.h - The machine's part, for one strand ----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What collectives ask of runtime/cusim/machine, in its simplest form, and a
// record of it: one block of one strand, every operation deferred.
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_WARP_MACHINESTANDIN_H
#define TEST_RUNTIME_CUSIM_WARP_MACHINESTANDIN_H

#include "runtime/cusim/machine/Async.h"
#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/machine/Strand.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace weft::cusim {

struct MachineStandIn {
  /// Addresses that a collective could not find by itself.
  struct Resolved {
    unsigned lane;
    uint64_t address;
    uint32_t bytes, alignment;
  };
  std::vector<Resolved> resolved;

  /// Accesses of whole warps, where they are counted.
  struct Counted {
    uint32_t lanes;
    uint64_t firstAddress;
    uint32_t bytes;
    AccessKind kind;
  };
  bool isCounting = false;
  std::vector<Counted> counted;

  struct Queued {
    PendingOperation operation;
    unsigned group;
  };
  std::vector<Queued> queues[2][WarpSize];
  unsigned openGroup[2][WarpSize] = {};
  std::vector<PendingOperation> blockOperations;
  std::vector<const void *> woken;
  unsigned waits = 0;
  /// Shared memory of the blocks of a cluster, by rank.
  std::vector<uint8_t *> blocks;

  void performBlockOperations(Strand *strand);
};

/// The one that the hooks use; start each test with a fresh one.
MachineStandIn &standIn();

/// The message of the fault that `action` runs into; nothing without one.
std::optional<std::string> faultOf(const std::function<void()> &action);

} // namespace weft::cusim

#endif // TEST_RUNTIME_CUSIM_WARP_MACHINESTANDIN_H
