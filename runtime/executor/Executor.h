//===- Executor.h - Runs one entry point ------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_EXECUTOR_EXECUTOR_H
#define RUNTIME_EXECUTOR_EXECUTOR_H

#include "runtime/collectives/Watchdog.h"
#include "runtime/device/Device.h"
#include "runtime/executor/CapturedSteps.h"
#include "runtime/executor/ExecutionPlan.h"
#include "weft/Runtime.h"

namespace weft {

/// A block of device memory that someone else owns.
struct Memory {
  void *address = nullptr;
  uint64_t bytes = 0;
};

/// What a model keeps on a device, shared by its entry points.
struct Residents {
  std::map<std::string, Memory> weights, states;
  std::vector<std::unique_ptr<Buffer>> owned;
  std::unique_ptr<Code> code;
  /// Temporary buffers of one run; grows.
  std::unique_ptr<Buffer> arena;
  /// What the device does without, for people.
  std::set<std::string> notes;
};

/// Where an executor runs, and whom it runs with.
struct RankContext {
  unsigned rank;
  Device &device;
  Residents &residents;
  Watchdog &watchdog;
  /// One rank at a time reports its commands.
  std::mutex &reporting;
  /// The rank's group over axes of the mesh.
  std::function<Group &(const std::vector<std::string> &)> findGroup;
};

/// One entry point of an artifact on one rank. Plans are made once for each
/// set of sizes; after that a run allocates nothing.
class Executor {
public:
  /// `manifest` and what is in `context` must outlive the executor.
  static StatusOr<std::unique_ptr<Executor>>
  create(const artifact::Manifest &manifest, int entry,
         const RankContext &context);

  const SizeBinder &binder() const { return *sizeBinder; }

  /// Finds or makes the plan for inputs in any order; then `outputShape` holds.
  Status prepare(std::span<const TensorView> inputs);
  std::span<const int64_t> outputShape(size_t output) const;

  /// Looks at outputs in any order, each at most once, for the prepared plan.
  Status matchOutputs(std::span<const MutableTensorView> outputs);

  /// Runs the prepared plan on the same inputs and outputs, between begin and
  /// end of the watchdog.
  Status run(std::span<const TensorView> inputs,
             std::span<const MutableTensorView> outputs,
             const RunOptions &options);

  /// Waits a little for what a run that ended early may have left on the
  /// device; false when the device is still at it.
  bool settle();

private:
  struct Variant {
    ProgramVariant program;
    std::optional<Lifetimes> lifetimes;
    std::vector<uint64_t> limits;  // of ExecutionPlan::create
    std::vector<void *> addresses; // of each root buffer that stays in place
    std::vector<std::unique_ptr<Queue>> queues;
    std::vector<std::unique_ptr<Event>> events;
    /// Set when inputs are on the device: for queues but the first.
    std::unique_ptr<Event> hasInputs;
    /// Of temporary buffers whose size follows from a variable; they grow.
    std::vector<std::unique_ptr<Buffer>> dynamicBuffers;
  };
  struct Tensors {
    std::vector<std::vector<SizeExpr>> shapes; // of inputs or outputs
  };
  struct Bucket {
    Variant *variant;
    std::unique_ptr<ExecutionPlan> plan;
    std::vector<std::vector<int64_t>> outputShapes;
    std::vector<uint64_t> inputBytes, outputBytes;
    std::vector<bool> ownsOutput; // this rank writes the caller's memory
    CapturedSteps captured;
    uint64_t lastUse = 0;
  };

  Executor(const artifact::Manifest &manifest,
           const artifact::EntryPoint &entry, const RankContext &context)
      : manifest(manifest), entry(entry), context(context),
        device(context.device), residents(context.residents) {}

  Status load(const artifact::Program &program);
  Status loadVariant(const artifact::Variant &source);
  Status matchInputs(std::span<const TensorView> inputs);
  StatusOr<Bucket> makeBucket();
  Status findOwnedOutputs(Bucket &bucket, const SizeExpr::Values &values);
  Status stage(std::span<const TensorView> inputs,
               std::span<const MutableTensorView> outputs);
  StatusOr<void *> stagingBuffer(size_t slot, uint64_t bytes);
  Status placeBuffers();
  Status fetchOutputs(std::span<const MutableTensorView> outputs);
  Status execute(const RunOptions &options);
  Status perform(const Op &op, size_t &next);
  Status read(const Op &op);
  Status exchange(const Op &op);
  /// The program's launch of this index, for an op.
  Status launch(const Op &op, uint32_t index);
  /// Finds out how products are computed on this device.
  Status findProducts(const ProgramVariant &program);
  Status multiply(const Op &op);
  Status record(const Op &op, std::chrono::steady_clock::time_point begin,
                const RunOptions &options);
  Status checkErrors(const Op *op);
  Status finish(Queue &queue);
  Status finishQueues();
  Status runStep(const CapturedSteps::Step &step);
  Status runCommands(std::span<const TensorView> inputs,
                     std::span<const MutableTensorView> outputs,
                     const RunOptions &options);

  const artifact::Manifest &manifest;
  const artifact::EntryPoint &entry;
  const RankContext context;
  Device &device;
  Residents &residents;
  std::optional<SizeBinder> sizeBinder;
  Tensors inputTensors, outputTensors;
  bool multipliesByLibrary = false;
  std::vector<std::unique_ptr<Variant>> variants;
  std::map<std::vector<int64_t>, Bucket> buckets; // by sizes
  uint64_t useCount = 0;

  // Of the run at hand; kept so that nothing is allocated again.
  Bucket *current = nullptr;
  std::vector<int64_t> sizes;
  std::vector<std::span<const int64_t>> shapes;
  std::vector<size_t> inputOrder;                 // view of each input
  std::vector<std::optional<size_t>> outputOrder; // view of each output
  std::vector<void *> inputAddresses, outputAddresses;
  std::vector<std::unique_ptr<Buffer>> staging; // inputs, then outputs
  std::vector<void *> addresses;                // of each buffer
  std::vector<void *> arguments;                // of one launch
  /// A run ended early: the device may still be at it.
  bool mayBeBusy = false;
};

} // namespace weft

#endif // RUNTIME_EXECUTOR_EXECUTOR_H
