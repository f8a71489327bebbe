//===- NcclMember.cpp - A rank of a group of CUDA devices -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/collectives/nccl/NcclMember.h"

#include <algorithm>
#include <optional>
#include <thread>

using namespace weft;
using namespace weft::cuda;

// What cuMemAlloc aligns to, which NCCL copies fastest.
static constexpr uint64_t blockAlignment = 256;

namespace {
/// NCCL works on the device of the thread's context.
class CurrentContext {
public:
  CurrentContext(const DriverFunctions &driver, CUcontext context)
      : driver(driver), result(driver.cuCtxPushCurrent_v2(context)) {}
  ~CurrentContext() {
    if (result == CUDA_SUCCESS)
      driver.cuCtxPopCurrent_v2(nullptr);
  }
  const DriverFunctions &driver;
  const CUresult result;
};

/// While a call of NCCL uses the communicator.
class Calling {
public:
  explicit Calling(std::atomic<bool> &flag) : flag(flag) { flag = true; }
  ~Calling() { flag = false; }

private:
  std::atomic<bool> &flag;
};
} // namespace

/// The type that values are reduced in; none for those NCCL does not have.
static std::optional<ncclDataType_t> reducedType(DataType type) {
  switch (type) {
  case DataType::Bool:
  case DataType::U8:
    return ncclUint8;
  case DataType::I8:
    return ncclInt8;
  case DataType::I32:
    return ncclInt32;
  case DataType::U32:
    return ncclUint32;
  case DataType::I64:
    return ncclInt64;
  case DataType::U64:
    return ncclUint64;
  case DataType::F16:
    return ncclFloat16;
  case DataType::BF16:
    return ncclBfloat16;
  case DataType::F32:
    return ncclFloat32;
  case DataType::F64:
    return ncclFloat64;
  default:
    return std::nullopt;
  }
}

static ncclRedOp_t operationOf(Reduction reduction) {
  return reduction == Reduction::Max   ? ncclMax
         : reduction == Reduction::Min ? ncclMin
                                       : ncclSum;
}

NcclGroups::Member::Member(const Platform &platform, Meeting &meeting,
                           uint64_t position, Group &host)
    : Group(meeting.group().axes, position), platform(platform),
      place(platform.places[meeting.group().ranks[position]]), meeting(meeting),
      host(host), sent(meeting.group().size()),
      received(meeting.group().size()) {}

NcclGroups::Member::~Member() {
  const DriverFunctions &driver = platform.driver->functions();
  CurrentContext current(driver, place.context);
  if (ncclComm_t handle = communicator.exchange(nullptr))
    platform.nccl->functions().ncclCommDestroy(handle);
  for (const auto &[stream, area] : areas)
    driver.cuMemFree_v2(area.address);
  for (CUdeviceptr address : outgrown)
    driver.cuMemFree_v2(address);
}

void NcclGroups::Member::abort() {
  ncclComm_t handle = communicator.exchange(nullptr);
  if (!handle)
    return;
  // A call that began before has a moment to end by itself; one that waits for
  // other ranks is what an abort is for.
  auto patience =
      Watchdog::Clock::now() + std::chrono::milliseconds(isCalling ? 100 : 0);
  while (isCalling && Watchdog::Clock::now() < patience)
    std::this_thread::yield();
  CurrentContext current(platform.driver->functions(), place.context);
  platform.nccl->functions().ncclCommAbort(handle);
}

Status NcclGroups::Member::check() const {
  ncclResult_t error = ncclSuccess;
  ncclComm_t handle = communicator;
  if (!handle)
    return Status::ok();
  WEFT_NCCL_CALL(*platform.nccl, ncclCommGetAsyncError, handle, &error);
  return error == ncclInProgress
             ? Status::ok()
             : platform.nccl->check(
                   error,
                   ("the communicator of " + meeting.group().label).c_str());
}

StatusOr<uint8_t *> NcclGroups::Member::reserve(uint64_t bytes,
                                                CUstream stream) {
  Area &area = areas[stream];
  if (area.bytes < bytes) {
    if (area.address)
      outgrown.push_back(area.address);
    area = {};
    uint64_t wanted = std::max(bytes, uint64_t(1) << 16);
    WEFT_CUDA_CALL(*platform.driver, cuMemAlloc_v2, &area.address, wanted);
    area.bytes = wanted;
  }
  return reinterpret_cast<uint8_t *>(area.address);
}

/// Copies rows from one pitch to another.
Status NcclGroups::Member::copyRows(uint8_t *to, uint64_t toPitch,
                                    const uint8_t *from, uint64_t fromPitch,
                                    const BlockRows &rows, CUstream stream) {
  if (rows.bytes() == 0)
    return Status::ok();
  auto source = reinterpret_cast<CUdeviceptr>(from);
  auto destination = reinterpret_cast<CUdeviceptr>(to);
  if (rows.count == 1 || (toPitch == rows.width && fromPitch == rows.width)) {
    WEFT_CUDA_CALL(*platform.driver, cuMemcpyDtoDAsync_v2, destination, source,
                   rows.bytes(), stream);
    return Status::ok();
  }
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.srcDevice = source;
  copy.srcPitch = fromPitch;
  copy.dstDevice = destination;
  copy.dstPitch = toPitch;
  copy.WidthInBytes = rows.width;
  copy.Height = rows.count;
  WEFT_CUDA_CALL(*platform.driver, cuMemcpy2DAsync_v2, &copy, stream);
  return Status::ok();
}

Status NcclGroups::Member::allReduce(const Collective &collective,
                                     const uint8_t *source,
                                     uint8_t *destination, CUstream stream) {
  uint64_t count = collective.bytes() / byteWidth(collective.type);
  if (count == 0)
    return Status::ok();
  WEFT_NCCL_CALL(*platform.nccl, ncclAllReduce, source, destination, count,
                 *reducedType(collective.type),
                 operationOf(collective.reduction), communicator, stream);
  return Status::ok();
}

Status NcclGroups::Member::reduceScatter(const Collective &collective,
                                         const uint8_t *source,
                                         uint8_t *destination,
                                         CUstream stream) {
  if (collective.bytes() == 0)
    return Status::ok();
  // The blocks of all ranks, one after the other.
  bool isEven = true, isPacked = true;
  std::vector<uint64_t> offsets;
  uint64_t total = 0;
  for (size_t to = 0; to != sent.size(); ++to) {
    sent[to].rows = rowsSent(collective, axes(), position(), to);
    isEven &= sent[to].rows.bytes() == sent[0].rows.bytes();
    isPacked &= sent[to].rows.isContiguous();
    offsets.push_back(total);
    total += sent[to].rows.bytes();
  }
  const uint8_t *blocks = source;
  if (!isPacked) {
    StatusOr<uint8_t *> area = reserve(total, stream);
    if (!area)
      return area.status();
    for (size_t to = 0; to != sent.size(); ++to) {
      const BlockRows &rows = sent[to].rows;
      WEFT_RETURN_IF_ERROR(copyRows(*area + offsets[to], rows.width,
                                    source + rows.offset, rows.pitch, rows,
                                    stream));
    }
    blocks = *area;
  }
  uint64_t width = byteWidth(collective.type);
  ncclDataType_t type = *reducedType(collective.type);
  ncclRedOp_t operation = operationOf(collective.reduction);
  const NcclLibrary &nccl = *platform.nccl;
  if (isEven) {
    WEFT_NCCL_CALL(nccl, ncclReduceScatter, blocks, destination,
                   sent[0].rows.bytes() / width, type, operation, communicator,
                   stream);
    return Status::ok();
  }
  WEFT_NCCL_CALL(nccl, ncclGroupStart);
  Status status = Status::ok();
  for (size_t to = 0; to != sent.size() && status; ++to)
    if (uint64_t bytes = sent[to].rows.bytes())
      status = nccl.check(nccl.functions().ncclReduce(
                              blocks + offsets[to],
                              to == position() ? destination : nullptr,
                              bytes / width, type, operation,
                              static_cast<int>(to), communicator, stream),
                          "ncclReduce");
  WEFT_NCCL_CALL(nccl, ncclGroupEnd);
  return status;
}

Status NcclGroups::Member::exchange(const Collective &collective,
                                    const uint8_t *source, uint8_t *destination,
                                    CUstream stream) {
  size_t own = position();
  uint64_t packedBytes = 0;
  for (size_t other = 0; other != sent.size(); ++other) {
    sent[other].rows = rowsSent(collective, axes(), own, other);
    received[other].rows = rowsReceived(collective, axes(), own, other);
    for (const Block *block : {&sent[other], &received[other]})
      if (!block->rows.isContiguous())
        packedBytes += (block->rows.bytes() + blockAlignment - 1) /
                       blockAlignment * blockAlignment;
  }
  StatusOr<uint8_t *> area =
      packedBytes ? reserve(packedBytes, stream) : StatusOr<uint8_t *>(nullptr);
  if (!area)
    return area.status();
  uint8_t *next = *area;
  auto placeBlock = [&](Block &block, const uint8_t *whole) {
    if (block.rows.isContiguous()) {
      block.packed = const_cast<uint8_t *>(whole) + block.rows.offset;
      return;
    }
    block.packed = next;
    next += (block.rows.bytes() + blockAlignment - 1) / blockAlignment *
            blockAlignment;
  };
  for (size_t other = 0; other != sent.size(); ++other) {
    placeBlock(sent[other], source);
    placeBlock(received[other], destination);
    const BlockRows &rows = sent[other].rows;
    if (!rows.isContiguous())
      WEFT_RETURN_IF_ERROR(copyRows(sent[other].packed, rows.width,
                                    source + rows.offset, rows.pitch, rows,
                                    stream));
  }
  const NcclLibrary &nccl = *platform.nccl;
  Status status = Status::ok();
  WEFT_NCCL_CALL(nccl, ncclGroupStart);
  for (size_t other = 0; other != sent.size() && status; ++other) {
    const Block &to = sent[other], &from = received[other];
    auto peer = static_cast<int>(other);
    if (other == own)
      continue;
    if (uint64_t bytes = to.rows.bytes())
      status = nccl.check(nccl.functions().ncclSend(to.packed, bytes, ncclInt8,
                                                    peer, communicator, stream),
                          "ncclSend");
    if (uint64_t bytes = from.rows.bytes(); bytes != 0 && status)
      status =
          nccl.check(nccl.functions().ncclRecv(from.packed, bytes, ncclInt8,
                                               peer, communicator, stream),
                     "ncclRecv");
  }
  WEFT_NCCL_CALL(nccl, ncclGroupEnd);
  WEFT_RETURN_IF_ERROR(status);
  // A rank's own block needs no way at all.
  received[own].packed = sent[own].packed;
  for (size_t other = 0; other != sent.size(); ++other) {
    const BlockRows &rows = received[other].rows;
    if (other == own || !rows.isContiguous())
      WEFT_RETURN_IF_ERROR(copyRows(destination + rows.offset, rows.pitch,
                                    received[other].packed, rows.width, rows,
                                    stream));
  }
  return Status::ok();
}

Status NcclGroups::Member::start(const Collective &collective,
                                 const uint8_t *source, uint8_t *destination,
                                 CUstream stream) {
  switch (collective.kind) {
  case CollectiveKind::AllReduce:
    return allReduce(collective, source, destination, stream);
  case CollectiveKind::ReduceScatter:
    return reduceScatter(collective, source, destination, stream);
  case CollectiveKind::AllGather: {
    // Even blocks that lie one after the other are NCCL's own case.
    BlockRows first = rowsReceived(collective, axes(), position(), 0);
    uint64_t size = sent.size();
    if (first.count != 1 || first.bytes() == 0 ||
        first.bytes() * size != collective.bytes())
      break;
    WEFT_NCCL_CALL(*platform.nccl, ncclAllGather, source, destination,
                   first.bytes(), ncclInt8, communicator, stream);
    return Status::ok();
  }
  case CollectiveKind::AllToAll:
    break;
  }
  return exchange(collective, source, destination, stream);
}

Status NcclGroups::Member::run(const Collective &collective, const void *source,
                               void *destination, Queue *queue) {
  if (collective.reduction != Reduction::None && !reducedType(collective.type))
    return host.run(collective, source, destination, queue);
  WEFT_RETURN_IF_ERROR(
      meeting.arrive(position(), {collective, source, destination}));
  CurrentContext current(platform.driver->functions(), place.context);
  WEFT_RETURN_IF_ERROR(
      platform.driver->check(current.result, "cuCtxPushCurrent"));
  Calling calling(isCalling);
  if (!hasJoined())
    return Status::error(meeting.describe(collective) +
                         ": another rank failed");
  Status status =
      start(collective, static_cast<const uint8_t *>(source),
            static_cast<uint8_t *>(destination), platform.streamOf(*queue));
  return status ? status
                : Status::error(meeting.describe(collective) + ": " +
                                status.message());
}
