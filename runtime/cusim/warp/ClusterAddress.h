//===- ClusterAddress.h - Shared memory of a cluster's blocks ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mapa, getctarank, and the addresses that multicast uses (machine/Strand.h has
// the format).
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_CLUSTERADDRESS_H
#define RUNTIME_CUSIM_WARP_CLUSTERADDRESS_H

#include "runtime/cusim/warp/Collective.h"

namespace weft::cusim {

/// The same place in the shared memory of the block with a rank.
inline uint64_t addressInBlock(uint64_t address, uint32_t rank) {
  uint64_t offset = address & ((uint64_t(1) << SharedRankShift) - 1);
  return (SharedTag << TagShift) | uint64_t(rank + 1) << SharedRankShift |
         offset;
}

/// The rank of a strand's block in its cluster.
inline uint32_t rankOf(const Strand &strand) {
  return strand.clusterCtaid[0] +
         strand.clusterNctaid[0] *
             (strand.clusterCtaid[1] +
              strand.clusterNctaid[1] * strand.clusterCtaid[2]);
}

/// The form of mapa, getctarank, setmaxnreg, griddepcontrol.
StatusOr<CollectiveForm> clusterForm(const ptx::Instruction &instruction);

extern "C" {
/// Operands: an address, a rank; immediate 1: the result is a generic address,
/// 0: one of shared memory (one or two words, by bit 1).
void cusim_mapa(const weft::cusim::Collective &call);
/// Operand: an address; result: a rank.
void cusim_block_rank(const weft::cusim::Collective &call);
/// What has no effect in a simulator: setmaxnreg, griddepcontrol (kernels of a
/// stream run one after the other), wgmma.fence, prefetches.
void cusim_no_effect(const weft::cusim::Collective &call);
} // extern "C"

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_CLUSTERADDRESS_H
