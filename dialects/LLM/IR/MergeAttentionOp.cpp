//===- MergeAttentionOp.cpp - Attention from its parts --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/AttentionParts.h"
#include "dialects/LLM/IR/PagedCache.h"
#include "dialects/LLM/IR/ShardingRules.h"

#include <cmath>

using namespace mlir;

namespace weft {

static constexpr unsigned kResult = RuleBuilder::kResult;

enum Operand { kParts, kPositions, kStart };

static LogicalResult checkShapes(const ShapeCheck &check) {
  if (failed(check.rank("parts", kParts, 3)) ||
      failed(check.rank("positions", kPositions, 1)) ||
      failed(check.rank("sequence_start", kStart, 1)))
    return failure();
  int64_t columns = check.shape(kParts)[2];
  if (failed(check.require(
          ShapedType::isDynamic(columns) || columns > 0,
          "parts have no column for the logarithm of their sums")))
    return failure();
  int64_t rows = check.shape(kParts)[0], tokens = check.shape(kPositions)[0],
          starts = check.shape(kStart)[0];
  if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(tokens) ||
      ShapedType::isDynamic(starts))
    return success();
  int64_t sequences = std::max<int64_t>(starts - 1, 0);
  return check.require(
      rows >= tokens &&
          (sequences == 0 ? rows == tokens : (rows - tokens) % sequences == 0),
      "parts have " + Twine(rows) + " rows but need one for each of " +
          Twine(tokens) + " tokens and as many for each of " +
          Twine(sequences) + " sequences");
}

LogicalResult MergeAttentionOp::verify() {
  Type element = getParts().getType().getElementType();
  if (getType().getElementType() != element)
    return emitOpError("element type ")
           << getType().getElementType() << " of the result differs from "
           << element << " of parts";
  ShapeCheck check(*this);
  return check.result(checkShapes(check));
}

Sizes MergeAttentionOp::reifySizes(ArrayRef<Sizes> operands) {
  return {operands[kPositions][0], operands[kParts][1],
          operands[kParts][2] - 1};
}

ShardingRule MergeAttentionOp::getShardingRule(ArrayRef<Sizes> operands,
                                               const Sizes &result) {
  RuleBuilder rule(operands, result);
  rule.add(FactorKind::PassThrough, {{kParts, 1}, {kResult, 1}});
  rule.add(FactorKind::Replicate, {{kPositions, 0}, {kResult, 0}});
  rule.add(FactorKind::Replicate, {{kStart, 0}});
  return rule.take();
}

Cost MergeAttentionOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  return costOf(*this, operands, result, numElements(operands[kParts]) * 2);
}

FailureOr<HostTensor> MergeAttentionOp::evaluate(ArrayRef<HostTensor> operands,
                                                 const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(check));
  if (failed(result))
    return failure();
  ArrayRef<double> parts = operands[kParts].floats();
  int64_t count = check.shape(kPositions)[0], heads = check.shape(kParts)[1],
          size = check.shape(kParts)[2] - 1;
  int64_t sequences = std::max<int64_t>(check.shape(kStart)[0] - 1, 0);
  int64_t rest = sequences ? (check.shape(kParts)[0] - count) / sequences : 0;
  for (int64_t token = 0; token < count; ++token) {
    SmallVector<int64_t> rows = {token};
    std::optional<int64_t> sequence =
        PagedTokens::sequenceOf(operands[kStart], token);
    if (sequence && PagedTokens::isAlone(operands[kStart], *sequence))
      for (int64_t part = 0; part < rest; ++part)
        rows.push_back(count + *sequence * rest + part);
    for (int64_t head = 0; head < heads; ++head) {
      auto partOf = [&](int64_t row) {
        return parts.slice((row * heads + head) * (size + 1), size + 1);
      };
      double greatest = -std::numeric_limits<double>::infinity(), sum = 0;
      for (int64_t row : rows)
        greatest = std::max(greatest, partOf(row).back());
      if (std::isinf(greatest) && greatest < 0)
        continue;
      double *out = result->floats().data() + (token * heads + head) * size;
      for (int64_t row : rows) {
        double weight = std::exp(partOf(row).back() - greatest);
        if (weight == 0)
          continue;
        sum += weight;
        for (int64_t i = 0; i < size; ++i)
          out[i] += weight * partOf(row)[i];
      }
      for (int64_t i = 0; i < size; ++i)
        out[i] /= sum;
    }
  }
  return result;
}

} // namespace weft
