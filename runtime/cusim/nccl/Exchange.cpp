//===- Exchange.cpp - What ranks do together ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/nccl/Exchange.h"
#include "runtime/collectives/local/Reduce.h"

#include <algorithm>
#include <cstring>

using namespace weft;
using namespace weft::cuda;
using namespace weft::cusim;

unsigned cusim::elementBytes(ncclDataType_t type) {
  switch (type) {
  case ncclInt8:
  case ncclUint8:
  case ncclFloat8e4m3:
  case ncclFloat8e5m2:
    return 1;
  case ncclFloat16:
  case ncclBfloat16:
    return 2;
  case ncclInt32:
  case ncclUint32:
  case ncclFloat32:
    return 4;
  case ncclInt64:
  case ncclUint64:
  case ncclFloat64:
    return 8;
  }
  return 0;
}

const char *cusim::name(GroupCall::Kind kind) {
  switch (kind) {
  case GroupCall::Kind::AllReduce:
    return "ncclAllReduce";
  case GroupCall::Kind::Reduce:
    return "ncclReduce";
  case GroupCall::Kind::ReduceScatter:
    return "ncclReduceScatter";
  case GroupCall::Kind::Broadcast:
    return "ncclBroadcast";
  case GroupCall::Kind::AllGather:
    return "ncclAllGather";
  }
  return "";
}

static DataType dataTypeOf(ncclDataType_t type) {
  switch (type) {
  case ncclInt8:
    return DataType::I8;
  case ncclUint8:
    return DataType::U8;
  case ncclInt32:
    return DataType::I32;
  case ncclUint32:
    return DataType::U32;
  case ncclInt64:
    return DataType::I64;
  case ncclUint64:
    return DataType::U64;
  case ncclFloat16:
    return DataType::F16;
  case ncclFloat32:
    return DataType::F32;
  case ncclFloat64:
    return DataType::F64;
  case ncclBfloat16:
    return DataType::BF16;
  default:
    return DataType::Invalid;
  }
}

namespace {
/// What ranks show each other before they begin.
struct Call {
  GroupCall::Kind kind;
  ncclDataType_t type;
  ncclRedOp_t operation;
  int32_t root;
  uint64_t count;

  bool operator==(const Call &) const = default;
  std::string toText() const {
    return std::string(name(kind)) + " of " + std::to_string(count) +
           " elements of type " + std::to_string(type) + ", operation " +
           std::to_string(operation) + ", root " + std::to_string(root);
  }
};
} // namespace

static Status aborted() {
  return Status::error("the communicator was aborted");
}

static Status checkAgreement(SharedGroup &group, const GroupCall &collective) {
  Call own = {collective.kind, collective.type, collective.operation,
              collective.root, collective.count};
  std::memcpy(group.chunkOf(group.getRank()), &own, sizeof(own));
  if (!group.meet())
    return aborted();
  Status status = Status::ok();
  for (unsigned rank = 0; rank < group.getRanks() && status; ++rank) {
    Call other;
    std::memcpy(&other, group.chunkOf(rank), sizeof(other));
    if (!(other == own))
      status = Status::error("rank " + std::to_string(group.getRank()) +
                             " calls " + own.toText() + "; rank " +
                             std::to_string(rank) + " calls " + other.toText());
  }
  return group.meet() ? status : aborted();
}

/// Reduces what all ranks show into `to`, as f32 divided by their number for
/// an average.
static void reduceShown(const SharedGroup &group, const GroupCall &collective,
                        uint8_t *to, uint64_t count) {
  std::vector<const void *> sources;
  for (unsigned rank = 0; rank < group.getRanks(); ++rank)
    sources.push_back(group.chunkOf(rank));
  Reduction reduction = collective.operation == ncclMax   ? Reduction::Max
                        : collective.operation == ncclMin ? Reduction::Min
                                                          : Reduction::Sum;
  void *destination = to;
  reduce(reduction, dataTypeOf(collective.type), sources, {&destination, 1},
         count);
}

/// Shows `bytes` from `source` (nothing if null), lets `use` read all chunks,
/// and waits until all have.
template <typename Use>
static Status step(SharedGroup &group, const uint8_t *source, uint64_t bytes,
                   Use use) {
  if (source)
    std::memcpy(group.chunkOf(group.getRank()), source, bytes);
  if (!group.meet())
    return aborted();
  use();
  return group.meet() ? Status::ok() : aborted();
}

Status cusim::runCollective(SharedGroup &group, const GroupCall &collective) {
  WEFT_RETURN_IF_ERROR(checkAgreement(group, collective));
  unsigned rank = group.getRank(), ranks = group.getRanks();
  unsigned size = elementBytes(collective.type);
  bool isRoot = int(rank) == collective.root;
  uint64_t part = collective.count * size;
  // A reduce_scatter is a reduce for each rank, one after the other.
  unsigned rounds =
      collective.kind == GroupCall::Kind::ReduceScatter ? ranks : 1;
  for (unsigned round = 0; round < rounds; ++round)
    for (uint64_t begin = 0; begin < part; begin += SharedGroup::chunkBytes) {
      uint64_t bytes = std::min(SharedGroup::chunkBytes, part - begin);
      const uint8_t *source = collective.source + round * part + begin;
      uint8_t *destination = collective.destination + begin;
      Status status = Status::ok();
      switch (collective.kind) {
      case GroupCall::Kind::AllReduce:
      case GroupCall::Kind::Reduce:
      case GroupCall::Kind::ReduceScatter:
        status = step(group, source, bytes, [&] {
          if (collective.kind == GroupCall::Kind::AllReduce ||
              (collective.kind == GroupCall::Kind::Reduce ? isRoot
                                                          : rank == round))
            reduceShown(group, collective, destination, bytes / size);
        });
        break;
      case GroupCall::Kind::Broadcast:
        status = step(group, isRoot ? source : nullptr, bytes, [&] {
          std::memcpy(destination, group.chunkOf(collective.root), bytes);
        });
        break;
      case GroupCall::Kind::AllGather:
        status = step(group, source, bytes, [&] {
          for (unsigned other = 0; other < ranks; ++other)
            std::memcpy(destination + other * part, group.chunkOf(other),
                        bytes);
        });
        break;
      }
      WEFT_RETURN_IF_ERROR(status);
    }
  return Status::ok();
}

/// Moves what one mailbox allows; true if it moved something.
static StatusOr<bool> advance(SharedGroup &group, Transfer &transfer) {
  unsigned own = group.getRank();
  SharedGroup::Mail &mail = transfer.isSend ? group.mail(own, transfer.peer)
                                            : group.mail(transfer.peer, own);
  uint32_t there = mail.bytes.load(std::memory_order_acquire);
  if ((there == 0) != transfer.isSend)
    return false;
  if (there > transfer.bytes)
    return Status::error("rank " + std::to_string(transfer.peer) +
                         " sends more than rank " + std::to_string(own) +
                         " receives");
  uint64_t bytes = transfer.isSend
                       ? std::min(SharedGroup::mailBytes, transfer.bytes)
                       : there;
  if (transfer.isSend)
    std::memcpy(mail.data, transfer.data, bytes);
  else
    std::memcpy(transfer.data, mail.data, bytes);
  mail.bytes.store(transfer.isSend ? bytes : 0, std::memory_order_release);
  transfer.data += bytes;
  transfer.bytes -= bytes;
  return true;
}

Status cusim::runTransfers(SharedGroup &group,
                           std::vector<Transfer> transfers) {
  Patience patience;
  while (true) {
    bool isDone = true, hasMoved = false;
    for (size_t i = 0; i < transfers.size(); ++i) {
      Transfer &transfer = transfers[i];
      if (transfer.bytes == 0)
        continue;
      isDone = false;
      // Those between the same two ranks go in their order.
      bool isFirst = std::none_of(
          transfers.begin(), transfers.begin() + i, [&](const Transfer &other) {
            return other.bytes && other.peer == transfer.peer &&
                   other.isSend == transfer.isSend;
          });
      if (!isFirst)
        continue;
      StatusOr<bool> moved = advance(group, transfer);
      if (!moved)
        return Status::error(moved.message());
      hasMoved |= *moved;
    }
    if (isDone)
      return Status::ok();
    if (group.isAborted())
      return aborted();
    if (!hasMoved)
      patience.wait();
  }
}
