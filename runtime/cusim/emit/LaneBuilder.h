//===- LaneBuilder.h - Values of one lane or of all lanes -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// IR that is the same for a scalar and for a vector over lanes. Every helper
// takes the shape of its result from its operands.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_LANEBUILDER_H
#define RUNTIME_CUSIM_EMIT_LANEBUILDER_H

#include "llvm/IR/IRBuilder.h"

namespace weft::cusim {

class LaneBuilder {
public:
  explicit LaneBuilder(llvm::IRBuilderBase &ir) : ir(ir) {}

  llvm::IRBuilderBase &ir;

  /// `element`, or a vector of it with as many lanes as `like`.
  static llvm::Type *shaped(llvm::Type *element, const llvm::Value *like);
  llvm::Type *integerType(const llvm::Value *like, unsigned bits) const;
  llvm::Type *floatType(const llvm::Value *like) const;
  llvm::Type *doubleType(const llvm::Value *like) const;
  static unsigned bitsOf(const llvm::Value *value) {
    return value->getType()->getScalarSizeInBits();
  }

  /// A number of the type of `like`.
  static llvm::Value *constant(const llvm::Value *like, uint64_t number);
  static llvm::Value *real(const llvm::Value *like, double number);

  /// Extends or truncates an integer.
  llvm::Value *resize(llvm::Value *value, unsigned bits, bool isSigned);
  /// The bits of a float or double, and back.
  llvm::Value *toBits(llvm::Value *value);
  llvm::Value *fromBits(llvm::Value *bits);
  /// The same bits as elements of `bits` bits each: an i32 gives <2 x i16>, a
  /// <32 x i32> gives <64 x i16>.
  llvm::Value *split(llvm::Value *value, unsigned bits);
  /// The reverse: gathers what `split` took apart, in the shape of `like`.
  llvm::Value *join(llvm::Value *elements, unsigned bits,
                    const llvm::Value *like);

  llvm::Value *select(llvm::Value *condition, llvm::Value *yes,
                      llvm::Value *no) {
    return ir.CreateSelect(condition, yes, no);
  }
  /// An intrinsic whose only overloaded type is that of its operands.
  llvm::Value *call(llvm::Intrinsic::ID intrinsic,
                    llvm::ArrayRef<llvm::Value *> operands);
  llvm::Value *magnitude(llvm::Value *value);
  llvm::Value *isNaN(llvm::Value *value) {
    return ir.CreateFCmpUNO(value, value);
  }

  /// f32: a NaN becomes 0x7fffffff, the NaN of the hardware. f64 stays as is:
  /// its payloads are kept.
  llvm::Value *canonicalNaN(llvm::Value *value);
  /// .ftz of f32: subnormals become zeros of their sign.
  llvm::Value *flush(llvm::Value *value);
  /// .sat: clamps to [0, 1]; NaN and -0 become +0.
  llvm::Value *saturate(llvm::Value *value);
  /// .relu: what is negative becomes +0; NaN stays.
  llvm::Value *clampNegative(llvm::Value *value);

  /// Shifts by any amount: an amount of the width or more shifts everything
  /// out (or leaves copies of the sign). `amount` has the type of `value`.
  llvm::Value *shiftLeft(llvm::Value *value, llvm::Value *amount);
  llvm::Value *shiftRight(llvm::Value *value, llvm::Value *amount,
                          bool isSigned);
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_LANEBUILDER_H
