//===- PagedAttentionOp.cpp - Attention to paged caches -------------------===//
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

static LogicalResult verifyAttention(PagedAttention attention) {
  Operation *op = attention.getOperation();
  Type element = getElementTypeOrSelf(attention.getQuery()),
       result = getElementTypeOrSelf(attention.getResult());
  if (result != element)
    return op->emitOpError("element type ")
           << result << " of the result differs from " << element
           << " of query";
  Type keys = getElementTypeOrSelf(attention.getKeys()),
       values = getElementTypeOrSelf(attention.getValues());
  if (keys != values)
    return op->emitOpError("element type ")
           << values << " of values differs from " << keys << " of keys";
  if (failed(verifyPool(op, "keys", attention.getKeys().getType(), 2)) ||
      failed(verifyPool(op, "values", attention.getValues().getType(), 3)))
    return failure();
  auto keysType = cast<RankedTensorType>(attention.getKeys().getType());
  int64_t places = keysType.getRank() == 4 ? keysType.getDimSize(3) : 0;
  if (std::optional<int64_t> span = attention.getSpan();
      span && (*span < 1 || places < 1 || *span % places != 0))
    return op->emitOpError("span is ")
           << *span
           << " but needs to be a positive multiple of the block size of keys";
  if (!std::isfinite(attention.getScale()))
    return op->emitOpError("scale is not finite");
  if (std::optional<int64_t> window = attention.getWindow();
      window && *window < 1)
    return op->emitOpError("window is ")
           << *window << " but needs to be 1 or more";
  if (std::optional<APFloat> cap = attention.getSoftCap();
      cap && !(cap->convertToFloat() > 0 && cap->isFinite()))
    return op->emitOpError("soft_cap is ")
           << cap->convertToFloat() << " but needs to be positive and finite";
  ShapeCheck check(cast<ModelOpInterface>(op));
  return check.result(checkShapes(check));
}

static Sizes sizesOf(PagedAttention attention, ArrayRef<Sizes> operands) {
  Sizes result = operands[kQuery];
  result[2] = operands[kValues][3];
  if (std::optional<int64_t> span = attention.getSpan()) {
    const Sizes &table = operands[kTable];
    SizeExpr parts = ceilDiv(table[1] * operands[kKeys][3], *span);
    result[0] = result[0] + table[0] * (max(parts, 1) - 1);
    result[2] = result[2] + 1;
  }
  return result;
}

static ShardingRule ruleOf(PagedAttention attention, ArrayRef<Sizes> operands,
                           const Sizes &result) {
  RuleBuilder rule(operands, result);
  bool hasParts = attention.getSpan().has_value();
  const SizeExpr &heads = operands[kQuery][1], &groups = operands[kKeys][1];
  auto pass = FactorKind::PassThrough, whole = FactorKind::Replicate;
  if (heads == groups || exactDiv(heads, groups)) {
    rule.add(pass, {{kQuery, 1}, {kKeys, 1}, {kValues, 1}, {kResult, 1}});
    if (heads != groups)
      rule.add(pass, {{kQuery, 1}, {kResult, 1}});
  }
  // Elements that share a scale stay together.
  bool isBlock = isa<BlockType>(getElementTypeOrSelf(attention.getValues()));
  // Parts have rows and a column of their own.
  if (hasParts)
    rule.add(whole, {{kValues, 3}});
  else
    rule.add(isBlock ? whole : pass, {{kValues, 3}, {kResult, 2}});
  rule.add(whole, {{kQuery, 2}, {kKeys, 2}});
  // A token's place in the step says whose it is.
  if (hasParts)
    rule.add(whole, {{kQuery, 0}, {kPositions, 0}});
  else
    rule.add(whole, {{kQuery, 0}, {kPositions, 0}, {kResult, 0}});
  rule.add(whole, {{kKeys, 0}, {kValues, 0}});
  rule.add(whole, {{kKeys, 3}, {kValues, 2}});
  rule.add(whole, {{kStart, 0}});
  rule.add(whole, {{kLengths, 0}, {kTable, 0}});
  rule.add(whole, {{kTable, 1}});
  return rule.take();
}

static Cost costOf(PagedAttention attention, ArrayRef<Sizes> operands,
                   const Sizes &result) {
  const Sizes &query = operands[kQuery], &keys = operands[kKeys],
              &values = operands[kValues], &table = operands[kTable];
  // At most: all blocks of the table are full, and each is read once.
  SizeExpr length = table[1] * keys[3];
  SizeExpr scores = query[0] * query[1] * length;
  Cost cost;
  cost.flops = scores * ((query[2] + values[3]) * 2 + 5);
  cost.bytesRead = numBytes(attention.getQuery().getType(), query) +
                   numBytes(attention.getKeys().getType(),
                            {table[0], keys[1], length, keys[2]}) +
                   numBytes(attention.getValues().getType(),
                            {table[0], values[1], length, values[3]});
  cost.bytesWritten = numBytes(attention.getResult().getType(), result);
  return cost;
}

static FailureOr<HostTensor> evaluateAttention(PagedAttention attention,
                                               ArrayRef<HostTensor> operands,
                                               const Evaluation &evaluation) {
  ShapeCheck check(cast<ModelOpInterface>(attention.getOperation()), operands,
                   evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(check));
  if (failed(result))
    return failure();
  ArrayRef<double> query = operands[kQuery].floats();
  int64_t count = check.shape(kQuery)[0], heads = check.shape(kQuery)[1],
          headSize = check.shape(kQuery)[2], groups = check.shape(kKeys)[1],
          valueSize = check.shape(kValues)[3];
  bool hasParts = attention.getSpan().has_value();
  std::optional<int64_t> window = attention.getWindow();
  int64_t columns = valueSize + (hasParts ? 1 : 0);
  double scale = attention.getScale();
  double cap =
      attention.getSoftCap() ? attention.getSoftCap()->convertToDouble() : 0;
  CachePool keys(check.shape(kKeys), /*isTransposed=*/true);
  CachePool values(check.shape(kValues), /*isTransposed=*/false);
  PagedTokens tokens(check, operands[kPositions], operands[kStart],
                     operands[kTable], check.shape(kKeys)[0], keys.blockSize());
  // What a token sees in [first, end), as a row of the result.
  auto attend = [&](int64_t token, int64_t sequence, int64_t first, int64_t end,
                    int64_t row) -> LogicalResult {
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
      double *out = result->floats().data() + (row * heads + head) * columns;
      for (auto [slot, weight] : llvm::zip_equal(slots, weights))
        for (int64_t i = 0; i < valueSize; ++i)
          out[i] +=
              weight / sum * values.read(operands[kValues], slot, group, i);
      if (hasParts)
        out[valueSize] = greatest + std::log(sum);
    }
    return success();
  };
  int64_t span =
      attention.getSpan().value_or(std::numeric_limits<int64_t>::max());
  int64_t sequences = check.shape(kTable)[0];
  int64_t rest = sequences ? (result->getShape()[0] - count) / sequences : 0;
  if (hasParts)
    for (int64_t row = 0, e = result->getShape()[0] * heads; row < e; ++row)
      result->floats()[row * columns + valueSize] =
          -std::numeric_limits<double>::infinity();
  for (int64_t token = 0; token < count; ++token) {
    std::optional<int64_t> sequence = tokens.sequenceOf(token);
    if (!sequence)
      continue;
    int64_t position = tokens.positionOf(token);
    int64_t end =
        std::min(position + 1, operands[kLengths].integers()[*sequence]);
    int64_t first = window ? std::max<int64_t>(0, position + 1 - *window) : 0;
    bool isAlone = PagedTokens::isAlone(operands[kStart], *sequence);
    if (failed(attend(token, *sequence, first,
                      isAlone ? std::min(end, span) : end, token)))
      return failure();
    for (int64_t part = 1; isAlone && part <= rest; ++part)
      if (failed(attend(token, *sequence, std::max(first, part * span),
                        std::min(end, (part + 1) * span),
                        count + *sequence * rest + part - 1)))
        return failure();
  }
  return result;
}

//===----------------------------------------------------------------------===//
// The ops
//===----------------------------------------------------------------------===//

LogicalResult PagedAttentionOp::verify() {
  return verifyAttention(PagedAttention(*this));
}

Sizes PagedAttentionOp::reifySizes(ArrayRef<Sizes> operands) {
  return sizesOf(PagedAttention(*this), operands);
}

ShardingRule PagedAttentionOp::getShardingRule(ArrayRef<Sizes> operands,
                                               const Sizes &result) {
  return ruleOf(PagedAttention(*this), operands, result);
}

Cost PagedAttentionOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  return costOf(PagedAttention(*this), operands, result);
}

FailureOr<HostTensor> PagedAttentionOp::evaluate(ArrayRef<HostTensor> operands,
                                                 const Evaluation &evaluation) {
  return evaluateAttention(PagedAttention(*this), operands, evaluation);
}

LogicalResult PagedAttentionPartsOp::verify() {
  return verifyAttention(PagedAttention(*this));
}

Sizes PagedAttentionPartsOp::reifySizes(ArrayRef<Sizes> operands) {
  return sizesOf(PagedAttention(*this), operands);
}

ShardingRule PagedAttentionPartsOp::getShardingRule(ArrayRef<Sizes> operands,
                                                    const Sizes &result) {
  return ruleOf(PagedAttention(*this), operands, result);
}

Cost PagedAttentionPartsOp::getCost(ArrayRef<Sizes> operands,
                                    const Sizes &result) {
  return costOf(PagedAttention(*this), operands, result);
}

FailureOr<HostTensor>
PagedAttentionPartsOp::evaluate(ArrayRef<HostTensor> operands,
                                const Evaluation &evaluation) {
  return evaluateAttention(PagedAttention(*this), operands, evaluation);
}

} // namespace weft
