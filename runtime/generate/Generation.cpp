//===- Generation.cpp - One text, token by token --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/Generation.h"
#include "runtime/generate/Sampler.h"
#include "runtime/generate/StopText.h"

#include <algorithm>

using namespace weft;

using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Rewinds `sequence` to what it has in common with the prompt; the number of
/// tokens. The last one is computed in any case, for its logits.
static StatusOr<size_t> keepPrefix(Session &session, Session::Id sequence,
                                   std::span<const int32_t> prompt) {
  std::span<const int32_t> held = session.tokens(sequence);
  size_t limit = std::min(held.size(), prompt.size() - 1);
  auto end =
      std::mismatch(held.begin(), held.begin() + static_cast<ptrdiff_t>(limit),
                    prompt.begin());
  auto common = static_cast<size_t>(end.first - held.begin());
  WEFT_RETURN_IF_ERROR(session.rewind(sequence, static_cast<uint32_t>(common)));
  return common;
}

StatusOr<Generated> weft::generateText(Session &session, Session::Id sequence,
                                       std::span<const int32_t> prompt,
                                       const GenerateOptions &options,
                                       TokenText &text) {
  Clock::time_point begin = Clock::now();
  if (prompt.empty())
    return Status::error("the prompt is empty: the model needs one token to "
                         "begin with");
  if (uint32_t context = session.capacity().context; prompt.size() > context)
    return Status::error("the prompt has " + std::to_string(prompt.size()) +
                         " tokens, but the model was compiled for a context "
                         "of " +
                         std::to_string(context) +
                         ": shorten it, or compile with a greater --context");
  StatusOr<Sampler> sampler = Sampler::create(options.sampling);
  if (!sampler)
    return sampler.status();
  StatusOr<size_t> cached = keepPrefix(session, sequence, prompt);
  if (!cached)
    return cached.status();
  Generated result;
  result.promptTokens = prompt.size();
  result.cachedTokens = *cached;
  StopText stop(options.stops);
  auto emit = [&](const std::string &piece) {
    if (piece.empty())
      return;
    result.text += piece;
    if (options.onText)
      options.onText(piece);
  };
  auto isCancelled = [&] { return options.cancel && *options.cancel; };

  int32_t token = 0;
  auto choose = [&](const Session::Row &row) -> Status {
    StatusOr<int32_t> chosen =
        sampler->sample(row.logits, session.tokens(sequence));
    if (!chosen)
      return chosen.status();
    token = *chosen;
    return Status::ok();
  };
  std::vector<int32_t> next(prompt.begin() + static_cast<ptrdiff_t>(*cached),
                            prompt.end());
  while (true) {
    Session::Work works[] = {{sequence, next}};
    Status status = session.run(works, choose, options.cancel);
    if (isCancelled()) {
      result.end = Generated::End::Cancelled;
      break;
    }
    if (!status)
      return status;
    if (result.tokens.empty())
      result.promptSeconds = secondsSince(begin);
    if (text.isStop(token)) {
      result.end = Generated::End::StopToken;
      break;
    }
    result.tokens.push_back(token);
    emit(stop.push(text.push(token)));
    if (stop.isFound()) {
      result.end = Generated::End::StopText;
      break;
    }
    if (result.tokens.size() == options.maxTokens)
      break;
    if (session.tokens(sequence).size() == session.capacity().context) {
      result.end = Generated::End::Context;
      break;
    }
    next.assign(1, token);
  }
  result.generateSeconds = secondsSince(begin) - result.promptSeconds;
  emit(stop.push(text.finish()));
  emit(stop.finish());
  return result;
}
