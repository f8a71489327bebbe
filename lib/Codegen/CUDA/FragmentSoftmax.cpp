//===- FragmentSoftmax.cpp - Rows of weights in fragments -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/FragmentSoftmax.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using arith::CmpFPredicate;

namespace weft::cuda {

static constexpr double infinity = std::numeric_limits<double>::infinity();

static Value pairOf(CUDACodeBuilder &code, Value low, Value high) {
  return code.make<vector::FromElementsOp>(CodeBuilder::vectorOf(code.f32(), 2),
                                           ValueRange{low, high});
}

FragmentSoftmax FragmentSoftmax::start(CUDACodeBuilder &code, int64_t width) {
  Value zero = code.number(code.f32(), 0);
  Value lowest = code.number(code.f32(), -infinity);
  return {{lowest, lowest}, {zero, zero}, Values(width / 2, zero)};
}

FragmentSoftmax::Values FragmentSoftmax::list() const {
  Values all = {greatest[0], greatest[1], sums[0], sums[1]};
  llvm::append_range(all, results);
  return all;
}

FragmentSoftmax FragmentSoftmax::of(ValueRange values) {
  return {{values[0], values[1]},
          {values[2], values[3]},
          Values(values.drop_front(4))};
}

void FragmentSoftmax::addScores(CUDACodeBuilder &code, Values &scores) {
  // A NaN on the right loses, and shows in the weights.
  auto greater = [&](Value lhs, Value rhs) {
    return code.select(code.compare(CmpFPredicate::OGT, rhs, lhs), rhs, lhs);
  };
  for (size_t half = 0; half < 2; ++half) {
    Value top = greatest[half];
    for (size_t i = 0; i < scores.size(); ++i)
      if (i / 2 % 2 == half)
        top = greater(top, scores[i]);
    for (int64_t mask : {1, 2})
      top = greater(top, code.shuffleXor(top, mask));
    Value before = std::exchange(greatest[half], top);
    // Where all are -infinity, any other number makes all weights 0.
    Value isNothing = code.compare(CmpFPredicate::OEQ, top,
                                   code.number(code.f32(), -infinity));
    top = code.select(isNothing, code.number(code.f32(), 0), top);
    Value growth = code.exp2(code.subf(before, top));
    Value sum = code.mulf(sums[half], growth);
    for (size_t i = 0; i < scores.size(); ++i)
      if (i / 2 % 2 == half) {
        scores[i] = code.exp2(code.subf(scores[i], top));
        sum = code.addf(sum, scores[i]);
      }
    sums[half] = sum;
    for (size_t i = 0; i < results.size(); ++i)
      if (i / 2 % 2 == half)
        results[i] = code.mulf(results[i], growth);
  }
}

Value FragmentSoftmax::rowSum(CUDACodeBuilder &code, int64_t half) const {
  Value sum = sums[half];
  for (int64_t mask : {1, 2})
    sum = code.addf(sum, code.shuffleXor(sum, mask));
  return sum;
}

void FragmentSoftmax::storeRow(CUDACodeBuilder &code, int64_t half, Value sum,
                               Value shared, Number32 place) const {
  Value zero = code.number(code.f32(), 0), one = code.number(code.f32(), 1);
  Value isEmpty = code.compare(CmpFPredicate::OEQ, sum, zero);
  Value inverse = code.divf(one, code.select(isEmpty, one, sum));
  for (size_t i = half * 2; i < results.size(); i += 4) {
    Value pair = pairOf(code, code.mulf(results[i], inverse),
                        code.mulf(results[i + 1], inverse));
    Value bytes = (place + int64_t(i / 4 * 8)) * 4;
    code.make<LLVM::StoreOp>(
        pair, code.address(shared, code.builder.getI8Type(), bytes),
        /*alignment=*/8);
  }
}

CodeBuilder::Values weightFragments(CUDACodeBuilder &code, Type element,
                                    ValueRange weights) {
  CodeBuilder::Values fragments;
  for (size_t i = 0; i < weights.size(); i += 2) {
    Value narrow =
        code.make<arith::TruncFOp>(CodeBuilder::vectorOf(element, 2),
                                   pairOf(code, weights[i], weights[i + 1]));
    fragments.push_back(code.make<LLVM::BitcastOp>(code.i32(), narrow));
  }
  return fragments;
}

} // namespace weft::cuda
