//===- MergeLinears.cpp - One linear for several of one input -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Analysis/SizeAnalysis.h"
#include "dialects/LLM/Transforms/Matchers.h"
#include "dialects/LLM/Transforms/Passes.h"

#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_MERGELINEARSPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// What reads a linear's result, and so may read a part of a wider one.
struct Reader {
  /// Attention, or what leads to it, reads heads of this size through reshapes;
  /// 0: nothing of the kind.
  int64_t headSize = 0;
  /// Where a chain of elementwise ops ends, each the only user of the one
  /// before; the epilogue that a linear of its own would have.
  Operation *join = nullptr;

  bool operator==(const Reader &other) const = default;
};

/// Linears that become one.
struct Group {
  Value input;
  Type weightElement, resultElement;
  std::optional<ActivationFormat> activations;
  Type biasElement; ///< Null without bias.
  Reader reader;
  SmallVector<LinearOp, 3> linears;
};

class LinearMerger {
public:
  LinearMerger(Block &block, SizeAnalysis &sizes)
      : block(block), sizes(sizes),
        rewriter(block.getParentOp()->getContext(), &sizes) {}

  void run();

private:
  std::optional<Reader> findReader(LinearOp linear);
  /// The heads' size when `reshape` splits the last dimension into heads.
  std::optional<int64_t> headSizeOf(ReshapeOp reshape);
  void merge(const Group &group);
  /// The operands of all linears, one below the other.
  Value concat(ArrayRef<Value> parts);
  /// By the columns of `merged` from `offset` on.
  void replace(LinearOp linear, LinearOp merged, int64_t offset,
               const Reader &reader);
  void replaceHeads(ReshapeOp reshape, LinearOp merged, int64_t firstHead,
                    int64_t headSize);
  /// Replaces `op` by [offset, offset + size) of dimension `axis`.
  void replaceBySlice(Operation *op, Value from, size_t axis, int64_t offset);

  Block &block;
  SizeAnalysis &sizes;
  IRRewriter rewriter;
  /// The merged result in heads, by its sizes.
  llvm::MapVector<Attribute, ReshapeOp> splits;
};

} // namespace

std::optional<int64_t> LinearMerger::headSizeOf(ReshapeOp reshape) {
  if (reshape.getType().getRank() < 2)
    return std::nullopt;
  SizeExpr columns = sizes.getSizes(reshape.getInput()).back();
  const Sizes &split = sizes.getSizes(reshape);
  if (split[split.size() - 2] * split.back() != columns)
    return std::nullopt;
  return split.back().asConstant();
}

/// Reads rows of heads from where they lie.
static bool readsRows(Operation *op) {
  return isa<AttentionOp, PagedAttentionOp, WriteCacheOp, RopeOp, RMSNormOp>(
      op);
}

std::optional<Reader> LinearMerger::findReader(LinearOp linear) {
  Reader reader;
  Operation *last = linear;
  while (last->hasOneUse() && isElementwise(*last->user_begin()))
    last = *last->user_begin();
  if (last != linear) {
    reader.join = last;
    return reader;
  }
  if (linear->use_empty())
    return std::nullopt;
  for (Operation *user : linear->getUsers()) {
    auto reshape = dyn_cast<ReshapeOp>(user);
    std::optional<int64_t> size =
        reshape ? headSizeOf(reshape) : std::optional<int64_t>();
    if (!size || (reader.headSize && reader.headSize != *size) ||
        !llvm::all_of(user->getUsers(), readsRows))
      return std::nullopt;
    reader.headSize = *size;
  }
  return reader;
}

void LinearMerger::run() {
  SmallVector<Group> groups;
  for (auto linear : block.getOps<LinearOp>()) {
    if (linear.getPanel() || !isWeightLike(linear.getWeight()) ||
        (linear.getBias() && !isWeightLike(linear.getBias())))
      continue;
    // Slices need a size for each dimension.
    auto isDeclared = [&](const SizeExpr &size) {
      std::set<std::string> names;
      size.collectSymbols(names);
      return llvm::all_of(names, [&](const std::string &name) {
        return sizes.getSymbols().isDeclared(name);
      });
    };
    std::optional<Reader> reader = findReader(linear);
    if (!reader || !llvm::all_of(sizes.getSizes(linear), isDeclared))
      continue;
    Group group;
    group.input = linear.getInput();
    group.weightElement = linear.getWeight().getType().getElementType();
    group.resultElement = linear.getType().getElementType();
    group.activations = linear.getActivations();
    if (Value bias = linear.getBias())
      group.biasElement = getElementTypeOrSelf(bias);
    group.reader = *reader;
    auto known = llvm::find_if(groups, [&](const Group &other) {
      return other.input == group.input && other.reader == group.reader &&
             other.weightElement == group.weightElement &&
             other.activations == group.activations &&
             other.resultElement == group.resultElement &&
             other.biasElement == group.biasElement;
    });
    if (known == groups.end())
      known = groups.insert(groups.end(), std::move(group));
    known->linears.push_back(linear);
  }
  for (const Group &group : groups)
    if (group.linears.size() > 1)
      merge(group);
}

/// The elements of constants, or nothing when one of `parts` is something else.
static SmallVector<Attribute> elementsOf(ArrayRef<Value> parts) {
  SmallVector<Attribute> elements;
  for (Value part : parts) {
    auto constant = part.getDefiningOp<ConstantOp>();
    auto dense = constant ? dyn_cast<DenseElementsAttr>(constant.getValue())
                          : DenseElementsAttr();
    if (!dense)
      return {};
    llvm::append_range(elements, dense.getValues<Attribute>());
  }
  return elements;
}

Value LinearMerger::concat(ArrayRef<Value> parts) {
  auto type = cast<RankedTensorType>(parts[0].getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[0] = 0;
  SmallVector<Operation *> producers;
  for (Value part : parts) {
    shape[0] += cast<RankedTensorType>(part.getType()).getDimSize(0);
    producers.push_back(part.getDefiningOp());
  }
  RankedTensorType merged = type.clone(shape);
  Location location = fuseLocations(producers);
  // Biases are small and often in the IR: they stay a constant.
  SmallVector<Attribute> elements = elementsOf(parts);
  if (!elements.empty())
    return ConstantOp::create(rewriter, location, merged,
                              DenseElementsAttr::get(merged, elements));
  return ConcatOp::create(rewriter, location, merged, parts,
                          rewriter.getI64IntegerAttr(0));
}

static int64_t columnsOf(LinearOp linear) {
  return linear.getWeight().getType().getDimSize(0);
}

void LinearMerger::merge(const Group &group) {
  splits.clear();
  LinearOp first = group.linears.front();
  SmallVector<Value> weights, biases;
  SmallVector<Operation *> ops;
  int64_t columns = 0;
  for (LinearOp linear : group.linears) {
    ops.push_back(linear);
    columns += columnsOf(linear);
    weights.push_back(linear.getWeight());
    if (linear.getBias())
      biases.push_back(linear.getBias());
  }
  // What the merged linear reads stands before it.
  for (Value operand : llvm::concat<Value>(weights, biases)) {
    SmallVector<Operation *> slice = findWeightSlice(operand);
    llvm::sort(slice, [](Operation *lhs, Operation *rhs) {
      return lhs->isBeforeInBlock(rhs);
    });
    for (Operation *op : slice)
      if (first->isBeforeInBlock(op))
        rewriter.moveOpBefore(op, first);
  }
  rewriter.setInsertionPoint(first);
  Value weight = concat(weights);
  Value bias = biases.empty() ? Value() : concat(biases);
  SmallVector<int64_t> shape(first.getType().getShape());
  shape.back() = columns;
  auto merged = LinearOp::create(
      rewriter, fuseLocations(ops), first.getType().clone(shape), group.input,
      weight, bias, /*panel=*/IntegerAttr(), first.getActivationsAttr());
  int64_t offset = 0;
  for (LinearOp linear : group.linears) {
    int64_t count = columnsOf(linear);
    replace(linear, merged, offset, group.reader);
    offset += count;
  }
}

void LinearMerger::replaceBySlice(Operation *op, Value from, size_t axis,
                                  int64_t offset) {
  Sizes part = sizes.getSizes(op->getResult(0)), offsets(part.size());
  offsets[axis] = offset;
  SmallVector<int64_t> strides(part.size(), 1);
  MLIRContext *context = op->getContext();
  rewriter.replaceOp(
      op, SliceOp::create(rewriter, op->getLoc(), op->getResult(0).getType(),
                          from, SizesAttr::get(context, offsets),
                          SizesAttr::get(context, part),
                          rewriter.getDenseI64ArrayAttr(strides)));
}

void LinearMerger::replaceHeads(ReshapeOp reshape, LinearOp merged,
                                int64_t firstHead, int64_t headSize) {
  size_t axis = reshape.getType().getRank() - 2;
  int64_t heads = columnsOf(merged) / headSize;
  Sizes all = reshape.getSizes().getExprs();
  all[axis] = heads;
  auto allAttr = SizesAttr::get(reshape.getContext(), all);
  ReshapeOp &split = splits[allAttr];
  if (!split) {
    SmallVector<int64_t> shape(reshape.getType().getShape());
    shape[axis] = heads;
    split = ReshapeOp::create(rewriter, merged.getLoc(),
                              reshape.getType().clone(shape), merged, allAttr);
  }
  replaceBySlice(reshape, split, axis, firstHead);
}

void LinearMerger::replace(LinearOp linear, LinearOp merged, int64_t offset,
                           const Reader &reader) {
  if (!reader.headSize)
    return replaceBySlice(linear, merged, linear.getType().getRank() - 1,
                          offset);
  // Whole heads: the last dimension stays whole, and its elements neighbours.
  for (Operation *user : llvm::make_early_inc_range(linear->getUsers()))
    replaceHeads(cast<ReshapeOp>(user), merged, offset / reader.headSize,
                 reader.headSize);
  rewriter.eraseOp(linear);
}

namespace {

struct MergeLinearsPass : impl::MergeLinearsPassBase<MergeLinearsPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    SizeAnalysis &sizes = getAnalysis<SizeAnalysis>();
    for (Block &block : function.getBody())
      LinearMerger(block, sizes).run();
  }
};

} // namespace
} // namespace weft
