//===- EvaluateCollective.cpp - What ranks do together --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/EvaluateCollective.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace weft;
using namespace weft::dist;
using Tensor = WeightStore::Tensor;

namespace {

/// One dimension, split over a group.
struct Split {
  int64_t dimension;
  int64_t granule;
};

/// Every collective makes one tensor of what the ranks of a group hold and
/// gives each of them all or a block of it.
struct Collective {
  ArrayAttr axes;
  /// The size of that tensor; none when it is that of each input.
  std::optional<Sizes> sizes;
  /// How inputs become one tensor: reduced, or else blocks of a dimension.
  std::optional<ReductionKind> reduction;
  Split concat{};
  /// What each rank gets: a block, or else all.
  std::optional<Split> split;
};

/// The numbers of one group's tensor.
class Group {
public:
  Group(Operation *op, const Collective &collective, ArrayRef<int64_t> members)
      : op(op), collective(collective), members(members) {}

  /// Fails unless all members derive the same sizes.
  LogicalResult findShape(ArrayRef<Tensor> inputs, ArrayRef<SizeBinding> ranks);
  FailureOr<Tensor> combine(ArrayRef<Tensor> inputs);
  void distribute(const Tensor &whole, Shards &results);

private:
  /// Offset and size of a member's block.
  std::pair<int64_t, int64_t> blockOf(Split split, size_t position) const;
  LogicalResult checkInput(int64_t rank, const HostTensor &input,
                           ArrayRef<int64_t> expected);

  Operation *op;
  const Collective &collective;
  ArrayRef<int64_t> members;
  SmallVector<int64_t, 4> shape;
};

} // namespace

static Collective describe(Operation *op) {
  return llvm::TypeSwitch<Operation *, Collective>(op)
      .Case([](AllReduceOp op) {
        return Collective{op.getAxes(), {}, op.getReduction(), {}, {}};
      })
      .Case([](AllGatherOp op) {
        return Collective{
            op.getAxes(),
            op.getSizes().getExprs(),
            {},
            {int64_t(op.getDimension()), int64_t(op.getGranule())},
            {}};
      })
      .Case([](ReduceScatterOp op) {
        return Collective{
            op.getAxes(),
            op.getSizes().getExprs(),
            op.getReduction(),
            {},
            Split{int64_t(op.getDimension()), int64_t(op.getGranule())}};
      })
      .Case([](AllToAllOp op) {
        return Collective{
            op.getAxes(),
            op.getSizes().getExprs(),
            {},
            {int64_t(op.getConcatDimension()), int64_t(op.getConcatGranule())},
            Split{int64_t(op.getSplitDimension()),
                  int64_t(op.getSplitGranule())}};
      });
}

static FailureOr<SmallVector<int64_t, 4>>
evaluateSizes(Operation *op, const Sizes &sizes, const SizeBinding &rank) {
  return Evaluation{op->getLoc(), rank.asValues(), {}}.evaluate(sizes);
}

LogicalResult Group::findShape(ArrayRef<Tensor> inputs,
                               ArrayRef<SizeBinding> ranks) {
  for (int64_t rank : members) {
    FailureOr<SmallVector<int64_t, 4>> sizes =
        collective.sizes ? evaluateSizes(op, *collective.sizes, ranks[rank])
                         : SmallVector<int64_t, 4>(inputs[rank]->getShape());
    if (failed(sizes))
      return failure();
    if (rank == members.front())
      shape = *sizes;
    else if (shape != *sizes)
      return op->emitOpError("is of [")
             << ArrayRef(shape) << "] on rank " << members.front()
             << " but of [" << ArrayRef(*sizes) << "] on rank " << rank
             << " of the same group";
  }
  return success();
}

std::pair<int64_t, int64_t> Group::blockOf(Split split, size_t position) const {
  dist::Shard block =
      getBlock(shape[split.dimension], split.granule, members.size(),
               SizeExpr(static_cast<int64_t>(position)));
  return {*block.offset.asConstant(), *block.size.asConstant()};
}

LogicalResult Group::checkInput(int64_t rank, const HostTensor &input,
                                ArrayRef<int64_t> expected) {
  if (input.getShape() == expected)
    return success();
  return op->emitOpError("gets an input of shape [")
         << input.getShape() << "] on rank " << rank << " but expects ["
         << expected << "]";
}

FailureOr<Tensor> Group::combine(ArrayRef<Tensor> inputs) {
  if (collective.reduction) {
    SmallVector<Tensor> terms;
    for (int64_t rank : members) {
      if (failed(checkInput(rank, *inputs[rank], shape)))
        return failure();
      terms.push_back(inputs[rank]);
    }
    return std::make_shared<HostTensor>(
        reduceTensors(terms, *collective.reduction));
  }
  auto whole = std::make_shared<HostTensor>(
      inputs[members.front()]->getElementType(), shape);
  SmallVector<int64_t> offsets(shape.size(), 0);
  for (auto [position, rank] : llvm::enumerate(members)) {
    SmallVector<int64_t, 4> expected = shape;
    std::tie(offsets[collective.concat.dimension],
             expected[collective.concat.dimension]) =
        blockOf(collective.concat, position);
    if (failed(checkInput(rank, *inputs[rank], expected)))
      return failure();
    placeBox(*inputs[rank], *whole, offsets);
  }
  return whole;
}

void Group::distribute(const Tensor &whole, Shards &results) {
  SmallVector<int64_t> offsets(shape.size(), 0);
  for (auto [position, rank] : llvm::enumerate(members)) {
    if (!collective.split) {
      results[rank] = whole;
      continue;
    }
    SmallVector<int64_t, 4> sizes = shape;
    std::tie(offsets[collective.split->dimension],
             sizes[collective.split->dimension]) =
        blockOf(*collective.split, position);
    results[rank] =
        std::make_shared<HostTensor>(cutBox(*whole, offsets, sizes));
  }
}

static FailureOr<Shards> evaluateReshard(ReshardOp op, ArrayRef<Tensor> inputs,
                                         ArrayRef<SizeBinding> ranks,
                                         const Mesh &mesh) {
  auto emitError = [&] { return op.emitOpError("of a value that "); };
  FailureOr<HostTensor> whole =
      joinShards(inputs, op.getSource(), mesh, emitError);
  FailureOr<SmallVector<int64_t, 4>> sizes =
      evaluateSizes(op, op.getSizes().getExprs(), ranks.front());
  if (failed(whole) || failed(sizes))
    return failure();
  if (whole->getShape() != ArrayRef(*sizes))
    return op.emitOpError("is of [")
           << ArrayRef(*sizes) << "] but the ranks hold [" << whole->getShape()
           << "] together";
  return cutShards(*whole, op.getTarget(), mesh);
}

bool weft::combinesRanks(Operation *op) {
  return isCollective(op) || (isa<ReshardOp>(op) && isInLocalForm(op));
}

FailureOr<Shards> weft::evaluateCollective(Operation *op,
                                           ArrayRef<Tensor> inputs,
                                           ArrayRef<SizeBinding> ranks) {
  Mesh mesh = *Mesh::find(op);
  if (static_cast<int64_t>(ranks.size()) != mesh.getNumRanks())
    return op->emitOpError("has no value on one rank alone: the function is "
                           "not marked as dist.local");
  if (auto reshard = dyn_cast<ReshardOp>(op))
    return evaluateReshard(reshard, inputs, ranks, mesh);
  Collective collective = describe(op);
  SmallVector<StringAttr> axes(collective.axes.getAsRange<StringAttr>());
  Shards results(inputs.size());
  for (int64_t rank = 0; rank != mesh.getNumRanks(); ++rank) {
    SmallVector<int64_t> members = mesh.getGroup(rank, axes);
    if (members.front() != rank)
      continue;
    Group group(op, collective, members);
    if (failed(group.findShape(inputs, ranks)))
      return failure();
    FailureOr<Tensor> whole = group.combine(inputs);
    if (failed(whole))
      return failure();
    group.distribute(*whole, results);
  }
  return results;
}
