//===- QuantizedRows.h - Activations as bytes -------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rows of a product's input in scratch, rounded to bytes as `activations q8`
// says: d = max |x| / 127 of each 32 elements, q = round(x / d). Beside them is
// what corrects a sum of q * w for the zero or the minima of the weights.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_QUANTIZEDROWS_H
#define LIB_CODEGEN_CPU_QUANTIZEDROWS_H

#include "lib/Codegen/CPU/BlockPanel.h"

namespace weft {

class QuantizedRows {
public:
  using Value = mlir::Value;
  /// Rows of `depth` elements, a multiple of 32, from `base` on.
  QuantizedRows(CPUCodeBuilder &code, Value base, int64_t depth,
                const BlockTraits &traits)
      : code(code), base(base), depth(depth), traits(traits) {}

  /// Bytes of a row.
  int64_t rowBytes() const;

  /// 16 f32 elements of the row being made, from `column` on.
  using Elements = llvm::function_ref<Value(Value column)>;
  void make(Value row, Elements elements);

  /// What a step of 32 elements needs of a row.
  struct Step {
    Value quants; ///< Address of 32 bytes.
    Value scale;  ///< f32.
    Value sums;   ///< Address of a number a part: f32 for minima, else i32.
  };
  Value rowAddress(Value row);
  Step step(Value rowAddress, Value number);

private:
  CPUCodeBuilder &code;
  Value base;
  int64_t depth;
  BlockTraits traits;
};

} // namespace weft

#endif // LIB_CODEGEN_CPU_QUANTIZEDROWS_H
