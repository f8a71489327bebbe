//===- AttentionOp.cpp - Scaled dot-product attention ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Iteration.h"
#include "dialects/LLM/IR/Scalars.h"
#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace weft {

using Place = RuleBuilder::Place;
static constexpr unsigned kResult = RuleBuilder::kResult;

enum Operand { kQuery, kKey, kValue, kMask };

static LogicalResult checkShapes(AttentionOp op, ShapeCheck &check) {
  const char *names[] = {"query", "key", "value"};
  for (unsigned i = 0; i < 3; ++i)
    if (failed(check.rank(names[i], i, 4)))
      return failure();
  ArrayRef<int64_t> query = check.shape(kQuery), key = check.shape(kKey),
                    value = check.shape(kValue);
  if (failed(check.equal("batch of query", query[0], "that of key", key[0])) ||
      failed(
          check.equal("batch of query", query[0], "that of value", value[0])) ||
      failed(
          check.equal("sequence of key", key[1], "that of value", value[1])) ||
      failed(check.equal("number of heads of key", key[2], "that of value",
                         value[2])) ||
      failed(
          check.equal("head size of query", query[3], "that of key", key[3])))
    return failure();
  if (!ShapedType::isDynamic(query[2]) && !ShapedType::isDynamic(key[2]) &&
      (key[2] == 0 ? query[2] != 0 : query[2] % key[2] != 0))
    return check.error("query has " + Twine(query[2]) +
                       " heads, which is no multiple of the " + Twine(key[2]) +
                       " heads of key");
  if (!op.getMask())
    return success();
  ArrayRef<int64_t> mask = check.shape(kMask);
  int64_t scores[] = {query[0], query[2], query[1], key[1]};
  if (mask.size() > 4)
    return check.error("mask has rank " + Twine(mask.size()) +
                       " but needs rank 4 or less");
  for (unsigned i = 0; i < mask.size(); ++i) {
    int64_t score = scores[4 - mask.size() + i];
    if (mask[i] != 1 &&
        failed(check.equal("dimension " + Twine(i) + " of mask", mask[i],
                           "that of the scores", score)))
      return failure();
  }
  return success();
}

LogicalResult AttentionOp::verify() {
  Type element = getQuery().getType().getElementType();
  for (Type type :
       {Type(getKey().getType()), Type(getValue().getType()), Type(getType())})
    if (getElementTypeOrSelf(type) != element)
      return emitOpError("element type ")
             << getElementTypeOrSelf(type)
             << " of key, value or result differs from " << element
             << " of query";
  if (!std::isfinite(getScale().convertToFloat()))
    return emitOpError("scale is not finite");
  ShapeCheck check(*this);
  return check.result(checkShapes(*this, check));
}

Sizes AttentionOp::reifySizes(ArrayRef<Sizes> operands) {
  Sizes result = operands[kQuery];
  result[3] = operands[kValue][3];
  return result;
}

ShardingRule AttentionOp::getShardingRule(ArrayRef<Sizes> operands,
                                          const Sizes &result) {
  RuleBuilder rule(operands, result);
  const Sizes &query = operands[kQuery], &key = operands[kKey];
  // `dimension` of the mask [B, H, S, T], if it has that dimension at all. A
  // mask that may or may not broadcast keeps the factor whole.
  auto add = [&](FactorKind kind, SmallVector<Place> places,
                 std::optional<int64_t> dimension, const SizeExpr &size) {
    if (getMask() && dimension) {
      const Sizes &mask = operands[kMask];
      int64_t at = *dimension - 4 + int64_t(mask.size());
      if (at >= 0 && mask[at] == size)
        places.push_back({kMask, at});
      else if (at >= 0 && mask[at] != SizeExpr(1))
        kind = FactorKind::Replicate;
    }
    rule.add(kind, places);
  };
  auto pass = FactorKind::PassThrough, whole = FactorKind::Replicate;
  add(pass, {{kQuery, 0}, {kKey, 0}, {kValue, 0}, {kResult, 0}}, 0, query[0]);
  // A causal row must know where it stands in the sequence.
  add(getCausal() ? whole : pass, {{kQuery, 1}, {kResult, 1}}, 2, query[1]);
  add(whole, {{kKey, 1}, {kValue, 1}}, 3, key[1]);
  if (query[2] == key[2] || exactDiv(query[2], key[2])) {
    add(pass, {{kQuery, 2}, {kKey, 2}, {kValue, 2}, {kResult, 2}}, 1, query[2]);
    if (query[2] != key[2])
      add(pass, {{kQuery, 2}, {kResult, 2}}, 1, query[2]);
  }
  add(whole, {{kQuery, 3}, {kKey, 3}}, std::nullopt, 0);
  add(pass, {{kValue, 3}, {kResult, 3}}, std::nullopt, 0);
  return rule.take();
}

Cost AttentionOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  const Sizes &query = operands[kQuery], &value = operands[kValue];
  SizeExpr scores = query[0] * query[1] * query[2] * operands[kKey][1];
  // Two products, and maximum, difference, power, sum, scale (and mask).
  return costOf(*this, operands, result,
                scores * ((query[3] + value[3]) * 2 + (getMask() ? 6 : 5)));
}

FailureOr<HostTensor> AttentionOp::evaluate(ArrayRef<HostTensor> operands,
                                            const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(*this, check));
  if (failed(result))
    return failure();
  ArrayRef<int64_t> queryShape = check.shape(kQuery);
  int64_t keys = check.shape(kKey)[1], headSize = queryShape[3],
          groups = check.shape(kKey)[2], valueSize = check.shape(kValue)[3];
  int64_t rows = queryShape[1], heads = queryShape[2];
  double scale = getScale().convertToFloat();
  ArrayRef<double> query = operands[kQuery].floats(),
                   key = operands[kKey].floats(),
                   value = operands[kValue].floats();
  View views[] = {rowMajor({queryShape[0], rows, heads}), View()};
  // The mask's view over [B, S, H], from one over [B, H, S, T].
  View mask = {{0, 0, 0, 0}, 0};
  if (getMask())
    mask = broadcastView(operands[kMask].getShape(),
                         {queryShape[0], heads, rows, keys});
  views[1].strides = {mask.strides[0], mask.strides[2], mask.strides[1]};
  std::vector<double> weights(keys);
  forEachIndex(queryShape.take_front(3), views, [&](ArrayRef<int64_t> at) {
    int64_t head = at[0] % heads, row = at[0] / heads % rows,
            batch = at[0] / heads / rows;
    int64_t group = head / (heads / groups);
    auto keyRow = [&](int64_t t) {
      return (batch * keys + t) * groups + group;
    };
    double greatest = -std::numeric_limits<double>::infinity();
    for (int64_t t = 0; t < keys; ++t) {
      double dot = 0;
      for (int64_t d = 0; d < headSize; ++d)
        dot += query[at[0] * headSize + d] * key[keyRow(t) * headSize + d];
      weights[t] = dot * scale;
      if (getMask())
        weights[t] += operands[kMask].floats()[at[1] + t * mask.strides[3]];
      if (getCausal() && t > row + keys - rows)
        weights[t] = -std::numeric_limits<double>::infinity();
      greatest = maximum(greatest, weights[t]);
    }
    if (greatest == -std::numeric_limits<double>::infinity())
      return;
    double sum = 0;
    for (double &weight : weights)
      sum += weight = std::exp(weight - greatest);
    double *out = result->floats().data() + at[0] * valueSize;
    for (int64_t t = 0; t < keys; ++t)
      for (int64_t d = 0; d < valueSize; ++d)
        out[d] += weights[t] / sum * value[keyRow(t) * valueSize + d];
  });
  return result;
}

} // namespace weft
