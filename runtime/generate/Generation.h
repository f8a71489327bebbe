//===- Generation.h - One text, token by token ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_GENERATION_H
#define RUNTIME_GENERATE_GENERATION_H

#include "runtime/generate/Session.h"
#include "weft/Generate.h"

namespace weft {

/// What generation asks of a tokenizer.
class TokenText {
public:
  virtual ~TokenText() = default;
  /// Whether the token ends a text.
  virtual bool isStop(int32_t token) const = 0;
  /// The text that became certain with a token.
  virtual std::string push(int32_t token) = 0;
  /// What is left at the end.
  virtual std::string finish() = 0;
};

/// Makes `sequence` hold `prompt`, of which it keeps what it has, and continues
/// it. Fails, among others, on an empty prompt and one that leaves no room in
/// the context.
StatusOr<Generated> generateText(Session &session, Session::Id sequence,
                                 std::span<const int32_t> prompt,
                                 const GenerateOptions &options,
                                 TokenText &text);

} // namespace weft

#endif // RUNTIME_GENERATE_GENERATION_H
