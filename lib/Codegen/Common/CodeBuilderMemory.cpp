//===- CodeBuilderMemory.cpp - Loads, stores and control flow -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/CodeBuilder.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace weft {

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Type CodeBuilder::storage(Type element) {
  // Narrow floats are bits here: LLVM would convert them with calls.
  if (element.isF16() || element.isBF16())
    return IntegerType::get(element.getContext(), 16);
  auto integer = dyn_cast<IntegerType>(element);
  if (!integer)
    return element;
  return IntegerType::get(element.getContext(),
                          std::max(8u, integer.getWidth()));
}

int64_t CodeBuilder::storageBytes(Type element) {
  return storage(element).getIntOrFloatBitWidth() / 8;
}

Value CodeBuilder::address(Value base, Type element, Value index) {
  if (std::optional<int64_t> number = asConstant(index))
    return address(base, element, *number);
  Type type = base.getType();
  if (auto vector = dyn_cast<VectorType>(index.getType()))
    type = VectorType::get(vector.getShape(), base.getType());
  return make<LLVM::GEPOp>(type, storage(element), base,
                           ArrayRef<LLVM::GEPArg>{index});
}

Value CodeBuilder::address(Value base, Type element, int64_t index) {
  if (index == 0)
    return base;
  if (index != int32_t(index))
    return make<LLVM::GEPOp>(
        base.getType(), storage(element), base,
        ArrayRef<LLVM::GEPArg>{LLVM::GEPArg(constant(index))});
  return make<LLVM::GEPOp>(base.getType(), storage(element), base,
                           ArrayRef<LLVM::GEPArg>{int32_t(index)});
}

Value CodeBuilder::load(Type type, Value address) {
  Type element = getElementTypeOrSelf(type);
  unsigned alignment =
      isa<LLVM::LLVMPointerType>(element) ? 8 : storageBytes(element);
  return make<LLVM::LoadOp>(type, address, alignment);
}

Value CodeBuilder::loadLanes(Type element, Value address, Value mask,
                             bool isAligned) {
  VectorType type = vectorOf(storage(element));
  unsigned alignment = storageBytes(element) * (isAligned ? lanes : 1);
  if (isa<VectorType>(address.getType())) {
    Value all = mask ? mask : integer(vectorOf(i1()), 1);
    return make<LLVM::masked_gather>(type, address, all,
                                     ValueRange{number(type, 0)}, alignment);
  }
  if (!mask)
    return make<LLVM::LoadOp>(type, address, alignment);
  return make<LLVM::MaskedLoadOp>(type, address, mask, number(type, 0),
                                  alignment);
}

void CodeBuilder::store(Value value, Value address, Value mask,
                        bool isAligned) {
  unsigned alignment = storageBytes(getElementTypeOrSelf(value.getType())) *
                       (isAligned ? lanes : 1);
  if (mask)
    make<LLVM::MaskedStoreOp>(value, address, mask, alignment);
  else
    make<LLVM::StoreOp>(value, address, alignment);
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

CodeBuilder::Values
CodeBuilder::loop(Value from, Value to, Value step, ValueRange carried,
                  function_ref<Values(Value, ValueRange)> body) {
  auto loop = make<scf::ForOp>(from, to, step, carried);
  // Filled where it stands: whether a value is known before a row's loop is
  // asked of the blocks around.
  Block &block = *loop.getBody();
  if (carried.empty())
    block.clear();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&block);
  make<scf::YieldOp>(body(loop.getInductionVar(), loop.getRegionIterArgs()));
  return Values(loop.getResults());
}

void CodeBuilder::loop(Value from, Value to, Value step,
                       function_ref<void(Value)> body) {
  loop(from, to, step, ValueRange(), [&](Value index, ValueRange) {
    body(index);
    return Values();
  });
}

CodeBuilder::Values CodeBuilder::branch(Value condition,
                                        function_ref<Values()> then,
                                        function_ref<Values()> otherwise) {
  // Arms are filled where they are: what is emitted in them asks which blocks
  // lie around it. The types of the results are known only then.
  auto branch = make<scf::IfOp>(TypeRange(), condition, /*addThenBlock=*/true,
                                /*addElseBlock=*/true);
  auto fill = [&](Region &arm, function_ref<Values()> body) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&arm.front());
    Values results = body();
    make<scf::YieldOp>(results);
    return results;
  };
  Values results = fill(branch.getThenRegion(), then);
  fill(branch.getElseRegion(), otherwise);
  if (results.empty())
    return results;
  auto typed = make<scf::IfOp>(TypeRange(ValueRange(results)), condition,
                               /*addThenBlock=*/false, /*addElseBlock=*/false);
  typed.getThenRegion().takeBody(branch.getThenRegion());
  typed.getElseRegion().takeBody(branch.getElseRegion());
  branch.erase();
  return Values(typed.getResults());
}

void CodeBuilder::branch(Value condition, function_ref<void()> then) {
  auto branch = make<scf::IfOp>(TypeRange(), condition, /*addThenBlock=*/true,
                                /*addElseBlock=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&branch.getThenRegion().front());
  then();
  make<scf::YieldOp>();
}

void CodeBuilder::choose(Value number, int64_t highest,
                         function_ref<void(int64_t)> body) {
  Value index = make<arith::IndexCastOp>(builder.getIndexType(), number);
  SmallVector<int64_t> cases;
  for (int64_t i = 1; i <= highest; ++i)
    cases.push_back(i);
  auto choice =
      make<scf::IndexSwitchOp>(TypeRange(), index, cases, cases.size());
  OpBuilder::InsertionGuard guard(builder);
  auto fill = [&](Region &region, int64_t value) {
    builder.createBlock(&region);
    if (value)
      body(value);
    make<scf::YieldOp>();
  };
  fill(choice.getDefaultRegion(), 0);
  for (auto [region, value] : llvm::zip_equal(choice.getCaseRegions(), cases))
    fill(region, value);
}

} // namespace weft
