//===- SequenceParallel.cpp - Each rank norms its own rows ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/IR/Sharding.h"
#include "dialects/Dist/Transforms/EqualValues.h"
#include "dialects/Dist/Transforms/Passes.h"
#include "dialects/LLM/Analysis/SizeAnalysis.h"
#include "dialects/LLM/Transforms/Matchers.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace weft::dist {
#define GEN_PASS_DEF_SEQUENCEPARALLELPASS
#include "dialects/Dist/Transforms/Passes.h.inc"

namespace {

/// All dimensions but the last: 2-dimensional tensors have rows alone.
SizeExpr numRows(const Sizes &sizes) {
  SizeExpr rows = 1;
  for (const SizeExpr &size : ArrayRef(sizes).drop_back())
    rows = rows * size;
  return rows;
}

RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Finds the values between reductions and products that a row makes by itself,
/// and splits their rows.
class RowSplitter {
public:
  RowSplitter(func::FuncOp function, const Mesh &mesh)
      : function(function), mesh(mesh), sizes(function) {}

  void run() {
    for (Operation &op : function.getBody().front().without_terminator())
      visit(&op);
    // Of each group of values: its reductions, and the values that others read.
    llvm::MapVector<Operation *, std::pair<unsigned, unsigned>> traffic;
    llvm::DenseSet<Operation *> withNorm;
    for (Operation *op : members) {
      Operation *group = groups.getLeaderValue(op);
      auto &[reductions, gathers] = traffic[group];
      reductions += isa<AllReduceOp>(op);
      gathers += !usersOutside(op).empty();
      if (isa<LayerNormOp, RMSNormOp>(op))
        withNorm.insert(group);
    }
    // As many bytes move as before, and each rank computes its rows only.
    llvm::SetVector<Operation *> split;
    for (Operation *op : members) {
      Operation *group = groups.getLeaderValue(op);
      auto [reductions, gathers] = traffic[group];
      if (withNorm.contains(group) && gathers <= reductions)
        split.insert(op);
    }
    for (Operation *op : split)
      splitRows(op);
    for (Operation *op : split)
      gatherRows(op);
    for (Operation *op : llvm::reverse(split))
      op->erase();
  }

private:
  //===--------------------------------------------------------------------===//
  // What is split
  //===--------------------------------------------------------------------===//

  void add(Operation *op, ArrayAttr over) {
    members.insert(op);
    axes[op] = over;
    groups.insert(op);
  }

  /// Where a value is computed, if its rows may be split; else null.
  Operation *memberOf(Value value) const {
    Operation *op = value.getDefiningOp();
    return op && members.contains(op) ? op : nullptr;
  }

  void visit(Operation *op) {
    if (auto reduce = dyn_cast<AllReduceOp>(op)) {
      // Over several axes the blocks of a reduce_scatter may differ from those
      // of one after the other.
      if (reduce.getReduction() == ReductionKind::sum &&
          reduce.getAxes().size() == 1 && typeOf(reduce).getRank() >= 2 &&
          numRows(sizes.getSizes(reduce)) != SizeExpr(1))
        add(op, reduce.getAxes());
      return;
    }
    SmallVector<Operation *> sources;
    for (Value operand : op->getOperands())
      if (Operation *source = memberOf(operand))
        sources.push_back(source);
    auto model = dyn_cast<ModelOpInterface>(op);
    if (sources.empty() || !model || !isRowWise(model, axes[sources.front()]))
      return;
    add(op, axes[sources.front()]);
    for (Operation *source : sources)
      groups.unionSets(source, op);
  }

  /// Each row of the result is computed of the same row of operands, and of
  /// what all rows share; all ranks have these.
  bool isRowWise(ModelOpInterface op, ArrayAttr over) {
    Sizes result = sizes.getSizes(op->getResult(0));
    if (result.size() < 2)
      return false;
    ShardingRule rule =
        op.getShardingRule(sizes.getSizes(op->getOperands()), result);
    auto passesThrough = [](FactorKind kind) {
      return kind == FactorKind::PassThrough;
    };
    // A softmax names its axis, which rows in one dimension would renumber.
    if (!isa<LayerNormOp, RMSNormOp>(op) &&
        (!isElementwise(op) || !llvm::all_of(rule.factors, passesThrough)))
      return false;
    for (auto [operand, dimensions] :
         llvm::zip_equal(op->getOperands(), rule.operands)) {
      Operation *source = memberOf(operand);
      if (source ? axes[source] != over : !isEqualAlong(over, operand))
        return false;
      if (!isShared(operand, rule, dimensions) &&
          !hasRows(operand, result, rule, dimensions))
        return false;
    }
    return llvm::all_of(ArrayRef(rule.result).drop_back(),
                        [&](ArrayRef<unsigned> dimension) {
                          return llvm::all_of(dimension, [&](unsigned factor) {
                            return passesThrough(rule.factors[factor]);
                          });
                        });
  }

  /// All rows use the whole operand: a scale, a bias, a number.
  static bool isShared(Value operand, const ShardingRule &rule,
                       const ShardingRule::Dimensions &dimensions) {
    return typeOf(operand).getRank() <= 1 &&
           llvm::none_of(dimensions, [&](ArrayRef<unsigned> dimension) {
             return llvm::any_of(dimension, [&](unsigned factor) {
               return llvm::any_of(ArrayRef(rule.result).drop_back(),
                                   [&](ArrayRef<unsigned> rows) {
                                     return llvm::is_contained(rows, factor);
                                   });
             });
           });
  }

  bool hasRows(Value operand, const Sizes &result, const ShardingRule &rule,
               const ShardingRule::Dimensions &dimensions) {
    const Sizes &own = sizes.getSizes(operand);
    return own.size() == result.size() &&
           ArrayRef(own).drop_back() == ArrayRef(result).drop_back() &&
           ArrayRef(dimensions).drop_back() ==
               ArrayRef(rule.result).drop_back();
  }

  SmallVector<Operation *> usersOutside(Operation *op) {
    SmallVector<Operation *> users;
    for (Operation *user : op->getUsers())
      if (!members.contains(user))
        users.push_back(user);
    return users;
  }

  //===--------------------------------------------------------------------===//
  // Splitting
  //===--------------------------------------------------------------------===//

  /// `value` with its rows in one dimension.
  Value flatten(OpBuilder &builder, Location location, Value value,
                const Sizes &valueSizes) {
    if (valueSizes.size() == 2)
      return value;
    Sizes flat = {numRows(valueSizes), valueSizes.back()};
    return ReshapeOp::create(builder, location,
                             getLocalType(typeOf(value), flat), value,
                             SizesAttr::get(builder.getContext(), flat));
  }

  /// The rows of a rank.
  Shard shardOf(const SizeExpr &rows, ArrayAttr over) const {
    return getShard(rows,
                    DimensionShardingAttr::get(
                        over.getContext(),
                        llvm::to_vector(over.getAsRange<StringAttr>()),
                        /*granule=*/1, /*isOpen=*/false),
                    mesh);
  }

  void splitRows(Operation *op) {
    OpBuilder builder(op);
    MLIRContext *context = op->getContext();
    Location location = op->getLoc();
    ArrayAttr over = axes[op];
    Sizes whole = sizes.getSizes(op->getResult(0));
    Shard own = shardOf(numRows(whole), over);
    RankedTensorType type =
        getLocalType(typeOf(op->getResult(0)), {own.size, whole.back()});
    if (auto reduce = dyn_cast<AllReduceOp>(op)) {
      Value input = flatten(builder, location, reduce.getInput(), whole);
      Sizes flat = {numRows(whole), whole.back()};
      shards[{op->getResult(0), over}] = ReduceScatterOp::create(
          builder, location, type, input, reduce.getReduction(),
          /*dimension=*/0, /*granule=*/1, over, SizesAttr::get(context, flat));
      return;
    }
    IRMapping mapping;
    for (Value operand : op->getOperands()) {
      if (typeOf(operand).getRank() <= 1)
        continue;
      Value &shard = shards[{operand, over}];
      if (!shard) {
        Sizes operandSizes = sizes.getSizes(operand);
        Sizes cut = {own.size, operandSizes.back()};
        Value flat = flatten(builder, location, operand, operandSizes);
        shard = SliceOp::create(
            builder, location, getLocalType(typeOf(operand), cut), flat,
            SizesAttr::get(context, {own.offset, 0}),
            SizesAttr::get(context, cut), builder.getDenseI64ArrayAttr({1, 1}));
      }
      mapping.map(operand, shard);
    }
    Operation *clone = builder.clone(*op, mapping);
    clone->getResult(0).setType(type);
    shards[{op->getResult(0), over}] = clone->getResult(0);
  }

  /// All rows for those that are not split.
  void gatherRows(Operation *op) {
    SmallVector<Operation *> users = usersOutside(op);
    if (users.empty())
      return;
    Operation *first = *llvm::min_element(
        users, [](auto *lhs, auto *rhs) { return lhs->isBeforeInBlock(rhs); });
    OpBuilder builder(first);
    Value result = op->getResult(0);
    Sizes whole = sizes.getSizes(result);
    Sizes flat = {numRows(whole), whole.back()};
    Value gathered = AllGatherOp::create(
        builder, first->getLoc(), getLocalType(typeOf(result), flat),
        shards.at({result, axes[op]}), /*dimension=*/0, /*granule=*/1, axes[op],
        SizesAttr::get(builder.getContext(), flat));
    if (whole.size() != 2)
      gathered = ReshapeOp::create(builder, first->getLoc(), result.getType(),
                                   gathered,
                                   SizesAttr::get(builder.getContext(), whole));
    result.replaceUsesWithIf(gathered, [&](OpOperand &use) {
      return !members.contains(use.getOwner());
    });
  }

  func::FuncOp function;
  const Mesh &mesh;
  SizeAnalysis sizes;
  /// Reductions and what is computed from them row by row, in order.
  llvm::SetVector<Operation *> members;
  llvm::DenseMap<Operation *, ArrayAttr> axes;
  /// Those that need each other's rows, by residuals for example.
  llvm::EquivalenceClasses<Operation *> groups;
  /// This rank's rows of a value, along axes.
  llvm::DenseMap<std::pair<Value, Attribute>, Value> shards;
};

struct SequenceParallelPass
    : impl::SequenceParallelPassBase<SequenceParallelPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<Mesh> mesh = Mesh::require(module);
    if (failed(mesh))
      return signalPassFailure();
    // Steps of one token would wait for two collectives instead of one.
    if (!module.getOps<StateOp>().empty())
      return;
    for (auto function : module.getOps<func::FuncOp>())
      if (function.isPublic() && !function.isDeclaration() &&
          isInLocalForm(function))
        RowSplitter(function, *mesh).run();
  }
};

} // namespace
} // namespace weft::dist
