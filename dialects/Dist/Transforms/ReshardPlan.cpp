//===- ReshardPlan.cpp - The cheapest way to another sharding -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/ReshardPlan.h"

#include "dialects/Dist/Transforms/Factors.h"

#include <map>
#include <set>
#include <tuple>

using namespace mlir;

namespace weft::dist {

/// The usual model of a collective over n devices (Thakur, Rabenseifner, Gropp:
/// Optimization of Collective Communication Operations in MPICH, 2005): n - 1
/// messages, each with a start-up time and a time for each byte. The constants
/// are those of ranks that share a machine's memory: a small all_reduce of two
/// ranks takes about 2.4 us, and a core copies about 10 GB/s.
static constexpr double kSecondsPerMessage = 1.2e-6;
static constexpr double kSecondsPerByte = 1e-10;

double estimateCollective(bool isAllReduce, double devices, double bytes) {
  // An all_reduce is a reduce_scatter and an all_gather.
  return (isAllReduce ? 2 : 1) * (devices - 1) *
         (kSecondsPerMessage + kSecondsPerByte * bytes / devices);
}

static constexpr int64_t kTypicalSize = 256;

double estimateSize(const SizeExpr &size, const SizeSymbols &symbols) {
  StatusOr<int64_t> value =
      size.evaluate([&](std::string_view name) -> std::optional<int64_t> {
        if (name.find('(') != std::string_view::npos)
          return 0; // a coordinate: the first device has the largest block
        SizeFacts facts = symbols.of(StringRef(name));
        int64_t typical =
            std::clamp(kTypicalSize, facts.minimum, facts.maximum);
        return typical / facts.divisor * facts.divisor;
      });
  return value ? double(*value) : double(kTypicalSize);
}

namespace {

/// A sharding that is quick to compare: axes are indices into the mesh.
struct State {
  std::vector<std::vector<unsigned>> axes;
  std::vector<int64_t> granules;
  std::set<unsigned> partial;

  bool operator<(const State &other) const {
    return std::tie(axes, granules, partial) <
           std::tie(other.axes, other.granules, other.partial);
  }
  bool operator==(const State &other) const {
    return axes == other.axes && granules == other.granules &&
           partial == other.partial;
  }
  bool uses(unsigned axis) const {
    return partial.count(axis) ||
           llvm::any_of(axes, [&](const std::vector<unsigned> &dimension) {
             return llvm::is_contained(dimension, axis);
           });
  }
};

struct Step {
  ReshardStep::Kind kind;
  unsigned axis;
  size_t dimension, concatDimension;
};

/// Dijkstra's algorithm over states.
class Planner {
public:
  using Kind = ReshardStep::Kind;

  Planner(ShardingAttr source, ShardingAttr target, const Mesh &mesh,
          double bytes)
      : mesh(mesh), wholeBytes(bytes), reduction(source.getReduction()),
        context(source.getContext()), start(stateOf(source)),
        goal(stateOf(target)) {
    for (size_t i = 0; i < goal.axes.size(); ++i)
      if (start.axes[i].empty())
        start.granules[i] = goal.granules[i];
      else if (goal.axes[i].empty())
        goal.granules[i] = start.granules[i];
  }

  ReshardPlan plan() {
    found[start] = {0, 0, {}, {}};
    queue.insert({0, 0, start});
    while (!queue.empty()) {
      auto [seconds, numSteps, state] = *queue.begin();
      queue.erase(queue.begin());
      if (state == goal)
        break;
      expand(state, seconds, numSteps);
    }
    ReshardPlan plan;
    plan.seconds = found.at(goal).seconds;
    for (State state = goal; !(state == start);) {
      const Way &way = found.at(state);
      plan.steps.push_back({way.step.kind, mesh.getAxes()[way.step.axis],
                            int64_t(way.step.dimension),
                            int64_t(way.step.concatDimension),
                            shardingOf(state)});
      state = way.from;
    }
    std::reverse(plan.steps.begin(), plan.steps.end());
    return plan;
  }

private:
  struct Way {
    double seconds;
    unsigned numSteps;
    State from;
    Step step;
  };

  unsigned indexOf(StringAttr axis) const {
    return llvm::find(mesh.getAxes(), axis) - mesh.getAxes().begin();
  }

  State stateOf(ShardingAttr sharding) const {
    State state;
    for (DimensionShardingAttr dimension : sharding.getDimensions()) {
      state.axes.emplace_back();
      for (StringAttr axis : dimension.getAxes())
        state.axes.back().push_back(indexOf(axis));
      state.granules.push_back(dimension.getGranule());
    }
    for (StringAttr axis : sharding.getPartialAxes())
      state.partial.insert(indexOf(axis));
    return state;
  }

  ShardingAttr shardingOf(const State &state) const {
    SmallVector<DimensionShardingAttr> dimensions;
    for (auto [axes, granule] : llvm::zip_equal(state.axes, state.granules)) {
      SmallVector<StringAttr> names;
      for (unsigned axis : axes)
        names.push_back(mesh.getAxes()[axis]);
      dimensions.push_back(DimensionShardingAttr::get(
          context, names, names.empty() ? 1 : granule, /*isOpen=*/false));
    }
    SmallVector<StringAttr> partial;
    for (unsigned axis : state.partial)
      partial.push_back(mesh.getAxes()[axis]);
    return ShardingAttr::get(context, dimensions, partial, reduction);
  }

  /// Of the largest block.
  double localBytes(const State &state) const {
    double bytes = wholeBytes;
    for (const std::vector<unsigned> &axes : state.axes)
      for (unsigned axis : axes)
        bytes /= double(mesh.getSizes()[axis]);
    return bytes;
  }

  void reach(const State &from, double seconds, unsigned numSteps,
             const State &to, const Step &step) {
    auto [it, isNew] = found.try_emplace(to);
    Way &way = it->second;
    if (!isNew) {
      if (std::tie(way.seconds, way.numSteps) <= std::tie(seconds, numSteps))
        return;
      queue.erase({way.seconds, way.numSteps, to});
    }
    way = {seconds, numSteps, from, step};
    queue.insert({seconds, numSteps, to});
  }

  void expand(const State &state, double seconds, unsigned numSteps) {
    double bytes = localBytes(state);
    size_t rank = state.axes.size();
    auto reachBy = [&](Kind kind, unsigned axis, size_t dimension,
                       size_t concatDimension, double moved, State to) {
      double time = kind == Kind::Slice
                        ? 0
                        : estimateCollective(kind == Kind::AllReduce,
                                             mesh.getSizes()[axis], moved);
      reach(state, seconds + time, numSteps + 1, to,
            {kind, axis, dimension, concatDimension});
    };
    // A dimension that becomes whole may be cut again in other granules.
    auto withoutLast = [&](size_t dimension) {
      State to = state;
      to.axes[dimension].pop_back();
      if (to.axes[dimension].empty())
        to.granules[dimension] = goal.granules[dimension];
      return to;
    };
    for (unsigned axis = 0; axis < mesh.getAxes().size(); ++axis) {
      if (state.partial.count(axis) && !goal.partial.count(axis)) {
        State reduced = state;
        reduced.partial.erase(axis);
        reachBy(Kind::AllReduce, axis, 0, 0, bytes, reduced);
        for (size_t i = 0; i < rank; ++i) {
          State scattered = reduced;
          scattered.axes[i].push_back(axis);
          reachBy(Kind::ReduceScatter, axis, i, 0, bytes, scattered);
        }
      } else if (!state.uses(axis) && goal.uses(axis)) {
        for (size_t i = 0; i < rank; ++i) {
          State cut = state;
          cut.axes[i].push_back(axis);
          reachBy(Kind::Slice, axis, i, 0, 0, cut);
        }
      }
    }
    for (size_t i = 0; i < rank; ++i) {
      if (state.axes[i].empty())
        continue;
      unsigned axis = state.axes[i].back();
      State gathered = withoutLast(i);
      reachBy(Kind::AllGather, axis, i, 0, bytes * mesh.getSizes()[axis],
              gathered);
      for (size_t j = 0; j < rank; ++j) {
        if (j == i)
          continue;
        State turned = gathered;
        turned.axes[j].push_back(axis);
        reachBy(Kind::AllToAll, axis, j, i, bytes, turned);
      }
    }
  }

  const Mesh &mesh;
  double wholeBytes;
  ReductionKind reduction;
  MLIRContext *context;
  State start, goal;
  std::map<State, Way> found;
  std::set<std::tuple<double, unsigned, State>> queue;
};

/// `sharding` in the granules of `other` where that cuts the same blocks.
ShardingAttr adoptGranules(ShardingAttr sharding, ShardingAttr other,
                           const Sizes &sizes, const Mesh &mesh) {
  SmallVector<DimensionShardingAttr> dimensions;
  for (auto [size, dimension, wanted] : llvm::zip_equal(
           sizes, sharding.getDimensions(), other.getDimensions())) {
    auto adopted = DimensionShardingAttr::get(
        sharding.getContext(), dimension.getAxes(),
        dimension.isWhole() ? 1 : wanted.getGranule(), /*isOpen=*/false);
    dimensions.push_back(
        haveSameShards(size, dimension, adopted, mesh) ? adopted : dimension);
  }
  return ShardingAttr::get(sharding.getContext(), dimensions,
                           sharding.getPartialAxes(), sharding.getReduction());
}

} // namespace

std::optional<ReshardPlan> planReshard(ShardingAttr source, ShardingAttr target,
                                       const Sizes &sizes, Type elementType,
                                       const Mesh &mesh,
                                       const SizeSymbols &symbols) {
  for (StringAttr axis : target.getPartialAxes())
    if (!llvm::is_contained(source.getPartialAxes(), axis) ||
        source.getReduction() != target.getReduction())
      return std::nullopt;
  if (haveSameShards(sizes, source, target, mesh))
    return ReshardPlan();
  auto block = dyn_cast<BlockType>(elementType);
  double bytes =
      block ? double(block.getInfo().bytes) / double(block.getInfo().elements)
            : std::max(1u, elementType.getIntOrFloatBitWidth() / 8);
  for (const SizeExpr &size : sizes)
    bytes *= estimateSize(size, symbols);
  return Planner(adoptGranules(source, target, sizes, mesh), target, mesh,
                 bytes)
      .plan();
}

} // namespace weft::dist
