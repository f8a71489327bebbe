//===- InsertReshards.cpp - Make every op agree with its rule -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/Factors.h"
#include "dialects/Dist/Transforms/Passes.h"
#include "dialects/Dist/Transforms/ReshardPlan.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

#include <limits>

using namespace mlir;

namespace weft::dist {
#define GEN_PASS_DEF_INSERTRESHARDSPASS
#include "dialects/Dist/Transforms/Passes.h.inc"

namespace {

/// How an op may be computed: the axes of each of its factors.
using Assignment = SmallVector<FactorSharding>;

/// One core, for weighing work that all devices repeat against communication.
constexpr double kFlopsPerSecond = 5e10;
constexpr double kBytesPerSecond = 1e10;

/// What an assignment costs: less is better, from left to right.
struct AssignmentCost {
  /// Communication, and work.
  double seconds = std::numeric_limits<double>::infinity();
  /// Axes over which all devices compute the same.
  size_t idleAxes = 0;
  /// Slices and collectives.
  size_t steps = 0;

  bool operator<(const AssignmentCost &other) const {
    return std::tie(seconds, idleAxes, steps) <
           std::tie(other.seconds, other.idleAxes, other.steps);
  }
};

/// How each state lies in memory: as its first load or store wants it.
using StateShardings = llvm::DenseMap<StringAttr, ShardingAttr>;

class Inserter {
public:
  Inserter(func::FuncOp function, SizeAnalysis &sizes, const Mesh &mesh,
           StateShardings &states)
      : function(function), sizes(sizes), mesh(mesh), states(states) {}

  LogicalResult run() {
    Block &block = function.getBody().front();
    for (BlockArgument argument : function.getArguments()) {
      function.removeArgAttr(argument.getArgNumber(), shardingAttrName);
      function.removeArgAttr(argument.getArgNumber(), originAttrName);
    }
    SmallVector<Operation *> ops;
    for (Operation &op : block.without_terminator())
      ops.push_back(&op);
    for (Operation *op : ops) {
      if (auto store = dyn_cast<StoreStateOp>(op)) {
        storeAsLoaded(store);
        continue;
      }
      auto model = dyn_cast<ModelOpInterface>(op);
      if (!model)
        return op->emitError("has no sharding rule; partition a program before "
                             "its kernels are formed");
      if (isa<ReshardOp>(op))
        continue;
      if (!getSharding(op->getResult(0)))
        return op->emitError("has no dist.sharding; run dist-propagate first");
      if (isa<LoadWeightOp, ConstantOp, SizesToTensorOp>(op))
        cutWhole(op);
      else if (auto load = dyn_cast<LoadStateOp>(op))
        loadAsStored(load);
      else
        agree(model);
    }
    return finishResults(block.getTerminator());
  }

private:
  //===--------------------------------------------------------------------===//
  // Reshards
  //===--------------------------------------------------------------------===//

  ShardingAttr shardingOf(Value value) {
    if (ShardingAttr sharding = getSharding(value))
      return sharding;
    return ShardingAttr::getReplicated(
        function.getContext(),
        cast<RankedTensorType>(value.getType()).getRank());
  }

  /// `value` under another sharding; one reshard serves all of its users, which
  /// are visited in order.
  Value reshard(OpBuilder &builder, Location location, Value value,
                ShardingAttr target) {
    ShardingAttr source = shardingOf(value);
    Sizes valueSizes = sizes.getSizes(value);
    if (haveSameShards(valueSizes, source, target, mesh))
      return value;
    Value &made = reshards[{value, target}];
    if (!made)
      made = ReshardOp::create(
          builder, location, value.getType(), value, source, target,
          SizesAttr::get(builder.getContext(), valueSizes));
    return made;
  }

  /// What every device has whole: its shard is cut.
  void cutWhole(Operation *op) {
    Value value = op->getResult(0);
    ShardingAttr wanted = getSharding(value);
    setSharding(
        value, ShardingAttr::getReplicated(op->getContext(), wanted.getRank()));
    replaceResult(op, wanted);
  }

  ShardingAttr stateSharding(FlatSymbolRefAttr state, ShardingAttr wanted) {
    return states.try_emplace(state.getAttr(), wanted).first->second;
  }

  void loadAsStored(LoadStateOp load) {
    ShardingAttr wanted = getSharding(load);
    setSharding(load, stateSharding(load.getStateAttr(), wanted));
    replaceResult(load, wanted);
  }

  void storeAsLoaded(StoreStateOp store) {
    OpBuilder builder(store);
    ShardingAttr wanted = shardingOf(store.getValue());
    if (wanted.isPartial())
      wanted =
          ShardingAttr::getReplicated(store.getContext(), wanted.getRank());
    store.getValueMutable().assign(
        reshard(builder, store.getLoc(), store.getValue(),
                stateSharding(store.getStateAttr(), wanted)));
  }

  void replaceResult(Operation *op, ShardingAttr wanted) {
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    Value value = op->getResult(0);
    Value other = reshard(builder, op->getLoc(), value, wanted);
    if (other != value)
      value.replaceAllUsesExcept(other, other.getDefiningOp());
  }

  void agree(ModelOpInterface op) {
    Factors factors(op, sizes, mesh);
    ShardingAttr wanted = getSharding(op->getResult(0));
    Assignment best = findBest(factors, wanted, secondsOf(op));
    OpBuilder builder(op);
    for (OpOperand &operand : op->getOpOperands()) {
      ShardingAttr needed =
          factors.getSharding(operand.getOperandNumber(), best);
      warnOfGather(op, operand.get(), needed);
      operand.set(reshard(builder, op->getLoc(), operand.get(), needed));
    }
    setSharding(op->getResult(0),
                factors.getSharding(factors.getResultIndex(), best));
    replaceResult(op, wanted);
  }

  /// Weights are the largest tensors, and moving one is seldom meant.
  void warnOfGather(ModelOpInterface op, Value value, ShardingAttr needed) {
    auto cut = value.getDefiningOp<ReshardOp>();
    LoadWeightOp load = cut ? findWeight(cut.getInput()) : LoadWeightOp();
    if (!load)
      return;
    std::optional<ReshardPlan> plan =
        planReshard(cut.getTarget(), needed, sizes.getSizes(value),
                    cut.getType().getElementType(), mesh, sizes.getSymbols());
    if (plan && plan->seconds > 0)
      op->emitWarning() << "moves weight @" << load.getWeight()
                        << " between devices on every run, as the op cannot "
                        << "be computed on shards " << cut.getTarget()
                        << "; split another dimension of it";
  }

  LogicalResult finishResults(Operation *end) {
    OpBuilder builder(end);
    for (OpOperand &operand : end->getOpOperands()) {
      if (!isa<RankedTensorType>(operand.get().getType()))
        continue;
      ShardingAttr sharding = shardingOf(operand.get());
      bool splitsRows = !sharding.isPartial() && sharding.getRank() > 0 &&
                        llvm::all_of(sharding.getDimensions().drop_front(),
                                     [](DimensionShardingAttr dimension) {
                                       return dimension.isWhole();
                                     });
      ShardingAttr target =
          splitsRows ? sharding
                     : ShardingAttr::getReplicated(builder.getContext(),
                                                   sharding.getRank());
      operand.set(reshard(builder, end->getLoc(), operand.get(), target));
      unsigned number = operand.getOperandNumber();
      function.removeResultAttr(
          number, StringAttr::get(builder.getContext(), shardingAttrName));
      if (!target.isReplicated())
        function.setResultAttr(number, shardingAttrName, target);
    }
    return success();
  }

  //===--------------------------------------------------------------------===//
  // The cheapest assignment
  //===--------------------------------------------------------------------===//

  /// What the whole op takes on one device.
  double secondsOf(ModelOpInterface op) {
    Cost cost = op.getCost(sizes.getSizes(op->getOperands()),
                           Sizes(sizes.getSizes(op->getResult(0))));
    auto estimate = [&](const SizeExpr &size) {
      return estimateSize(size, sizes.getSymbols());
    };
    return std::max(estimate(cost.flops) / kFlopsPerSecond,
                    (estimate(cost.bytesRead) + estimate(cost.bytesWritten)) /
                        kBytesPerSecond);
  }

  /// Tries every way to give each axis to one factor that some tensor splits
  /// over it, or to none.
  Assignment findBest(const Factors &factors, ShardingAttr wanted,
                      double work) {
    SmallVector<ShardingAttr> shardings;
    for (unsigned tensor = 0; tensor < factors.getResultIndex(); ++tensor)
      shardings.push_back(shardingOf(factors.getTensor(tensor)));
    shardings.push_back(wanted);

    // What the tensors split each factor over.
    SmallVector<SmallVector<FactorSharding>> wishes(factors.getNumFactors());
    for (unsigned factor = 0; factor < factors.getNumFactors(); ++factor)
      if (factors.canSplit(factor))
        for (const Factors::Place &place : factors.getPlaces(factor))
          if (std::optional<FactorSharding> wish = factors.project(
                  place,
                  shardings[place.tensor].getDimensions()[place.dimension]))
            wishes[factor].push_back(std::move(*wish));
    SmallVector<SmallVector<unsigned>> choices;
    for (StringAttr axis : mesh.getAxes()) {
      choices.emplace_back();
      for (auto [factor, list] : llvm::enumerate(wishes))
        if (llvm::any_of(list, [axis](const FactorSharding &wish) {
              return llvm::is_contained(wish.axes, axis);
            }))
          choices.back().push_back(factor);
    }

    // A counter with one digit for each axis; the last choice is none.
    SmallVector<size_t> digits(choices.size(), 0);
    Assignment best(factors.getNumFactors());
    AssignmentCost bestCost;
    while (true) {
      if (std::optional<Assignment> assignment =
              assign(factors, wishes, choices, digits)) {
        AssignmentCost cost = costOf(factors, shardings, *assignment, work);
        if (cost < bestCost) {
          bestCost = cost;
          best = std::move(*assignment);
        }
      }
      size_t axis = 0;
      while (axis < digits.size() && ++digits[axis] > choices[axis].size())
        digits[axis++] = 0;
      if (axis == digits.size())
        return best;
    }
  }

  /// None for one that would leave sums and maxima in one result.
  std::optional<Assignment> assign(const Factors &factors,
                                   ArrayRef<SmallVector<FactorSharding>> wishes,
                                   ArrayRef<SmallVector<unsigned>> choices,
                                   ArrayRef<size_t> digits) {
    Assignment assignment(factors.getNumFactors());
    std::optional<ReductionKind> reduction;
    for (unsigned factor = 0; factor < assignment.size(); ++factor) {
      auto isChosen = [&](StringAttr axis) {
        size_t index =
            llvm::find(mesh.getAxes(), axis) - mesh.getAxes().begin();
        return digits[index] < choices[index].size() &&
               choices[index][digits[index]] == factor;
      };
      FactorSharding &sharding = assignment[factor];
      // In the order that most tensors have already.
      for (const FactorSharding &wish : wishes[factor])
        for (StringAttr axis : wish.axes)
          if (isChosen(axis) && !llvm::is_contained(sharding.axes, axis)) {
            sharding.axes.push_back(axis);
            sharding.granule = std::max(sharding.granule, wish.granule);
          }
      if (std::optional<ReductionKind> kind = factors.getReduction(factor);
          kind && !sharding.axes.empty()) {
        if (reduction && reduction != kind)
          return std::nullopt;
        reduction = kind;
      }
    }
    return assignment;
  }

  AssignmentCost costOf(const Factors &factors,
                        ArrayRef<ShardingAttr> shardings,
                        const Assignment &assignment, double work) {
    AssignmentCost cost;
    cost.seconds = work;
    for (const FactorSharding &sharding : assignment)
      cost.seconds /= double(mesh.getSize(sharding.axes));
    unsigned result = factors.getResultIndex();
    for (unsigned tensor = 0; tensor <= result; ++tensor) {
      ShardingAttr needed = factors.getSharding(tensor, assignment);
      ShardingAttr from = tensor == result ? needed : shardings[tensor];
      ShardingAttr to = tensor == result ? shardings[tensor] : needed;
      auto type = cast<RankedTensorType>(factors.getTensor(tensor).getType());
      std::optional<ReshardPlan> plan =
          planReshard(from, to, factors.getSizes(tensor), type.getElementType(),
                      mesh, sizes.getSymbols());
      if (!plan)
        return {};
      cost.seconds += plan->seconds;
      cost.steps += plan->steps.size();
    }
    cost.idleAxes = mesh.getAxes().size();
    for (const FactorSharding &sharding : assignment)
      cost.idleAxes -= sharding.axes.size();
    return cost;
  }

  func::FuncOp function;
  SizeAnalysis &sizes;
  const Mesh &mesh;
  StateShardings &states;
  llvm::DenseMap<std::pair<Value, Attribute>, Value> reshards;
};

struct InsertReshardsPass : impl::InsertReshardsPassBase<InsertReshardsPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<Mesh> mesh = Mesh::require(module);
    if (failed(mesh))
      return signalPassFailure();
    SizeAnalysis sizes(module);
    StateShardings states;
    for (auto function : module.getOps<func::FuncOp>())
      if (function.isPublic() && !function.isDeclaration() &&
          failed(Inserter(function, sizes, *mesh, states).run()))
        return signalPassFailure();
  }
};

} // namespace
} // namespace weft::dist
