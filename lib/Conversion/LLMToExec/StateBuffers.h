//===- StateBuffers.h - Values in the memory of states ---------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CONVERSION_LLMTOEXEC_STATEBUFFERS_H
#define LIB_CONVERSION_LLMTOEXEC_STATEBUFFERS_H

#include "dialects/LLM/IR/LLM.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/MapVector.h"

namespace weft {

/// Which values of a function lie in the memory of a state, and whether they
/// still do.
///
/// A cache is written in place: `llm.write_cache` gives a new value in the
/// memory of the old one, which is gone from then on. Ops are visited in the
/// order in which they will run, and one that still uses the old value is
/// refused; so is a new value that is not stored, or stored elsewhere.
class StateBuffers {
public:
  /// The value that `kernel` writes in place: the pool of the `llm.write_cache`
  /// that it yields. Null for any other kernel.
  static mlir::Value findPool(KernelOp kernel);

  /// The memory of the state that `load` reads.
  mlir::FailureOr<mlir::Value> load(LoadStateOp load, mlir::OpBuilder &builder);
  /// `result` lies where `source` does.
  void alias(mlir::Value source, mlir::Value result);
  /// `writer` replaces `pool` by `result` in place.
  mlir::LogicalResult write(mlir::Operation *writer, mlir::Value pool,
                            mlir::Value result);
  /// `buffer` holds the value that is stored; it is copied unless it is there.
  mlir::LogicalResult store(StoreStateOp store, mlir::Value buffer,
                            mlir::OpBuilder &builder);

  /// Fails when an operand of `op` was overwritten.
  mlir::LogicalResult checkOperands(mlir::Operation *op) const;
  /// Fails when a state was changed, but not by an `llm.store_state`.
  mlir::LogicalResult checkAllStored() const;

private:
  struct State {
    mlir::Value buffer;
    /// Counts changes of the memory; `stored` is the last one that the program
    /// asked for.
    unsigned version = 0, stored = 0;
    mlir::Operation *writer = nullptr;
  };
  struct Place {
    mlir::StringAttr state;
    unsigned version;
  };

  State &getState(mlir::FlatSymbolRefAttr name, mlir::RankedTensorType type,
                  mlir::OpBuilder &builder, mlir::Location location);

  llvm::MapVector<mlir::StringAttr, State> states;
  llvm::DenseMap<mlir::Value, Place> places;
};

/// Turns each `llm.state` into an `exec.declare_state`.
void convertStates(mlir::ModuleOp module);

} // namespace weft

#endif // LIB_CONVERSION_LLMTOEXEC_STATEBUFFERS_H
