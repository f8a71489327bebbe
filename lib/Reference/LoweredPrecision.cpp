//===- LoweredPrecision.cpp - How far rounded weights move results --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/LoweredPrecision.h"

#include "dialects/LLM/IR/LLM.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace weft;

bool weft::lowersPrecision(StringRef pass) {
  return pass == "llm-lower-precision" || pass == "llm-quantize-activations" ||
         pass == "llm-round-product-inputs";
}

double weft::loweredTolerance(ModuleOp module) {
  double tolerance = 0;
  for (auto weight : module.getOps<WeightOp>())
    if (auto type =
            dyn_cast<FloatType>(weight.getTensorType().getElementType()))
      tolerance = std::max(tolerance,
                           std::ldexp(32.0, -int(type.getFPMantissaWidth())));
  // Seven bits and a sign.
  module.walk([&](LinearOp linear) {
    if (linear.getActivations())
      tolerance = std::max(tolerance, std::ldexp(32.0, -8));
  });
  return tolerance;
}

namespace {

/// The distance of two tensors of floats.
struct Movement {
  double moved = 0, whole = 0; ///< Sums of squares.
  double largest = 0, there = 0;

  Movement(const HostTensor &found, const HostTensor &expected) {
    for (auto [x, y] : llvm::zip_equal(found.floats(), expected.floats())) {
      // Infinities that stayed have no distance.
      double distance = x == y ? 0 : std::abs(x - y);
      moved += distance * distance;
      whole += y * y;
      if (distance > largest) {
        largest = distance;
        there = y;
      }
    }
  }
  double ratio() const { return whole > 0 ? std::sqrt(moved / whole) : 0.0; }
};

} // namespace

bool weft::movedLittle(StringRef pass, ArrayRef<HostTensor> found,
                       ArrayRef<HostTensor> expected) {
  return pass == "llm-quantize-activations" &&
         llvm::all_of(llvm::zip_equal(found, expected), [](const auto &pair) {
           const auto &[x, y] = pair;
           // Not a number is not below either.
           return x.isFloat() && x.getShape() == y.getShape() &&
                  Movement(x, y).ratio() < 0.5;
         });
}

std::string weft::describeMovement(const HostTensor &found,
                                   const HostTensor &expected) {
  if (!found.isFloat())
    return "";
  Movement movement(found, expected);
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << llvm::format("%.3g%% (root mean square)", 100 * movement.ratio());
  if (movement.largest > 0)
    stream << llvm::format(", at most %.3g where %.3g was expected",
                           movement.largest, movement.there);
  return text;
}
