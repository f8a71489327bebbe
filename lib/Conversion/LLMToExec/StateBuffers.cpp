//===- StateBuffers.cpp - Values in the memory of states ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Conversion/LLMToExec/StateBuffers.h"

#include "dialects/Exec/IR/Exec.h"

using namespace mlir;
namespace weft {

static SizesAttr getStateBytes(RankedTensorType type) {
  return exec::getSizeAttr(type.getContext(), SizeExpr(*getStorageBytes(type)));
}

Value StateBuffers::findPool(KernelOp kernel) {
  Block &body = kernel.getBody().front();
  auto write =
      body.getTerminator()->getOperand(0).getDefiningOp<WriteCacheOp>();
  auto argument =
      write ? dyn_cast<BlockArgument>(write.getPool()) : BlockArgument();
  return argument ? kernel.getInputs()[argument.getArgNumber()] : Value();
}

StateBuffers::State &StateBuffers::getState(FlatSymbolRefAttr name,
                                            RankedTensorType type,
                                            OpBuilder &builder,
                                            Location location) {
  State &state = states[name.getAttr()];
  if (!state.buffer)
    state.buffer =
        exec::StateOp::create(builder, location, name, getStateBytes(type));
  return state;
}

FailureOr<Value> StateBuffers::load(LoadStateOp load, OpBuilder &builder) {
  State &state =
      getState(load.getStateAttr(), cast<RankedTensorType>(load.getType()),
               builder, load.getLoc());
  if (state.version != state.stored) {
    InFlightDiagnostic error = load.emitOpError()
                               << "reads " << load.getStateAttr()
                               << ", whose memory holds a value that no "
                                  "llm.store_state has stored yet";
    error.attachNote(state.writer->getLoc()) << "which was written here";
    return error;
  }
  places[load.getResult()] = {load.getStateAttr().getAttr(), state.version};
  return state.buffer;
}

void StateBuffers::alias(Value source, Value result) {
  if (auto place = places.find(source); place != places.end()) {
    Place copy = place->second;
    places[result] = copy;
  }
}

LogicalResult StateBuffers::write(Operation *writer, Value pool, Value result) {
  auto place = places.find(pool);
  if (place == places.end())
    return writer->emitOpError(
        "writes in place to a value that is no state's; load it by "
        "llm.load_state");
  StringAttr name = place->second.state;
  State &state = states[name];
  state.writer = writer;
  places[result] = {name, ++state.version};
  return success();
}

LogicalResult StateBuffers::store(StoreStateOp store, Value buffer,
                                  OpBuilder &builder) {
  StringAttr name = store.getStateAttr().getAttr();
  auto type = cast<RankedTensorType>(store.getValue().getType());
  State &state = getState(store.getStateAttr(), type, builder, store.getLoc());
  auto place = places.find(store.getValue());
  if (place != places.end() && place->second.state != name)
    return store.emitOpError()
           << "stores a value of "
           << FlatSymbolRefAttr::get(place->second.state) << " to "
           << store.getStateAttr() << "; a cache stays in its own state";
  if (place == places.end()) {
    SizesAttr zero = exec::getSizeAttr(store.getContext(), 0);
    exec::CopyOp::create(builder, store.getLoc(), buffer, zero, state.buffer,
                         zero, getStateBytes(type));
    state.writer = store;
    ++state.version;
  }
  state.stored = state.version;
  return success();
}

LogicalResult StateBuffers::checkOperands(Operation *op) const {
  for (Value operand : op->getOperands()) {
    auto place = places.find(operand);
    if (place == places.end())
      continue;
    const State &state = states.find(place->second.state)->second;
    if (state.version == place->second.version)
      continue;
    InFlightDiagnostic error = op->emitOpError()
                               << "uses a value of "
                               << FlatSymbolRefAttr::get(place->second.state)
                               << " that was overwritten in place before";
    error.attachNote(state.writer->getLoc()) << "by this op";
    return error;
  }
  return success();
}

LogicalResult StateBuffers::checkAllStored() const {
  for (const auto &[name, state] : states)
    if (state.version != state.stored)
      return state.writer->emitOpError()
             << "writes to the memory of " << FlatSymbolRefAttr::get(name)
             << ", but no llm.store_state stores the result";
  return success();
}

void convertStates(ModuleOp module) {
  for (auto state : llvm::make_early_inc_range(module.getOps<StateOp>())) {
    RankedTensorType type = state.getTensorType();
    SmallVector<int64_t> shape(type.getShape());
    OpBuilder builder(state);
    Type element = type.getElementType();
    // The runtime holds bytes.
    if (auto block = dyn_cast<BlockType>(element)) {
      element = builder.getI8Type();
      shape.back() =
          shape.back() / block.getInfo().elements * block.getInfo().bytes;
    }
    Sizes sizes(shape.begin(), shape.end());
    exec::DeclareStateOp::create(
        builder, state.getLoc(), state.getSymName(), element,
        SizesAttr::get(module.getContext(), ArrayRef<SizeExpr>(sizes)));
    state.erase();
  }
}

} // namespace weft
