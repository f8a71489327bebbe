//===- MemoryPlanTest.cpp - Do buffers that are alive together lie apart? -===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/MemoryPlan.h"

#include <gmock/gmock.h>

#include <random>

using namespace weft;

namespace {

/// Writes programs of copies between temporary buffers.
class Builder {
public:
  Builder(uint32_t buffers, uint32_t queues, uint32_t events) {
    variant.queues = queues;
    variant.events = events;
    for (uint32_t i = 0; i != buffers; ++i) {
      ProgramBuffer buffer;
      buffer.kind = artifact::Buffer::TEMPORARY;
      buffer.root = i;
      variant.buffers.push_back(buffer);
    }
  }

  void copy(uint32_t queue, uint32_t source, uint32_t destination) {
    add(Op::Kind::Copy, queue, static_cast<uint32_t>(variant.copies.size()));
    variant.copies.push_back({source, destination});
  }
  void signal(uint32_t queue, uint32_t event) {
    add(Op::Kind::Signal, queue, event);
  }
  void wait(uint32_t queue, uint32_t event) {
    add(Op::Kind::Wait, queue, event);
  }
  /// Ops until the next call of `endBlock` count as one command.
  void beginBlock() { inBlock = true; }
  void endBlock() {
    inBlock = false;
    ++position;
  }

  Lifetimes lifetimes() const {
    StatusOr<Lifetimes> result = Lifetimes::of(variant);
    EXPECT_TRUE(result.isOk());
    return *result;
  }

  ProgramVariant variant;

private:
  void add(Op::Kind kind, uint32_t queue, uint32_t index) {
    Op op;
    op.kind = kind;
    op.queue = queue;
    op.index = index;
    op.position = position;
    variant.ops.push_back(op);
    if (!inBlock)
      ++position;
  }

  uint32_t position = 0;
  bool inBlock = false;
};

TEST(MemoryPlan, SharesMemoryAlongOneQueue) {
  Builder builder(4, 1, 0);
  builder.copy(0, 0, 1);
  builder.copy(0, 1, 2);
  builder.copy(0, 2, 3);
  Lifetimes lifetimes = builder.lifetimes();
  EXPECT_TRUE(lifetimes.overlap(0, 1));
  EXPECT_FALSE(lifetimes.overlap(0, 2));
  EXPECT_TRUE(lifetimes.overlap(1, 2));
  EXPECT_FALSE(lifetimes.overlap(0, 3));
  StatusOr<Lifetimes::Packing> packing = lifetimes.pack({100, 64, 100, 64});
  ASSERT_TRUE(packing.isOk());
  EXPECT_EQ(packing->bytes, 128u + 64u);
  EXPECT_THAT(packing->offsets, testing::ElementsAre(0, 128, 0, 128));
}

TEST(MemoryPlan, NeedsASignalBetweenQueues) {
  Builder apart(4, 2, 1);
  apart.copy(0, 0, 1);
  apart.copy(1, 2, 3);
  EXPECT_TRUE(apart.lifetimes().overlap(0, 2));

  Builder ordered(4, 2, 1);
  ordered.copy(0, 0, 1);
  ordered.signal(0, 0);
  ordered.wait(1, 0);
  ordered.copy(1, 2, 3);
  EXPECT_FALSE(ordered.lifetimes().overlap(0, 2));

  Builder early(4, 2, 1);
  early.signal(0, 0);
  early.copy(0, 0, 1);
  early.wait(1, 0);
  early.copy(1, 2, 3);
  EXPECT_TRUE(early.lifetimes().overlap(0, 2)) << "signalled before the use";
}

TEST(MemoryPlan, KeepsBuffersOfALoopApart) {
  Builder builder(4, 1, 0);
  builder.copy(0, 0, 0);
  builder.beginBlock();
  builder.copy(0, 1, 1);
  builder.copy(0, 2, 2);
  builder.endBlock();
  builder.copy(0, 3, 3);
  Lifetimes lifetimes = builder.lifetimes();
  EXPECT_TRUE(lifetimes.overlap(1, 2));
  EXPECT_FALSE(lifetimes.overlap(0, 1));
  EXPECT_FALSE(lifetimes.overlap(2, 3));
}

TEST(MemoryPlan, RefusesAbsurdPrograms) {
  EXPECT_FALSE(Lifetimes::of(Builder((1 << 14) + 1, 1, 0).variant).isOk());
  Builder builder(1, 64, 0);
  for (int i = 0; i != 20000; ++i)
    builder.copy(0, 0, 0);
  EXPECT_FALSE(Lifetimes::of(builder.variant).isOk());
}

/// Runs a random program in a random order that its queues and events allow,
/// and checks that no buffer of a packing is overwritten while it is alive.
class RandomProgram {
public:
  explicit RandomProgram(uint64_t seed)
      : random(seed), builder(bufferCount, 1 + draw(4), eventCount) {
    std::vector<bool> signalled(eventCount);
    for (int i = 0; i != 40; ++i) {
      uint32_t queue = draw(builder.variant.queues), event = draw(eventCount);
      switch (draw(4)) {
      case 0:
        // Once each: a later signal would make the meaning of a wait a matter
        // of timing in this simple model.
        if (!signalled[event])
          builder.signal(queue, event);
        signalled[event] = true;
        break;
      case 1:
        if (signalled[event])
          builder.wait(queue, event);
        break;
      default:
        builder.copy(queue, draw(bufferCount), draw(bufferCount));
      }
    }
  }

  void check() {
    Lifetimes lifetimes = builder.lifetimes();
    std::vector<uint64_t> sizes(bufferCount);
    for (uint64_t &size : sizes)
      size = draw(5) * 100;
    StatusOr<Lifetimes::Packing> packing = lifetimes.pack(sizes);
    ASSERT_TRUE(packing.isOk());
    for (int round = 0; round != 20; ++round)
      checkOrder(randomOrder(), sizes, *packing);
  }

private:
  static constexpr uint32_t bufferCount = 12, eventCount = 6;

  uint32_t draw(uint32_t bound) {
    return static_cast<uint32_t>(random() % bound);
  }

  std::vector<size_t> randomOrder() {
    const std::vector<Op> &ops = builder.variant.ops;
    std::vector<std::vector<size_t>> waiting(builder.variant.queues);
    for (size_t i = ops.size(); i-- != 0;)
      waiting[ops[i].queue].push_back(i);
    std::vector<bool> signalled(eventCount);
    std::vector<size_t> order;
    while (order.size() != ops.size()) {
      std::vector<size_t> &queue = waiting[draw(builder.variant.queues)];
      if (queue.empty())
        continue;
      const Op &op = ops[queue.back()];
      if (op.kind == Op::Kind::Wait && !signalled[op.index])
        continue;
      if (op.kind == Op::Kind::Signal)
        signalled[op.index] = true;
      order.push_back(queue.back());
      queue.pop_back();
    }
    return order;
  }

  void checkOrder(const std::vector<size_t> &order,
                  const std::vector<uint64_t> &sizes,
                  const Lifetimes::Packing &packing) {
    std::vector<int> first(bufferCount, -1), last(bufferCount, -1);
    for (size_t time = 0; time != order.size(); ++time) {
      const Op &op = builder.variant.ops[order[time]];
      if (op.kind != Op::Kind::Copy)
        continue;
      const CopyOp &copy = builder.variant.copies[op.index];
      for (uint32_t buffer : {copy.source, copy.destination}) {
        if (first[buffer] < 0)
          first[buffer] = static_cast<int>(time);
        last[buffer] = static_cast<int>(time);
      }
    }
    for (uint32_t a = 0; a != bufferCount; ++a)
      for (uint32_t b = 0; b != a; ++b) {
        bool together = first[a] >= 0 && first[b] >= 0 && first[a] <= last[b] &&
                        first[b] <= last[a];
        bool apart = packing.offsets[a] + sizes[a] <= packing.offsets[b] ||
                     packing.offsets[b] + sizes[b] <= packing.offsets[a] ||
                     sizes[a] == 0 || sizes[b] == 0;
        ASSERT_TRUE(!together || apart) << "buffers " << b << " and " << a;
      }
    for (uint32_t a = 0; a != bufferCount; ++a)
      if (first[a] >= 0)
        ASSERT_LE(packing.offsets[a] + sizes[a], packing.bytes);
  }

  std::mt19937_64 random;
  Builder builder;
};

TEST(MemoryPlan, HoldsInEveryOrderThatIsAllowed) {
  for (uint64_t seed = 0; seed != 300; ++seed)
    RandomProgram(seed).check();
}

} // namespace
