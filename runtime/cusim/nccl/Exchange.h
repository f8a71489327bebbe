//===- Exchange.h - What ranks do together ----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_NCCL_EXCHANGE_H
#define RUNTIME_CUSIM_NCCL_EXCHANGE_H

#include "runtime/cuda_api/NcclTypes.h"
#include "runtime/cusim/nccl/SharedGroup.h"

#include <string>
#include <vector>

namespace weft::cusim {

/// A collective of one rank; addresses are the host's.
struct GroupCall {
  enum class Kind : uint32_t {
    AllReduce,
    Reduce,
    ReduceScatter,
    Broadcast,
    AllGather
  };
  Kind kind;
  cuda::ncclDataType_t type;
  cuda::ncclRedOp_t operation = cuda::ncclSum;
  int root = 0;
  /// Elements as the call has it: of the smaller one of its two buffers.
  uint64_t count = 0;
  const uint8_t *source = nullptr;
  uint8_t *destination = nullptr;
};

/// A part of a group of sends and receives.
struct Transfer {
  bool isSend;
  unsigned peer;
  uint64_t bytes;
  uint8_t *data;
};

unsigned elementBytes(cuda::ncclDataType_t type);
const char *name(GroupCall::Kind kind);

/// Runs it with all other ranks. An error if they do not all call the same, or
/// the group was aborted; then nobody's result is touched.
Status runCollective(SharedGroup &group, const GroupCall &collective);

/// Runs all of them at once, so that no order of them can block.
Status runTransfers(SharedGroup &group, std::vector<Transfer> transfers);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_NCCL_EXCHANGE_H
