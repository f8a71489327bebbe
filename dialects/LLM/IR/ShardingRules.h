//===- ShardingRules.h - Building rules and costs ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_SHARDINGRULES_H
#define DIALECTS_LLM_IR_SHARDINGRULES_H

#include "dialects/LLM/IR/LLM.h"

namespace weft {

/// Builds a rule factor by factor. Dimensions without a factor are never split.
class RuleBuilder {
public:
  RuleBuilder(llvm::ArrayRef<Sizes> operands, const Sizes &result);

  /// Places where a factor appears.
  struct Place {
    unsigned operand;
    int64_t dimension;
  };
  static constexpr unsigned kResult = ~0u;

  /// Adds a factor as the minor part of the dimensions at `places`.
  void add(FactorKind kind, llvm::ArrayRef<Place> places);
  /// A factor for each result dimension in [first, last), shared by the same
  /// dimension of each operand, aligned so that operand dimension
  /// `result - shift[operand]` goes with it. An operand that broadcasts has no
  /// part in it; one that may or may not makes the dimension whole.
  void addBroadcast(llvm::ArrayRef<unsigned> operandIndices, int64_t first,
                    int64_t last);

  ShardingRule take() { return std::move(rule); }

private:
  llvm::ArrayRef<Sizes> operands;
  const Sizes &result;
  ShardingRule rule;
};

/// Broadcasting over all operands.
ShardingRule elementwiseRule(llvm::ArrayRef<Sizes> operands,
                             const Sizes &result);
/// Row-major regrouping of the dimensions of one operand.
ShardingRule reshapeRule(llvm::ArrayRef<Sizes> operands, const Sizes &result);

SizeExpr numElements(const Sizes &sizes);
/// Bytes of a tensor; elements narrower than a byte take one.
SizeExpr numBytes(mlir::Type type, const Sizes &sizes);
/// All operands read, the result written.
Cost costOf(mlir::Operation *op, llvm::ArrayRef<Sizes> operands,
            const Sizes &result, const SizeExpr &flops);
/// One operation for each element of the result.
Cost elementwiseCost(mlir::Operation *op, llvm::ArrayRef<Sizes> operands,
                     const Sizes &result);
/// As many bytes read as the result has.
Cost copyCost(mlir::Operation *op, const Sizes &result);

} // namespace weft

#endif // DIALECTS_LLM_IR_SHARDINGRULES_H
