//===- Api.cpp - The exported functions -----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/HostWork.h"
#include "runtime/cusim/memory/AddressSpace.h"
#include "runtime/cusim/nccl/Communicator.h"

#include <cstdio>
#include <cstring>
#include <map>
#include <random>
#include <thread>

using namespace weft;
using namespace weft::cuda;
using namespace weft::cusim;

#define NCCL_EXPORT                                                            \
  extern "C" __attribute__((visibility("default"))) ncclResult_t

namespace {
/// What a thread called since ncclGroupStart.
struct Group {
  unsigned depth = 0;
  struct Join {
    ncclComm_t *communicator;
    std::string name;
    unsigned ranks, rank;
    CUcontext context;
  };
  std::vector<Join> joins;
  /// Sends and receives of each communicator and stream.
  std::map<std::pair<std::shared_ptr<ncclComm>, CUstream>,
           std::vector<Transfer>>
      transfers;
};
} // namespace

static Group &groupOfThread() {
  static thread_local Group group;
  return group;
}

NCCL_EXPORT ncclGetVersion(int *version) {
  if (!version)
    return ncclInvalidArgument;
  *version = 22800;
  return ncclSuccess;
}

extern "C" __attribute__((visibility("default"))) const char *
ncclGetErrorString(ncclResult_t error) {
  switch (error) {
  case ncclSuccess:
    return "no error";
  case ncclUnhandledCudaError:
    return "unhandled cuda error";
  case ncclSystemError:
    return "unhandled system error";
  case ncclInternalError:
    return "internal error";
  case ncclInvalidArgument:
    return "invalid argument";
  case ncclInvalidUsage:
    return "invalid usage";
  case ncclRemoteError:
    return "remote process exited or there was a network error";
  case ncclInProgress:
    return "NCCL operation in progress";
  }
  return "unknown result code";
}

NCCL_EXPORT ncclGetUniqueId(ncclUniqueId *id) {
  if (!id)
    return ncclInvalidArgument;
  std::random_device random;
  uint64_t number = uint64_t(random()) << 32 | random();
  std::memset(id->internal, 0, sizeof(id->internal));
  std::snprintf(id->internal, sizeof(id->internal), "cusim-nccl-%016llx",
                (unsigned long long)number);
  return ncclSuccess;
}

/// Ids travel between processes by the program's own means.
static bool isName(const ncclUniqueId &id) {
  size_t length = strnlen(id.internal, sizeof(id.internal));
  return length < sizeof(id.internal) &&
         std::strncmp(id.internal, "cusim-nccl-", 11) == 0 &&
         std::strspn(id.internal + 11, "0123456789abcdef") == length - 11;
}

NCCL_EXPORT ncclCommInitRank(ncclComm_t *communicator, int ranks,
                             ncclUniqueId id, int rank) {
  if (!communicator || ranks < 1 || ranks > int(SharedGroup::maxRanks) ||
      rank < 0 || rank >= ranks)
    return refuse(ncclInvalidArgument, "rank " + std::to_string(rank) + " of " +
                                           std::to_string(ranks) +
                                           " is not one");
  if (!isName(id))
    return refuse(ncclInvalidArgument, "the id is not from ncclGetUniqueId");
  Group &group = groupOfThread();
  if (group.depth == 0)
    return makeCommunicator(communicator, id.internal, ranks, rank);
  CUcontext context = nullptr;
  cuCtxGetCurrent(&context);
  group.joins.push_back(
      {communicator, id.internal, unsigned(ranks), unsigned(rank), context});
  return ncclSuccess;
}

/// All at once, each on a thread of its own: each waits for the others.
static ncclResult_t runJoins(std::vector<Group::Join> joins) {
  std::vector<ncclResult_t> results(joins.size(), ncclSuccess);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < joins.size(); ++i)
    threads.emplace_back([&join = joins[i], &result = results[i]] {
      cuCtxSetCurrent(join.context);
      result =
          makeCommunicator(join.communicator, join.name, join.ranks, join.rank);
    });
  for (std::thread &thread : threads)
    thread.join();
  for (ncclResult_t result : results)
    if (result != ncclSuccess)
      return result;
  return ncclSuccess;
}

NCCL_EXPORT ncclCommInitAll(ncclComm_t *communicators, int count,
                            const int *devices) {
  if (!communicators || count < 1 || count > int(SharedGroup::maxRanks))
    return ncclInvalidArgument;
  ncclUniqueId id;
  ncclGetUniqueId(&id);
  std::vector<Group::Join> joins;
  for (int rank = 0; rank < count; ++rank) {
    CUcontext context;
    if (cuDevicePrimaryCtxRetain(&context, devices ? devices[rank] : rank) !=
        CUDA_SUCCESS)
      return ncclUnhandledCudaError;
    joins.push_back({&communicators[rank], id.internal, unsigned(count),
                     unsigned(rank), context});
  }
  return runJoins(std::move(joins));
}

NCCL_EXPORT ncclCommFinalize(ncclComm_t communicator) {
  return findCommunicator(communicator) ? ncclSuccess : ncclInvalidArgument;
}

NCCL_EXPORT ncclCommDestroy(ncclComm_t communicator) {
  return destroyCommunicator(communicator) ? ncclSuccess : ncclInvalidArgument;
}

/// Work that waits in a stream still uses the communicator: it stays.
NCCL_EXPORT ncclCommAbort(ncclComm_t handle) {
  std::shared_ptr<ncclComm> communicator = findCommunicator(handle);
  if (!communicator)
    return ncclInvalidArgument;
  communicator->group->abort();
  return ncclSuccess;
}

NCCL_EXPORT ncclCommGetAsyncError(ncclComm_t handle, ncclResult_t *error) {
  std::shared_ptr<ncclComm> communicator = findCommunicator(handle);
  if (!communicator || !error)
    return ncclInvalidArgument;
  std::lock_guard lock(communicator->mutex);
  *error = communicator->error;
  return ncclSuccess;
}

NCCL_EXPORT ncclCommCount(const ncclComm_t handle, int *count) {
  std::shared_ptr<ncclComm> communicator = findCommunicator(handle);
  if (!communicator || !count)
    return ncclInvalidArgument;
  *count = communicator->group->getRanks();
  return ncclSuccess;
}

NCCL_EXPORT ncclCommCuDevice(const ncclComm_t handle, int *device) {
  std::shared_ptr<ncclComm> communicator = findCommunicator(handle);
  if (!communicator || !device)
    return ncclInvalidArgument;
  *device = communicator->device;
  return ncclSuccess;
}

NCCL_EXPORT ncclCommUserRank(const ncclComm_t handle, int *rank) {
  std::shared_ptr<ncclComm> communicator = findCommunicator(handle);
  if (!communicator || !rank)
    return ncclInvalidArgument;
  *rank = communicator->group->getRank();
  return ncclSuccess;
}

/// The host's address of memory that lies inside one allocation; null if not.
static uint8_t *resolve(const void *address, uint64_t bytes) {
  uint64_t value = reinterpret_cast<uint64_t>(address);
  return liesInAllocation(value, bytes) ? AddressSpace::hostPointer(value)
                                        : nullptr;
}

static ncclResult_t start(GroupCall collective, const void *source,
                          void *destination, ncclComm_t handle,
                          CUstream stream) {
  std::shared_ptr<ncclComm> communicator = findCommunicator(handle);
  if (!communicator)
    return ncclInvalidArgument;
  std::string call = name(collective.kind);
  unsigned size = elementBytes(collective.type);
  unsigned ranks = communicator->group->getRanks();
  bool isRoot = int(communicator->group->getRank()) == collective.root;
  using Kind = GroupCall::Kind;
  bool reduces = collective.kind == Kind::AllReduce ||
                 collective.kind == Kind::Reduce ||
                 collective.kind == Kind::ReduceScatter;
  if (size == 0 || collective.root < 0 || collective.root >= int(ranks) ||
      collective.count > (uint64_t(1) << 60) / ranks / size)
    return refuse(ncclInvalidArgument, call + ": no such type, root or count");
  bool isFloat8 =
      collective.type == ncclFloat8e4m3 || collective.type == ncclFloat8e5m2;
  if (collective.operation < ncclSum || collective.operation > ncclAvg)
    return refuse(ncclInvalidArgument,
                  call + ": there is no operation " +
                      std::to_string(collective.operation));
  if (reduces && (isFloat8 || collective.operation == ncclProd ||
                  collective.operation == ncclAvg))
    return refuse(ncclInvalidArgument,
                  call + ": fp8, products and averages are not supported");
  uint64_t bytes = collective.count * size;
  uint64_t sourceBytes = collective.kind == Kind::ReduceScatter ? bytes * ranks
                         : collective.kind == Kind::Broadcast && !isRoot
                             ? 0
                             : bytes;
  uint64_t destinationBytes = collective.kind == Kind::AllGather ? bytes * ranks
                              : collective.kind == Kind::Reduce && !isRoot
                                  ? 0
                                  : bytes;
  collective.source = resolve(source, sourceBytes);
  collective.destination = resolve(destination, destinationBytes);
  if ((sourceBytes && !collective.source) ||
      (destinationBytes && !collective.destination))
    return refuse(ncclInvalidArgument,
                  call + ": a buffer is not inside one allocation");
  return communicator->enqueue(stream, [collective](SharedGroup &group) {
    return runCollective(group, collective);
  });
}

NCCL_EXPORT ncclAllReduce(const void *source, void *destination, size_t count,
                          ncclDataType_t type, ncclRedOp_t operation,
                          ncclComm_t communicator, CUstream stream) {
  return start({GroupCall::Kind::AllReduce, type, operation, 0, count}, source,
               destination, communicator, stream);
}

NCCL_EXPORT ncclReduce(const void *source, void *destination, size_t count,
                       ncclDataType_t type, ncclRedOp_t operation, int root,
                       ncclComm_t communicator, CUstream stream) {
  return start({GroupCall::Kind::Reduce, type, operation, root, count}, source,
               destination, communicator, stream);
}

NCCL_EXPORT ncclReduceScatter(const void *source, void *destination,
                              size_t countOfResult, ncclDataType_t type,
                              ncclRedOp_t operation, ncclComm_t communicator,
                              CUstream stream) {
  return start(
      {GroupCall::Kind::ReduceScatter, type, operation, 0, countOfResult},
      source, destination, communicator, stream);
}

NCCL_EXPORT ncclBroadcast(const void *source, void *destination, size_t count,
                          ncclDataType_t type, int root,
                          ncclComm_t communicator, CUstream stream) {
  return start({GroupCall::Kind::Broadcast, type, ncclSum, root, count}, source,
               destination, communicator, stream);
}

NCCL_EXPORT ncclAllGather(const void *source, void *destination,
                          size_t countOfSource, ncclDataType_t type,
                          ncclComm_t communicator, CUstream stream) {
  return start({GroupCall::Kind::AllGather, type, ncclSum, 0, countOfSource},
               source, destination, communicator, stream);
}

static ncclResult_t runTransfersOf(ncclComm &communicator, CUstream stream,
                                   std::vector<Transfer> transfers) {
  return communicator.enqueue(
      stream, [transfers = std::move(transfers)](SharedGroup &group) {
        return runTransfers(group, transfers);
      });
}

static ncclResult_t transfer(bool isSend, const void *data, size_t count,
                             ncclDataType_t type, int peer, ncclComm_t handle,
                             CUstream stream) {
  std::shared_ptr<ncclComm> communicator = findCommunicator(handle);
  if (!communicator || peer < 0 ||
      peer >= int(communicator->group->getRanks()) || elementBytes(type) == 0 ||
      count > uint64_t(1) << 60)
    return ncclInvalidArgument;
  uint64_t bytes = count * elementBytes(type);
  uint8_t *host = resolve(data, bytes);
  if (bytes && !host)
    return refuse(ncclInvalidArgument, "a buffer is not inside one allocation");
  Transfer transfer{isSend, unsigned(peer), bytes, host};
  Group &group = groupOfThread();
  if (group.depth == 0)
    return runTransfersOf(*communicator, stream, {transfer});
  group.transfers[{communicator, stream}].push_back(transfer);
  return ncclSuccess;
}

NCCL_EXPORT ncclSend(const void *source, size_t count, ncclDataType_t type,
                     int peer, ncclComm_t communicator, CUstream stream) {
  return transfer(true, source, count, type, peer, communicator, stream);
}

NCCL_EXPORT ncclRecv(void *destination, size_t count, ncclDataType_t type,
                     int peer, ncclComm_t communicator, CUstream stream) {
  return transfer(false, destination, count, type, peer, communicator, stream);
}

NCCL_EXPORT ncclGroupStart() {
  ++groupOfThread().depth;
  return ncclSuccess;
}

NCCL_EXPORT ncclGroupEnd() {
  Group &group = groupOfThread();
  if (group.depth == 0)
    return refuse(ncclInvalidUsage, "ncclGroupEnd without ncclGroupStart");
  if (--group.depth)
    return ncclSuccess;
  ncclResult_t result = runJoins(std::exchange(group.joins, {}));
  for (auto &[key, transfers] : std::exchange(group.transfers, {})) {
    ncclResult_t started =
        runTransfersOf(*key.first, key.second, std::move(transfers));
    if (result == ncclSuccess)
      result = started;
  }
  return result;
}
