//===- RowReduction.h - Loops that combine elements -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_ROWREDUCTION_H
#define LIB_CODEGEN_COMMON_ROWREDUCTION_H

#include "lib/Codegen/Common/ElementEmitter.h"

namespace weft {

enum class CombiningKind { Sum, Product, Maximum, Minimum };

/// One accumulator.
struct Combination {
  CombiningKind kind;
  mlir::Value start;       ///< A scalar.
  bool isUnsigned = false; ///< How integers compare.
};

/// Loops over some dimensions of a tensor. Where the indices of the others are
/// uniform, lanes lie along the last reduced dimension and are combined at the
/// end; else each lane has its own accumulator.
class RowReduction {
public:
  using Values = CodeBuilder::Values;
  RowReduction(ElementEmitter &emitter, llvm::ArrayRef<SizeExpr> sizes,
               llvm::ArrayRef<LaneIndex> outer, llvm::ArrayRef<size_t> axes)
      : emitter(emitter), code(emitter.code), sizes(sizes), outer(outer),
        axes(axes) {}

  /// `terms` gives the value that goes into each accumulator at an index.
  Values reduce(llvm::ArrayRef<Combination> combinations,
                llvm::function_ref<Values(llvm::ArrayRef<LaneIndex>)> terms);

private:
  using Terms = llvm::function_ref<Values(llvm::ArrayRef<LaneIndex>)>;
  Values overAxis(size_t which, LaneIndices index, Values accumulators,
                  llvm::ArrayRef<Combination> combinations, bool alongLanes,
                  Terms terms);
  /// Each thread of the team takes its share of the axis.
  Values alongTeam(LaneIndices index, llvm::ArrayRef<Combination> combinations,
                   Terms terms);
  Values alongLastAxis(LaneIndices index, Values accumulators,
                       llvm::ArrayRef<Combination> combinations, Terms terms);
  mlir::Value combine(const Combination &combination, mlir::Value lhs,
                      mlir::Value rhs);
  mlir::Value combineLanes(const Combination &combination, mlir::Value value);

  ElementEmitter &emitter;
  CodeBuilder &code;
  Sizes sizes;
  LaneIndices outer;
  llvm::SmallVector<size_t> axes;
};

} // namespace weft

#endif // LIB_CODEGEN_COMMON_ROWREDUCTION_H
