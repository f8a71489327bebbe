//===- IndexingModels.cpp - Ops that read or make indices -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Scalars.h"
#include "lib/Codegen/Common/ElementModels.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft {

Value checkedIndex(ElementEmitter &emitter, Value raw, Type type, Value size,
                   bool countsFromEnd) {
  CodeBuilder &code = emitter.code;
  Type wide = CodeBuilder::withElement(raw.getType(), code.i64());
  if (type.getIntOrFloatBitWidth() < 64)
    raw = isUnsignedElement(type) ? Value(code.make<arith::ExtUIOp>(wide, raw))
                                  : Value(code.make<arith::ExtSIOp>(wide, raw));
  Value zero = code.constant(0);
  if (countsFromEnd) {
    Value isNegative = code.compare(CmpIPredicate::slt, raw, zero);
    raw = code.select(isNegative, code.add(raw, size), raw);
  }
  // One unsigned comparison sees both ends.
  emitter.reportError(code.compare(CmpIPredicate::uge, raw, size),
                      WEFT_ERROR_INDEX_OUT_OF_RANGE);
  return code.minimum(code.maximum(raw, zero),
                      code.sub(size, code.constant(1)));
}

/// The checked index, computed once for a row when it can be.
static LaneIndex indexFrom(ElementEmitter &emitter, Operation *op,
                           Value indices, ArrayRef<LaneIndex> position,
                           Value size, bool countsFromEnd) {
  return indexOf(emitter.rememberForRow(op, position, [&] {
    return ElementEmitter::Values{
        checkedIndex(emitter, emitter.element(indices, position),
                     elementTypeOf(indices), size, countsFromEnd)};
  })[0]);
}

namespace {
struct EmbeddingModel
    : ElementOpInterface::ExternalModel<EmbeddingModel, EmbeddingOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto embedding = cast<EmbeddingOp>(op);
    Value table = embedding.getTable();
    LaneIndex row =
        indexFrom(emitter, op, embedding.getIds(), index.drop_back(),
                  emitter.size(table, 0), /*countsFromEnd=*/false);
    return emitter.element(table, {row, index.back()});
  }
};

struct GatherModel : ElementOpInterface::ExternalModel<GatherModel, GatherOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto gather = cast<GatherOp>(op);
    Value input = gather.getInput(), indices = gather.getIndices();
    size_t axis = gather.getAxis(), count = emitter.sizesOf(indices).size();
    LaneIndex at = indexFrom(emitter, op, indices, index.slice(axis, count),
                             emitter.size(input, axis),
                             /*countsFromEnd=*/true);
    LaneIndices picked(index.take_front(axis));
    picked.push_back(at);
    picked.append(index.drop_front(axis + count).begin(), index.end());
    return emitter.element(input, picked);
  }
};

struct IotaModel : ElementOpInterface::ExternalModel<IotaModel, IotaOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    CodeBuilder &code = emitter.code;
    Value number = emitter.asNumber(index[cast<IotaOp>(op).getAxis()]);
    Type element = ElementEmitter::computeType(elementTypeOf(op->getResult(0)));
    Type type = CodeBuilder::withElement(number.getType(), element);
    if (isa<FloatType>(element))
      return code.make<arith::SIToFPOp>(type, number);
    if (element.getIntOrFloatBitWidth() < 64)
      return code.make<arith::TruncIOp>(type, number);
    return number;
  }
};

struct SizesToTensorModel
    : ElementOpInterface::ExternalModel<SizesToTensorModel, SizesToTensorOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    CodeBuilder &code = emitter.code;
    Sizes sizes = cast<SizesToTensorOp>(op).getSizes().getExprs();
    Type element = ElementEmitter::computeType(elementTypeOf(op->getResult(0)));
    Value result = code.constant(0);
    if (index.empty() && !sizes.empty())
      result = code.size(sizes[0]);
    for (auto [i, size] : llvm::enumerate(sizes))
      if (!index.empty())
        result = code.select(code.compare(CmpIPredicate::eq,
                                          emitter.asNumber(index[0]),
                                          code.constant(i)),
                             code.size(size), result);
    if (element.getIntOrFloatBitWidth() < 64)
      result = code.make<arith::TruncIOp>(
          CodeBuilder::withElement(result.getType(), element), result);
    return result;
  }
};
} // namespace

void attachIndexingModels(MLIRContext &context) {
  EmbeddingOp::attachInterface<EmbeddingModel>(context);
  GatherOp::attachInterface<GatherModel>(context);
  IotaOp::attachInterface<IotaModel>(context);
  SizesToTensorOp::attachInterface<SizesToTensorModel>(context);
}

} // namespace weft
