//===- WeightInitializers.h - Weights computed at packaging -----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Turns a computation on weights into a new `llm.weight` whose initializer is a
// private function from the file's bytes:
//
//   %0 = llm.load_weight @w          =>  llm.weight @w.transposed
//   %1 = llm.transpose %0                    from @transpose(@w)
//                                        %1 = llm.load_weight @w.transposed
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_WEIGHTINITIALIZERS_H
#define DIALECTS_LLM_TRANSFORMS_WEIGHTINITIALIZERS_H

#include "dialects/LLM/IR/LLM.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace weft {

class WeightInitializers {
public:
  explicit WeightInitializers(mlir::ModuleOp module);

  /// The weight that holds `value`, which is computed from weights and
  /// constants only (see isWeightLike). Equal computations share one function;
  /// with equal sources, one weight. A source that has an initializer itself is
  /// inlined. `suffix` names the weight after its first source.
  WeightOp hoist(mlir::Value value, llvm::StringRef suffix);

  WeightOp lookup(llvm::StringRef name) {
    return symbols.lookup<WeightOp>(name);
  }

  /// Erases weights and initializers that nothing refers to any more; those
  /// that were so before stay.
  void eraseUnused();

private:
  mlir::Value clone(mlir::Value value, mlir::OpBuilder &builder,
                    mlir::Block &body, mlir::IRMapping &mapping,
                    llvm::SmallVectorImpl<mlir::Attribute> &sources);
  mlir::Value cloneSource(WeightOp weight, mlir::OpBuilder &builder,
                          mlir::Block &body,
                          llvm::SmallVectorImpl<mlir::Attribute> &sources);
  /// An existing function with the body of `function`, else `function`.
  mlir::func::FuncOp share(mlir::func::FuncOp function);

  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  llvm::SmallVector<mlir::func::FuncOp> functions;
  llvm::SmallVector<WeightOp> weights;
  /// Sources whose last user may have gone.
  llvm::SmallVector<WeightOp> replaced;
};

} // namespace weft

#endif // DIALECTS_LLM_TRANSFORMS_WEIGHTINITIALIZERS_H
