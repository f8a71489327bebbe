//===- Scalars.cpp - What ops do to one element ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Scalars.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace weft {

bool isUnsignedElement(Type type) {
  return type.isUnsignedInteger() || type.isSignlessInteger(1);
}

int64_t wrapInteger(int64_t value, Type type) {
  unsigned unused = 64 - type.getIntOrFloatBitWidth();
  if (isUnsignedElement(type))
    return int64_t(uint64_t(value) << unused >> unused);
  return int64_t(uint64_t(value) << unused) >> unused;
}

bool integerLess(int64_t lhs, int64_t rhs, Type type) {
  return isUnsignedElement(type) ? uint64_t(lhs) < uint64_t(rhs) : lhs < rhs;
}

double minimum(double lhs, double rhs) {
  if (std::isnan(lhs) || std::isnan(rhs))
    return std::numeric_limits<double>::quiet_NaN();
  if (lhs == rhs)
    return std::signbit(lhs) ? lhs : rhs;
  return lhs < rhs ? lhs : rhs;
}

double maximum(double lhs, double rhs) { return -minimum(-lhs, -rhs); }

int64_t toInteger(double value, Type type) {
  if (std::isnan(value))
    return 0;
  unsigned width = type.getIntOrFloatBitWidth();
  bool isUnsigned = isUnsignedElement(type);
  // Both bounds are powers of two and so exact in double.
  double end = std::ldexp(1.0, isUnsigned ? width : width - 1);
  double truncated = std::trunc(value);
  if (truncated >= end)
    return isUnsigned ? int64_t(llvm::maxUIntN(width)) : llvm::maxIntN(width);
  if (isUnsigned)
    return truncated <= 0 ? 0 : int64_t(uint64_t(truncated));
  return truncated <= -end ? llvm::minIntN(width) : int64_t(truncated);
}

double toFloat(int64_t value, Type type) {
  return isUnsignedElement(type) ? double(uint64_t(value)) : double(value);
}

static double sign(double x) {
  return std::isnan(x) ? x : double((x > 0) - (x < 0));
}

/// Its limit at -infinity is 0, where x / infinity would be NaN.
static double silu(double x) {
  return std::isinf(x) && x < 0 ? -0.0 : x / (1 + std::exp(-x));
}

/// Of y's sign, as NumPy's; exact, where x - floor(x / y) * y is not.
static double floorMod(double x, double y) {
  double remainder = std::fmod(x, y);
  if (remainder == 0)
    return std::copysign(0.0, y);
  return (remainder < 0) != (y < 0) ? remainder + y : remainder;
}

/// Wraps without being undefined.
static int64_t negate(int64_t x) { return int64_t(0 - uint64_t(x)); }

static std::optional<int64_t> divide(int64_t x, int64_t y, Type type) {
  if (y == 0)
    return std::nullopt;
  if (isUnsignedElement(type))
    return int64_t(uint64_t(x) / uint64_t(y));
  return y == -1 ? negate(x) : x / y;
}

static std::optional<int64_t> remainder(int64_t x, int64_t y, Type type) {
  if (y == 0)
    return std::nullopt;
  if (isUnsignedElement(type))
    return int64_t(uint64_t(x) % uint64_t(y));
  if (y == -1)
    return 0;
  int64_t result = x % y;
  return result != 0 && (result < 0) != (y < 0) ? result + y : result;
}

const UnaryScalar &unaryScalar(StringRef mnemonic) {
  using D = double;
  using I = int64_t;
  static const llvm::StringMap<UnaryScalar> table = {
      {"abs",
       {[](D x) { return std::fabs(x); },
        [](I x, Type type) {
          return x < 0 && !isUnsignedElement(type) ? negate(x) : x;
        }}},
      {"neg", {[](D x) { return -x; }, [](I x, Type) { return negate(x); }}},
      {"sign",
       {sign,
        [](I x, Type type) {
          return integerLess(0, x, type) ? I(1) : I(x == 0 ? 0 : -1);
        }}},
      {"exp", {[](D x) { return std::exp(x); }, nullptr}},
      {"log", {[](D x) { return std::log(x); }, nullptr}},
      {"sqrt", {[](D x) { return std::sqrt(x); }, nullptr}},
      {"rsqrt", {[](D x) { return 1 / std::sqrt(x); }, nullptr}},
      {"reciprocal", {[](D x) { return 1 / x; }, nullptr}},
      {"sin", {[](D x) { return std::sin(x); }, nullptr}},
      {"cos", {[](D x) { return std::cos(x); }, nullptr}},
      {"tanh", {[](D x) { return std::tanh(x); }, nullptr}},
      {"erf", {[](D x) { return std::erf(x); }, nullptr}},
      {"sigmoid", {[](D x) { return 1 / (1 + std::exp(-x)); }, nullptr}},
      {"silu", {silu, nullptr}},
      {"relu",
       {[](D x) { return maximum(x, 0.0); },
        [](I x, Type type) { return integerLess(0, x, type) ? x : I(0); }}},
      {"floor", {[](D x) { return std::floor(x); }, nullptr}},
      {"ceil", {[](D x) { return std::ceil(x); }, nullptr}},
      {"round", {[](D x) { return std::nearbyint(x); }, nullptr}},
      {"not", {nullptr, [](I x, Type) { return ~x; }}},
  };
  auto found = table.find(mnemonic);
  assert(found != table.end() && "every such op has a row");
  return found->second;
}

const BinaryScalar &binaryScalar(StringRef mnemonic) {
  using D = double;
  using I = int64_t;
  using Result = std::optional<int64_t>;
  // Unsigned arithmetic, because it wraps.
  static const llvm::StringMap<BinaryScalar> table = {
      {"add",
       {[](D x, D y) { return x + y; },
        [](I x, I y, Type) -> Result { return I(uint64_t(x) + uint64_t(y)); }}},
      {"sub",
       {[](D x, D y) { return x - y; },
        [](I x, I y, Type) -> Result { return I(uint64_t(x) - uint64_t(y)); }}},
      {"mul",
       {[](D x, D y) { return x * y; },
        [](I x, I y, Type) -> Result { return I(uint64_t(x) * uint64_t(y)); }}},
      {"div", {[](D x, D y) { return x / y; }, divide}},
      {"pow", {[](D x, D y) { return std::pow(x, y); }, nullptr}},
      {"min",
       {minimum,
        [](I x, I y, Type type) -> Result {
          return integerLess(x, y, type) ? x : y;
        }}},
      {"max",
       {maximum,
        [](I x, I y, Type type) -> Result {
          return integerLess(x, y, type) ? y : x;
        }}},
      {"mod", {floorMod, remainder}},
      {"swiglu", {[](D x, D y) { return silu(x) * y; }, nullptr}},
      {"and", {nullptr, [](I x, I y, Type) -> Result { return x & y; }}},
      {"or", {nullptr, [](I x, I y, Type) -> Result { return x | y; }}},
      {"xor", {nullptr, [](I x, I y, Type) -> Result { return x ^ y; }}},
  };
  auto found = table.find(mnemonic);
  assert(found != table.end() && "every such op has a row");
  return found->second;
}

} // namespace weft
