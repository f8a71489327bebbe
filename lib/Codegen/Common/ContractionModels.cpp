//===- ContractionModels.cpp - Products, element by element ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The general form, for bodies that no family of kernels takes: right for every
// index, and slow.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/ElementModels.h"
#include "lib/Codegen/Common/RowReduction.h"
#include "lib/Codegen/Common/VectorMath.h"

#include <limits>

using namespace mlir;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace weft {

/// start + the sum of term(k) over k < size, k the same in all lanes.
static Value sumOver(ElementEmitter &emitter, Value size, Value start,
                     function_ref<Value(LaneIndex)> term) {
  CodeBuilder &code = emitter.code;
  return code.loop(code.constant(0), size, 1, ValueRange{start},
                   [&](Value k, ValueRange carried) {
                     ElementEmitter::Scope scope(emitter);
                     Value value = term(LaneIndex::uniform(k));
                     Value sum = carried[0];
                     if (CodeBuilder::isVector(sum))
                       value = code.broadcast(value);
                     return CodeBuilder::Values{isFloat(sum)
                                                    ? code.addf(sum, value)
                                                    : code.add(sum, value)};
                   })[0];
}

static Value multiply(CodeBuilder &code, Value x, Value y) {
  return isFloat(x) ? code.mulf(x, y) : code.mul(x, y);
}

namespace {
struct LinearModel : ElementOpInterface::ExternalModel<LinearModel, LinearOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto linear = cast<LinearOp>(op);
    CodeBuilder &code = emitter.code;
    Value input = linear.getInput();
    LaneIndex column = index.back();
    Value result =
        sumOver(emitter, emitter.size(input, index.size() - 1),
                zeroAt(emitter, linear.getResult(), index), [&](LaneIndex k) {
                  LaneIndices at(index);
                  at.back() = k;
                  Value x = emitter.element(input, at);
                  return code.mulf(x, weightAt(emitter, linear, column, k));
                });
    if (Value bias = linear.getBias())
      result = code.addf(result, emitter.element(bias, {column}));
    return result;
  }

private:
  static Value weightAt(ElementEmitter &emitter, LinearOp linear,
                        LaneIndex column, LaneIndex k) {
    CodeBuilder &code = emitter.code;
    if (!linear.getPanel())
      return emitter.element(linear.getWeight(), {column, k});
    Value panel = code.constant(*linear.getPanel());
    Value number = emitter.asNumber(column);
    return emitter.element(linear.getWeight(),
                           {indexOf(code.floorDiv(number, panel)), k,
                            indexOf(code.mod(number, panel))});
  }
};

struct MatMulModel : ElementOpInterface::ExternalModel<MatMulModel, MatMulOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto matmul = cast<MatMulOp>(op);
    Value lhs = matmul.getLhs(), rhs = matmul.getRhs();
    ArrayRef<LaneIndex> batch = index.drop_back(2);
    LaneIndex row = index[index.size() - 2], column = index.back();
    return sumOver(
        emitter, emitter.size(lhs, emitter.sizesOf(lhs).size() - 1),
        zeroAt(emitter, matmul.getResult(), index), [&](LaneIndex k) {
          LaneIndices left(batch), right(batch);
          left.append({row, k});
          right.append({k, column});
          return multiply(emitter.code, emitter.broadcastElement(lhs, left),
                          emitter.broadcastElement(rhs, right));
        });
  }
};

struct AttentionModel
    : ElementOpInterface::ExternalModel<AttentionModel, AttentionOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto attention = cast<AttentionOp>(op);
    CodeBuilder &code = emitter.code;
    VectorMath math(code);
    Value keys = code.size(emitter.sizesOf(attention.getKey())[1]);
    double infinity = std::numeric_limits<double>::infinity();
    LaneIndices outer(index.drop_back());
    auto over = [&](Value start, function_ref<Value(Value, LaneIndex)> step) {
      return code.loop(code.constant(0), keys, 1, ValueRange{start},
                       [&](Value t, ValueRange carried) {
                         ElementEmitter::Scope scope(emitter);
                         return CodeBuilder::Values{
                             step(carried[0], LaneIndex::uniform(t))};
                       })[0];
    };
    CodeBuilder::Values known = emitter.rememberForRow(op, outer, [&] {
      Value zero = zeroAt(emitter, attention.getResult(), outer);
      Value top = over(code.number(zero.getType(), -infinity),
                       [&](Value top, LaneIndex t) -> Value {
                         return code.make<arith::MaximumFOp>(
                             top, score(emitter, attention, outer, t));
                       });
      Value isEmpty = code.compare(CmpFPredicate::OEQ, top,
                                   code.number(top.getType(), -infinity));
      top = code.select(isEmpty, zero, top);
      Value sum = over(zero, [&](Value sum, LaneIndex t) {
        Value x = score(emitter, attention, outer, t);
        return code.addf(sum, math.exp(code.subf(x, top)));
      });
      Value one = code.number(zero.getType(), 1);
      return CodeBuilder::Values{
          top, code.divf(one, code.select(isEmpty, one, sum))};
    });
    Value start = zeroAt(emitter, attention.getResult(), index);
    Value result = over(start, [&](Value sum, LaneIndex t) {
      Value x = score(emitter, attention, outer, t);
      Value weight = math.exp(code.subf(x, known[0]));
      LaneIndices at{outer[0], t, group(emitter, attention, outer[2]),
                     index[3]};
      Value value = emitter.element(attention.getValue(), at);
      return code.addf(sum, code.mulf(weight, value));
    });
    return code.mulf(result, known[1]);
  }

private:
  /// The head of key and value that query head `head` attends to.
  static LaneIndex group(ElementEmitter &emitter, AttentionOp attention,
                         LaneIndex head) {
    CodeBuilder &code = emitter.code;
    SizeExpr share = floorDiv(emitter.sizesOf(attention.getQuery())[2],
                              emitter.sizesOf(attention.getKey())[2]);
    if (share.asConstant() == 1)
      return head;
    return indexOf(code.floorDiv(emitter.asNumber(head), code.size(share)));
  }

  /// The masked score of key `t` for the query at `outer` = [b, s, h].
  static Value score(ElementEmitter &emitter, AttentionOp attention,
                     ArrayRef<LaneIndex> outer, LaneIndex t) {
    CodeBuilder &code = emitter.code;
    const Sizes &query = emitter.sizesOf(attention.getQuery());
    const Sizes &key = emitter.sizesOf(attention.getKey());
    LaneIndex head = group(emitter, attention, outer[2]);
    Value sum = sumOver(
        emitter, code.size(query[3]),
        zeroAt(emitter, attention.getResult(), outer), [&](LaneIndex d) {
          LaneIndices left(outer);
          left.push_back(d);
          Value x = emitter.element(attention.getQuery(), left);
          Value y = emitter.element(attention.getKey(), {outer[0], t, head, d});
          return code.mulf(x, y);
        });
    sum = code.mulf(sum, code.number(sum.getType(),
                                     attention.getScale().convertToDouble()));
    if (Value mask = attention.getMask())
      sum = code.addf(sum, emitter.broadcastElement(
                               mask, {outer[0], outer[2], outer[1], t}));
    if (attention.getCausal()) {
      LaneIndex last = emitter.add(
          outer[1], LaneIndex::uniform(code.size(key[1] - query[1])));
      Value hidden =
          code.compare(CmpIPredicate::sgt, t.value, emitter.asNumber(last));
      sum = code.select(
          hidden,
          code.number(sum.getType(), -std::numeric_limits<double>::infinity()),
          sum);
    }
    return sum;
  }
};
} // namespace

void attachContractionModels(MLIRContext &context) {
  LinearOp::attachInterface<LinearModel>(context);
  MatMulOp::attachInterface<MatMulModel>(context);
  AttentionOp::attachInterface<AttentionModel>(context);
}

} // namespace weft
