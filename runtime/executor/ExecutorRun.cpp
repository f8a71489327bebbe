//===- ExecutorRun.cpp - Runs the commands of a plan ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/executor/Executor.h"
#include "weft/kernel_abi.h"

#include <cstring>

using namespace weft;

using Clock = std::chrono::steady_clock;

/// The device may be busy until this goes.
namespace {
class Request {
public:
  explicit Request(Device &device) : device(device) { device.wake(); }
  ~Request() { device.rest(); }

private:
  Device &device;
};
} // namespace

static Status anotherRankFailed() {
  return Status::error("another rank failed");
}

static Status atNode(const Op &op, const std::string &what) {
  return Status::error("node '" + printable(op.node) + "': " + what);
}

//===----------------------------------------------------------------------===//
// Commands
//===----------------------------------------------------------------------===//

static int64_t integerAt(const uint8_t *bytes, artifact::DataType type) {
  auto as = [&](auto value) {
    std::memcpy(&value, bytes, sizeof(value));
    return static_cast<int64_t>(value);
  };
  switch (type) {
  case artifact::BOOL:
    return *bytes != 0;
  case artifact::I8:
    return as(int8_t());
  case artifact::I16:
    return as(int16_t());
  case artifact::I32:
    return as(int32_t());
  case artifact::U8:
    return as(uint8_t());
  case artifact::U16:
    return as(uint16_t());
  case artifact::U32:
    return as(uint32_t());
  default:
    return as(int64_t());
  }
}

Status Executor::read(const Op &op) {
  const ReadOp &read = current->variant->program.reads[op.index];
  uint8_t bytes[8] = {};
  uint64_t width =
      byteWidth(static_cast<DataType>(static_cast<int>(read.type)));
  Queue &queue = *current->variant->queues[op.queue];
  if (!device.isSynchronous()) {
    WEFT_RETURN_IF_ERROR(finish(queue));
    WEFT_RETURN_IF_ERROR(checkErrors(nullptr));
  }
  WEFT_RETURN_IF_ERROR(
      queue.download(bytes,
                     static_cast<char *>(addresses[read.buffer]) +
                         current->plan->readOffset(op.index),
                     width));
  Status status =
      current->plan->setVariable(read.variable, integerAt(bytes, read.type));
  if (!status)
    return atNode(op, status.message());
  return placeBuffers();
}

Status Executor::exchange(const Op &op) {
  const CollectiveOp &collective =
      current->variant->program.collectives[op.index];
  const ExecutionPlan::Exchange &numbers = current->plan->collective(op.index);
  void *source = addresses[collective.source],
       *destination = addresses[collective.destination];
  auto from = reinterpret_cast<uintptr_t>(source),
       to = reinterpret_cast<uintptr_t>(destination);
  bool isInPlace =
      source == destination && collective.kind == CollectiveKind::AllReduce;
  if (!isInPlace && from < to + numbers.destinationBytes &&
      to < from + numbers.sourceBytes)
    return atNode(op, "a collective's source and destination overlap");
  Status status =
      collective.group->run(numbers.collective, source, destination,
                            current->variant->queues[op.queue].get());
  if (status)
    return status;
  // It says which ranks it is about; the watchdog keeps the first error.
  Status located = atNode(op, status.message());
  context.watchdog.fail(located);
  return located;
}

Status Executor::launch(const Op &op, uint32_t index) {
  const LaunchOp &launch = current->variant->program.launches[index];
  const ExecutionPlan::Launch &numbers = current->plan->launch(index);
  for (size_t i = 0; i != launch.buffers.size(); ++i)
    arguments[i] = addresses[launch.buffers[i]];
  Launch command;
  command.code = residents.code.get();
  command.kernel = launch.kernel;
  command.buffers = {arguments.data(), launch.buffers.size()};
  command.sizes = current->plan->sizesOf(index);
  command.items = numbers.items;
  command.chunk = numbers.chunk;
  command.scratchBytes = numbers.scratchBytes;
  command.isDynamic = launch.isSplitDynamic;
  std::copy(std::begin(numbers.grid), std::end(numbers.grid), command.grid);
  command.blockThreads = launch.blockThreads;
  command.sharedBytes = numbers.sharedBytes;
  command.errorSlot =
      static_cast<uint32_t>(&op - current->variant->program.ops.data());
  command.node = &op.node;
  WEFT_RETURN_IF_ERROR(current->variant->queues[op.queue]->launch(command));
  return device.isSynchronous() ? checkErrors(&op) : Status::ok();
}

/// Does one op; `next` is the op after it, which jumps change.
Status Executor::perform(const Op &op, size_t &next) {
  Variant &variant = *current->variant;
  ExecutionPlan &plan = *current->plan;
  Queue &queue = *variant.queues[op.queue];
  if (op.isDynamic)
    WEFT_RETURN_IF_ERROR(plan.resolve(op));
  switch (op.kind) {
  case Op::Kind::Launch:
    return launch(op, op.index);
  case Op::Kind::Gemm:
    return multiply(op);
  case Op::Kind::Collective:
    return exchange(op);
  case Op::Kind::Copy: {
    const CopyOp &copy = variant.program.copies[op.index];
    const ExecutionPlan::Copy &numbers = plan.copy(op.index);
    return queue.copy(static_cast<char *>(addresses[copy.destination]) +
                          numbers.destinationOffset,
                      static_cast<char *>(addresses[copy.source]) +
                          numbers.sourceOffset,
                      numbers.bytes);
  }
  case Op::Kind::Fill: {
    const FillOp &fill = variant.program.fills[op.index];
    return queue.fill(addresses[fill.buffer], fill.byte,
                      plan.bytes(fill.buffer));
  }
  case Op::Kind::Read:
    return read(op);
  case Op::Kind::Jump: {
    const JumpOp &jump = variant.program.jumps[op.index];
    if (jump.isConditional) {
      StatusOr<int64_t> condition = plan.value(jump.condition);
      if (!condition)
        return atNode(op, "a condition: " + condition.message());
      if (*condition != 0)
        return Status::ok();
    }
    next = jump.target;
    return Status::ok();
  }
  case Op::Kind::Signal:
    return queue.signal(*variant.events[op.index]);
  case Op::Kind::Wait:
    return queue.wait(*variant.events[op.index]);
  }
  assert(false && "all kinds are handled");
  return Status::ok();
}

/// Fails when a kernel raised an error: that of `op`, or on a device that works
/// later the one that the device says.
Status Executor::checkErrors(const Op *op) {
  uint32_t errors = device.takeErrors();
  if (errors == 0)
    return Status::ok();
  const std::vector<Op> &ops = current->variant->program.ops;
  if (!op && !device.isSynchronous() && device.errorSlot() < ops.size())
    op = &ops[device.errorSlot()];
  std::string what = errors & WEFT_ERROR_INDEX_OUT_OF_RANGE
                         ? "an index in the input data is out of range"
                         : "the kernel raised error " + std::to_string(errors);
  return op ? atNode(*op, what) : Status::error(what);
}

//===----------------------------------------------------------------------===//
// Waiting for a device
//===----------------------------------------------------------------------===//

/// Waits for a queue, but not for ever where the run has an end, or where
/// another rank may fail before it does its part.
Status Executor::finish(Queue &queue) {
  Watchdog &watchdog = context.watchdog;
  if (device.isSynchronous() ||
      (watchdog.size() == 1 && watchdog.timeout() == 0))
    return queue.finish();
  StatusOr<bool> isDone = queue.finishUnless(
      [&] { return watchdog.hasFailed() || watchdog.isLateAlone(); });
  if (!isDone)
    return isDone.status();
  if (*isDone)
    return Status::ok();
  if (watchdog.hasFailed())
    return anotherRankFailed();
  return Status::error("the run was stopped after " +
                       secondsText(watchdog.timeout()) + " seconds, with " +
                       device.name() +
                       " still at work; raise the timeout if it needs more");
}

bool Executor::settle() {
  const Clock::time_point end = Clock::now() + std::chrono::milliseconds(500);
  if (!mayBeBusy)
    return true;
  for (std::unique_ptr<Variant> &variant : variants)
    for (std::unique_ptr<Queue> &queue : variant->queues)
      if (StatusOr<bool> isDone =
              queue->finishUnless([&] { return Clock::now() > end; });
          isDone && !*isDone)
        return false;
  return true;
}

Status Executor::finishQueues() {
  for (std::unique_ptr<Queue> &queue : current->variant->queues)
    WEFT_RETURN_IF_ERROR(finish(*queue));
  return Status::ok();
}

Status Executor::record(const Op &op, Clock::time_point begin,
                        const RunOptions &options) {
  CommandRecord record{"", "memory", op.node, device.name(), begin, {}, 0, 0};
  switch (op.kind) {
  case Op::Kind::Launch: {
    uint32_t index = current->variant->program.launches[op.index].kernel;
    const artifact::Kernel &kernel =
        manifest.stages(0).kernels().kernels(static_cast<int>(index));
    record.name = kernel.name();
    record.family = kernel.family();
    record.flops = current->plan->launch(op.index).flops;
    break;
  }
  case Op::Kind::Gemm:
    record.name = record.family = "gemm";
    record.flops = current->plan->gemm(op.index).flops();
    break;
  case Op::Kind::Collective: {
    const Collective &collective =
        current->plan->collective(op.index).collective;
    record.name = name(collective.kind);
    record.family = "collective";
    record.bytes = collective.bytes();
    break;
  }
  case Op::Kind::Copy:
    record.name = "copy";
    record.bytes = current->plan->copy(op.index).bytes;
    break;
  case Op::Kind::Fill:
    record.name = "fill";
    break;
  case Op::Kind::Read:
    record.name = "read";
    break;
  case Op::Kind::Jump:
  case Op::Kind::Signal:
  case Op::Kind::Wait:
    return Status::ok();
  }
  if (!device.isSynchronous()) {
    WEFT_RETURN_IF_ERROR(finish(*current->variant->queues[op.queue]));
    WEFT_RETURN_IF_ERROR(checkErrors(&op));
  }
  record.end = Clock::now();
  std::lock_guard lock(context.reporting);
  options.onCommand(record);
  return Status::ok();
}

Status Executor::execute(const RunOptions &options) {
  const std::vector<Op> &ops = current->variant->program.ops;
  Watchdog &watchdog = context.watchdog;
  CapturedSteps &captured = current->captured;
  // A timeline is of each command.
  captured.beginRun(options.onCommand ? std::span<void *const>() : addresses);
  for (size_t at = 0; at != ops.size();) {
    const Op &op = ops[at];
    size_t next = at + 1;
    if (watchdog.hasFailed())
      return anotherRankFailed();
    if (watchdog.isLateAlone())
      return atNode(op, "the run was stopped after " +
                            secondsText(watchdog.timeout()) +
                            " seconds; raise the timeout if it needs more");
    Clock::time_point begin;
    if (options.onCommand)
      begin = Clock::now();
    watchdog.reach(context.rank, &op.node);
    if (const CapturedSteps::Step *step = captured.stepAt(at)) {
      WEFT_RETURN_IF_ERROR(runStep(*step));
      next = step->end;
    } else {
      WEFT_RETURN_IF_ERROR(perform(op, next));
    }
    // After a failure the caller may have given this rank up: what it gave is
    // no longer looked at.
    if (watchdog.hasFailed())
      return anotherRankFailed();
    if (options.onCommand)
      WEFT_RETURN_IF_ERROR(record(op, begin, options));
    at = next;
  }
  return Status::ok();
}

/// What lies between begin and end is done by one call. In the run that
/// captures it, it is not done before.
Status Executor::runStep(const CapturedSteps::Step &step) {
  CapturedSteps &captured = current->captured;
  Queue &queue = *current->variant->queues[0];
  const std::vector<Op> &ops = current->variant->program.ops;
  auto perform = [&](size_t at) {
    size_t next = at + 1;
    return this->perform(ops[at], next);
  };
  if (!captured.isCaptured(step)) {
    WEFT_RETURN_IF_ERROR(queue.beginCapture());
    Status status = Status::ok();
    for (size_t at = step.begin; status && at != step.end; ++at)
      status = perform(at);
    // Also after an error: the queue may not stay as it is.
    StatusOr<std::unique_ptr<Graph>> graph = queue.endCapture();
    if (!status || !graph) {
      // Run as before, what is wrong shows itself, if it is not only that the
      // device cannot capture it.
      captured.giveUp();
      for (size_t at = step.begin; at != step.end; ++at)
        WEFT_RETURN_IF_ERROR(perform(at));
      return Status::ok();
    }
    captured.keep(step, std::move(*graph));
  }
  return queue.replay(captured.graph(step));
}

Status Executor::runCommands(std::span<const TensorView> inputs,
                             std::span<const MutableTensorView> outputs,
                             const RunOptions &options) {
  if (std::exchange(mayBeBusy, true))
    for (std::unique_ptr<Variant> &variant : variants)
      for (std::unique_ptr<Queue> &queue : variant->queues)
        WEFT_RETURN_IF_ERROR(finish(*queue));
  device.takeErrors();
  current->plan->clearVariables();
  WEFT_RETURN_IF_ERROR(stage(inputs, outputs));
  WEFT_RETURN_IF_ERROR(placeBuffers());
  WEFT_RETURN_IF_ERROR(execute(options));
  WEFT_RETURN_IF_ERROR(finishQueues());
  WEFT_RETURN_IF_ERROR(checkErrors(nullptr));
  WEFT_RETURN_IF_ERROR(fetchOutputs(outputs));
  mayBeBusy = false;
  return Status::ok();
}

Status Executor::run(std::span<const TensorView> inputs,
                     std::span<const MutableTensorView> outputs,
                     const RunOptions &options) {
  Request request(device);
  return runCommands(inputs, outputs, options);
}
