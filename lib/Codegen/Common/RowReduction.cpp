//===- RowReduction.cpp - Loops that combine elements ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/RowReduction.h"

#include "lib/Codegen/Common/TeamLoop.h"

using namespace mlir;

namespace weft {

/// Accumulators of one chain: an addition takes four cycles, and two start in
/// each.
static constexpr int64_t chains = 4;

Value RowReduction::combine(const Combination &combination, Value lhs,
                            Value rhs) {
  code.unify(lhs, rhs);
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(lhs.getType()));
  bool isUnsigned = combination.isUnsigned;
  switch (combination.kind) {
  case CombiningKind::Sum:
    return isFloat ? code.addf(lhs, rhs) : code.add(lhs, rhs);
  case CombiningKind::Product:
    return isFloat ? code.mulf(lhs, rhs) : code.mul(lhs, rhs);
  case CombiningKind::Maximum:
    if (isFloat)
      return code.make<arith::MaximumFOp>(lhs, rhs);
    return isUnsigned ? Value(code.make<arith::MaxUIOp>(lhs, rhs))
                      : Value(code.make<arith::MaxSIOp>(lhs, rhs));
  case CombiningKind::Minimum:
    if (isFloat)
      return code.make<arith::MinimumFOp>(lhs, rhs);
    return isUnsigned ? Value(code.make<arith::MinUIOp>(lhs, rhs))
                      : Value(code.make<arith::MinSIOp>(lhs, rhs));
  }
  return lhs;
}

Value RowReduction::combineLanes(const Combination &combination, Value value) {
  return code.foldLanes(value, [&](Value lhs, Value rhs) {
    return combine(combination, lhs, rhs);
  });
}

RowReduction::Values RowReduction::reduce(ArrayRef<Combination> combinations,
                                          Terms terms) {
  bool isUniform =
      llvm::all_of(outer, [](LaneIndex i) { return i.isUniform(); });
  bool alongLanes = isUniform && code.features.reducesAlongLanes;
  bool alongThreads =
      isUniform && !alongLanes && emitter.isConverged() && code.team();
  if (alongThreads)
    return alongTeam(outer, combinations, terms);
  Values accumulators;
  for (const Combination &combination : combinations)
    accumulators.push_back(isUniform && !alongLanes
                               ? combination.start
                               : code.broadcast(combination.start));
  // Lanes along the reduced dimension have nothing to do with those outside.
  Value mask = emitter.getMask();
  if (isUniform)
    emitter.exchangeMask(Value());
  accumulators =
      overAxis(0, outer, accumulators, combinations, alongLanes, terms);
  emitter.exchangeMask(mask);
  if (alongLanes)
    for (auto [combination, value] :
         llvm::zip_equal(combinations, accumulators))
      value = combineLanes(combination, value);
  return accumulators;
}

RowReduction::Values RowReduction::overAxis(size_t which, LaneIndices index,
                                            Values accumulators,
                                            ArrayRef<Combination> combinations,
                                            bool alongLanes, Terms terms) {
  if (which == axes.size()) {
    Values values = terms(index);
    for (auto [combination, accumulator, value] :
         llvm::zip_equal(combinations, accumulators, values))
      accumulator = combine(combination, accumulator, value);
    return accumulators;
  }
  if (alongLanes && which + 1 == axes.size())
    return alongLastAxis(index, accumulators, combinations, terms);
  Value size = code.size(sizes[axes[which]]);
  return code.loop(code.constant(0), size, 1, accumulators,
                   [&](Value i, ValueRange carried) {
                     ElementEmitter::Scope scope(emitter);
                     LaneIndices inner = index;
                     inner[axes[which]] = LaneIndex::uniform(i);
                     return overAxis(which + 1, inner, Values(carried),
                                     combinations, alongLanes, terms);
                   });
}

RowReduction::Values RowReduction::alongTeam(LaneIndices index,
                                             ArrayRef<Combination> combinations,
                                             Terms terms) {
  // A vector lies within the last axis.
  std::optional<int64_t> width = sizes[axes.back()].asConstant();
  bool asVectors = code.lanes > 1 && width && *width % code.lanes == 0;
  int64_t lanes = asVectors ? code.lanes : 1;
  Values accumulators;
  for (const Combination &combination : combinations)
    accumulators.push_back(asVectors ? code.broadcast(combination.start)
                                     : combination.start);
  // Threads are at different elements from here on.
  emitter.exchangeConverged(false);
  std::function<Values(size_t, LaneIndices, Values)> over =
      [&](size_t which, LaneIndices at, Values carried) -> Values {
    size_t axis = axes[which];
    LaneIndices inner = at;
    if (which + 1 < axes.size())
      return code.loop(code.constant(0), code.size(sizes[axis]), 1, carried,
                       [&](Value i, ValueRange values) {
                         ElementEmitter::Scope scope(emitter);
                         inner[axis] = LaneIndex::uniform(i);
                         return over(which + 1, inner, Values(values));
                       });
    return loopInTeam(
        code, sizes[axis], lanes, carried,
        [&](Value i, Value isInside, ValueRange values) {
          ElementEmitter::Scope scope(emitter);
          inner[axis] =
              asVectors ? LaneIndex::consecutive(i) : LaneIndex::uniform(i);
          Values next;
          for (auto [combination, accumulator, value] :
               llvm::zip_equal(combinations, values, terms(inner))) {
            // What a reduction starts from changes nothing.
            if (isInside)
              value = code.select(isInside, value, combination.start);
            next.push_back(combine(combination, accumulator, value));
          }
          return next;
        });
  };
  accumulators = over(0, index, accumulators);
  emitter.exchangeConverged(true);
  for (auto [combination, value] :
       llvm::zip_equal(combinations, accumulators)) {
    if (asVectors)
      value = combineLanes(combination, value);
    value = code.combineInTeam(value, [&](Value lhs, Value rhs) {
      return combine(combination, lhs, rhs);
    });
  }
  return accumulators;
}

RowReduction::Values
RowReduction::alongLastAxis(LaneIndices index, Values accumulators,
                            ArrayRef<Combination> combinations, Terms terms) {
  const int64_t lanes = code.lanes;
  size_t axis = axes.back(), count = combinations.size();
  Value zero = code.constant(0), size = code.size(sizes[axis]);
  auto combineAt = [&](Value first, MutableArrayRef<Value> carried,
                       Value mask) {
    ElementEmitter::Scope scope(emitter, mask);
    LaneIndices inner = index;
    inner[axis] = LaneIndex::consecutive(first);
    Values values = terms(inner);
    for (auto [combination, accumulator, value] :
         llvm::zip_equal(combinations, carried, values)) {
      Value combined = combine(combination, accumulator, value);
      accumulator = mask ? code.select(mask, combined, accumulator) : combined;
    }
  };

  // Several chains at once, then one, then what is left of a vector.
  Value step = code.constant(lanes * chains);
  Value manyEnd = code.mul(code.floorDiv(size, step), step);
  Values many;
  for (int64_t chain = 0; chain < chains; ++chain)
    for (const Combination &combination : combinations)
      many.push_back(code.broadcast(combination.start));
  many = code.loop(
      zero, manyEnd, lanes * chains, many,
      [&](Value first, ValueRange carried) {
        Values next(carried);
        for (int64_t chain = 0; chain < chains; ++chain)
          combineAt(code.add(first, code.constant(chain * lanes)),
                    MutableArrayRef(next).slice(chain * count, count), Value());
        return next;
      });
  for (int64_t chain = 0; chain < chains; ++chain)
    for (size_t i = 0; i < count; ++i)
      accumulators[i] =
          combine(combinations[i], accumulators[i], many[chain * count + i]);
  Value wholeEnd =
      code.mul(code.floorDiv(size, code.constant(lanes)), code.constant(lanes));
  accumulators = code.loop(manyEnd, wholeEnd, lanes, accumulators,
                           [&](Value first, ValueRange carried) {
                             Values next(carried);
                             combineAt(first, next, Value());
                             return next;
                           });
  if (std::optional<int64_t> known = sizes[axis].asConstant();
      known && *known % lanes == 0)
    return accumulators;
  return code.branch(
      code.compare(arith::CmpIPredicate::slt, wholeEnd, size),
      [&] {
        Value mask = code.compare(arith::CmpIPredicate::slt, code.laneNumbers(),
                                  code.sub(size, wholeEnd));
        Values next = accumulators;
        combineAt(wholeEnd, next, mask);
        return next;
      },
      [&] { return accumulators; });
}

} // namespace weft
