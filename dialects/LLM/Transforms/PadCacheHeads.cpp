//===- PadCacheHeads.cpp - Whole vectors in the heads of caches -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/Passes.h"

#include "dialects/LLM/Analysis/SizeAnalysis.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_PADCACHEHEADSPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// A state that is nothing but the pool of a paged cache: its values, and the
/// dimension that counts the elements of a head.
struct Pool {
  StateOp state;
  SmallVector<Value> values;
  std::optional<unsigned> headDimension;

  /// False where another dimension counts them elsewhere.
  bool setHeadDimension(unsigned dimension) {
    if (!headDimension)
      headDimension = dimension;
    return headDimension == dimension;
  }

  /// False if something but attention uses the value.
  bool add(Value value) {
    values.push_back(value);
    return llvm::all_of(value.getUses(), [&](OpOperand &use) {
      Operation *user = use.getOwner();
      if (auto write = dyn_cast<WriteCacheOp>(user))
        return use.get() == write.getPool() && write.getRows() != value &&
               setHeadDimension(write.getTransposed() ? 2 : 3) &&
               add(write.getResult());
      if (auto attention = dyn_cast<PagedAttentionOp>(user))
        return setHeadDimension(value == attention.getKeys() ? 2 : 3);
      auto store = dyn_cast<StoreStateOp>(user);
      return store && store.getState() == state.getSymName();
    });
  }
};

struct PadCacheHeadsPass : impl::PadCacheHeadsPassBase<PadCacheHeadsPass> {
  using PadCacheHeadsPassBase::PadCacheHeadsPassBase;

  void runOnOperation() override {
    if (multiple < 1) {
      getOperation().emitError()
          << "heads of caches are to be multiples of " << multiple.getValue()
          << "; expected a positive number";
      return signalPassFailure();
    }
    SizeAnalysis sizes(getOperation());
    for (auto state : getOperation().getOps<StateOp>())
      if (std::optional<Pool> pool = findPool(state))
        pad(*pool);
    getOperation().walk([&](Operation *op) {
      if (auto write = dyn_cast<WriteCacheOp>(op))
        padLast(write.getRowsMutable(),
                write.getType().getDimSize(write.getTransposed() ? 2 : 3));
      else if (auto attention = dyn_cast<PagedAttentionOp>(op))
        padAttention(attention, sizes);
    });
  }

private:
  std::optional<Pool> findPool(StateOp state) {
    Pool pool{state, {}, std::nullopt};
    auto uses = SymbolTable::getSymbolUses(state, getOperation());
    for (const SymbolTable::SymbolUse &use : *uses) {
      if (auto load = dyn_cast<LoadStateOp>(use.getUser()))
        if (!pool.add(load.getResult()))
          return std::nullopt;
      if (auto store = dyn_cast<StoreStateOp>(use.getUser()))
        if (!store.getValue().getDefiningOp<WriteCacheOp>())
          return std::nullopt;
    }
    if (!pool.headDimension ||
        !isa<FloatType>(state.getTensorType().getElementType()))
      return std::nullopt;
    return pool;
  }

  int64_t grow(int64_t size) { return llvm::alignTo(size, multiple); }

  void pad(Pool &pool) {
    RankedTensorType type = pool.state.getTensorType();
    SmallVector<int64_t> shape(type.getShape());
    shape[*pool.headDimension] = grow(shape[*pool.headDimension]);
    type = type.clone(shape);
    pool.state.setType(type);
    for (Value value : pool.values)
      value.setType(type);
  }

  /// Puts zeros behind the last dimension, until it is `size` long.
  void padLast(OpOperand &operand, int64_t size) {
    auto type = cast<RankedTensorType>(operand.get().getType());
    SmallVector<int64_t> shape(type.getShape()), low(shape.size(), 0),
        high(shape.size(), 0);
    high.back() = size - shape.back();
    if (ShapedType::isDynamic(size) || shape.back() == size)
      return;
    shape.back() = size;
    OpBuilder builder(operand.getOwner());
    operand.set(PadOp::create(builder, operand.getOwner()->getLoc(),
                              type.clone(shape), operand.get(), low, high));
  }

  /// Where its pools have become larger.
  void padAttention(PagedAttentionOp op, SizeAnalysis &sizes) {
    padLast(op.getQueryMutable(), op.getKeys().getType().getDimSize(2));
    RankedTensorType type = op.getType();
    int64_t columns = op.getValues().getType().getDimSize(3);
    if (ShapedType::isDynamic(columns) || type.getDimSize(2) == columns)
      return;
    Sizes cut = sizes.getSizes(op.getResult());
    op.getResult().setType(
        type.clone({type.getDimSize(0), type.getDimSize(1), columns}));
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    auto slice = SliceOp::create(
        builder, op.getLoc(), type, op.getResult(),
        SizesAttr::get(&getContext(), Sizes(cut.size(), SizeExpr(0))),
        SizesAttr::get(&getContext(), cut), SmallVector<int64_t>(3, 1));
    op.getResult().replaceAllUsesExcept(slice.getResult(), slice);
  }
};

} // namespace
} // namespace weft
