//===- SelectionModels.cpp - Choices of elements of a row -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/ElementModels.h"

using namespace mlir;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace weft {

/// An i64 that is greater for the better element: the f32 as an ordered integer
/// above, how far it is from the row's end below. NaN is the least.
static Value rankOf(CodeBuilder &code, Value x, Value fromEnd) {
  Type type = x.getType();
  // -0 becomes 0, which it equals.
  x = code.addf(x, code.number(type, 0));
  Value bits = code.bitcast(x, code.i32());
  Type integers = bits.getType();
  Value sign = code.make<arith::ShRSIOp>(bits, code.integer(integers, 31));
  Value flipped = code.make<arith::AndIOp>(
      sign, code.integer(integers, std::numeric_limits<int32_t>::max()));
  Value ordered = code.make<arith::XOrIOp>(bits, flipped);
  ordered = code.select(
      code.compare(CmpFPredicate::UNO, x, x),
      code.integer(integers, std::numeric_limits<int32_t>::min()), ordered);
  Type wide = CodeBuilder::withElement(integers, code.i64());
  Value high = code.make<arith::ShLIOp>(
      code.make<arith::ExtSIOp>(wide, ordered).getResult(),
      code.integer(wide, 32));
  return code.add(high, fromEnd);
}

namespace {
struct TopKModel : ElementOpInterface::ExternalModel<TopKModel, TopKOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto topK = cast<TopKOp>(op);
    CodeBuilder &code = emitter.code;
    Value input = topK.getInput();
    if (!ElementEmitter::computeType(elementTypeOf(input)).isF32())
      return emitter.unsupported(
          op, "has no form for f64 on a CPU; compute it in f32");
    LaneIndices outer(index.drop_back());
    bool isUniform =
        llvm::all_of(outer, [](LaneIndex i) { return i.isUniform(); });
    Type type = isUniform ? code.i64() : Type(code.vectorOf(code.i64()));
    Value last = code.sub(emitter.size(input, outer.size()), code.constant(1));
    CodeBuilder::Values chosen = emitter.rememberForRow(op, outer, [&] {
      CodeBuilder::Values numbers;
      Value before = code.integer(type, std::numeric_limits<int64_t>::max());
      for (int64_t i = 0; i < int64_t(topK.getK()); ++i) {
        // The best one after those that were chosen.
        before = code.loop(
            code.constant(0), code.add(last, code.constant(1)), 1,
            ValueRange{code.integer(type, std::numeric_limits<int64_t>::min())},
            [&](Value j, ValueRange best) {
              ElementEmitter::Scope scope(emitter);
              LaneIndices at(outer);
              at.push_back(LaneIndex::uniform(j));
              Value rank =
                  rankOf(code, emitter.element(input, at), code.sub(last, j));
              Value isLeft = code.compare(CmpIPredicate::slt, rank, before);
              Value better = code.maximum(best[0], rank);
              return CodeBuilder::Values{code.select(isLeft, better, best[0])};
            })[0];
        Value fromEnd = code.make<arith::AndIOp>(
            before, code.integer(type, std::numeric_limits<uint32_t>::max()));
        numbers.push_back(code.sub(last, fromEnd));
      }
      return numbers;
    });
    Value result = chosen[0];
    for (auto [i, number] : llvm::enumerate(chosen))
      if (i > 0)
        result = code.select(code.compare(CmpIPredicate::eq,
                                          emitter.asNumber(index.back()),
                                          code.constant(i)),
                             number, result);
    Type element = ElementEmitter::computeType(elementTypeOf(topK.getResult()));
    if (element.getIntOrFloatBitWidth() < 64)
      result = code.make<arith::TruncIOp>(
          CodeBuilder::withElement(result.getType(), element), result);
    return result;
  }
};

struct TakeAlongModel
    : ElementOpInterface::ExternalModel<TakeAlongModel, TakeAlongOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto take = cast<TakeAlongOp>(op);
    Value indices = take.getIndices(), input = take.getInput();
    Value number = checkedIndex(emitter, emitter.element(indices, index),
                                elementTypeOf(indices),
                                emitter.size(input, index.size() - 1));
    LaneIndices picked(index);
    picked.back() = indexOf(number);
    return emitter.element(input, picked);
  }
};
} // namespace

void attachSelectionModels(MLIRContext &context) {
  TopKOp::attachInterface<TopKModel>(context);
  TakeAlongOp::attachInterface<TakeAlongModel>(context);
}

} // namespace weft
