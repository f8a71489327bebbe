//===- FloatModel.h - Models of instructions on floats ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_INSTRUCTIONS_FLOATMODEL_H
#define TEST_RUNTIME_CUSIM_INSTRUCTIONS_FLOATMODEL_H

#include "HostFloat.h"
#include "Sweep.h"

namespace weft::cusim::test {

/// A float type of PTX: one value, or several of a format in one register.
struct FloatType {
  std::string name;
  const Format *format;
  unsigned count = 1;
};

inline const FloatType typeF16 = {"f16", &formatF16};
inline const FloatType typeF16x2 = {"f16x2", &formatF16, 2};
inline const FloatType typeBF16 = {"bf16", &formatBF16};
inline const FloatType typeBF16x2 = {"bf16x2", &formatBF16, 2};
inline const FloatType typeF32 = {"f32", &formatF32};
inline const FloatType typeF32x2 = {"f32x2", &formatF32, 2};
inline const FloatType typeF64 = {"f64", &formatF64};
inline const FloatType floatTypes[] = {typeF16, typeF16x2, typeBF16, typeBF16x2,
                                       typeF32, typeF32x2, typeF64};

/// What modifiers do besides the rounding.
struct Finish {
  bool flushes = false;
  bool saturates = false;
  bool clampsNegative = false;
};

/// The pattern of a result: rounded, clamped, flushed.
uint64_t finishResult(const Exact &value, const Format &format, Round round,
                      Finish finish);

/// A case that computes every value of its registers by `function` of exact
/// numbers.
Case lanewise(std::string text, unsigned operands, const FloatType &type,
              Finish finish, std::function<Exact(const Exact *)> function,
              Round round);
/// The same by patterns; operands and results are flushed if `flushes`.
Case patternwise(std::string text, unsigned operands, const FloatType &type,
                 bool flushes,
                 std::function<uint64_t(const uint64_t *)> function);

} // namespace weft::cusim::test

#endif // TEST_RUNTIME_CUSIM_INSTRUCTIONS_FLOATMODEL_H
