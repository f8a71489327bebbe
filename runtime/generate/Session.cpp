//===- Session.cpp - Sequences that share a model's cache -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/Session.h"

#include <algorithm>
#include <bit>
#include <set>
#include <string>

using namespace weft;

/// Logits of one step fill at most this, or one row: 512 rows of a vocabulary
/// of 150,000 would be 300 MB.
static constexpr uint64_t logitsBytes = 64u << 20;

static Status unknown(Session::Id id) {
  return Status::error("there is no sequence " + std::to_string(id));
}

Session::Session(StepFunction &step)
    : step(step), pool(step.capacity().blocks) {}

uint32_t Session::blocksOf(size_t tokens) const {
  return static_cast<uint32_t>((tokens + capacity().blockSize - 1) /
                               capacity().blockSize);
}

uint32_t Session::rowLimit() const {
  uint64_t rows = logitsBytes / (sizeof(float) * capacity().vocabulary);
  return static_cast<uint32_t>(
      std::clamp<uint64_t>(rows, 1, capacity().maxTokens));
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

Session::Id Session::open() {
  sequences.emplace(nextId, Sequence());
  return nextId++;
}

Session::Id Session::openSharing(std::span<const int32_t> prompt) {
  const Sequence *best = nullptr;
  uint32_t shared = 0;
  for (const auto &[id, sequence] : sequences) {
    size_t limit = std::min<size_t>(sequence.computed,
                                    prompt.empty() ? 0 : prompt.size() - 1);
    auto end = std::mismatch(prompt.begin(), prompt.begin() + limit,
                             sequence.tokens.begin());
    auto blocks = static_cast<uint32_t>(end.first - prompt.begin()) /
                  capacity().blockSize;
    if (blocks > shared) {
      shared = blocks;
      best = &sequence;
    }
  }
  Sequence sequence;
  if (best) {
    sequence.computed = shared * capacity().blockSize;
    sequence.tokens.assign(best->tokens.begin(),
                           best->tokens.begin() + sequence.computed);
    sequence.blocks.assign(best->blocks.begin(), best->blocks.begin() + shared);
    for (uint32_t block : sequence.blocks)
      pool.share(block);
  }
  sequences.emplace(nextId, std::move(sequence));
  return nextId++;
}

StatusOr<Session::Id> Session::fork(Id id, uint32_t length) {
  auto found = sequences.find(id);
  if (found == sequences.end())
    return unknown(id);
  const Sequence &source = found->second;
  if (length > source.tokens.size())
    return Status::error("cannot take " + std::to_string(length) +
                         " tokens of sequence " + std::to_string(id) +
                         ", which has " + std::to_string(source.tokens.size()));
  Sequence sequence;
  sequence.tokens.assign(source.tokens.begin(), source.tokens.begin() + length);
  uint32_t shared = std::min(source.computed, length) / capacity().blockSize;
  sequence.blocks.assign(source.blocks.begin(), source.blocks.begin() + shared);
  sequence.computed = shared * capacity().blockSize;
  for (uint32_t block : sequence.blocks)
    pool.share(block);
  sequences.emplace(nextId, std::move(sequence));
  return nextId++;
}

void Session::settle(Sequence &sequence, uint32_t length) {
  sequence.tokens.resize(length);
  sequence.computed = std::min(sequence.computed, length);
  auto drop = [&] {
    pool.release(sequence.blocks.back());
    sequence.blocks.pop_back();
  };
  while (sequence.blocks.size() > blocksOf(sequence.computed))
    drop();
  // What comes next would be written into a block that another one reads.
  if (sequence.computed % capacity().blockSize != 0 &&
      pool.isShared(sequence.blocks.back())) {
    drop();
    sequence.computed =
        static_cast<uint32_t>(sequence.blocks.size()) * capacity().blockSize;
  }
}

Status Session::rewind(Id id, uint32_t length) {
  auto found = sequences.find(id);
  if (found == sequences.end())
    return unknown(id);
  if (length > found->second.tokens.size())
    return Status::error("cannot rewind sequence " + std::to_string(id) +
                         " to " + std::to_string(length) + " tokens: it has " +
                         std::to_string(found->second.tokens.size()));
  settle(found->second, length);
  return Status::ok();
}

Status Session::close(Id id) {
  auto found = sequences.find(id);
  if (found == sequences.end())
    return unknown(id);
  for (uint32_t block : found->second.blocks)
    pool.release(block);
  sequences.erase(found);
  return Status::ok();
}

std::span<const int32_t> Session::tokens(Id id) const {
  auto found = sequences.find(id);
  if (found == sequences.end())
    return {};
  return found->second.tokens;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

Status Session::check(std::span<const Work> works) const {
  std::set<Id> seen;
  uint64_t needed = 0;
  for (const Work &work : works) {
    std::string name = "sequence " + std::to_string(work.sequence);
    auto found = sequences.find(work.sequence);
    if (found == sequences.end())
      return unknown(work.sequence);
    const Sequence &sequence = found->second;
    if (!seen.insert(work.sequence).second)
      return Status::error(name + " is named twice in one run");
    uint64_t length = sequence.tokens.size() + work.tokens.size();
    if (length == sequence.computed)
      return Status::error(name + " was given no token to compute");
    if (length > capacity().context)
      return Status::error(name + " would have " + std::to_string(length) +
                           " tokens, but the model was compiled for a context "
                           "of " +
                           std::to_string(capacity().context) +
                           ": shorten it, or compile with a greater --context");
    for (int32_t token : work.tokens)
      if (token < 0 || static_cast<uint32_t>(token) >= capacity().vocabulary)
        return Status::error("token " + std::to_string(token) + " of " + name +
                             " is outside the vocabulary of " +
                             std::to_string(capacity().vocabulary));
    needed += blocksOf(length) - sequence.blocks.size();
  }
  if (needed > pool.freeCount())
    return Status::error(
        "the cache is full: " + std::to_string(needed) + " more blocks of " +
        std::to_string(capacity().blockSize) + " tokens are needed, " +
        std::to_string(pool.freeCount()) + " of " +
        std::to_string(capacity().blocks) +
        " are free; close or shorten a sequence, or compile with a greater "
        "--max-sequences or --context");
  return Status::ok();
}

void Session::allocate(std::span<const Work> works) {
  for (const Work &work : works) {
    Sequence &sequence = sequences.at(work.sequence);
    sequence.tokens.insert(sequence.tokens.end(), work.tokens.begin(),
                           work.tokens.end());
    while (sequence.blocks.size() < blocksOf(sequence.tokens.size()))
      sequence.blocks.push_back(pool.allocate());
  }
}

std::vector<Session::Part> Session::plan(std::span<const Work> works,
                                         std::span<const uint32_t> firstNew) {
  std::vector<Part> parts;
  uint32_t tokensLeft = capacity().maxTokens, rowsLeft = rowLimit();
  auto take = [&](size_t i) {
    Sequence &sequence = sequences.at(works[i].sequence);
    auto rest =
        static_cast<uint32_t>(sequence.tokens.size()) - sequence.computed;
    uint32_t count = std::min(rest, tokensLeft);
    if (count == 0 || parts.size() == capacity().maxSequences)
      return;
    uint32_t rowCount = 0;
    if (works[i].logits == Logits::All) {
      // Tokens before the first new one have no row.
      uint32_t old =
          firstNew[i] > sequence.computed ? firstNew[i] - sequence.computed : 0;
      count = std::min(count, old + rowsLeft);
      rowCount = count > old ? count - old : 0;
    } else if (works[i].logits == Logits::Last && count == rest) {
      count -= rowsLeft == 0;
      rowCount = rowsLeft != 0;
    }
    if (count == 0)
      return;
    tokensLeft -= count;
    rowsLeft -= rowCount;
    parts.push_back({i, &sequence, count});
  };
  // A token that someone waits for goes before a prompt.
  for (bool isDecode : {true, false})
    for (size_t i = 0; i != works.size(); ++i) {
      const Sequence &sequence = sequences.at(works[i].sequence);
      if ((sequence.tokens.size() - sequence.computed == 1) == isDecode)
        take(i);
    }
  return parts;
}

Status Session::runStep(std::span<const Work> works,
                        std::span<const Part> parts,
                        std::span<const uint32_t> firstNew,
                        const OnLogits &onLogits) {
  for (auto *values : {&stepTokens, &positions, &sequenceStart, &kvLength,
                       &blockTable, &logitsRows})
    values->clear();
  rows.clear();
  uint32_t width = 1;
  for (const Part &part : parts)
    width = std::max(width, blocksOf(part.sequence->computed + part.count));
  // Few widths, so that the model meets few shapes.
  width = std::min(std::bit_ceil(width), capacity().tableWidth());
  for (const Part &part : parts) {
    const Sequence &sequence = *part.sequence;
    sequenceStart.push_back(static_cast<int32_t>(stepTokens.size()));
    uint32_t end = sequence.computed + part.count;
    for (uint32_t position = sequence.computed; position != end; ++position) {
      Logits wanted = works[part.work].logits;
      if ((wanted == Logits::All && position >= firstNew[part.work]) ||
          (wanted == Logits::Last && position + 1 == sequence.tokens.size())) {
        logitsRows.push_back(static_cast<int32_t>(stepTokens.size()));
        rows.push_back({part.work, position, {}});
      }
      stepTokens.push_back(sequence.tokens[position]);
      positions.push_back(static_cast<int32_t>(position));
    }
    kvLength.push_back(static_cast<int32_t>(end));
    size_t used = std::min<size_t>(width, sequence.blocks.size());
    blockTable.insert(blockTable.end(), sequence.blocks.begin(),
                      sequence.blocks.begin() + static_cast<ptrdiff_t>(used));
    blockTable.insert(blockTable.end(), width - used, 0);
  }
  sequenceStart.push_back(static_cast<int32_t>(stepTokens.size()));
  // The entry point has one row at least.
  if (logitsRows.empty())
    logitsRows.push_back(0);
  StatusOr<std::span<const float>> logits =
      step.run({stepTokens, positions, sequenceStart, kvLength, blockTable,
                logitsRows, width});
  if (!logits)
    return logits.status();
  ++steps;
  for (const Part &part : parts)
    part.sequence->computed += part.count;
  size_t vocabulary = capacity().vocabulary;
  for (size_t i = 0; i != rows.size(); ++i) {
    rows[i].logits = logits->subspan(i * vocabulary, vocabulary);
    WEFT_RETURN_IF_ERROR(onLogits(rows[i]));
  }
  return Status::ok();
}

Status Session::run(std::span<const Work> works, const OnLogits &onLogits,
                    const std::atomic<bool> *cancel) {
  WEFT_RETURN_IF_ERROR(check(works));
  std::vector<uint32_t> firstNew;
  for (const Work &work : works)
    firstNew.push_back(
        static_cast<uint32_t>(sequences.at(work.sequence).tokens.size()));
  allocate(works);
  Status status = Status::ok();
  while (status) {
    std::vector<Part> parts = plan(works, firstNew);
    if (parts.empty())
      return status;
    status = cancel && *cancel ? Status::error("cancelled")
                               : runStep(works, parts, firstNew, onLogits);
  }
  for (size_t i = 0; i != works.size(); ++i) {
    Sequence &sequence = sequences.at(works[i].sequence);
    settle(sequence, std::max(firstNew[i], sequence.computed));
  }
  return status;
}
