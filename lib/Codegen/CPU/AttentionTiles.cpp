//===- AttentionTiles.cpp - Scores, weights and their products ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/Attention.h"
#include "lib/Codegen/Common/VectorMath.h"

#include <numbers>

using namespace mlir;
using arith::CmpFPredicate;

namespace weft {

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// The greater one; a NaN on the right loses, and shows in the sums.
static Value greater(CPUCodeBuilder &code, Value lhs, Value rhs) {
  return code.select(code.compare(CmpFPredicate::OGT, rhs, lhs), rhs, lhs);
}

Value AttentionKernel::expOfNegative(Value x) {
  Value log2e = code.number(x.getType(), std::numbers::log2e);
  return VectorMath(code).exp2OfNegative(code.mulf(x, log2e));
}

AttentionKernel::Values AttentionKernel::accumulate(const Product &product,
                                                    ValueRange sums) {
  size_t panels = product.right.size();
  int64_t height = sums.size() / panels;
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  Values left;
  for (int64_t i = 0; i < height; ++i)
    left.push_back(
        element(product.left, code.mul(product.leftStride, code.constant(i))));
  auto addTerm = [&](Value term, int64_t offset, Values &sums) {
    // A constant distance becomes part of the instruction's address.
    auto leftOf = [&](int64_t row) {
      auto stride = code.asConstant(product.leftStride);
      auto step = code.asConstant(product.leftStep);
      Value at = code.mul(term, product.leftStep);
      if (stride && step)
        return element(element(product.left, at),
                       row * *stride + offset * *step);
      Value next = code.mul(code.constant(offset), product.leftStep);
      return element(left[row], code.add(at, next));
    };
    Values right;
    Value at = code.mul(term, code.constant(product.rightStep));
    for (Value panel : product.right)
      right.push_back(code.load(
          vector, element(element(panel, at), offset * product.rightStep)));
    for (int64_t i = 0; i < height; ++i) {
      Value factor = code.broadcast(code.load(code.f32(), leftOf(i)));
      for (size_t j = 0; j < panels; ++j) {
        Value &sum = sums[i * panels + j];
        sum = code.fma(factor, right[j], sum);
      }
    }
  };
  Value unroll = code.constant(product.unroll);
  Value whole = code.mul(code.floorDiv(product.terms, unroll), unroll);
  Values result = code.loop(code.constant(0), whole, product.unroll, sums,
                            [&](Value term, ValueRange carried) {
                              Values sums(carried);
                              for (int64_t i = 0; i < product.unroll; ++i)
                                addTerm(term, i, sums);
                              return sums;
                            });
  if (whole == product.terms || product.unroll == 1)
    return result;
  return code.loop(whole, product.terms, 1, result,
                   [&](Value term, ValueRange carried) {
                     Values sums(carried);
                     addTerm(term, 0, sums);
                     return sums;
                   });
}

AttentionKernel::Values AttentionKernel::emitScores(const RowTile &tile,
                                                    const KeyBlock &block,
                                                    ValueRange greatest) {
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  int64_t tileRows = tile.panels * lanes;
  Value zero = code.number(vector, 0), hidden = code.number(vector, -infinity);
  Value laneNumbers;
  if (op.getCausal()) {
    SmallVector<int32_t> numbers(lanes);
    std::iota(numbers.begin(), numbers.end(), 0);
    laneNumbers = code.make<arith::ConstantOp>(DenseIntElementsAttr::get(
        CPUCodeBuilder::vectorOf(code.i32()), ArrayRef(numbers)));
  }
  return code.loop(
      code.constant(0), block.padded, tileHeight, greatest,
      [&](Value key, ValueRange carried) {
        prefetchAhead(tile, block, key);
        Product product;
        product.left =
            element(pointer(keyPlace), code.mul(key, code.size(paddedDepth)));
        product.leftStride = code.size(paddedDepth);
        product.leftStep = code.constant(1);
        Value query =
            element(pointer(queryPlace),
                    code.mul(tile.firstPanel, code.size(paddedDepth * lanes)));
        for (int64_t j = 0; j < tile.panels; ++j)
          product.right.push_back(
              element(query, code.mul(code.size(paddedDepth * lanes),
                                      code.constant(j))));
        product.rightStep = lanes;
        product.terms = code.size(depth);
        product.unroll = 4;
        Values scores =
            accumulate(product, Values(tileHeight * tile.panels, zero));
        Values maxima(carried);
        Value stored = element(pointer(weightPlace),
                               code.mul(key, code.constant(tileRows)));
        for (int64_t i = 0; i < tileHeight; ++i) {
          Value masked = code.load(
              code.f32(), element(element(pointer(keyMaskPlace), key), i));
          for (int64_t j = 0; j < tile.panels; ++j) {
            Value score = code.addf(scores[i * tile.panels + j], masked);
            Value place = element(stored, i * tileRows + j * lanes);
            if (masksRows)
              score = code.addf(score, code.load(vector, place));
            if (op.getCausal()) {
              // Lane s sees key t when t <= s + keys - rows.
              Value panel = code.add(tile.firstPanel, code.constant(j));
              Value row =
                  code.add(firstRow, code.mul(panel, code.constant(lanes)));
              Value last = code.sub(
                  code.add(code.add(block.first, key), code.constant(i)),
                  code.add(row, code.size(keys - rows)));
              // Beyond all lanes a number of 32 bits says the same.
              last = code.minimum(code.maximum(last, code.constant(0)),
                                  code.constant(lanes));
              Value isHidden = code.compare(
                  arith::CmpIPredicate::slt, laneNumbers,
                  code.make<arith::TruncIOp>(code.i32(), last).getResult());
              score = code.select(isHidden, hidden, score);
            }
            code.store(score, place);
            maxima[j] = greater(code, maxima[j], score);
          }
        }
        return maxima;
      });
}

AttentionKernel::Values AttentionKernel::emitWeights(const RowTile &tile,
                                                     const KeyBlock &block,
                                                     ValueRange greatest) {
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  int64_t tileRows = tile.panels * lanes;
  return code.loop(code.constant(0), block.padded, 1,
                   Values(tile.panels, code.number(vector, 0)),
                   [&](Value key, ValueRange carried) {
                     Values sums(carried);
                     Value scores =
                         element(pointer(weightPlace),
                                 code.mul(key, code.constant(tileRows)));
                     for (int64_t j = 0; j < tile.panels; ++j) {
                       Value place = element(scores, j * lanes);
                       Value weight = expOfNegative(
                           code.subf(code.load(vector, place), greatest[j]));
                       code.store(weight, place);
                       sums[j] = code.addf(sums[j], weight);
                     }
                     return sums;
                   });
}

void AttentionKernel::emitProduct(const RowTile &tile, const KeyBlock &block,
                                  ValueRange growth) {
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  Value panelSize = code.size(paddedWidth * lanes);
  Value results =
      element(pointer(resultPlace), code.mul(tile.firstPanel, panelSize));
  code.loop(code.constant(0), code.size(width), tileHeight, [&](Value column) {
    auto place = [&](int64_t i, int64_t j) {
      Value panel = element(results, code.mul(panelSize, code.constant(j)));
      return element(element(panel, code.mul(column, code.constant(lanes))),
                     i * lanes);
    };
    Values sums;
    for (int64_t i = 0; i < tileHeight; ++i)
      for (int64_t j = 0; j < tile.panels; ++j)
        sums.push_back(code.mulf(code.load(vector, place(i, j)), growth[j]));
    Product product;
    product.left = element(pointer(valuePlace), column);
    product.leftStride = code.constant(1);
    product.leftStep = code.size(paddedWidth);
    for (int64_t j = 0; j < tile.panels; ++j)
      product.right.push_back(element(pointer(weightPlace), j * lanes));
    product.rightStep = tile.panels * lanes;
    product.terms = block.padded;
    product.unroll = tileHeight;
    sums = accumulate(product, sums);
    for (int64_t i = 0; i < tileHeight; ++i)
      for (int64_t j = 0; j < tile.panels; ++j)
        code.store(sums[i * tile.panels + j], place(i, j));
  });
}

void AttentionKernel::attend(const RowTile &tile, const KeyBlock &block) {
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  if (masksRows)
    packRowMask(tile, block);
  Value first = code.mul(tile.firstPanel, code.constant(lanes));
  Value greatestOfRows = element(pointer(greatestPlace), first);
  Value sumsOfRows = element(pointer(sumPlace), first);
  Values before;
  for (int64_t j = 0; j < tile.panels; ++j)
    before.push_back(code.load(vector, element(greatestOfRows, j * lanes)));
  Values greatest = emitScores(tile, block, before);
  Values growth, subtracted;
  for (int64_t j = 0; j < tile.panels; ++j) {
    // Where all are -infinity, any other number makes all weights 0.
    Value isEmpty = code.compare(CmpFPredicate::OEQ, greatest[j],
                                 code.number(vector, -infinity));
    subtracted.push_back(
        code.select(isEmpty, code.number(vector, 0), greatest[j]));
    growth.push_back(expOfNegative(code.subf(before[j], subtracted[j])));
    code.store(greatest[j], element(greatestOfRows, j * lanes));
  }
  Values sums = emitWeights(tile, block, subtracted);
  for (int64_t j = 0; j < tile.panels; ++j) {
    Value place = element(sumsOfRows, j * lanes);
    code.store(code.fma(code.load(vector, place), growth[j], sums[j]), place);
  }
  emitProduct(tile, block, growth);
}

} // namespace weft
