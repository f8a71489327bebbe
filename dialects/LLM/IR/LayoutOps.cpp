//===- LayoutOps.cpp - Ops that move elements and compute none ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Iteration.h"
#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

using namespace mlir;

namespace weft {

static constexpr unsigned kResult = RuleBuilder::kResult;

/// A list has one element for each of `rank` dimensions.
static LogicalResult verifyCount(Operation *op, const Twine &name, size_t found,
                                 int64_t rank) {
  if (int64_t(found) == rank)
    return success();
  return op->emitOpError() << name << " has " << found
                           << " elements but the input has rank " << rank;
}

//===----------------------------------------------------------------------===//
// Reshape
//===----------------------------------------------------------------------===//

static LogicalResult checkElements(ShapeCheck &check, ArrayRef<int64_t> from,
                                   ArrayRef<int64_t> to) {
  auto count = [](ArrayRef<int64_t> shape) {
    return numElements(constantSizes(shape)).asConstant();
  };
  if (ShapedType::isDynamicShape(from) || ShapedType::isDynamicShape(to))
    return success();
  if (!count(from) || !count(to))
    return check.error("the number of elements does not fit 64 bits");
  return check.equal("the number of elements of input", *count(from),
                     "that of the result", *count(to));
}

LogicalResult ReshapeOp::verify() {
  ShapeCheck check(*this);
  if (failed(check.result()))
    return failure();
  SmallVector<int64_t> to(getType().getShape());
  for (auto [size, expr] : llvm::zip(to, getSizes().getExprs()))
    size = expr.asConstant().value_or(size);
  return checkElements(check, check.shape(0), to);
}

Sizes ReshapeOp::reifySizes(ArrayRef<Sizes>) { return getSizes().getExprs(); }

ShardingRule ReshapeOp::getShardingRule(ArrayRef<Sizes> operands,
                                        const Sizes &result) {
  return reshapeRule(operands, result);
}

Cost ReshapeOp::getCost(ArrayRef<Sizes>, const Sizes &) {
  return {}; // The same bytes under another name.
}

FailureOr<HostTensor> ReshapeOp::evaluate(ArrayRef<HostTensor> operands,
                                          const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult();
  if (failed(result) ||
      failed(checkElements(check, check.shape(0), result->getShape())))
    return failure();
  llvm::copy(operands[0].floats(), result->floats().begin());
  llvm::copy(operands[0].integers(), result->integers().begin());
  return result;
}

//===----------------------------------------------------------------------===//
// Transpose
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::verify() {
  int64_t rank = getInput().getType().getRank();
  if (failed(verifyCount(*this, "permutation", getPermutation().size(), rank)))
    return failure();
  SmallVector<bool> seen(rank, false);
  for (int64_t dim : getPermutation()) {
    if (dim < 0 || dim >= rank || seen[dim])
      return emitOpError("permutation has ")
             << dim << ", which is "
             << (dim < 0 || dim >= rank ? "not a dimension of the input"
                                        : "there already");
    seen[dim] = true;
  }
  return ShapeCheck(*this).result();
}

Sizes TransposeOp::reifySizes(ArrayRef<Sizes> operands) {
  Sizes result;
  for (int64_t dim : getPermutation())
    result.push_back(operands[0][dim]);
  return result;
}

ShardingRule TransposeOp::getShardingRule(ArrayRef<Sizes> operands,
                                          const Sizes &result) {
  RuleBuilder rule(operands, result);
  for (auto [to, from] : llvm::enumerate(getPermutation()))
    rule.add(FactorKind::PassThrough, {{0, from}, {kResult, int64_t(to)}});
  return rule.take();
}

Cost TransposeOp::getCost(ArrayRef<Sizes>, const Sizes &result) {
  return copyCost(*this, result);
}

FailureOr<HostTensor> TransposeOp::evaluate(ArrayRef<HostTensor> operands,
                                            const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult();
  if (failed(result))
    return failure();
  View from = rowMajor(check.shape(0)), permuted;
  for (int64_t dim : getPermutation())
    permuted.strides.push_back(from.strides[dim]);
  copyElements(result->getShape(), *result, rowMajor(result->getShape()),
               operands[0], permuted);
  return result;
}

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

/// First and last element of each dimension lie within the input.
static LogicalResult checkBounds(ShapeCheck &check, int64_t dim, int64_t input,
                                 int64_t offset, int64_t size, int64_t stride) {
  if (size == 0)
    return success();
  int64_t last = 0;
  bool overflow = llvm::MulOverflow(size - 1, stride, last) ||
                  llvm::AddOverflow(last, offset, last);
  auto within = [&](int64_t index) { return index >= 0 && index < input; };
  return check.require(!overflow && within(offset) && within(last),
                       "slice of dimension " + Twine(dim) + " from " +
                           Twine(offset) + ", " + Twine(size) +
                           " elements with stride " + Twine(stride) +
                           ", leaves the input's " + Twine(input));
}

LogicalResult SliceOp::verify() {
  int64_t rank = getInput().getType().getRank();
  Sizes offsets = getOffsets().getExprs(), sizes = getSizes().getExprs();
  if (failed(verifyCount(*this, "offsets", offsets.size(), rank)) ||
      failed(verifyCount(*this, "sizes", sizes.size(), rank)) ||
      failed(verifyCount(*this, "strides", getStrides().size(), rank)))
    return failure();
  if (llvm::is_contained(getStrides(), 0))
    return emitOpError("has a stride of 0");
  ShapeCheck check(*this);
  if (failed(check.rowsAreApart("input", 0)) || failed(check.result()))
    return failure();
  if (auto block = dyn_cast<BlockType>(getType().getElementType())) {
    int64_t elements = block.getInfo().elements;
    if (!exactDiv(offsets.back(), elements) || getStrides().back() != 1)
      return emitOpError("takes offset ")
             << offsets.back().str() << " and stride " << getStrides().back()
             << " of the last dimension, which are not whole blocks of "
             << elements << " elements";
  }
  for (int64_t i = 0; i < rank; ++i) {
    auto offset = offsets[i].asConstant(), size = sizes[i].asConstant();
    if (offset && size && !ShapedType::isDynamic(check.shape(0)[i]) &&
        failed(checkBounds(check, i, check.shape(0)[i], *offset, *size,
                           getStrides()[i])))
      return failure();
  }
  return success();
}

Sizes SliceOp::reifySizes(ArrayRef<Sizes>) { return getSizes().getExprs(); }

ShardingRule SliceOp::getShardingRule(ArrayRef<Sizes> operands,
                                      const Sizes &result) {
  RuleBuilder rule(operands, result);
  Sizes offsets = getOffsets().getExprs();
  for (int64_t i = 0, rank = result.size(); i < rank; ++i)
    if (operands[0][i] == result[i] && offsets[i] == SizeExpr(0) &&
        getStrides()[i] == 1)
      rule.add(FactorKind::PassThrough, {{0, i}, {kResult, i}});
  return rule.take();
}

Cost SliceOp::getCost(ArrayRef<Sizes>, const Sizes &result) {
  return copyCost(*this, result);
}

FailureOr<HostTensor> SliceOp::evaluate(ArrayRef<HostTensor> operands,
                                        const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult();
  if (failed(result))
    return failure();
  auto offsets = evaluation.evaluate(getOffsets().getExprs());
  if (failed(offsets))
    return failure();
  View view = rowMajor(check.shape(0));
  for (int64_t i = 0, rank = result->getRank(); i < rank; ++i) {
    if (failed(checkBounds(check, i, check.shape(0)[i], (*offsets)[i],
                           result->getShape()[i], getStrides()[i])))
      return failure();
    view.start += view.strides[i] * (*offsets)[i];
    view.strides[i] *= getStrides()[i];
  }
  copyElements(result->getShape(), *result, rowMajor(result->getShape()),
               operands[0], view);
  return result;
}

//===----------------------------------------------------------------------===//
// Concat
//===----------------------------------------------------------------------===//

static LogicalResult checkShapes(ConcatOp op, ShapeCheck &check) {
  int64_t rank = check.shape(0).size();
  for (unsigned i = 1; i < op.getInputs().size(); ++i) {
    if (failed(check.rank("input " + std::to_string(i), i, rank)))
      return failure();
    for (int64_t dim = 0; dim < rank; ++dim)
      if (dim != int64_t(op.getAxis()) &&
          failed(check.equal("dimension " + Twine(dim) + " of input 0",
                             check.shape(0)[dim], "that of input " + Twine(i),
                             check.shape(i)[dim])))
        return failure();
  }
  return success();
}

LogicalResult ConcatOp::verify() {
  ShapeCheck check(*this);
  if (failed(check.rowsAreApart("input", 0)) ||
      failed(check.axis(getAxis(), check.shape(0).size())) ||
      failed(checkShapes(*this, check)))
    return failure();
  return check.result();
}

Sizes ConcatOp::reifySizes(ArrayRef<Sizes> operands) {
  Sizes result = operands[0];
  for (const Sizes &operand : operands.drop_front())
    for (auto [dim, size] : llvm::enumerate(result)) {
      if (dim == size_t(getAxis()))
        size = size + operand[dim];
      else if (!size.isConstant())
        size = operand[dim]; // They are equal; a number says most.
    }
  return result;
}

ShardingRule ConcatOp::getShardingRule(ArrayRef<Sizes> operands,
                                       const Sizes &result) {
  RuleBuilder rule(operands, result);
  for (int64_t dim = 0, rank = result.size(); dim < rank; ++dim) {
    if (dim == int64_t(getAxis()))
      continue;
    SmallVector<RuleBuilder::Place> places = {{kResult, dim}};
    for (unsigned i = 0; i < operands.size(); ++i)
      places.push_back({i, dim});
    rule.add(FactorKind::PassThrough, places);
  }
  return rule.take();
}

Cost ConcatOp::getCost(ArrayRef<Sizes>, const Sizes &result) {
  return copyCost(*this, result);
}

FailureOr<HostTensor> ConcatOp::evaluate(ArrayRef<HostTensor> operands,
                                         const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(*this, check));
  if (failed(result))
    return failure();
  View to = rowMajor(result->getShape());
  for (const HostTensor &operand : operands) {
    copyElements(operand.getShape(), *result, to, operand,
                 rowMajor(operand.getShape()));
    to.start += to.strides[getAxis()] * operand.getShape()[getAxis()];
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Expand
//===----------------------------------------------------------------------===//

static LogicalResult checkExpand(ShapeCheck &check, ArrayRef<int64_t> to) {
  ArrayRef<int64_t> from = check.shape(0);
  if (from.size() > to.size())
    return check.error("input has rank " + Twine(from.size()) +
                       " but the result has rank " + Twine(to.size()));
  for (auto [i, size] : llvm::enumerate(from))
    if (size != 1 && failed(check.equal("dimension " + Twine(i) + " of input",
                                        size, "that of the result",
                                        to[to.size() - from.size() + i])))
      return failure();
  return success();
}

LogicalResult ExpandOp::verify() {
  ShapeCheck check(*this);
  if (failed(check.result()))
    return failure();
  return checkExpand(check, getType().getShape());
}

Sizes ExpandOp::reifySizes(ArrayRef<Sizes>) { return getSizes().getExprs(); }

ShardingRule ExpandOp::getShardingRule(ArrayRef<Sizes> operands,
                                       const Sizes &result) {
  return elementwiseRule(operands, result);
}

Cost ExpandOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  return costOf(*this, operands, result, 0);
}

FailureOr<HostTensor> ExpandOp::evaluate(ArrayRef<HostTensor> operands,
                                         const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult();
  if (failed(result) || failed(checkExpand(check, result->getShape())))
    return failure();
  copyElements(result->getShape(), *result, rowMajor(result->getShape()),
               operands[0], broadcastView(check.shape(0), result->getShape()));
  return result;
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

LogicalResult PadOp::verify() {
  int64_t rank = getInput().getType().getRank();
  if (failed(verifyCount(*this, "low", getLow().size(), rank)) ||
      failed(verifyCount(*this, "high", getHigh().size(), rank)))
    return failure();
  for (ArrayRef<int64_t> padding : {getLow(), getHigh()})
    for (int64_t count : padding)
      if (count < 0)
        return emitOpError("has a negative number of zeros, ") << count;
  ShapeCheck check(*this);
  if (failed(check.rowsAreApart("input", 0)) || failed(check.result()))
    return failure();
  auto block = dyn_cast<BlockType>(getType().getElementType());
  if (block && getLow().back() % block.getInfo().elements != 0)
    return emitOpError("puts ")
           << getLow().back() << " zeros before the last dimension, which are "
           << "not whole blocks of " << block.getInfo().elements << " elements";
  return success();
}

Sizes PadOp::reifySizes(ArrayRef<Sizes> operands) {
  Sizes result = operands[0];
  for (auto [size, low, high] : llvm::zip(result, getLow(), getHigh()))
    size = size + low + high;
  return result;
}

ShardingRule PadOp::getShardingRule(ArrayRef<Sizes> operands,
                                    const Sizes &result) {
  RuleBuilder rule(operands, result);
  for (int64_t i = 0, rank = result.size(); i < rank; ++i)
    if (getLow()[i] == 0 && getHigh()[i] == 0)
      rule.add(FactorKind::PassThrough, {{0, i}, {kResult, i}});
  return rule.take();
}

Cost PadOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  return costOf(*this, operands, result, 0);
}

FailureOr<HostTensor> PadOp::evaluate(ArrayRef<HostTensor> operands,
                                      const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult();
  if (failed(result))
    return failure();
  View to = rowMajor(result->getShape());
  for (auto [stride, low] : llvm::zip(to.strides, getLow()))
    to.start += stride * low;
  copyElements(check.shape(0), *result, to, operands[0],
               rowMajor(check.shape(0)));
  return result;
}

} // namespace weft
