//===- SizeReasoner.h - What a model says of its sizes ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_SIZEREASONER_H
#define LIB_IMPORT_ONNX_SIZEREASONER_H

#include "dialects/LLM/IR/Sizes.h"
#include "runtime/base/SizeExprBounds.h"

#include "llvm/ADT/StringRef.h"
#include <map>

namespace weft::onnx {

/// The size symbols of a model and what is known of them. Some of it is only
/// seen on the way: where a table of 512 positions, cut to the length of the
/// input, is added to something of that length, the length is at most 512. The
/// import then runs again with what was learned.
class SizeReasoner {
public:
  /// The range of a symbol of which nothing is known.
  static constexpr int64_t defaultMaximum = (int64_t(1) << 31) - 1;

  /// Range and divisor of a symbol.
  SizeFacts of(std::string_view symbol) const;
  /// Facts that hold for all values of the symbols.
  SizeFacts of(const SizeExpr &expr) const;
  /// Proofs: false means "not proved".
  bool isAtMost(const SizeExpr &lhs, const SizeExpr &rhs) const;
  bool isLess(const SizeExpr &lhs, const SizeExpr &rhs) const;

  /// False for an expression that is invalid or so long that only a model made
  /// to waste time would have it.
  static bool isReasonable(const SizeExpr &expr);

  /// The lesser and the greater, decided where ranges allow.
  SizeExpr minOf(const SizeExpr &lhs, const SizeExpr &rhs) const;
  SizeExpr maxOf(const SizeExpr &lhs, const SizeExpr &rhs) const;

  /// The size that both must be for the model to make sense, or nothing where
  /// that cannot be told. May learn about symbols.
  std::optional<SizeExpr> unify(const SizeExpr &lhs, const SizeExpr &rhs);

  /// Notes that the model makes sense only where size <= maximum; false when
  /// nothing follows for a single symbol.
  bool learnAtMost(const SizeExpr &size, int64_t maximum);

  /// How often something was learned.
  unsigned getNumLearned() const { return numLearned; }

private:
  std::map<std::string, SizeFacts, std::less<>> learned;
  unsigned numLearned = 0;
};

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_SIZEREASONER_H
