//===- Session.h - Sequences that share a model's cache ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_SESSION_H
#define RUNTIME_GENERATE_SESSION_H

#include "runtime/generate/BlockPool.h"
#include "runtime/generate/StepFunction.h"

#include <atomic>
#include <functional>
#include <map>
#include <vector>

namespace weft {

/// Sequences of tokens over one model: keeps the block tables of its cache and
/// cuts what is to be computed into steps that the model can take, mixing the
/// prompts of some sequences with the next tokens of others.
///
///   Session session(step);
///   Session::Id id = session.open();
///   session.run({{{id, prompt}}}, [&](auto &row) { next = best(row.logits);
///   });
class Session {
public:
  using Id = uint32_t;

  enum class Logits {
    None,
    Last, // of the last token
    All,  // of each token
  };

  /// Tokens that a sequence is continued by.
  struct Work {
    Id sequence = 0;
    std::span<const int32_t> tokens;
    Logits logits = Logits::Last;
  };

  /// The logits after a token.
  struct Row {
    size_t work = 0;       // index into what `run` was given
    uint32_t position = 0; // of the token in its sequence
    std::span<const float> logits;
  };
  using OnLogits = std::function<Status(const Row &)>;

  explicit Session(StepFunction &step);

  const StepCapacity &capacity() const { return step.capacity(); }

  /// A sequence without tokens.
  Id open();
  /// A sequence that begins with the whole blocks which another one already has
  /// of this prompt: tokens(id) says how many. At least the prompt's last token
  /// is left to compute.
  Id openSharing(std::span<const int32_t> prompt);
  /// A sequence of the first `length` tokens of another. Whole blocks are
  /// shared; the tokens after them are computed again by the next run.
  StatusOr<Id> fork(Id sequence, uint32_t length);
  /// Forgets all tokens but the first `length`.
  Status rewind(Id sequence, uint32_t length);
  Status close(Id sequence);

  /// What a sequence holds; empty for an unknown one.
  std::span<const int32_t> tokens(Id sequence) const;
  uint32_t freeBlocks() const { return pool.freeCount(); }

  /// Continues sequences, each named once. Fails, changing nothing, where the
  /// cache or the context does not suffice. An error of the model, of
  /// `onLogits`, or `cancel` leaves each sequence with the tokens that were
  /// computed until then. Tokens of one sequence come to `onLogits` in order.
  Status run(std::span<const Work> works, const OnLogits &onLogits,
             const std::atomic<bool> *cancel = nullptr);

  /// How many steps were made.
  uint64_t stepCount() const { return steps; }

private:
  struct Sequence {
    std::vector<int32_t> tokens;
    std::vector<uint32_t> blocks; // A shared one is full, and never written.
    uint32_t computed = 0;        // tokens whose keys and values are cached
  };
  /// What a step takes of one work.
  struct Part {
    size_t work = 0;
    Sequence *sequence = nullptr;
    uint32_t count = 0;
  };

  Status check(std::span<const Work> works) const;
  void allocate(std::span<const Work> works);
  std::vector<Part> plan(std::span<const Work> works,
                         std::span<const uint32_t> firstNew);
  Status runStep(std::span<const Work> works, std::span<const Part> parts,
                 std::span<const uint32_t> firstNew, const OnLogits &onLogits);
  /// Drops tokens that were not computed, and blocks that hold none.
  void settle(Sequence &sequence, uint32_t length);
  uint32_t blocksOf(size_t tokens) const;
  uint32_t rowLimit() const;

  StepFunction &step;
  BlockPool pool;
  std::map<Id, Sequence> sequences;
  Id nextId = 0;
  uint64_t steps = 0;

  // The arguments of a step, kept for the next one.
  std::vector<int32_t> stepTokens, positions, sequenceStart, kvLength,
      blockTable, logitsRows;
  std::vector<Row> rows;
};

} // namespace weft

#endif // RUNTIME_GENERATE_SESSION_H
