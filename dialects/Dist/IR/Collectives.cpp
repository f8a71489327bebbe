//===- Collectives.cpp - What ranks do together ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/IR/Sharding.h"
#include "dialects/LLM/IR/ShardingRules.h"

#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;

namespace weft::dist {

//===----------------------------------------------------------------------===//
// What the ops have in common
//===----------------------------------------------------------------------===//

bool isCollective(Operation *op) {
  return isa<AllReduceOp, AllGatherOp, ReduceScatterOp, AllToAllOp>(op);
}

/// Checks the axes and finds the mesh.
static FailureOr<Mesh> verifyAxes(Operation *op, ArrayAttr axes) {
  std::optional<Mesh> mesh = Mesh::find(op);
  if (!mesh)
    return op->emitOpError("is in a module that declares no dist.mesh");
  if (axes.empty())
    return op->emitOpError("names no axis");
  llvm::SmallPtrSet<Attribute, 4> used;
  for (auto axis : axes.getAsRange<StringAttr>()) {
    if (!mesh->contains(axis))
      return op->emitOpError("names axis ")
             << axis << ", which the mesh does not have";
    if (!used.insert(axis).second)
      return op->emitOpError("names axis ") << axis << " twice";
  }
  return *mesh;
}

/// `sizes` with one dimension cut to the block of a rank in the group.
static Sizes getBlockSizes(Sizes sizes, int64_t dimension, int64_t granule,
                           ArrayAttr axes, const Mesh &mesh) {
  SizeExpr position;
  int64_t count = 1;
  for (auto axis : axes.getAsRange<StringAttr>()) {
    position = position * mesh.getSize(axis) +
               SizeExpr::coordinate(std::string_view(axis.getValue()));
    count *= mesh.getSize(axis);
  }
  sizes[dimension] = getBlock(sizes[dimension], granule, count, position).size;
  return sizes;
}

static LogicalResult verifyDimension(Operation *op, StringRef name,
                                     int64_t dimension, int64_t granule,
                                     const Sizes &sizes) {
  if (dimension < 0 || dimension >= int64_t(sizes.size()))
    return op->emitOpError(name)
           << " is dimension " << dimension << " but the tensor has "
           << sizes.size() << " dimensions";
  if (granule < 1)
    return op->emitOpError("has a granule of ")
           << granule << "; expected at least 1";
  return success();
}

static LogicalResult verifyShape(Operation *op, StringRef name,
                                 RankedTensorType type, const Sizes &sizes) {
  if (type.getRank() != int64_t(sizes.size()))
    return op->emitOpError(name)
           << " has " << type.getRank()
           << " dimensions but the whole tensor has " << sizes.size();
  for (auto [i, size] : llvm::enumerate(sizes)) {
    std::optional<int64_t> constant = size.asConstant();
    if (constant && !type.isDynamicDim(i) && type.getDimSize(i) != *constant)
      return op->emitOpError(name)
             << " has size " << type.getDimSize(i) << " in dimension " << i
             << " but a rank holds " << *constant;
  }
  return success();
}

static LogicalResult verifyElements(Operation *op, RankedTensorType input,
                                    RankedTensorType result) {
  if (input.getElementType() != result.getElementType())
    return op->emitOpError("changes the element type from ")
           << input.getElementType() << " to " << result.getElementType();
  return success();
}

/// For an op with all of one dimension on one side, and on the other the rank's
/// block of it.
template <typename OpTy>
static LogicalResult verifyBlocks(OpTy op, StringRef wholeName,
                                  RankedTensorType whole, StringRef blockName,
                                  RankedTensorType block) {
  FailureOr<Mesh> mesh = verifyAxes(op, op.getAxes());
  Sizes sizes = op.getSizes().getExprs();
  if (failed(mesh) ||
      failed(verifyElements(op, op.getInput().getType(), op.getType())) ||
      failed(verifyDimension(op, "dim", op.getDimension(), op.getGranule(),
                             sizes)) ||
      failed(verifyShape(op, wholeName, whole, sizes)))
    return failure();
  return verifyShape(op, blockName, block,
                     getBlockSizes(sizes, op.getDimension(), op.getGranule(),
                                   op.getAxes(), *mesh));
}

/// Nothing can be split further: the ranks of the group work together.
static ShardingRule wholeRule(ArrayRef<Sizes> operands, const Sizes &result) {
  return RuleBuilder(operands, result).take();
}

static FailureOr<HostTensor> refuseAlone(Operation *op,
                                         const Evaluation &evaluation) {
  return evaluation.emitError("'" + op->getName().getStringRef() +
                              "' has no value on one rank alone");
}

//===----------------------------------------------------------------------===//
// dist.all_reduce
//===----------------------------------------------------------------------===//

LogicalResult AllReduceOp::verify() { return verifyAxes(*this, getAxes()); }

Sizes AllReduceOp::reifySizes(ArrayRef<Sizes> operands) { return operands[0]; }

ShardingRule AllReduceOp::getShardingRule(ArrayRef<Sizes> operands,
                                          const Sizes &result) {
  return wholeRule(operands, result);
}

Cost AllReduceOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  return costOf(*this, operands, result, numElements(result));
}

FailureOr<HostTensor> AllReduceOp::evaluate(ArrayRef<HostTensor>,
                                            const Evaluation &evaluation) {
  return refuseAlone(*this, evaluation);
}

//===----------------------------------------------------------------------===//
// dist.all_gather
//===----------------------------------------------------------------------===//

LogicalResult AllGatherOp::verify() {
  return verifyBlocks(*this, "the result", getType(), "the input",
                      getInput().getType());
}

Sizes AllGatherOp::reifySizes(ArrayRef<Sizes>) { return getSizes().getExprs(); }

ShardingRule AllGatherOp::getShardingRule(ArrayRef<Sizes> operands,
                                          const Sizes &result) {
  return wholeRule(operands, result);
}

Cost AllGatherOp::getCost(ArrayRef<Sizes>, const Sizes &result) {
  return copyCost(*this, result);
}

FailureOr<HostTensor> AllGatherOp::evaluate(ArrayRef<HostTensor>,
                                            const Evaluation &evaluation) {
  return refuseAlone(*this, evaluation);
}

//===----------------------------------------------------------------------===//
// dist.reduce_scatter
//===----------------------------------------------------------------------===//

LogicalResult ReduceScatterOp::verify() {
  return verifyBlocks(*this, "the input", getInput().getType(), "the result",
                      getType());
}

Sizes ReduceScatterOp::reifySizes(ArrayRef<Sizes>) {
  Sizes sizes = getSizes().getExprs();
  std::optional<Mesh> mesh = Mesh::find(*this);
  return mesh ? getBlockSizes(sizes, getDimension(), getGranule(), getAxes(),
                              *mesh)
              : Sizes();
}

ShardingRule ReduceScatterOp::getShardingRule(ArrayRef<Sizes> operands,
                                              const Sizes &result) {
  return wholeRule(operands, result);
}

Cost ReduceScatterOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  return costOf(*this, operands, result, numElements(operands[0]));
}

FailureOr<HostTensor> ReduceScatterOp::evaluate(ArrayRef<HostTensor>,
                                                const Evaluation &evaluation) {
  return refuseAlone(*this, evaluation);
}

//===----------------------------------------------------------------------===//
// dist.all_to_all
//===----------------------------------------------------------------------===//

LogicalResult AllToAllOp::verify() {
  FailureOr<Mesh> mesh = verifyAxes(*this, getAxes());
  Sizes sizes = getSizes().getExprs();
  if (failed(mesh) ||
      failed(verifyElements(*this, getInput().getType(), getType())) ||
      failed(verifyDimension(*this, "split", getSplitDimension(),
                             getSplitGranule(), sizes)) ||
      failed(verifyDimension(*this, "concat", getConcatDimension(),
                             getConcatGranule(), sizes)))
    return failure();
  if (getSplitDimension() == getConcatDimension())
    return emitOpError("splits and concatenates dimension ")
           << getSplitDimension();
  if (failed(verifyShape(*this, "the input", getInput().getType(),
                         getBlockSizes(sizes, getConcatDimension(),
                                       getConcatGranule(), getAxes(), *mesh))))
    return failure();
  return verifyShape(*this, "the result", getType(),
                     getBlockSizes(sizes, getSplitDimension(),
                                   getSplitGranule(), getAxes(), *mesh));
}

Sizes AllToAllOp::reifySizes(ArrayRef<Sizes>) {
  Sizes sizes = getSizes().getExprs();
  std::optional<Mesh> mesh = Mesh::find(*this);
  return mesh ? getBlockSizes(sizes, getSplitDimension(), getSplitGranule(),
                              getAxes(), *mesh)
              : Sizes();
}

ShardingRule AllToAllOp::getShardingRule(ArrayRef<Sizes> operands,
                                         const Sizes &result) {
  return wholeRule(operands, result);
}

Cost AllToAllOp::getCost(ArrayRef<Sizes>, const Sizes &result) {
  return copyCost(*this, result);
}

FailureOr<HostTensor> AllToAllOp::evaluate(ArrayRef<HostTensor>,
                                           const Evaluation &evaluation) {
  return refuseAlone(*this, evaluation);
}

} // namespace weft::dist
