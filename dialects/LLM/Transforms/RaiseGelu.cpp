//===- RaiseGelu.cpp - Raise erf and tanh formulas to gelu ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/Matchers.h"
#include "dialects/LLM/Transforms/Passes.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_RAISEGELUPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

constexpr double sqrtHalf = llvm::numbers::inv_sqrt2;
/// sqrt(2 / pi).
constexpr double tanhScale = 0.79788456080286535588;
constexpr double tanhCubic = 0.044715;

/// `value` is `constant` times `count` factors, all of them `factor`.
bool isMonomial(const Product &product, double constant, Value factor,
                size_t count) {
  return isClose(product.constant, constant) &&
         product.factors.size() == count &&
         llvm::all_of(product.factors, [&](Value f) { return f == factor; });
}

/// `value` is first + constant * factor^count, on either side. `first` null
/// stands for 1.
bool isSum(Value value, Value first, double constant, Value factor,
           size_t count, SmallVectorImpl<Operation *> &ops) {
  return value.hasOneUse() &&
         matchCommuted<AddOp>(value, [&](AddOp add, Value lhs, Value rhs) {
           if (first ? lhs != first : !isSplat(lhs, 1.0))
             return false;
           if (!rhs.hasOneUse())
             return false;
           Product product = Product::of(rhs);
           if (!isMonomial(product, constant, factor, count))
             return false;
           ops.push_back(add);
           ops.append(product.ops);
           return true;
         });
}

/// `value` is 1 + y: y.
Value matchOnePlus(Value value) {
  Value result;
  matchCommuted<AddOp>(value, [&](AddOp, Value lhs, Value rhs) {
    if (isSplat(lhs, 1.0))
      result = rhs;
    return static_cast<bool>(result);
  });
  return result;
}

/// The argument of tanh is sqrt(2 / pi) * (x + 0.044715 * x^3), or that with x
/// taken out of the sum.
bool isTanhArgument(Value argument, Value x,
                    SmallVectorImpl<Operation *> &ops) {
  Product product = Product::of(argument);
  if (!isClose(product.constant, tanhScale))
    return false;
  ops.append(product.ops);
  if (product.factors.size() == 1)
    return isSum(product.factors[0], x, tanhCubic, x, 3, ops);
  if (product.factors.size() != 2)
    return false;
  return (product.factors[0] == x &&
          isSum(product.factors[1], Value(), tanhCubic, x, 2, ops)) ||
         (product.factors[1] == x &&
          isSum(product.factors[0], Value(), tanhCubic, x, 2, ops));
}

/// 0.5 * x * (1 + erf(x / sqrt(2))) -> gelu none
/// 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) -> gelu tanh
struct RaiseProductToGelu : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MulOp mul,
                                PatternRewriter &rewriter) const override {
    Product product = Product::of(mul);
    if (!isClose(product.constant, 0.5) || product.factors.size() != 2)
      return rewriter.notifyMatchFailure(mul, "not half of two factors");
    for (unsigned index : {0u, 1u}) {
      Value x = product.factors[index], sum = product.factors[1 - index];
      Value bounded = matchOnePlus(sum);
      if (!bounded || x.getType() != mul.getType() || !sum.hasOneUse() ||
          !bounded.hasOneUse())
        continue;
      SmallVector<Operation *, 4> ops = product.ops;
      ops.append({sum.getDefiningOp(), bounded.getDefiningOp()});
      auto approximate = GeluApproximation::none;
      if (auto erf = bounded.getDefiningOp<ErfOp>()) {
        Product argument = Product::of(erf.getInput());
        if (!isMonomial(argument, sqrtHalf, x, 1))
          continue;
        ops.append(argument.ops);
      } else if (auto tanh = bounded.getDefiningOp<TanhOp>()) {
        if (!isTanhArgument(tanh.getInput(), x, ops))
          continue;
        approximate = GeluApproximation::tanh;
      } else {
        continue;
      }
      rewriter.replaceOp(mul, GeluOp::create(rewriter, fuseLocations(ops),
                                             mul.getType(), x, approximate));
      return success();
    }
    return rewriter.notifyMatchFailure(mul, "no factor is 1 + erf or 1 + tanh");
  }
};

struct RaiseGeluPass : impl::RaiseGeluPassBase<RaiseGeluPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseProductToGelu>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace weft
