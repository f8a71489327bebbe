//===- PagedAttentionOp.cpp - Attention to paged caches -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/PagedCache.h"
#include "dialects/LLM/IR/ShardingRules.h"

#include <cmath>

using namespace mlir;

namespace weft {

static constexpr unsigned kResult = RuleBuilder::kResult;

enum Operand { kQuery, kKeys, kValues, kPositions, kStart, kLengths, kTable };

static LogicalResult checkShapes(ShapeCheck &check) {
  if (failed(check.rank("query", kQuery, 3)) ||
      failed(check.rank("keys", kKeys, 4)) ||
      failed(check.rank("values", kValues, 4)) ||
      failed(check.rank("kv_length", kLengths, 1)) ||
      failed(checkTable(check, kPositions, kStart, kTable)))
    return failure();
  ArrayRef<int64_t> query = check.shape(kQuery), keys = check.shape(kKeys),
                    values = check.shape(kValues);
  if (failed(check.equal("dimension 0 of positions", check.shape(kPositions)[0],
                         "that of query", query[0])) ||
      failed(check.equal("dimension 0 of kv_length", check.shape(kLengths)[0],
                         "that of block_table", check.shape(kTable)[0])) ||
      failed(check.equal("number of blocks of keys", keys[0], "that of values",
                         values[0])) ||
      failed(check.equal("number of heads of keys", keys[1], "that of values",
                         values[1])) ||
      failed(check.equal("block size of keys", keys[3], "that of values",
                         values[2])) ||
      failed(
          check.equal("head size of query", query[2], "that of keys", keys[2])))
    return failure();
  if (ShapedType::isDynamic(query[1]) || ShapedType::isDynamic(keys[1]))
    return success();
  return check.require(keys[1] == 0 ? query[1] == 0 : query[1] % keys[1] == 0,
                       "query has " + Twine(query[1]) +
                           " heads, which is no multiple of the " +
                           Twine(keys[1]) + " heads of keys");
}

LogicalResult PagedAttentionOp::verify() {
  Type element = getQuery().getType().getElementType();
  if (getType().getElementType() != element)
    return emitOpError("element type ")
           << getType().getElementType() << " of the result differs from "
           << element << " of query";
  Type keys = getElementTypeOrSelf(getKeys()),
       values = getElementTypeOrSelf(getValues());
  if (keys != values)
    return emitOpError("element type ")
           << values << " of values differs from " << keys << " of keys";
  if (failed(verifyPool(*this, "keys", getKeys().getType(), 2)) ||
      failed(verifyPool(*this, "values", getValues().getType(), 3)))
    return failure();
  if (!std::isfinite(getScale().convertToFloat()))
    return emitOpError("scale is not finite");
  if (getWindow() && int64_t(*getWindow()) < 1)
    return emitOpError("window is ")
           << int64_t(*getWindow()) << " but needs to be 1 or more";
  if (auto cap = getSoftCap();
      cap && !(cap->convertToFloat() > 0 && cap->isFinite()))
    return emitOpError("soft_cap is ")
           << cap->convertToFloat() << " but needs to be positive and finite";
  ShapeCheck check(*this);
  return check.result(checkShapes(check));
}

Sizes PagedAttentionOp::reifySizes(ArrayRef<Sizes> operands) {
  Sizes result = operands[kQuery];
  result[2] = operands[kValues][3];
  return result;
}

ShardingRule PagedAttentionOp::getShardingRule(ArrayRef<Sizes> operands,
                                               const Sizes &result) {
  RuleBuilder rule(operands, result);
  const SizeExpr &heads = operands[kQuery][1], &groups = operands[kKeys][1];
  auto pass = FactorKind::PassThrough, whole = FactorKind::Replicate;
  if (heads == groups || exactDiv(heads, groups)) {
    rule.add(pass, {{kQuery, 1}, {kKeys, 1}, {kValues, 1}, {kResult, 1}});
    if (heads != groups)
      rule.add(pass, {{kQuery, 1}, {kResult, 1}});
  }
  // Elements that share a scale stay together.
  bool isBlock = isa<BlockType>(getElementTypeOrSelf(getValues()));
  rule.add(isBlock ? whole : pass, {{kValues, 3}, {kResult, 2}});
  rule.add(whole, {{kQuery, 2}, {kKeys, 2}});
  // A token's place in the step says whose it is.
  rule.add(whole, {{kQuery, 0}, {kPositions, 0}, {kResult, 0}});
  rule.add(whole, {{kKeys, 0}, {kValues, 0}});
  rule.add(whole, {{kKeys, 3}, {kValues, 2}});
  rule.add(whole, {{kStart, 0}});
  rule.add(whole, {{kLengths, 0}, {kTable, 0}});
  rule.add(whole, {{kTable, 1}});
  return rule.take();
}

Cost PagedAttentionOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  const Sizes &query = operands[kQuery], &keys = operands[kKeys],
              &values = operands[kValues], &table = operands[kTable];
  // At most: all blocks of the table are full, and each is read once.
  SizeExpr length = table[1] * keys[3];
  SizeExpr scores = query[0] * query[1] * length;
  Cost cost;
  cost.flops = scores * ((query[2] + values[3]) * 2 + 5);
  cost.bytesRead =
      numBytes(getQuery().getType(), query) +
      numBytes(getKeys().getType(), {table[0], keys[1], length, keys[2]}) +
      numBytes(getValues().getType(), {table[0], values[1], length, values[3]});
  cost.bytesWritten = numBytes(getType(), result);
  return cost;
}

FailureOr<HostTensor> PagedAttentionOp::evaluate(ArrayRef<HostTensor> operands,
                                                 const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(check));
  if (failed(result))
    return failure();
  ArrayRef<double> query = operands[kQuery].floats();
  int64_t count = check.shape(kQuery)[0], heads = check.shape(kQuery)[1],
          headSize = check.shape(kQuery)[2], groups = check.shape(kKeys)[1],
          valueSize = check.shape(kValues)[3];
  double scale = getScale().convertToFloat();
  double cap = getSoftCap() ? getSoftCap()->convertToFloat() : 0;
  CachePool keys(check.shape(kKeys), /*isTransposed=*/true);
  CachePool values(check.shape(kValues), /*isTransposed=*/false);
  PagedTokens tokens(check, operands[kPositions], operands[kStart],
                     operands[kTable], check.shape(kKeys)[0], keys.blockSize());
  // What a token sees in [first, end).
  auto attend = [&](int64_t token, int64_t sequence, int64_t first,
                    int64_t end) -> LogicalResult {
    SmallVector<CacheSlot> slots;
    for (int64_t j = first; j < end; ++j) {
      FailureOr<CacheSlot> slot = tokens.slotOf(sequence, j);
      if (failed(slot))
        return failure();
      slots.push_back(*slot);
    }
    for (int64_t head = 0; !slots.empty() && head < heads; ++head) {
      int64_t group = head / (heads / groups);
      std::vector<double> weights;
      for (CacheSlot slot : slots) {
        double score = 0;
        for (int64_t i = 0; i < headSize; ++i)
          score += query[(token * heads + head) * headSize + i] *
                   keys.read(operands[kKeys], slot, group, i);
        score *= scale;
        weights.push_back(cap > 0 ? cap * std::tanh(score / cap) : score);
      }
      double greatest = *llvm::max_element(weights), sum = 0;
      for (double &weight : weights)
        sum += weight = std::exp(weight - greatest);
      double *out =
          result->floats().data() + (token * heads + head) * valueSize;
      for (auto [slot, weight] : llvm::zip_equal(slots, weights))
        for (int64_t i = 0; i < valueSize; ++i)
          out[i] +=
              weight / sum * values.read(operands[kValues], slot, group, i);
    }
    return success();
  };
  for (int64_t token = 0; token < count; ++token) {
    std::optional<int64_t> sequence = tokens.sequenceOf(token);
    if (!sequence)
      continue;
    int64_t position = tokens.positionOf(token);
    int64_t end =
        std::min(position + 1, operands[kLengths].integers()[*sequence]);
    int64_t first =
        getWindow() ? std::max<int64_t>(0, position + 1 - *getWindow()) : 0;
    if (failed(attend(token, *sequence, first, end)))
      return failure();
  }
  return result;
}

} // namespace weft
