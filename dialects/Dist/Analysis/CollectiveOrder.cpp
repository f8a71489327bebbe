//===- CollectiveOrder.cpp - Ranks meet in the same collectives -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Analysis/CollectiveOrder.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft::dist {

std::string Collective::str() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << kind << " over [";
  llvm::interleaveComma(axes, stream);
  stream << "] of " << elementType << " [";
  llvm::interleaveComma(sizes, stream,
                        [&](const SizeExpr &size) { stream << size.str(); });
  stream << "]";
  return text;
}

namespace {

using Sequence = std::vector<Collective>;

class Check {
public:
  Check(const Mesh &mesh, CollectiveReader &reader)
      : mesh(mesh), reader(reader) {}

  /// Adds the collectives of `region` to `sequence`, in order.
  LogicalResult check(Region &region, Sequence &sequence);

private:
  LogicalResult checkAlone(const Collective &collective);
  LogicalResult checkQueue(const Collective &collective);
  LogicalResult checkRegions(Operation &op, Sequence &sequence);
  LogicalResult compare(const Sequence &lhs, const Sequence &rhs,
                        const SizeExpr &condition);
  bool hasCollectives(Region &region);
  /// Why ranks that differ along `axes` may have different values of `size`;
  /// empty when they have the same.
  std::string whyDifferent(const SizeExpr &size, ArrayRef<StringAttr> axes);

  const Mesh &mesh;
  CollectiveReader &reader;
  std::optional<Collective> first;
};

bool Check::hasCollectives(Region &region) {
  return region
      .walk([&](Operation *op) {
        return reader.getCollective(op) ? WalkResult::interrupt()
                                        : WalkResult::advance();
      })
      .wasInterrupted();
}

std::string Check::whyDifferent(const SizeExpr &size,
                                ArrayRef<StringAttr> axes) {
  std::set<std::string> coordinates, symbols;
  collectCoordinates(size, coordinates);
  for (const std::string &name : coordinates)
    for (StringAttr axis : axes)
      if (axis.getValue() == name &&
          !(mesh.contains(axis) && mesh.getSize(axis) == 1))
        return "uses the coordinate along '" + name +
               "', in which ranks of the group differ";
  size.collectSymbols(symbols);
  for (const std::string &symbol : symbols)
    if (!reader.isShared(symbol))
      return "uses `" + symbol + "`, which each rank finds out by itself";
  return "";
}

LogicalResult Check::check(Region &region, Sequence &sequence) {
  if (!hasCollectives(region))
    return success();
  if (!region.hasOneBlock())
    return region.getParentOp()->emitOpError(
        "has collectives in several blocks; nothing is known of which ranks "
        "run which");
  for (Operation &op : region.front()) {
    if (auto collective = reader.getCollective(&op)) {
      if (failed(checkAlone(*collective)) || failed(checkQueue(*collective)))
        return failure();
      sequence.push_back(std::move(*collective));
    } else if (failed(checkRegions(op, sequence))) {
      return failure();
    }
  }
  return success();
}

LogicalResult Check::checkAlone(const Collective &collective) {
  for (auto [i, size] : llvm::enumerate(collective.sizes))
    if (std::string why = whyDifferent(size, collective.axes); !why.empty())
      return collective.op->emitOpError("ranks may disagree on dimension ")
             << i << " of " << collective.str() << ": its size " << why;
  return success();
}

LogicalResult Check::checkQueue(const Collective &collective) {
  if (!first)
    first = collective;
  if (first->queue == collective.queue)
    return success();
  InFlightDiagnostic error =
      collective.op->emitOpError("ranks may run ")
      << collective.str() << " on queue " << collective.queue << " and "
      << first->str() << " on queue " << first->queue
      << " in different orders; collectives must be on one queue";
  error.attachNote(first->op->getLoc()) << "the other collective";
  return error;
}

LogicalResult Check::checkRegions(Operation &op, Sequence &sequence) {
  SmallVector<Sequence> sides;
  bool hasAny = false;
  for (Region &region : op.getRegions()) {
    hasAny |= hasCollectives(region);
    if (failed(check(region, sides.emplace_back())))
      return failure();
  }
  if (!hasAny)
    return success();
  Collective &inside = *llvm::find_if(sides, [](const Sequence &side) {
                          return !side.empty();
                        })->begin();
  std::optional<SizeExpr> condition = reader.getCondition(&op);
  if (!condition)
    return inside.op->emitOpError("is inside of '")
           << op.getName().getStringRef()
           << "', of which it is not known whether all ranks run it";

  SmallVector<StringAttr> axes;
  for (const Sequence &side : sides)
    for (const Collective &collective : side)
      llvm::append_range(axes, collective.axes);
  if (!whyDifferent(*condition, axes).empty()) {
    for (auto [region, side] : llvm::zip_equal(op.getRegions(), sides))
      for (const Collective &collective : side)
        if (collective.op->getParentRegion() != &region)
          return collective.op->emitOpError("is inside of two conditions, and "
                                            "ranks of a group may differ in `")
                 << condition->str() << "`";
    // A loop's other side is not to run.
    if (sides.size() == 1)
      sides.emplace_back();
    for (const Sequence &other : ArrayRef(sides).drop_front())
      if (failed(compare(sides.front(), other, *condition)))
        return failure();
    sides.resize(1);
  }
  for (Sequence &side : sides)
    llvm::append_range(sequence, side);
  return success();
}

/// Whether both are one and the same to every rank.
static bool match(const Collective &lhs, const Collective &rhs) {
  return lhs.kind == rhs.kind && lhs.axes == rhs.axes &&
         lhs.elementType == rhs.elementType && lhs.sizes == rhs.sizes;
}

LogicalResult Check::compare(const Sequence &lhs, const Sequence &rhs,
                             const SizeExpr &condition) {
  for (size_t i = 0; i < std::max(lhs.size(), rhs.size()); ++i) {
    bool inBoth = i < lhs.size() && i < rhs.size();
    if (inBoth && match(lhs[i], rhs[i]))
      continue;
    const Collective &found = i < lhs.size() ? lhs[i] : rhs[i];
    InFlightDiagnostic error = found.op->emitOpError("ranks of a group may ")
                               << "differ in `" << condition.str()
                               << "`: where some issue " << found.str();
    if (!inBoth)
      return error << ", others issue nothing";
    error << ", others issue " << rhs[i].str();
    error.attachNote(rhs[i].op->getLoc()) << "the other collective";
    return error;
  }
  return success();
}

} // namespace

LogicalResult checkCollectiveOrder(Region &program, const Mesh &mesh,
                                   CollectiveReader &reader) {
  Sequence sequence;
  return Check(mesh, reader).check(program, sequence);
}

} // namespace weft::dist
