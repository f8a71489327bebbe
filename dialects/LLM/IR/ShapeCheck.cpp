//===- ShapeCheck.cpp - Shapes, checked in types and data -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/ShapeCheck.h"

#include "dialects/LLM/IR/Scalars.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace weft {

/// More elements than this are a mistake in a program, not work for the
/// reference evaluator.
static constexpr int64_t maxElements = int64_t(1) << 30;

Sizes constantSizes(ArrayRef<int64_t> shape) {
  return Sizes(shape.begin(), shape.end());
}

Sizes sizesOfType(Type type, StringRef prefix) {
  Sizes sizes;
  for (auto [i, size] : llvm::enumerate(cast<ShapedType>(type).getShape()))
    sizes.push_back(ShapedType::isDynamic(size)
                        ? SizeExpr::symbol((prefix + "." + Twine(i)).str())
                        : SizeExpr(size));
  return sizes;
}

SmallVector<Sizes> sizesOfOperands(Operation *op) {
  SmallVector<Sizes> operands;
  for (auto [i, type] : llvm::enumerate(op->getOperandTypes()))
    operands.push_back(sizesOfType(type, ("operand" + Twine(i)).str()));
  return operands;
}

/// An operand of constant size other than 1 decides; unknown sizes that differ
/// are 1 or the greater one.
static SizeExpr broadcastSize(const SizeExpr &lhs, const SizeExpr &rhs) {
  if (lhs == rhs || rhs == SizeExpr(1))
    return lhs;
  if (lhs == SizeExpr(1) || rhs.isConstant())
    return rhs;
  if (lhs.isConstant())
    return lhs;
  return max(lhs, rhs);
}

Sizes broadcast(ArrayRef<Sizes> operands) {
  Sizes result;
  for (const Sizes &sizes : operands) {
    if (sizes.size() > result.size())
      result.insert(result.begin(), sizes.size() - result.size(), SizeExpr(1));
    size_t offset = result.size() - sizes.size();
    for (auto [i, size] : llvm::enumerate(sizes))
      result[offset + i] = broadcastSize(result[offset + i], size);
  }
  return result;
}

bool isHeldNarrow(Type stored, Type element) {
  return element.isF32() &&
         (stored.isBF16() || stored.isF16() || isa<BlockType>(stored));
}

ShapeCheck::ShapeCheck(ModelOpInterface op) : op(op) {
  for (Type type : op->getOperandTypes())
    shapes.emplace_back(cast<ShapedType>(type).getShape());
}

ShapeCheck::ShapeCheck(ModelOpInterface op, ArrayRef<HostTensor> operands,
                       const Evaluation &evaluation)
    : op(op), evaluation(&evaluation) {
  for (const HostTensor &operand : operands)
    shapes.emplace_back(operand.getShape());
  state = operandsMatchTypes(operands);
}

LogicalResult
ShapeCheck::operandsMatchTypes(ArrayRef<HostTensor> operands) const {
  assert(operands.size() == op->getNumOperands() && "one tensor per operand");
  for (auto [i, operand] : llvm::enumerate(operands)) {
    auto type = cast<ShapedType>(op->getOperand(i).getType());
    if (operand.getElementType() != type.getElementType() ||
        failed(verifyCompatibleShape(operand.getShape(), type.getShape())))
      return error("operand " + Twine(i) + " of shape [" +
                   llvm::join(llvm::map_range(operand.getShape(),
                                              [](int64_t size) {
                                                return std::to_string(size);
                                              }),
                              ", ") +
                   "] does not fit its type");
  }
  return success();
}

LogicalResult ShapeCheck::error(const Twine &message) const {
  if (evaluation)
    return evaluation->emitError("'" + Twine(op->getName().getStringRef()) +
                                 "' op " + message);
  return op->emitOpError(message);
}

LogicalResult ShapeCheck::require(bool condition, const Twine &message) const {
  return condition ? success() : error(message);
}

LogicalResult ShapeCheck::equal(const Twine &lhsName, int64_t lhs,
                                const Twine &rhsName, int64_t rhs) const {
  return require(
      lhs == rhs || ShapedType::isDynamic(lhs) || ShapedType::isDynamic(rhs),
      lhsName + " is " + Twine(lhs) + " but " + rhsName + " is " + Twine(rhs));
}

LogicalResult ShapeCheck::rank(StringRef name, unsigned operand,
                               int64_t expected) const {
  int64_t found = shapes[operand].size();
  return require(found == expected, name + " has rank " + Twine(found) +
                                        " but needs rank " + Twine(expected));
}

LogicalResult ShapeCheck::atLeastRank(StringRef name, unsigned operand,
                                      int64_t expected) const {
  int64_t found = shapes[operand].size();
  return require(found >= expected, name + " has rank " + Twine(found) +
                                        " but needs rank " + Twine(expected) +
                                        " or more");
}

LogicalResult ShapeCheck::index(StringRef name, int64_t value, Type type,
                                int64_t lowest, int64_t end) const {
  return require(
      !integerLess(value, lowest, type) && integerLess(value, end, type),
      name + " " +
          (isUnsignedElement(type) ? Twine(uint64_t(value)) : Twine(value)) +
          " is not in [" + Twine(lowest) + ", " + Twine(end) + ")");
}

LogicalResult ShapeCheck::rowsAreApart(StringRef name, unsigned operand) const {
  Type type = getElementTypeOrSelf(op->getOperand(operand));
  auto block = dyn_cast<BlockType>(type);
  return require(!block || !block.isInterleaved(),
                 name + " has interleaved rows, which only kernels read");
}

LogicalResult ShapeCheck::axis(int64_t axis, int64_t rank) const {
  return require(axis >= 0 && axis < rank,
                 "axis " + Twine(axis) + " is not in [0, " + Twine(rank) + ")");
}

LogicalResult
ShapeCheck::broadcastable(ArrayRef<ArrayRef<int64_t>> shapes) const {
  SmallVector<int64_t> seen; // From the last dimension; 1 is not decided.
  for (ArrayRef<int64_t> shape : shapes) {
    if (shape.size() > seen.size())
      seen.resize(shape.size(), 1);
    for (auto [i, size] : llvm::enumerate(llvm::reverse(shape))) {
      if (size == 1 || ShapedType::isDynamic(size))
        continue;
      if (seen[i] != 1 && seen[i] != size)
        return error("operands do not broadcast: sizes " + Twine(seen[i]) +
                     " and " + Twine(size) + " meet at dimension -" +
                     Twine(i + 1));
      seen[i] = size;
    }
  }
  return success();
}

LogicalResult ShapeCheck::wholeBlocks(const Twine &name, Type type) const {
  auto tensor = cast<RankedTensorType>(type);
  auto block = dyn_cast<BlockType>(tensor.getElementType());
  if (!block)
    return success();
  int64_t rank = tensor.getRank(), least = block.isInterleaved() ? 2 : 1;
  if (rank < least)
    return error(name + " has rank " + Twine(rank) +
                 " but its blocks need rank " + Twine(least) + " or more");
  if (!tensor.hasStaticShape())
    return error(name + " has blocks, so that its shape needs to be static");
  int64_t last = tensor.getShape().back(), elements = block.getInfo().elements;
  return require(last % elements == 0, "the last dimension of " + name +
                                           " is " + Twine(last) +
                                           ", which is not whole blocks of " +
                                           Twine(elements) + " elements");
}

LogicalResult ShapeCheck::result(LogicalResult checked) const {
  if (failed(checked))
    return failure();
  for (auto [i, type] : llvm::enumerate(op->getOperandTypes()))
    if (failed(wholeBlocks("operand " + Twine(i), type)))
      return failure();
  if (failed(wholeBlocks("the result", op->getResult(0).getType())))
    return failure();
  Sizes inferred = op.reifySizes(sizesOfOperands(op));
  ArrayRef<int64_t> found =
      cast<ShapedType>(op->getResult(0).getType()).getShape();
  if (inferred.size() != found.size())
    return error("result has rank " + Twine(found.size()) +
                 " but the operands give rank " + Twine(inferred.size()));
  for (auto [i, size] : llvm::enumerate(inferred)) {
    if (!size.isValid())
      return error("the size of result dimension " + Twine(i) +
                   " does not fit 64 bits");
    std::optional<int64_t> expected = size.asConstant();
    if (!expected)
      continue;
    if (*expected < 0)
      return error("the operands give result dimension " + Twine(i) +
                   " the negative size " + Twine(*expected));
    if (!ShapedType::isDynamic(found[i]) && *expected != found[i])
      return error("result dimension " + Twine(i) + " is " + Twine(found[i]) +
                   " but the operands give " + Twine(*expected));
  }
  return success();
}

FailureOr<HostTensor> ShapeCheck::makeResult(LogicalResult checked) const {
  assert(evaluation && "types have no data");
  if (failed(checked) || failed(state))
    return failure();
  SmallVector<Sizes> operands;
  for (ArrayRef<int64_t> shape : shapes)
    operands.push_back(constantSizes(shape));
  auto shape = evaluation->evaluate(op.reifySizes(operands));
  if (failed(shape))
    return failure();
  auto type = cast<ShapedType>(op->getResult(0).getType());
  if (shape->size() != size_t(type.getRank()))
    return error("result has rank " + Twine(type.getRank()) +
                 " but the data give rank " + Twine(shape->size()));
  int64_t count = 1;
  for (auto [i, size] : llvm::enumerate(*shape)) {
    if (size < 0)
      return error("the data give result dimension " + Twine(i) +
                   " the negative size " + Twine(size));
    if (failed(equal("result dimension " + Twine(i), type.getDimSize(i),
                     "the size that the data give", size)))
      return failure();
    if (llvm::MulOverflow(count, size, count) || count > maxElements)
      return error("result has more than 2^30 elements");
  }
  return HostTensor(type.getElementType(), *shape);
}

} // namespace weft
