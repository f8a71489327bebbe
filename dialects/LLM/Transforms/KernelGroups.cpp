//===- KernelGroups.cpp - Which ops share a launch ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/KernelGroups.h"

#include "dialects/LLM/Analysis/LinearHalves.h"
#include "dialects/LLM/IR/AttentionParts.h"
#include "dialects/LLM/Transforms/Matchers.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {

/// A kernel's code grows with its ops; a graph of thousands is several kernels.
constexpr size_t maxOps = 128;

static bool isTranscendental(Operation *op) {
  return isa<ExpOp, LogOp, SinOp, CosOp, TanhOp, ErfOp, SigmoidOp, PowOp,
             GeluOp, SiLUOp, SwiGLUOp>(op);
}

bool isFree(Operation *op) {
  constexpr unsigned maxLength = 8;
  for (unsigned length = 0; op && length < maxLength; ++length) {
    if (isa<IotaOp, SizesToTensorOp>(op))
      return true;
    // Other constants are memory, and would make each layer's kernel another.
    if (auto constant = dyn_cast<ConstantOp>(op)) {
      auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
      return elements && (elements.isSplat() || elements.getNumElements() == 1);
    }
    if (!isa<ExpandOp, CastOp>(op))
      return false;
    op = op->getOperand(0).getDefiningOp();
  }
  return false;
}

KernelGroups::KernelGroups(Block &block, SizeAnalysis &sizes, bool joinsHalves)
    : block(block), sizes(sizes), joinsHalves(joinsHalves) {
  for (LinearOp linear : block.getOps<LinearOp>())
    if (Operation *norm = findNormBehind(linear)) {
      KernelGroup &group = startGroup(linear);
      growPrologue(group);
      growEpilogue(group);
      if (group.root->getResult(0) != norm->getOperand(0))
        continue; // More than a kernel holds.
      add(group, norm);
      group.root = norm;
    }
  // Norms first: a residual sum that only a norm reads is better added there,
  // where the row is in the cache, than in the epilogue of the product.
  for (Operation &op : block)
    if (isKernelAnchor(&op) && isUngrouped(&op))
      growPrologue(startGroup(&op));
  for (KernelGroup &group : groups)
    growEpilogue(group);
  // Users before producers: a producer joins its only user's group.
  for (Operation &op : llvm::reverse(block)) {
    if (!isUngrouped(&op) || !(isLayout(&op) || isElementwise(&op) ||
                               isa<RopeOp, MergeAttentionOp>(op) ||
                               (isFree(&op) && !isa<ConstantOp>(op))))
      continue;
    if (isFree(&op) && llvm::all_of(op.getUsers(), [&](Operation *user) {
          return groupOf.contains(user) || isFree(user);
        }))
      continue;
    KernelGroup &group = startGroup(&op);
    absorb(group, [&](Operation *producer) {
      return (isLayout(producer) || isElementwise(producer) ||
              isUnitReshape(producer)) &&
             isWorthRepeating(producer, group);
    });
  }
}

bool KernelGroups::finishesAnchor(Operation *op) const {
  for (size_t length = 0; length < maxOps && isElementwise(op); ++length) {
    if (joinsHalves && LinearHalves::leadingTo(op->getResult(0), isElementwise))
      return true;
    Operation *source = nullptr;
    for (Value operand : op->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (isFree(producer))
        continue;
      if (!producer || (source && source != producer) ||
          !llvm::all_equal(producer->getUsers()))
        return false;
      source = producer;
    }
    if (!source || isKernelAnchor(source))
      return source;
    op = source;
  }
  return false;
}

/// Moves rows, of which each stays as it is.
static bool movesRows(Operation *op) {
  if (auto slice = dyn_cast_or_null<SliceOp>(op))
    return slice.getStrides().back() == 1;
  auto transpose = dyn_cast_or_null<TransposeOp>(op);
  return transpose &&
         transpose.getPermutation().back() == transpose.getType().getRank() - 1;
}

void KernelGroups::growFrom(KernelGroup &group, ValueRange operands,
                            llvm::function_ref<bool(Operation *)> mayJoin) {
  for (Value operand : operands) {
    Operation *producer = operand.getDefiningOp();
    if (isUngrouped(producer) && mayJoin(producer) &&
        llvm::all_of(producer->getUsers(),
                     [&](Operation *user) { return user == group.root; }))
      add(group, producer);
  }
  absorb(group, mayJoin);
}

void KernelGroups::growPrologue(KernelGroup &group) {
  // Rows of heads are read from where they lie, and so is a rank's part of a
  // bias.
  if (auto attention = dyn_cast<AttentionOp>(group.root))
    return growFrom(group, attention->getOperands().take_front(3), movesRows);
  // Rows of tokens are turned on their way into a cache, or to one.
  if (isa<PagedAttentionOp, PagedAttentionPartsOp, WriteCacheOp>(group.root))
    return growFrom(group, group.root->getOperands().take_front(1),
                    [&](Operation *op) {
                      return movesRows(op) || isa_and_present<RopeOp>(op) ||
                             isReshapeOfRows(op);
                    });
  if (auto linear = dyn_cast<LinearOp>(group.root)) {
    if (isa<BlockType>(getElementTypeOrSelf(linear.getWeight())))
      growFrom(group, linear.getInput(), [this](Operation *op) {
        return op && ((isElementwise(op) && !finishesAnchor(op)) ||
                      (isa<RMSNormOp>(op) && !isKernelAnchor(op)) ||
                      isa<SliceOp>(op));
      });
    return growFrom(
        group, linear->getOperands().drop_front(2),
        [](Operation *op) { return isa_and_present<SliceOp, ConcatOp>(op); });
  }
  if (!isa<LayerNormOp, RMSNormOp, SoftmaxOp, ReduceOp>(group.root))
    return;
  Operation *input = group.root->getOperand(0).getDefiningOp();
  // Keeps the last dimension last, so that rows are read in order.
  auto mayJoin = [&](Operation *op) {
    return (isElementwise(op) && !finishesAnchor(op)) || isUnitReshape(op) ||
           isa<EmbeddingOp, ExpandOp, SliceOp>(op);
  };
  if (!isUngrouped(input) || isFree(input) || !mayJoin(input) ||
      !llvm::all_equal(input->getUsers()))
    return;
  add(group, input);
  absorb(group, mayJoin);
}

/// The op that alone uses a value, perhaps several times; null without one.
static Operation *onlyUser(Value value) {
  if (value.use_empty() || !llvm::all_equal(value.getUsers()))
    return nullptr;
  return *value.getUsers().begin();
}

void KernelGroups::growHalves(KernelGroup &group) {
  auto linear = dyn_cast<LinearOp>(group.root);
  std::optional<LinearHalves> halves =
      joinsHalves && linear ? LinearHalves::of(linear, isElementwise)
                            : std::nullopt;
  if (!halves || !llvm::all_of(halves->ops,
                               [&](Operation *op) { return isUngrouped(op); }))
    return;
  add(group, halves->first);
  add(group, halves->second);
  for (Operation *op : halves->ops)
    add(group, op);
  group.root = halves->ops.front();
}

void KernelGroups::growEpilogue(KernelGroup &group) {
  growHalves(group);
  while (true) {
    Operation *user = onlyUser(group.root->getResult(0));
    if (!user || group.ops.size() >= maxOps || !isUngrouped(user) ||
        !isElementwise(user) ||
        !sizes.haveSameSizes(user->getResult(0), group.root->getResult(0)))
      return;
    add(group, user);
    group.root = user;
    absorb(group, [&](Operation *op) {
      return isElementwise(op) && isWorthRepeating(op, group);
    });
  }
}

static bool isF32(Value value) { return getElementTypeOrSelf(value).isF32(); }

/// Whether a kernel of a product may end in `norm` of `input`.
static bool mayEndProduct(Operation *norm, Value input) {
  auto isStored = [](Value operand) {
    Operation *producer = operand.getDefiningOp();
    return !producer || isa<LoadWeightOp, ConstantOp>(producer);
  };
  // What is elementwise behind a norm is better done with it.
  Operation *user = onlyUser(norm->getResult(0));
  bool hasEpilogue = user && isElementwise(user);
  return norm->getOperand(0) == input && input.hasOneUse() && !hasEpilogue &&
         isKernelAnchor(norm) && isF32(input) && isF32(norm->getResult(0)) &&
         llvm::all_of(norm->getOperands().drop_front(), isStored);
}

Operation *KernelGroups::findNormBehind(LinearOp linear) {
  if (!linear.getPanel() || !isF32(linear.getResult()) ||
      isa<BlockType>(getElementTypeOrSelf(linear.getWeight())))
    return nullptr;
  Operation *op = linear;
  while (true) {
    Value result = op->getResult(0);
    Operation *user = onlyUser(result);
    if (isa_and_present<LayerNormOp, RMSNormOp>(user))
      return mayEndProduct(user, result) ? user : nullptr;
    if (!user || !isUngrouped(user) || !isElementwise(user) ||
        !sizes.haveSameSizes(user->getResult(0), result))
      return nullptr;
    op = user;
  }
}

void KernelGroups::absorb(KernelGroup &group,
                          llvm::function_ref<bool(Operation *)> mayJoin) {
  // One more member may hold the last outside user of another producer.
  while (joinProducers(group, mayJoin))
    ;
  dropViews(group);
}

/// Finds rows of an embedding's table where a product's packing put them: never
/// a launch that would unpack all of the table.
static bool leadsToTable(Operation *op) {
  while (isa<TransposeOp, ReshapeOp, SliceOp>(op) && op->hasOneUse()) {
    OpOperand &use = *op->use_begin();
    op = use.getOwner();
    if (auto embedding = dyn_cast<EmbeddingOp>(op))
      return &use == &embedding.getTableMutable();
  }
  return false;
}

bool KernelGroups::joinProducers(
    KernelGroup &group, llvm::function_ref<bool(Operation *)> mayJoin) {
  bool changed = false;
  for (size_t index = 0; index < group.ops.size(); ++index) {
    // Of an anchor only the input has a prologue, and has it already.
    if (isKernelAnchor(group.ops[index]))
      continue;
    for (Value operand : group.ops[index]->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (group.ops.size() >= maxOps || !isUngrouped(producer) ||
          isFree(producer) || !(mayJoin(producer) || leadsToTable(producer)) ||
          !llvm::all_of(producer->getUsers(), [&](Operation *user) {
            return group.ops.contains(user);
          }))
        continue;
      add(group, producer);
      changed = true;
    }
  }
  return changed;
}

void KernelGroups::dropViews(KernelGroup &group) {
  // A reshape of what lies in memory is another name for it, not work.
  auto isView = [&](Operation *op) {
    Operation *source =
        isa<ReshapeOp>(op) ? op->getOperand(0).getDefiningOp() : op;
    return isa<ReshapeOp>(op) && !group.ops.contains(source) && !isFree(source);
  };
  while (true) {
    Operation *view = nullptr;
    for (Operation *op : group.ops)
      if (isView(op))
        view = op;
    if (!view)
      return;
    group.ops.remove(view);
    groupOf.erase(view);
  }
}

bool KernelGroups::isWorthRepeating(Operation *op, const KernelGroup &group) {
  return !isTranscendental(op) ||
         sizes.getNumElements(op->getResult(0)) ==
             sizes.getNumElements(group.root->getResult(0));
}

bool KernelGroups::isReshapeOfRows(Operation *op) {
  if (!isa_and_present<ReshapeOp>(op))
    return false;
  Sizes from = sizes.getSizes(op->getOperand(0));
  Sizes to = sizes.getSizes(op->getResult(0));
  return !from.empty() && !to.empty() && from[0] == to[0];
}

bool KernelGroups::isUnitReshape(Operation *op) {
  if (!isa<ReshapeOp>(op))
    return false;
  auto withoutUnits = [&](Value value) {
    Sizes kept = sizes.getSizes(value);
    llvm::erase_if(kept, [](SizeExpr &size) { return size == SizeExpr(1); });
    return kept;
  };
  return withoutUnits(op->getOperand(0)) == withoutUnits(op->getResult(0));
}

KernelGroup &KernelGroups::startGroup(Operation *op) {
  KernelGroup &group = groups.emplace_back();
  group.root = op;
  add(group, op);
  return group;
}

void KernelGroups::add(KernelGroup &group, Operation *op) {
  group.ops.insert(op);
  groupOf[op] = &group;
}

SmallVector<const KernelGroup *> KernelGroups::get() const {
  SmallVector<const KernelGroup *> ordered;
  for (const KernelGroup &group : groups)
    ordered.push_back(&group);
  llvm::sort(ordered, [](const KernelGroup *lhs, const KernelGroup *rhs) {
    return lhs->root->isBeforeInBlock(rhs->root);
  });
  return ordered;
}

} // namespace weft
