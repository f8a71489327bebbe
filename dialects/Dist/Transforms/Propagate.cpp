//===- Propagate.cpp - Give every value a sharding ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/Factors.h"
#include "dialects/Dist/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace weft::dist {
#define GEN_PASS_DEF_PROPAGATEPASS
#include "dialects/Dist/Transforms/Passes.h.inc"

namespace {

/// What is known of a value so far.
struct State {
  SmallVector<DimensionShardingAttr> dimensions;
  /// Partial over these; an annotation may say so.
  ShardingAttr annotation;
  /// What split the value, for each axis.
  llvm::SmallMapVector<StringAttr, std::string, 2> origins;

  bool usesAxis(StringAttr axis) const {
    return (annotation &&
            llvm::is_contained(annotation.getPartialAxes(), axis)) ||
           llvm::any_of(dimensions, [&](DimensionShardingAttr dimension) {
             return llvm::is_contained(dimension.getAxes(), axis);
           });
  }
};

/// What the tensors of an op say of one factor.
struct Proposal {
  FactorSharding sharding;
  /// The tensor that said it.
  unsigned tensor = 0;
};

bool isPrefix(ArrayRef<StringAttr> prefix, ArrayRef<StringAttr> axes) {
  return prefix.size() <= axes.size() &&
         axes.take_front(prefix.size()) == prefix;
}

class Propagator {
public:
  Propagator(func::FuncOp function, SizeAnalysis &sizes, const Mesh &mesh)
      : function(function), mesh(mesh) {
    for (BlockArgument argument : function.getArguments())
      addValue(argument);
    for (Operation &op : function.getBody().front())
      if (auto model = dyn_cast<ModelOpInterface>(op)) {
        addValue(op.getResult(0));
        ops.emplace_back(model, Factors(model, sizes, mesh));
      }
    useResultShardings();
  }

  void run() {
    for (auto &[op, factors] : ops)
      reportContradictions(op, factors);
    auto isPassThrough = [](const Factors &factors) {
      for (unsigned factor = 0; factor < factors.getNumFactors(); ++factor)
        if (factors.getKind(factor) != FactorKind::PassThrough)
          return false;
      return true;
    };
    settle(isPassThrough);
    settle([](const Factors &) { return true; });
    for (auto &[value, state] : states) {
      auto reduction =
          state.annotation ? state.annotation.getReduction() : ReductionKind();
      SmallVector<StringAttr> partial;
      if (state.annotation)
        partial.append(state.annotation.getPartialAxes().begin(),
                       state.annotation.getPartialAxes().end());
      if (!value.getDefiningOp<ReshardOp>())
        setSharding(value,
                    ShardingAttr::get(function.getContext(), state.dimensions,
                                      partial, reduction)
                        .getClosed());
      if (getOrigin(value).empty())
        for (auto &[axis, origin] : state.origins)
          addOrigin(value, axis, origin);
    }
  }

private:
  void addValue(Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      return;
    MLIRContext *context = function.getContext();
    State state;
    state.annotation = getSharding(value);
    if (state.annotation) {
      state.dimensions = llvm::to_vector(state.annotation.getDimensions());
      for (StringAttr axis : mesh.getAxes())
        if (state.annotation.usesAxis(axis))
          state.origins[axis] = nameOf(value);
    } else {
      state.dimensions.assign(
          type.getRank(),
          DimensionShardingAttr::get(context, {}, 1, !staysWhole(value)));
    }
    states.insert({value, std::move(state)});
  }

  /// A shard of what every device has is free to cut, for each user as it
  /// likes. A weight with several users may be wanted whole by one of them.
  static bool staysWhole(Value value) {
    Operation *op = value.getDefiningOp();
    return !op || isa<ConstantOp, SizesToTensorOp>(op) ||
           (isWeight(value) && !value.hasOneUse());
  }

  static std::string nameOf(Value value) {
    if (auto load = value.getDefiningOp<LoadWeightOp>())
      return ("weight @" + load.getWeight()).str();
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      auto function = cast<func::FuncOp>(argument.getOwner()->getParentOp());
      auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                        "llm.name");
      return "input " + (name ? name.getValue().str()
                              : std::to_string(argument.getArgNumber()));
    }
    return "an annotated " +
           value.getDefiningOp()->getName().getStringRef().str();
  }

  /// A sharding that a function's result has is wished of the value returned.
  void useResultShardings() {
    Operation *end = function.getBody().front().getTerminator();
    for (OpOperand &operand : end->getOpOperands()) {
      auto sharding = function.getResultAttrOfType<ShardingAttr>(
          operand.getOperandNumber(), shardingAttrName);
      auto it = states.find(operand.get());
      if (!sharding || it == states.end() || it->second.annotation)
        continue;
      State &state = it->second;
      for (auto [dimension, wanted] :
           llvm::zip_equal(state.dimensions, sharding.getDimensions()))
        if (dimension.getIsOpen())
          dimension = wanted;
      for (StringAttr axis : mesh.getAxes())
        if (sharding.usesAxis(axis))
          state.origins[axis] =
              "result " + std::to_string(operand.getOperandNumber());
    }
  }

  /// Annotations that ask for one factor to be split in two ways.
  void reportContradictions(ModelOpInterface op, const Factors &factors) {
    for (unsigned factor = 0; factor < factors.getNumFactors(); ++factor) {
      std::optional<Proposal> first;
      for (const Factors::Place &place : factors.getPlaces(factor)) {
        State *state = stateOf(factors, place.tensor);
        if (!state || !state->annotation || !factors.canSplit(factor))
          continue;
        std::optional<FactorSharding> sharding =
            factors.project(place, state->dimensions[place.dimension]);
        if (!sharding || sharding->axes.empty())
          continue;
        if (!first)
          first = {*sharding, place.tensor};
        if (isPrefix(first->sharding.axes, sharding->axes) ||
            isPrefix(sharding->axes, first->sharding.axes))
          continue;
        InFlightDiagnostic diagnostic =
            op->emitWarning("two shardings contradict here; one of them will "
                            "be changed on the way");
        for (unsigned tensor : {first->tensor, place.tensor}) {
          Value value = factors.getTensor(tensor);
          diagnostic.attachNote(value.getLoc())
              << nameOf(value) << " has " << getSharding(value);
        }
        return;
      }
    }
  }

  /// Steps through the ops that `wanted` takes, forwards and backwards, until
  /// nothing changes.
  void settle(llvm::function_ref<bool(const Factors &)> wanted) {
    SmallVector<std::pair<ModelOpInterface, const Factors *>> taken;
    for (auto &[op, factors] : ops)
      if (wanted(factors))
        taken.push_back({op, &factors});
    bool changed = true;
    while (changed) {
      changed = false;
      for (auto &[op, factors] : taken)
        changed |= step(*factors);
      for (auto &[op, factors] : llvm::reverse(taken))
        changed |= step(*factors);
    }
  }

  State *stateOf(const Factors &factors, unsigned tensor) {
    auto it = states.find(factors.getTensor(tensor));
    return it == states.end() ? nullptr : &it->second;
  }

  bool step(const Factors &factors) {
    SmallVector<Proposal> proposals(factors.getNumFactors());
    for (unsigned factor = 0; factor < proposals.size(); ++factor)
      if (factors.canSplit(factor))
        proposals[factor] = propose(factors, factor);
    giveAxesToOneFactor(factors, proposals);
    bool changed = false;
    for (auto [factor, proposal] : llvm::enumerate(proposals))
      if (!proposal.sharding.axes.empty())
        for (const Factors::Place &place : factors.getPlaces(factor))
          changed |= apply(factors, place, proposal);
    return changed;
  }

  /// The longest list of axes that extends those of all tensors; where they
  /// contradict, the first tensor's.
  Proposal propose(const Factors &factors, unsigned factor) {
    Proposal best;
    for (const Factors::Place &place : factors.getPlaces(factor)) {
      State *state = stateOf(factors, place.tensor);
      if (!state)
        continue;
      DimensionShardingAttr dimension = state->dimensions[place.dimension];
      if (dimension.isWhole())
        continue;
      std::optional<FactorSharding> sharding =
          factors.project(place, dimension);
      if (sharding && sharding->axes.size() > best.sharding.axes.size() &&
          isPrefix(best.sharding.axes, sharding->axes))
        best = {*sharding, place.tensor};
    }
    return best;
  }

  bool isSplitWeight(const Factors &factors, unsigned factor, StringAttr axis) {
    return llvm::any_of(
        factors.getPlaces(factor), [&](const Factors::Place &place) {
          State *state = stateOf(factors, place.tensor);
          return state && isWeight(factors.getTensor(place.tensor)) &&
                 llvm::is_contained(
                     state->dimensions[place.dimension].getAxes(), axis);
        });
  }

  /// An axis that several factors ask for goes to a weight's: it would have to
  /// be gathered. Else to the first factor's.
  void giveAxesToOneFactor(const Factors &factors,
                           MutableArrayRef<Proposal> proposals) {
    for (StringAttr axis : mesh.getAxes()) {
      std::optional<unsigned> owner;
      for (auto [factor, proposal] : llvm::enumerate(proposals))
        if (llvm::is_contained(proposal.sharding.axes, axis) &&
            (!owner || (isSplitWeight(factors, factor, axis) &&
                        !isSplitWeight(factors, *owner, axis))))
          owner = factor;
      for (auto [factor, proposal] : llvm::enumerate(proposals)) {
        auto &axes = proposal.sharding.axes;
        if (factor != owner)
          axes.erase(llvm::find(axes, axis), axes.end());
      }
    }
  }

  /// Extends the axes of one dimension as proposed, as far as it is open and
  /// they are free.
  bool apply(const Factors &factors, const Factors::Place &place,
             const Proposal &proposal) {
    State *state = stateOf(factors, place.tensor);
    if (!state || place.tensor == proposal.tensor)
      return false;
    DimensionShardingAttr &dimension = state->dimensions[place.dimension];
    std::optional<FactorSharding> current = factors.project(place, dimension);
    if (!dimension.getIsOpen() || !current ||
        !isPrefix(current->axes, proposal.sharding.axes))
      return false;
    FactorSharding extended = proposal.sharding;
    extended.axes = current->axes;
    for (StringAttr axis :
         ArrayRef(proposal.sharding.axes).drop_front(current->axes.size())) {
      if (state->usesAxis(axis))
        break;
      extended.axes.push_back(axis);
    }
    DimensionShardingAttr wanted = factors.unproject(place, extended);
    Value value = factors.getTensor(place.tensor);
    const SizeExpr &size = factors.getSizes(place.tensor)[place.dimension];
    if (extended.axes.size() == current->axes.size() ||
        // Weights and states are stored in equal shards.
        ((isWeight(value) || value.getDefiningOp<LoadStateOp>()) &&
         !splitsEvenly(size, wanted, mesh)))
      return false;
    State *source = stateOf(factors, proposal.tensor);
    for (StringAttr axis :
         ArrayRef(extended.axes).drop_front(current->axes.size()))
      state->origins[axis] = source->origins[axis];
    dimension = DimensionShardingAttr::get(
        function.getContext(), wanted.getAxes(), wanted.getGranule(),
        /*isOpen=*/true);
    return true;
  }

  func::FuncOp function;
  const Mesh &mesh;
  llvm::MapVector<Value, State> states;
  std::vector<std::pair<ModelOpInterface, Factors>> ops;
};

struct PropagatePass : impl::PropagatePassBase<PropagatePass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<Mesh> mesh = Mesh::require(module);
    if (failed(mesh))
      return signalPassFailure();
    SizeAnalysis sizes(module);
    for (auto function : module.getOps<func::FuncOp>())
      if (function.isPublic() && !function.isDeclaration())
        Propagator(function, sizes, *mesh).run();
  }
};

} // namespace
} // namespace weft::dist
