//===- MergeAttentionModel.cpp - Attention from its parts -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/MergeAttentionModel.h"

#include "dialects/LLM/IR/AttentionParts.h"
#include "lib/Codegen/Common/ElementModels.h"
#include "lib/Codegen/Common/PagedSequences.h"
#include "lib/Codegen/Common/VectorMath.h"

#include <numbers>

using namespace mlir;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace weft {

namespace {
class MergeEmitter {
public:
  MergeEmitter(ElementEmitter &emitter, MergeAttentionOp op,
               ArrayRef<LaneIndex> index)
      : emitter(emitter), code(emitter.code), op(op), token(index[0]),
        head(index[1]), column(index[2]) {}

  Value emit();

private:
  /// Of a head of a token.
  struct Row {
    Value firstPart, partCount; ///< Rows of parts behind the token's own.
    Value greatest, inverse;    ///< Logarithm; of the sum of weights.
    Value ownWeight;            ///< Of the token's own row.
  };
  Row findRow();
  Value element(Value row, LaneIndex column) {
    return emitter.element(op.getParts(),
                           {LaneIndex::uniform(row), head, column});
  }
  Value logarithm(Value row) {
    Value last = code.sub(emitter.size(op.getParts(), 2), code.constant(1));
    return element(row, LaneIndex::uniform(last));
  }
  Value weight(Value logarithm, Value greatest) {
    Value below = code.subf(logarithm, greatest);
    return VectorMath(code).exp2OfNegative(
        code.mulf(below, code.number(below.getType(), std::numbers::log2e)));
  }
  Value isNothing(Value logarithm) {
    return code.compare(CmpFPredicate::OEQ, logarithm,
                        code.number(logarithm.getType(),
                                    -std::numeric_limits<double>::infinity()));
  }

  ElementEmitter &emitter;
  CodeBuilder &code;
  MergeAttentionOp op;
  LaneIndex token, head, column;
};

struct MergeAttentionModel
    : ElementOpInterface::ExternalModel<MergeAttentionModel, MergeAttentionOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto merge = cast<MergeAttentionOp>(op);
    if (!ElementEmitter::computeType(elementTypeOf(merge.getParts())).isF32())
      return emitter.unsupported(
          op, "has no form for f64 on a CPU; compute it in f32");
    if (!index[0].isUniform())
      return emitter.unsupported(
          op, "has no form on a CPU for lanes of several tokens");
    return MergeEmitter(emitter, merge, index).emit();
  }
};
} // namespace

MergeEmitter::Row MergeEmitter::findRow() {
  Value starts = op.getSequenceStart(), zero = code.constant(0);
  Value count = emitter.size(op.getPositions(), 0);
  Value sequences = code.sub(emitter.size(starts, 0), code.constant(1));
  // The sequence that has this token alone.
  Value alone = code.loop(
      zero, sequences, 1, ValueRange{code.constant(-1)},
      [&](Value sequence, ValueRange carried) {
        ElementEmitter::Scope scope(emitter);
        Value start = loadNumber(emitter, starts, {sequence});
        Value end =
            loadNumber(emitter, starts, {code.add(sequence, code.constant(1))});
        Value isHere = code.make<arith::AndIOp>(
            code.compare(CmpIPredicate::eq, start, token.value),
            code.compare(CmpIPredicate::eq, end,
                         code.add(token.value, code.constant(1))));
        return CodeBuilder::Values{code.select(isHere, sequence, carried[0])};
      })[0];
  Value each = code.floorDiv(code.sub(emitter.size(op.getParts(), 0), count),
                             code.maximum(sequences, code.constant(1)));
  Row row;
  Value isAlone = code.compare(CmpIPredicate::sge, alone, zero);
  row.partCount = code.select(isAlone, each, zero);
  row.firstPart = code.add(count, code.mul(code.maximum(alone, zero), each));
  auto forParts = [&](Value start, function_ref<Value(Value, Value)> combine) {
    return code.loop(zero, row.partCount, 1, ValueRange{start},
                     [&](Value i, ValueRange carried) {
                       ElementEmitter::Scope scope(emitter);
                       Value part = logarithm(code.add(row.firstPart, i));
                       return CodeBuilder::Values{combine(carried[0], part)};
                     })[0];
  };
  Value own = logarithm(token.value);
  Value greatest = forParts(own, [&](Value lhs, Value rhs) {
    return code.select(code.compare(CmpFPredicate::OGT, rhs, lhs), rhs, lhs);
  });
  // Where all are -infinity, any other number makes all weights 0.
  row.greatest = code.select(isNothing(greatest),
                             code.number(greatest.getType(), 0), greatest);
  row.ownWeight = weight(own, row.greatest);
  Value sum = forParts(row.ownWeight, [&](Value lhs, Value rhs) {
    return code.addf(lhs, weight(rhs, row.greatest));
  });
  Value one = code.number(sum.getType(), 1);
  Value isEmpty =
      code.compare(CmpFPredicate::OEQ, sum, code.number(sum.getType(), 0));
  row.inverse = code.divf(one, code.select(isEmpty, one, sum));
  return row;
}

Value MergeEmitter::emit() {
  CodeBuilder::Values known = emitter.rememberForRow(op, {token, head}, [&] {
    Row row = findRow();
    return CodeBuilder::Values{row.firstPart, row.partCount, row.greatest,
                               row.inverse, row.ownWeight};
  });
  Row row{known[0], known[1], known[2], known[3], known[4]};
  // The elements of a part that saw nothing may be anything.
  auto weighted = [&](Value part, Value weight) {
    Value isNothing = code.compare(CmpFPredicate::OEQ, weight,
                                   code.number(weight.getType(), 0));
    Value seen = code.select(isNothing, code.number(part.getType(), 0), part);
    return code.mulf(seen, weight);
  };
  Value own = weighted(element(token.value, column), row.ownWeight);
  Value rest = code.loop(
      code.constant(0), row.partCount, 1,
      ValueRange{code.number(own.getType(), 0)},
      [&](Value i, ValueRange carried) {
        ElementEmitter::Scope scope(emitter);
        Value number = code.add(row.firstPart, i);
        return CodeBuilder::Values{code.addf(
            carried[0], weighted(element(number, column),
                                 weight(logarithm(number), row.greatest)))};
      })[0];
  return code.mulf(code.addf(own, rest), row.inverse);
}

void attachMergeAttentionModel(MLIRContext &context) {
  MergeAttentionOp::attachInterface<MergeAttentionModel>(context);
}

} // namespace weft
