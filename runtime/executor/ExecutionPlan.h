//===- ExecutionPlan.h - A program for one set of sizes ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_EXECUTOR_EXECUTIONPLAN_H
#define RUNTIME_EXECUTOR_EXECUTIONPLAN_H

#include "runtime/executor/MemoryPlan.h"
#include "runtime/executor/Sizes.h"

namespace weft {

/// Everything about a run of a program variant that follows from the symbolic
/// sizes: each expression's value, the place of each temporary buffer, each
/// command's numbers, checked so that no forged program leaves its buffers.
/// What follows from variables is worked out again whenever `setVariable` gives
/// one a value.
class ExecutionPlan {
public:
  /// `variant`, `lifetimes` and `binder` must outlive the plan. `limits` holds
  /// the bytes that really lie behind each input, output, weight and state
  /// buffer.
  static StatusOr<std::unique_ptr<ExecutionPlan>>
  create(const ProgramVariant &variant, const Lifetimes &lifetimes,
         const SizeBinder &binder, std::span<const int64_t> sizes,
         const std::vector<uint64_t> &limits);

  struct Launch {
    uint64_t items = 0, chunk = 1, scratchBytes = 0;
    uint64_t grid[3] = {1, 1, 1}, sharedBytes = 0;
    double flops = 0;
    size_t firstSize = 0; // in `launchSizes`
  };
  struct Copy {
    uint64_t sourceOffset = 0, destinationOffset = 0, bytes = 0;
  };

  struct Gemm {
    uint64_t m = 0, n = 0, k = 0, batch = 0;
    double flops() const {
      return 2.0 * static_cast<double>(m) * static_cast<double>(n) *
             static_cast<double>(k) * static_cast<double>(batch);
    }
  };
  struct Exchange {
    Collective collective;
    uint64_t sourceBytes = 0, destinationBytes = 0;
  };

  const Launch &launch(uint32_t index) const { return launches[index]; }
  std::span<const int64_t> sizesOf(uint32_t index) const {
    return {launchSizes.data() + launches[index].firstSize,
            variant.launches[index].sizes.size()};
  }
  const Copy &copy(uint32_t index) const { return copies[index]; }
  const Gemm &gemm(uint32_t index) const { return gemms[index]; }
  const Exchange &collective(uint32_t index) const {
    return collectives[index];
  }
  uint64_t readOffset(uint32_t index) const { return readOffsets[index]; }

  uint64_t arenaBytes() const { return packing.bytes; }
  /// Of the launches that are known beforehand.
  uint64_t scratchBytes() const { return mostScratch; }
  /// Where a packed buffer lies in the arena.
  uint64_t arenaOffset(uint32_t buffer) const { return arenaOffsets[buffer]; }

  /// Whether a buffer's size and place are known by now.
  bool isKnown(uint32_t buffer) const { return bufferKnown[buffer]; }
  uint64_t bytes(uint32_t buffer) const { return bufferBytes[buffer]; }
  /// Bytes from the start of the root buffer.
  uint64_t rootOffset(uint32_t buffer) const { return rootOffsets[buffer]; }

  /// The bytes of an output that commands write, in order and apart; more than
  /// it has where a place follows from a variable.
  std::vector<Block> writtenParts(uint32_t output) const;

  /// Forgets all variables: a run begins.
  void clearVariables();
  /// Fails when a size that depends on it is out of bounds.
  Status setVariable(uint32_t variable, int64_t value);
  /// The value of a condition.
  StatusOr<int64_t> value(ExprId id) const;
  /// Works out and checks the numbers of a dynamic op.
  Status resolve(const Op &op);

private:
  ExecutionPlan(const ProgramVariant &variant, const SizeBinder &binder,
                std::span<const int64_t> sizes,
                const std::vector<uint64_t> &limits)
      : variant(variant), binder(binder), sizes(sizes.begin(), sizes.end()),
        limits(limits) {}

  Status prepare(const Lifetimes &lifetimes);
  StatusOr<int64_t> evaluate(ExprId id) const;
  void evaluateAll(bool isDynamic);
  Status resolveBuffers(bool isDynamic);
  Status resolveBuffer(uint32_t index);
  /// A value that may not be negative.
  Status get(ExprId id, const char *what, uint64_t &result) const;
  Status resolveLaunch(uint32_t index);
  Status resolveGemm(uint32_t index);
  Status checkOperand(uint32_t buffer, std::initializer_list<uint64_t> sizes,
                      DataType type, const char *what) const;
  Status resolveCollective(uint32_t index);
  Status resolveCopy(uint32_t index);
  Status resolveRead(uint32_t index);
  Status checkRange(uint32_t buffer, uint64_t offset, uint64_t bytes,
                    const char *what) const;
  Status checkKnown(uint32_t buffer) const;

  const ProgramVariant &variant;
  const SizeBinder &binder;
  std::vector<int64_t> sizes;
  std::vector<uint64_t> limits;

  std::vector<int64_t> values; // of each expression
  std::vector<uint8_t> valueKnown;
  std::vector<ExprId> dynamicExprs;
  std::vector<std::optional<int64_t>> variables;

  std::vector<uint64_t> bufferBytes, rootOffsets, arenaOffsets;
  std::vector<uint8_t> bufferKnown;
  std::vector<uint32_t> bufferOrder; // a view after its base
  Lifetimes::Packing packing;
  uint64_t mostScratch = 0;

  std::vector<Launch> launches;
  std::vector<int64_t> launchSizes;
  std::vector<Gemm> gemms;
  std::vector<Exchange> collectives;
  std::vector<uint64_t> collectiveSizes; // of one, while it is resolved
  std::vector<Copy> copies;
  std::vector<uint64_t> readOffsets;
};

} // namespace weft

#endif // RUNTIME_EXECUTOR_EXECUTIONPLAN_H
