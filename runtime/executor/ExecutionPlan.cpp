//===- ExecutionPlan.cpp - A program for one set of sizes -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/ExecutionPlan.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <charconv>

using namespace weft;

static constexpr uint64_t kernelAlignment = 64; // kernel_abi.h
static constexpr uint64_t maximumScratch = uint64_t(1) << 32;
// Of all GPUs: "Technical Specifications per Compute Capability" in the CUDA
// C++ Programming Guide. A device may allow less shared memory.
static constexpr uint64_t maximumGrid[] = {0x7fffffff, 65535, 65535};
static constexpr uint64_t maximumShared = 227 << 10;

static std::string atNode(const std::string &node, const Status &status) {
  return "node '" + printable(node) + "': " + status.message();
}

StatusOr<std::unique_ptr<ExecutionPlan>>
ExecutionPlan::create(const ProgramVariant &variant, const Lifetimes &lifetimes,
                      const SizeBinder &binder, std::span<const int64_t> sizes,
                      const std::vector<uint64_t> &limits) {
  std::unique_ptr<ExecutionPlan> plan(
      new ExecutionPlan(variant, binder, sizes, limits));
  WEFT_RETURN_IF_ERROR(plan->prepare(lifetimes));
  return plan;
}

Status ExecutionPlan::prepare(const Lifetimes &lifetimes) {
  values.resize(variant.exprs.size());
  valueKnown.resize(variant.exprs.size());
  for (ExprId id = 0; id != variant.exprs.size(); ++id)
    if (variant.exprs.isDynamic(id))
      dynamicExprs.push_back(id);
  variables.resize(variant.variables);
  evaluateAll(false);

  size_t count = variant.buffers.size();
  bufferBytes.resize(count);
  rootOffsets.resize(count);
  arenaOffsets.resize(count);
  bufferKnown.resize(count);
  // Views that are used before a base of theirs is known are resolved by depth.
  std::vector<uint32_t> depth(count);
  for (uint32_t i = 0; i != count; ++i) {
    bufferOrder.push_back(i);
    for (uint32_t at = i; variant.buffers[at].kind == artifact::Buffer::VIEW;
         at = variant.buffers[at].base)
      if (++depth[i] > 64)
        return Status::error("buffer " + std::to_string(i) +
                             " is a view of a view more than 64 times");
  }
  std::sort(bufferOrder.begin(), bufferOrder.end(),
            [&](uint32_t a, uint32_t b) {
              return std::pair(depth[a], a) < std::pair(depth[b], b);
            });
  WEFT_RETURN_IF_ERROR(resolveBuffers(false));

  std::vector<uint64_t> packedSizes;
  for (uint32_t buffer : lifetimes.packed())
    packedSizes.push_back(bufferBytes[buffer]);
  StatusOr<Lifetimes::Packing> packed = lifetimes.pack(packedSizes);
  if (!packed)
    return packed.status();
  packing = std::move(*packed);
  for (size_t i = 0; i != lifetimes.packed().size(); ++i)
    arenaOffsets[lifetimes.packed()[i]] = packing.offsets[i];

  launches.resize(variant.launches.size());
  size_t sizeCount = 0;
  for (size_t i = 0; i != launches.size(); ++i) {
    launches[i].firstSize = sizeCount;
    sizeCount += variant.launches[i].sizes.size();
  }
  launchSizes.resize(sizeCount);
  gemms.resize(variant.gemms.size());
  collectives.resize(variant.collectives.size());
  copies.resize(variant.copies.size());
  readOffsets.resize(variant.reads.size());
  for (const Op &op : variant.ops)
    if (!op.isDynamic)
      WEFT_RETURN_IF_ERROR(resolve(op));
  for (const Launch &launch : launches)
    mostScratch = std::max(mostScratch, launch.scratchBytes);
  return Status::ok();
}

StatusOr<int64_t> ExecutionPlan::evaluate(ExprId id) const {
  return variant.exprs[id].evaluate(
      [this](std::string_view name) -> std::optional<int64_t> {
        if (std::optional<int64_t> size = binder.valueOf(name, sizes))
          return size;
        uint32_t variable = 0;
        if (name.size() < 2 || name[0] != 'v')
          return std::nullopt;
        auto [end, error] = std::from_chars(
            name.data() + 1, name.data() + name.size(), variable);
        if (error != std::errc() || end != name.data() + name.size() ||
            variable >= variables.size())
          return std::nullopt;
        return variables[variable];
      });
}

void ExecutionPlan::evaluateAll(bool isDynamic) {
  auto update = [&](ExprId id) {
    StatusOr<int64_t> value = evaluate(id);
    valueKnown[id] = value.isOk();
    values[id] = value ? *value : 0;
  };
  if (isDynamic) {
    for (ExprId id : dynamicExprs)
      update(id);
    return;
  }
  for (ExprId id = 0; id != values.size(); ++id)
    if (!variant.exprs.isDynamic(id))
      update(id);
}

StatusOr<int64_t> ExecutionPlan::value(ExprId id) const {
  if (valueKnown[id])
    return values[id];
  // Evaluated once more for its message.
  return evaluate(id);
}

Status ExecutionPlan::get(ExprId id, const char *what, uint64_t &result) const {
  StatusOr<int64_t> number = value(id);
  if (!number)
    return Status::error(std::string(what) + ": " + number.message());
  if (*number < 0)
    return Status::error(std::string(what) + " is " + std::to_string(*number) +
                         "; expected at least 0");
  result = static_cast<uint64_t>(*number);
  return Status::ok();
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

Status ExecutionPlan::resolveBuffer(uint32_t index) {
  const ProgramBuffer &buffer = variant.buffers[index];
  std::string what = "buffer " + std::to_string(index);
  if (!buffer.name.empty())
    what += " ('" + printable(buffer.name) + "')";
  uint64_t bytes = 0;
  WEFT_RETURN_IF_ERROR(get(buffer.bytes, (what + " size").c_str(), bytes));
  uint64_t offset = 0;
  if (buffer.kind == artifact::Buffer::VIEW) {
    WEFT_RETURN_IF_ERROR(
        get(buffer.offset, (what + " offset").c_str(), offset));
    uint64_t available = bufferBytes[buffer.base];
    if (offset > available || bytes > available - offset)
      return Status::error(what + " is a view of bytes " +
                           std::to_string(offset) + " to " +
                           std::to_string(offset + bytes) + " of buffer " +
                           std::to_string(buffer.base) + ", which has " +
                           std::to_string(available));
    offset += rootOffsets[buffer.base];
  } else if (buffer.kind != artifact::Buffer::TEMPORARY &&
             bytes > limits[index]) {
    return Status::error(what + " has " + std::to_string(bytes) +
                         " bytes in the program, but what it stands for has " +
                         std::to_string(limits[index]));
  }
  bufferBytes[index] = bytes;
  rootOffsets[index] = offset;
  bufferKnown[index] = true;
  return Status::ok();
}

Status ExecutionPlan::resolveBuffers(bool isDynamic) {
  for (uint32_t index : bufferOrder) {
    const ProgramBuffer &buffer = variant.buffers[index];
    if (buffer.isDynamic != isDynamic)
      continue;
    if (isDynamic) {
      // Some of the variables it needs may come later.
      bool isView = buffer.kind == artifact::Buffer::VIEW;
      bufferKnown[index] = false;
      if (!valueKnown[buffer.bytes] ||
          (isView && (!valueKnown[buffer.offset] || !bufferKnown[buffer.base])))
        continue;
    }
    WEFT_RETURN_IF_ERROR(resolveBuffer(index));
  }
  return Status::ok();
}

void ExecutionPlan::clearVariables() {
  if (dynamicExprs.empty())
    return;
  std::fill(variables.begin(), variables.end(), std::nullopt);
  for (ExprId id : dynamicExprs)
    valueKnown[id] = false;
  for (uint32_t i = 0; i != variant.buffers.size(); ++i)
    if (variant.buffers[i].isDynamic)
      bufferKnown[i] = false;
}

Status ExecutionPlan::setVariable(uint32_t variable, int64_t value) {
  variables[variable] = value;
  evaluateAll(true);
  return resolveBuffers(true);
}

//===----------------------------------------------------------------------===//
// Commands
//===----------------------------------------------------------------------===//

Status ExecutionPlan::checkKnown(uint32_t buffer) const {
  if (bufferKnown[buffer])
    return Status::ok();
  return Status::error("uses buffer " + std::to_string(buffer) +
                       " before the variables of its size are read");
}

Status ExecutionPlan::checkRange(uint32_t buffer, uint64_t offset,
                                 uint64_t bytes, const char *what) const {
  WEFT_RETURN_IF_ERROR(checkKnown(buffer));
  if (offset > bufferBytes[buffer] || bytes > bufferBytes[buffer] - offset)
    return Status::error(std::string(what) + " " + std::to_string(bytes) +
                         " bytes at " + std::to_string(offset) + " of buffer " +
                         std::to_string(buffer) + ", which has " +
                         std::to_string(bufferBytes[buffer]));
  return Status::ok();
}

Status ExecutionPlan::resolveLaunch(uint32_t index) {
  const LaunchOp &op = variant.launches[index];
  Launch &launch = launches[index];
  for (size_t i = 0; i != op.sizes.size(); ++i) {
    uint64_t size = 0;
    WEFT_RETURN_IF_ERROR(get(op.sizes[i], "a kernel's size", size));
    launchSizes[launch.firstSize + i] = static_cast<int64_t>(size);
  }
  WEFT_RETURN_IF_ERROR(get(op.items, "the number of items", launch.items));
  WEFT_RETURN_IF_ERROR(get(op.chunk, "the chunk", launch.chunk));
  WEFT_RETURN_IF_ERROR(
      get(op.scratchBytes, "the scratch memory", launch.scratchBytes));
  if (launch.chunk == 0 || launch.scratchBytes > maximumScratch)
    return Status::error("a chunk of " + std::to_string(launch.chunk) +
                         " items and " + std::to_string(launch.scratchBytes) +
                         " bytes of scratch memory; expected a chunk of at "
                         "least 1 and at most 4 GiB");
  for (size_t i = 0; i != op.grid.size(); ++i) {
    WEFT_RETURN_IF_ERROR(get(op.grid[i], "the grid", launch.grid[i]));
    if (launch.grid[i] > maximumGrid[i])
      return Status::error("a grid of " + std::to_string(launch.grid[i]) +
                           " blocks in " + "xyz"[i] + "; expected at most " +
                           std::to_string(maximumGrid[i]));
  }
  WEFT_RETURN_IF_ERROR(
      get(op.sharedBytes, "the shared memory", launch.sharedBytes));
  if (launch.sharedBytes > maximumShared)
    return Status::error(std::to_string(launch.sharedBytes) +
                         " bytes of shared memory for a block; expected at "
                         "most " +
                         std::to_string(maximumShared));
  StatusOr<int64_t> flops = value(op.flops);
  launch.flops = flops ? static_cast<double>(*flops) : 0;
  for (size_t i = 0; i != op.buffers.size(); ++i) {
    uint32_t buffer = op.buffers[i];
    WEFT_RETURN_IF_ERROR(checkKnown(buffer));
    // What a kernel of no items needs at least may be below 0.
    StatusOr<int64_t> least = value(op.leastBytes[i]);
    if (!least)
      return least.status();
    if (*least > 0 && static_cast<uint64_t>(*least) > bufferBytes[buffer])
      return Status::error("its kernel needs " + std::to_string(*least) +
                           " bytes in buffer " + std::to_string(buffer) +
                           ", which has " +
                           std::to_string(bufferBytes[buffer]));
    if (rootOffsets[buffer] % kernelAlignment != 0)
      return Status::error("its kernel gets buffer " + std::to_string(buffer) +
                           " at byte " + std::to_string(rootOffsets[buffer]) +
                           "; expected a multiple of 64");
  }
  return Status::ok();
}

Status ExecutionPlan::resolveCollective(uint32_t index) {
  const CollectiveOp &op = variant.collectives[index];
  collectiveSizes.resize(op.sizes.size());
  for (size_t i = 0; i != op.sizes.size(); ++i)
    WEFT_RETURN_IF_ERROR(
        get(op.sizes[i], "a collective's size", collectiveSizes[i]));
  StatusOr<Collective> collective = Collective::create(
      op.kind, op.reduction, op.type, collectiveSizes, op.splitDimension,
      op.concatDimension, op.splitGranule, op.concatGranule);
  if (!collective)
    return collective.status();
  std::span<const uint64_t> axes = op.group->axes();
  uint64_t position = op.group->position();
  Exchange &exchange = collectives[index];
  exchange = {*collective, collective->sourceBytes(axes, position),
              collective->destinationBytes(axes, position)};
  WEFT_RETURN_IF_ERROR(checkRange(op.source, 0, exchange.sourceBytes, "reads"));
  WEFT_RETURN_IF_ERROR(
      checkRange(op.destination, 0, exchange.destinationBytes, "writes"));
  for (uint32_t buffer : {op.source, op.destination})
    if (rootOffsets[buffer] % byteWidth(op.type) != 0)
      return Status::error("a collective of " + std::string(name(op.type)) +
                           " gets buffer " + std::to_string(buffer) +
                           " at byte " + std::to_string(rootOffsets[buffer]) +
                           "; expected a multiple of " +
                           std::to_string(byteWidth(op.type)));
  return Status::ok();
}

Status ExecutionPlan::resolveCopy(uint32_t index) {
  const CopyOp &op = variant.copies[index];
  Copy &copy = copies[index];
  WEFT_RETURN_IF_ERROR(
      get(op.sourceOffset, "the source's offset", copy.sourceOffset));
  WEFT_RETURN_IF_ERROR(get(op.destinationOffset, "the destination's offset",
                           copy.destinationOffset));
  WEFT_RETURN_IF_ERROR(get(op.bytes, "the bytes to copy", copy.bytes));
  WEFT_RETURN_IF_ERROR(
      checkRange(op.source, copy.sourceOffset, copy.bytes, "reads"));
  return checkRange(op.destination, copy.destinationOffset, copy.bytes,
                    "writes");
}

static uint64_t widthOf(artifact::DataType type) {
  switch (type) {
  case artifact::I16:
  case artifact::U16:
    return 2;
  case artifact::I32:
  case artifact::U32:
    return 4;
  case artifact::I64:
  case artifact::U64:
    return 8;
  default:
    return 1;
  }
}

Status ExecutionPlan::resolveRead(uint32_t index) {
  const ReadOp &op = variant.reads[index];
  WEFT_RETURN_IF_ERROR(get(op.offset, "the offset", readOffsets[index]));
  return checkRange(op.buffer, readOffsets[index], widthOf(op.type), "reads");
}

Status ExecutionPlan::resolve(const Op &op) {
  Status status = Status::ok();
  switch (op.kind) {
  case Op::Kind::Launch:
    status = resolveLaunch(op.index);
    break;
  case Op::Kind::Gemm:
    status = resolveGemm(op.index);
    break;
  case Op::Kind::Collective:
    status = resolveCollective(op.index);
    break;
  case Op::Kind::Copy:
    status = resolveCopy(op.index);
    break;
  case Op::Kind::Fill:
    status = checkKnown(variant.fills[op.index].buffer);
    break;
  case Op::Kind::Read:
    status = resolveRead(op.index);
    break;
  case Op::Kind::Jump:
  case Op::Kind::Signal:
  case Op::Kind::Wait:
    break;
  }
  return status ? status : Status::error(atNode(op.node, status));
}
