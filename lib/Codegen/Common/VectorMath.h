//===- VectorMath.h - Mathematical functions as instructions ----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels call no library, so that functions are polynomials. They take scalars
// and vectors of f32; those marked so take f64 too. Errors against the exact
// value, in units in the last place, as test/lib/Codegen/CPU measures them:
//
//   exp 1, log 2, tanh 3, erf 2, sin and cos 2 (|x| < 2^20), pow 1; f64 4;
//   the normal distribution 1.5e-7, so that gelu is off by 1.5e-7 |x|.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_VECTORMATH_H
#define LIB_CODEGEN_COMMON_VECTORMATH_H

#include "lib/Codegen/Common/CodeBuilder.h"

namespace weft {

class VectorMath {
public:
  using Value = mlir::Value;
  explicit VectorMath(CodeBuilder &code) : code(code) {}

  Value exp(Value x); // and f64
  /// 2^x for x <= 0, relative error 1e-7: exactly 1 at 0, exactly 0 below -126.
  Value exp2OfNegative(Value x);
  Value log(Value x); // and f64
  Value tanh(Value x);
  Value erf(Value x);
  Value sin(Value x) { return sinOrCos(x, 0); }
  Value cos(Value x) { return sinOrCos(x, 1); }
  Value sigmoid(Value x);      // and f64
  Value silu(Value x);         // and f64
  Value sqrt(Value x);         // and f64
  Value pow(Value x, Value y); // and f64
  Value gelu(Value x, bool tanhApproximation);
  /// (1 + erf(x / sqrt(2))) / 2.
  Value normalDistribution(Value x);
  Value abs(Value x);                       // and f64
  Value copySign(Value magnitude, Value x); // and f64
  // Exact, and f64.
  Value floor(Value x);
  Value ceil(Value x);
  Value roundEven(Value x);

private:
  Value sinOrCos(Value x, int64_t quadrant);
  Value exp64(Value x);
  Value log64(Value x);
  Value number(Value like, double value) {
    return code.number(like.getType(), value);
  }
  /// Highest power first.
  Value polynomial(Value x, llvm::ArrayRef<double> coefficients);

  CodeBuilder &code;
};

} // namespace weft

#endif // LIB_CODEGEN_COMMON_VECTORMATH_H
