//===- StateOps.cpp - State between steps ---------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

using namespace mlir;

namespace weft {

/// The symbol is a state of this type.
static LogicalResult verifyState(Operation *op, FlatSymbolRefAttr name,
                                 Type type,
                                 SymbolTableCollection &symbolTables) {
  auto state = symbolTables.lookupNearestSymbolFrom<StateOp>(op, name);
  if (!state)
    return op->emitOpError() << name << " is not a state of this module";
  if (state.getType() != type)
    return op->emitOpError() << "type " << type << " differs from "
                             << state.getType() << " of the state";
  return success();
}

LogicalResult
LoadStateOp::verifySymbolUses(SymbolTableCollection &symbolTables) {
  return verifyState(*this, getStateAttr(), getType(), symbolTables);
}

LogicalResult
StoreStateOp::verifySymbolUses(SymbolTableCollection &symbolTables) {
  return verifyState(*this, getStateAttr(), getValue().getType(), symbolTables);
}

Sizes LoadStateOp::reifySizes(ArrayRef<Sizes>) {
  return constantSizes(getType().getShape());
}

ShardingRule LoadStateOp::getShardingRule(ArrayRef<Sizes> operands,
                                          const Sizes &result) {
  return elementwiseRule(operands, result);
}

Cost LoadStateOp::getCost(ArrayRef<Sizes>, const Sizes &) {
  return {}; // Its users read it.
}

FailureOr<HostTensor> LoadStateOp::evaluate(ArrayRef<HostTensor>,
                                            const Evaluation &evaluation) {
  return evaluation.emitError("'llm.load_state' op needs the state " +
                              getState() + ", and none were given");
}

} // namespace weft
