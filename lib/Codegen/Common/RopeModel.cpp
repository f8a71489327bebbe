//===- RopeModel.cpp - Rotary position embedding --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/ElementModels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft {

namespace {
/// x * cos + partner * sine, where `sine` has the sign; elements that do not
/// turn stay.
struct Turn {
  Value x, partner, cosine, sine;
  Value turns; ///< Null: always.
};

class RopeEmitter {
public:
  RopeEmitter(ElementEmitter &emitter, RopeOp rope, ArrayRef<LaneIndex> index)
      : emitter(emitter), code(emitter.code), lanes(code.lanes), rope(rope),
        index(index), half(emitter.size(rope.getCos(), 1)),
        turning(code.mul(half, code.constant(2))),
        isPartial(emitter.sizesOf(rope.getCos())[1] * 2 !=
                  emitter.sizesOf(rope.getInput())[2]) {}

  Value emit() {
    bool isHalf = rope.getStyle() == RopeStyle::half;
    bool isAligned = index[2].kind == LaneIndex::Consecutive &&
                     code.isMultipleOf(index[2].value, lanes) &&
                     code.isMultipleOf(isHalf ? half : turning, lanes);
    Turn turn = !isAligned ? scattered() : isHalf ? halves() : pairs();
    Value turned =
        code.fma(turn.partner, turn.sine, code.mulf(turn.x, turn.cosine));
    return turn.turns ? code.select(turn.turns, turned, turn.x) : turned;
  }

private:
  Value input(LaneIndex at) {
    return emitter.element(rope.getInput(), {index[0], index[1], at});
  }
  Value negated(Value x) { return code.make<arith::NegFOp>(x); }
  Value isLess(Value lhs, Value rhs) {
    return code.compare(CmpIPredicate::slt, lhs, rhs);
  }

  /// Whole vectors, each in one half.
  Turn halves() {
    Value at = index[2].value;
    Value turns = isPartial ? isLess(at, turning) : Value();
    Value isLower = isLess(at, half);
    Value partner =
        code.select(isLower, code.add(at, half), code.sub(at, half));
    Value angle = code.select(isLower, at, code.sub(at, half));
    if (turns) {
      // What is not used is read where it exists.
      partner = code.select(turns, partner, at);
      angle = code.select(turns, angle, code.constant(0));
    }
    LaneIndex angles = LaneIndex::consecutive(angle);
    Value sine = emitter.element(rope.getSin(), {index[0], angles});
    return {input(index[2]), input(LaneIndex::consecutive(partner)),
            emitter.element(rope.getCos(), {index[0], angles}),
            code.select(isLower, negated(sine), sine), turns};
  }

  /// Whole vectors of pairs.
  Turn pairs() {
    Value at = index[2].value;
    Value turns = isPartial ? isLess(at, turning) : Value();
    Value angle = code.floorDiv(at, code.constant(2));
    if (turns)
      angle = code.select(turns, angle, code.constant(0));
    SmallVector<int64_t> swapped, doubled;
    SmallVector<float> signs;
    for (int64_t i = 0; i < lanes; ++i) {
      swapped.push_back(i ^ 1);
      doubled.push_back(i / 2);
      signs.push_back(i % 2 ? 1.0f : -1.0f);
    }
    Value x = code.broadcast(input(index[2]));
    auto shuffle = [&](Value vector, ArrayRef<int64_t> order) -> Value {
      return code.make<vector::ShuffleOp>(vector, vector, order);
    };
    // Half a vector: a row may end there.
    Value isLow =
        isLess(code.laneNumbers(), code.broadcast(code.constant(lanes / 2)));
    auto angles = [&](Value table) {
      ElementEmitter::Scope scope(emitter);
      emitter.exchangeMask(isLow);
      Value half =
          emitter.element(table, {index[0], LaneIndex::consecutive(angle)});
      return shuffle(code.broadcast(half), doubled);
    };
    Value sign = code.make<arith::ConstantOp>(
        DenseFPElementsAttr::get(code.vectorOf(code.f32()), ArrayRef(signs)));
    return {x, shuffle(x, swapped), angles(rope.getCos()),
            code.mulf(angles(rope.getSin()), sign), turns};
  }

  /// Any indices: gathers.
  Turn scattered() {
    Value at = emitter.asNumber(index[2]), zero = code.constant(0);
    Value turns = isLess(at, turning);
    Value isFirst, partner, angle;
    if (rope.getStyle() == RopeStyle::half) {
      isFirst = isLess(at, half);
      partner = code.select(isFirst, code.add(at, half), code.sub(at, half));
      angle = code.select(isFirst, at, code.sub(at, half));
    } else {
      Value odd = code.mod(at, code.constant(2));
      isFirst = code.compare(CmpIPredicate::eq, odd, zero);
      partner = code.sub(code.add(at, code.constant(1)),
                         code.mul(odd, code.constant(2)));
      angle = code.floorDiv(at, code.constant(2));
    }
    partner = code.select(turns, partner, at);
    angle = code.select(turns, angle, zero);
    Value sine = emitter.element(rope.getSin(), {index[0], indexOf(angle)});
    return {input(indexOf(at)), input(indexOf(partner)),
            emitter.element(rope.getCos(), {index[0], indexOf(angle)}),
            code.select(isFirst, negated(sine), sine), turns};
  }

  ElementEmitter &emitter;
  CodeBuilder &code;
  const int64_t lanes;
  RopeOp rope;
  ArrayRef<LaneIndex> index;
  Value half, turning;
  bool isPartial;
};

struct RopeModel : ElementOpInterface::ExternalModel<RopeModel, RopeOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    return RopeEmitter(emitter, cast<RopeOp>(op), index).emit();
  }
};
} // namespace

void attachRopeModel(MLIRContext &context) {
  RopeOp::attachInterface<RopeModel>(context);
}

} // namespace weft
