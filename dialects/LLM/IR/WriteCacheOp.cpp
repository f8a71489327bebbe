//===- WriteCacheOp.cpp - Rows into a paged cache -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/PagedCache.h"
#include "dialects/LLM/IR/ShardingRules.h"

using namespace mlir;

namespace weft {

using Place = RuleBuilder::Place;
static constexpr unsigned kResult = RuleBuilder::kResult;

enum Operand { kRows, kPool, kPositions, kStart, kTable };

static LogicalResult checkShapes(WriteCacheOp op, ShapeCheck &check) {
  if (failed(check.rank("rows", kRows, 3)) ||
      failed(check.rank("pool", kPool, 4)) ||
      failed(checkTable(check, kPositions, kStart, kTable)))
    return failure();
  ArrayRef<int64_t> rows = check.shape(kRows), pool = check.shape(kPool);
  if (failed(check.equal("dimension 0 of positions", check.shape(kPositions)[0],
                         "that of rows", rows[0])) ||
      failed(
          check.equal("dimension 1 of pool", pool[1], "that of rows", rows[1])))
    return failure();
  int64_t dimension = op.getTransposed() ? 2 : 3;
  return check.equal("dimension " + Twine(dimension) + " of pool",
                     pool[dimension], "dimension 2 of rows", rows[2]);
}

LogicalResult WriteCacheOp::verify() {
  if (failed(verifyPool(*this, "pool", getPool().getType(),
                        getTransposed() ? 2 : 3)))
    return failure();
  ShapeCheck check(*this);
  return check.result(checkShapes(*this, check));
}

Sizes WriteCacheOp::reifySizes(ArrayRef<Sizes> operands) {
  return operands[kPool];
}

ShardingRule WriteCacheOp::getShardingRule(ArrayRef<Sizes> operands,
                                           const Sizes &result) {
  RuleBuilder rule(operands, result);
  int64_t dimension = getTransposed() ? 2 : 3, slots = getTransposed() ? 3 : 2;
  auto pass = FactorKind::PassThrough, whole = FactorKind::Replicate;
  rule.add(pass, {{kRows, 1}, {kPool, 1}, {kResult, 1}});
  // Elements that share a scale stay together.
  bool isBlock = isa<BlockType>(getElementTypeOrSelf(getPool()));
  rule.add(isBlock ? whole : pass,
           {{kRows, 2}, {kPool, dimension}, {kResult, dimension}});
  // Every token and every block, because any may be the place of any.
  rule.add(whole, {{kRows, 0}, {kPositions, 0}});
  rule.add(whole, {{kPool, 0}, {kResult, 0}});
  rule.add(whole, {{kPool, slots}, {kResult, slots}});
  rule.add(whole, {{kStart, 0}});
  rule.add(whole, {{kTable, 0}});
  rule.add(whole, {{kTable, 1}});
  return rule.take();
}

Cost WriteCacheOp::getCost(ArrayRef<Sizes> operands, const Sizes &) {
  // In place: as much as the rows hold.
  Cost cost;
  cost.bytesRead = numBytes(getRows().getType(), operands[kRows]);
  cost.bytesWritten = numBytes(getPool().getType(), operands[kRows]);
  return cost;
}

FailureOr<HostTensor> WriteCacheOp::evaluate(ArrayRef<HostTensor> operands,
                                             const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  if (failed(check.makeResult(checkShapes(*this, check))))
    return failure();
  CachePool pool(check.shape(kPool), getTransposed());
  PagedTokens tokens(check, operands[kPositions], operands[kStart],
                     operands[kTable], check.shape(kPool)[0], pool.blockSize());
  HostTensor result = operands[kPool];
  ArrayRef<double> rows = operands[kRows].floats();
  int64_t heads = check.shape(kRows)[1], size = check.shape(kRows)[2];
  for (int64_t token = 0, e = check.shape(kRows)[0]; token < e; ++token) {
    std::optional<int64_t> sequence = tokens.sequenceOf(token);
    if (!sequence)
      continue;
    FailureOr<CacheSlot> slot =
        tokens.slotOf(*sequence, tokens.positionOf(token));
    if (failed(slot))
      return failure();
    for (int64_t head = 0; head < heads; ++head)
      pool.write(result, *slot, head,
                 rows.slice((token * heads + head) * size, size));
  }
  return result;
}

} // namespace weft
