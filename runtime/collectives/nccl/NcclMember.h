//===- NcclMember.h - A rank of a group of CUDA devices ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_NCCL_NCCLMEMBER_H
#define RUNTIME_COLLECTIVES_NCCL_NCCLMEMBER_H

#include "runtime/collectives/BlockRows.h"
#include "runtime/collectives/Meeting.h"
#include "runtime/collectives/nccl/NcclGroups.h"

namespace weft {

/// A rank's part of a communicator.
class NcclGroups::Member final : public Group {
public:
  /// `host` does what NCCL cannot.
  Member(const Platform &platform, Meeting &meeting, uint64_t position,
         Group &host);
  ~Member() override;

  Status run(const Collective &collective, const void *source,
             void *destination, Queue *queue) override;

  /// Takes the communicator; null before, and after `abort`.
  void join(cuda::ncclComm_t handle) { communicator = handle; }
  bool hasJoined() const { return communicator.load() != nullptr; }
  /// The communicator's work ends, and it with it.
  void abort();
  Status check() const;

private:
  struct Block {
    BlockRows rows;
    uint8_t *packed = nullptr; // where it lies together
  };
  struct Area {
    cuda::CUdeviceptr address = 0;
    uint64_t bytes = 0;
  };

  Status start(const Collective &collective, const uint8_t *source,
               uint8_t *destination, cuda::CUstream stream);
  Status allReduce(const Collective &collective, const uint8_t *source,
                   uint8_t *destination, cuda::CUstream stream);
  Status reduceScatter(const Collective &collective, const uint8_t *source,
                       uint8_t *destination, cuda::CUstream stream);
  Status exchange(const Collective &collective, const uint8_t *source,
                  uint8_t *destination, cuda::CUstream stream);
  Status copyRows(uint8_t *to, uint64_t toPitch, const uint8_t *from,
                  uint64_t fromPitch, const BlockRows &rows,
                  cuda::CUstream stream);
  /// Memory of the device to pack blocks in, one after another on a stream.
  StatusOr<uint8_t *> reserve(uint64_t bytes, cuda::CUstream stream);

  const Platform &platform;
  const Place place;
  Meeting &meeting;
  Group &host;
  std::atomic<cuda::ncclComm_t> communicator = nullptr;
  std::atomic<bool> isCalling = false;
  std::vector<Block> sent, received; // of each rank, during a run
  std::map<cuda::CUstream, Area> areas;
  std::vector<cuda::CUdeviceptr> outgrown; // graphs may still name them
};

} // namespace weft

#endif // RUNTIME_COLLECTIVES_NCCL_NCCLMEMBER_H
