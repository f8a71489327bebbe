//===- FloatModel.cpp - Models of instructions on floats ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatModel.h"

#include <algorithm>

namespace weft::cusim::test {

uint64_t finishResult(const Exact &value, const Format &format, Round round,
                      Finish finish) {
  uint64_t bits = encode(value, format, round);
  if (finish.saturates) {
    uint64_t one = encode(fromInteger(1), format, round);
    if (value.isNaN() || value.isNegative)
      return 0;
    bits = std::min(bits, one);
  }
  if (finish.clampsNegative && !value.isNaN() && value.isNegative)
    return 0;
  return finish.flushes ? flush(bits, format) : bits;
}

Case patternwise(std::string text, unsigned operands, const FloatType &type,
                 bool flushes,
                 std::function<uint64_t(const uint64_t *)> function) {
  const Format &format = *type.format;
  unsigned count = type.count;
  uint64_t mask = (format.sign() - 1) | format.sign();
  Case result = exactly(std::move(text), operands, [=](const uint64_t *inputs) {
    uint64_t word = 0;
    for (unsigned i = 0; i < count; ++i) {
      uint64_t parts[3] = {};
      for (unsigned j = 0; j < operands; ++j) {
        parts[j] = inputs[j] >> (i * format.bits % 64) & mask;
        if (flushes)
          parts[j] = flush(parts[j], format);
      }
      uint64_t part = function(parts);
      if (flushes)
        part = flush(part, format);
      word |= part << (i * format.bits % 64);
    }
    return word;
  });
  // Only the payload of f64's NaNs is not fixed.
  if (type.format == &formatF64)
    result.nanFormat = &formatF64;
  return result;
}

Case lanewise(std::string text, unsigned operands, const FloatType &type,
              Finish finish, std::function<Exact(const Exact *)> function,
              Round round) {
  const Format &format = *type.format;
  return patternwise(std::move(text), operands, type, finish.flushes,
                     [=](const uint64_t *parts) {
                       Exact values[3];
                       for (unsigned i = 0; i < operands; ++i)
                         values[i] = decode(parts[i], format);
                       return finishResult(function(values), format, round,
                                           finish);
                     });
}

} // namespace weft::cusim::test
