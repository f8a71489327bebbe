//===- LayoutModels.cpp - Ops that move elements --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/ElementModels.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft {

namespace {
struct ReshapeModel
    : ElementOpInterface::ExternalModel<ReshapeModel, ReshapeOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    Value input = op->getOperand(0);
    ArrayRef<SizeExpr> from = emitter.sizesOf(input);
    ArrayRef<SizeExpr> to = emitter.sizesOf(op->getResult(0));
    // Equal last dimensions keep their index, and lanes stay consecutive.
    size_t equal = 0;
    while (equal < std::min(from.size(), to.size()) &&
           from[from.size() - 1 - equal] == to[to.size() - 1 - equal])
      ++equal;
    // So do equal first ones: what lies between is one number.
    size_t first = 0, least = std::min(from.size(), to.size()) - equal;
    while (first < least && from[first] == to[first])
      ++first;
    LaneIndex position =
        emitter.linearize(index.drop_front(first).drop_back(equal),
                          to.drop_front(first).drop_back(equal));
    LaneIndices picked(index.take_front(first));
    picked.append(
        emitter.delinearize(position, from.drop_front(first).drop_back(equal)));
    picked.append(index.take_back(equal).begin(), index.end());
    return emitter.element(input, picked);
  }
};

struct TransposeModel
    : ElementOpInterface::ExternalModel<TransposeModel, TransposeOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto transpose = cast<TransposeOp>(op);
    LaneIndices picked(index.size());
    for (auto [i, dimension] : llvm::enumerate(transpose.getPermutation()))
      picked[dimension] = index[i];
    return emitter.element(transpose.getInput(), picked);
  }
};

struct SliceModel : ElementOpInterface::ExternalModel<SliceModel, SliceOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto slice = cast<SliceOp>(op);
    CodeBuilder &code = emitter.code;
    Sizes offsets = slice.getOffsets().getExprs();
    LaneIndices picked;
    for (auto [i, offset, stride] :
         llvm::zip_equal(index, offsets, slice.getStrides()))
      picked.push_back(emitter.add(emitter.scale(i, code.constant(stride)),
                                   LaneIndex::uniform(code.size(offset))));
    return emitter.element(slice.getInput(), picked);
  }
};

struct ExpandModel : ElementOpInterface::ExternalModel<ExpandModel, ExpandOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    return emitter.broadcastElement(op->getOperand(0), index);
  }
  bool isElementwise(Operation *) const { return true; }
};

/// `inside` ? the element that `make` emits : `otherwise`. Where it is not
/// inside, nothing is read.
static Value guarded(ElementEmitter &emitter, Value inside, Value otherwise,
                     function_ref<Value()> make) {
  CodeBuilder &code = emitter.code;
  if (!CodeBuilder::isVector(inside)) {
    // The arm's type is known only after it was emitted, so that the element is
    // made a vector when the other one is.
    bool widens = CodeBuilder::isVector(otherwise);
    return code.branch(
        inside,
        [&] {
          ElementEmitter::Scope scope(emitter);
          Value element = make();
          return CodeBuilder::Values{widens ? code.broadcast(element)
                                            : element};
        },
        [&] { return CodeBuilder::Values{otherwise}; })[0];
  }
  ElementEmitter::Scope scope(emitter, inside);
  return code.select(inside, make(), otherwise);
}

/// lower <= index < upper, in all lanes.
static Value inRange(ElementEmitter &emitter, LaneIndex index, Value lower,
                     Value upper) {
  CodeBuilder &code = emitter.code;
  Value number = emitter.asNumber(index);
  return code.binary<arith::AndIOp>(
      code.compare(CmpIPredicate::sge, number, lower),
      code.compare(CmpIPredicate::slt, number, upper));
}

struct ConcatModel : ElementOpInterface::ExternalModel<ConcatModel, ConcatOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto concat = cast<ConcatOp>(op);
    CodeBuilder &code = emitter.code;
    size_t axis = concat.getAxis();
    Value result = zeroAt(emitter, concat.getResult(), index);
    SizeExpr start = 0;
    for (Value input : concat.getInputs()) {
      SizeExpr stop = start + emitter.sizesOf(input)[axis];
      Value inside =
          inRange(emitter, index[axis], code.size(start), code.size(stop));
      LaneIndices picked(index);
      picked[axis] = emitter.add(
          index[axis], LaneIndex::uniform(code.size(SizeExpr(0) - start)));
      result = guarded(emitter, inside, result,
                       [&] { return emitter.element(input, picked); });
      start = stop;
    }
    return result;
  }
};

struct PadModel : ElementOpInterface::ExternalModel<PadModel, PadOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto pad = cast<PadOp>(op);
    CodeBuilder &code = emitter.code;
    Value input = pad.getInput();
    LaneIndices picked;
    Value inside;
    for (auto [i, low, high] : llvm::enumerate(pad.getLow(), pad.getHigh())) {
      LaneIndex moved =
          emitter.add(index[i], LaneIndex::uniform(code.constant(-low)));
      picked.push_back(moved);
      if (low == 0 && high == 0)
        continue;
      Value within =
          inRange(emitter, moved, code.constant(0), emitter.size(input, i));
      inside = inside ? code.binary<arith::AndIOp>(inside, within) : within;
    }
    if (!inside)
      return emitter.element(input, picked);
    return guarded(emitter, inside, zeroAt(emitter, pad.getResult(), index),
                   [&] { return emitter.element(input, picked); });
  }
};
} // namespace

void attachLayoutModels(MLIRContext &context) {
  ReshapeOp::attachInterface<ReshapeModel>(context);
  TransposeOp::attachInterface<TransposeModel>(context);
  SliceOp::attachInterface<SliceModel>(context);
  ExpandOp::attachInterface<ExpandModel>(context);
  ConcatOp::attachInterface<ConcatModel>(context);
  PadOp::attachInterface<PadModel>(context);
}

} // namespace weft
