//===- RowProduct.cpp - Products of few rows ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/RowProduct.h"

#include "lib/Codegen/Common/ElementModels.h"
#include "lib/Codegen/Common/TeamLoop.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace weft::cuda {

static constexpr int64_t warpLanes = CUDACodeBuilder::warpLanes;
/// What a block of the product's kernel has beside its tiles, at least.
static constexpr int64_t inputBytesLimit = 32 * 1024;

//===----------------------------------------------------------------------===//
// What all have in common
//===----------------------------------------------------------------------===//

bool RowProduct::staysInShared() const {
  std::optional<int64_t> depth = product.depth.asConstant();
  return !emitter.inMemory(product.lhs) && depth &&
         *depth * 4 <= inputBytesLimit;
}

int64_t RowProduct::inputBytes() const {
  return staysInShared() ? *product.depth.asConstant() * 4 : 0;
}

void RowProduct::bringInput(Value row) {
  inputIndex = product.inputIndex(emitter, row);
  if (!staysInShared())
    return;
  code.lanes = Product::vectorLanes(product.depth, 4);
  Value rank = code.threadId();
  code.setTeam({rank, code.blockThreads()});
  // What the row computes once goes before this op.
  Operation *point =
      code.make<arith::ConstantOp>(code.builder.getI64IntegerAttr(0));
  emitter.startRow(point);
  // Those of the row before are read no more.
  code.barrier();
  loopInTeam(code, product.depth, code.lanes, ValueRange(),
             [&](Value depth, Value isInside, ValueRange) {
               ElementEmitter::Scope scope(emitter);
               LaneIndices at = inputIndex;
               bool isOne = code.lanes == 1;
               at.push_back(isOne ? LaneIndex::uniform(depth)
                                  : LaneIndex::consecutive(depth));
               Value value = emitter.broadcastElement(product.lhs, at);
               ifInside(code, isInside, [&] {
                 code.store(isOne ? value : code.broadcast(value),
                            code.address(shared, code.f32(), depth), Value(),
                            /*isAligned=*/true);
               });
               return Values();
             });
  point->erase();
  emitter.startRow(nullptr);
  code.barrier();
}

Value RowProduct::input(Value depth, int64_t count) {
  Type vector = CodeBuilder::vectorOf(code.f32(), count);
  if (staysInShared()) {
    Value address = code.address(shared, code.f32(), depth);
    if (count == 1)
      return code.load(code.f32(), address);
    return code.make<LLVM::LoadOp>(vector, address, 16);
  }
  code.lanes = count;
  LaneIndices at = inputIndex;
  at.push_back(count == 1 ? LaneIndex::uniform(depth)
                          : LaneIndex::consecutive(depth));
  Value value = emitter.broadcastElement(product.lhs, at);
  return count == 1 ? value : code.broadcast(value);
}

Value RowProduct::sumOfWarp(Value value) {
  for (int64_t mask = warpLanes / 2; mask > 0; mask /= 2)
    value = code.addf(value, code.shuffleXor(value, mask));
  return value;
}

Value RowProduct::sumOfVector(Value value) {
  if (!CodeBuilder::isVector(value))
    return value;
  code.lanes = cast<VectorType>(value.getType()).getDimSize(0);
  return code.foldLanes(
      value, [&](Value lhs, Value rhs) { return code.addf(lhs, rhs); });
}

void RowProduct::store(Value row, Value column, Value isOurs, Value sum) {
  Value isColumn = code.compare(arith::CmpIPredicate::slt, column,
                                code.size(product.columns));
  code.lanes = 1;
  code.branch(code.make<arith::AndIOp>(isOurs, isColumn), [&] {
    ElementEmitter::Scope scope(emitter);
    LaneIndices at = product.rowIndex(emitter, row);
    at.push_back(LaneIndex::uniform(column));
    storeProduct(emitter, output, product, at, sum);
  });
}

void RowProduct::emit(Value sharedMemory, Value firstColumn) {
  shared = sharedMemory;
  code.loop(code.constant(0), code.size(product.rows), 1, [&](Value row) {
    ElementEmitter::Scope scope(emitter);
    bringInput(row);
    emitRow(row, firstColumn);
  });
}

//===----------------------------------------------------------------------===//
// Weights row by row
//===----------------------------------------------------------------------===//

namespace {
/// A warp computes some columns, its lanes have terms of each.
class ElementRowProduct : public RowProduct {
public:
  ElementRowProduct(ElementEmitter &emitter, const KernelOutput &output,
                    const Product &product);
  int64_t blockColumns() const override {
    return warpColumns * code.blockThreads() / warpLanes;
  }

private:
  void emitRow(Value row, Value firstColumn) override;
  /// The sums with the terms of one vector of each lane, from `depth` on.
  Values addTerms(ArrayRef<LaneIndex> columns, Value depth, ValueRange sums);
  int64_t warpColumns, lanes;
  /// Vectors of a lane in each turn of the loop.
  int64_t together = 1;
};
} // namespace

ElementRowProduct::ElementRowProduct(ElementEmitter &emitter,
                                     const KernelOutput &output,
                                     const Product &product)
    : RowProduct(emitter, output, product) {
  // A matrix of few columns is shared by more warps.
  constexpr int64_t mostColumns = 4, manyWarps = 1024;
  int64_t columns = product.columns.asConstant().value_or(mostColumns);
  warpColumns = llvm::bit_floor(static_cast<uint64_t>(
      std::clamp<int64_t>(columns / manyWarps, 1, mostColumns)));
  // 16 bytes of the wider of the two, where a warp's lie side by side.
  bool isNarrow = !elementTypeOf(product.rhs).isF32();
  bool readsFloats = elementTypeOf(product.lhs).isF32();
  lanes = Product::vectorLanes(product.depth, isNarrow && !readsFloats ? 8 : 4);
  constexpr int64_t two = 2;
  if (isNarrow && readsFloats && lanes > 1 &&
      product.depth.asConstant().value_or(1) % (two * lanes * warpLanes) == 0)
    together = two;
}

ElementRowProduct::Values
ElementRowProduct::addTerms(ArrayRef<LaneIndex> columns, Value depth,
                            ValueRange sums) {
  Value factor = input(depth, lanes);
  code.lanes = lanes;
  Values results;
  for (auto [column, sum] : llvm::zip_equal(columns, sums)) {
    Value weight = emitter.element(
        product.rhs, {column, lanes == 1 ? LaneIndex::uniform(depth)
                                         : LaneIndex::consecutive(depth)});
    results.push_back(code.fma(weight, factor, sum));
  }
  return results;
}

void ElementRowProduct::emitRow(Value row, Value firstColumn) {
  Value thread = code.threadId();
  Value lane = code.mod(thread, code.constant(warpLanes));
  Value warp = code.floorDiv(thread, code.constant(warpLanes));
  Value first =
      code.add(firstColumn, code.mul(warp, code.constant(warpColumns)));
  SmallVector<LaneIndex> columns;
  for (int64_t i = 0; i < warpColumns; ++i)
    // Beyond the last column, the last one is computed again.
    columns.push_back(LaneIndex::uniform(code.minimum(
        code.add(first, code.constant(i)), code.size(product.columns - 1))));
  Type type =
      lanes == 1 ? code.f32() : CodeBuilder::vectorOf(code.f32(), lanes);
  Values start(warpColumns, code.number(type, 0));
  Values sums = code.loop(
      code.mul(lane, code.constant(lanes)), code.size(product.depth),
      code.constant(together * warpLanes * lanes), start,
      [&](Value depth, ValueRange carried) {
        ElementEmitter::Scope scope(emitter);
        Values results(carried);
        for (int64_t i = 0; i < together; ++i)
          results = addTerms(
              columns, code.add(depth, code.constant(i * warpLanes * lanes)),
              results);
        return results;
      });
  Value ours = code.ofLane(lane, warpColumns, [&](int64_t i) {
    return sumOfWarp(sumOfVector(sums[i]));
  });
  store(
      row, code.add(first, lane),
      code.compare(arith::CmpIPredicate::slt, lane, code.constant(warpColumns)),
      ours);
}

std::unique_ptr<RowProduct> RowProduct::make(ElementEmitter &emitter,
                                             const KernelOutput &output,
                                             const Product &product) {
  if (auto blocks = makeBlockRowProduct(emitter, output, product))
    return blocks;
  return std::make_unique<ElementRowProduct>(emitter, output, product);
}

} // namespace weft::cuda
