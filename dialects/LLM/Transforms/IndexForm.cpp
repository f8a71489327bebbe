//===- IndexForm.cpp - Integers that count along dimensions ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/IndexForm.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace weft {

namespace {

bool isZero(const SizeExpr &factor) { return factor == SizeExpr(); }
bool isOne(const SizeExpr &size) { return size == SizeExpr(1); }

/// Finds forms; refuses after `budget` ops, so that shared operands cost
/// nothing.
struct FormFinder {
  SizeAnalysis &sizes;
  unsigned budget = 64;

  std::optional<IndexForm> find(Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    Operation *op = value.getDefiningOp();
    if (!op || !type.getElementType().isInteger(64) || budget == 0)
      return std::nullopt;
    --budget;
    return llvm::TypeSwitch<Operation *, std::optional<IndexForm>>(op)
        .Case<IotaOp, ConstantOp, SizesToTensorOp, AddOp, SubOp, MulOp, CastOp,
              TransposeOp, ExpandOp, ReshapeOp>(
            [&](auto op) { return visit(op); })
        .Default([](Operation *) { return std::nullopt; });
  }

private:
  IndexForm constantForm(Value value, SizeExpr constant) {
    return {constant, Sizes(sizes.getSizes(value).size())};
  }

  std::optional<IndexForm> visit(IotaOp iota) {
    IndexForm form = constantForm(iota, 0);
    if (!isOne(sizes.getSize(iota, iota.getAxis())))
      form.factors[iota.getAxis()] = SizeExpr(1);
    return form;
  }

  std::optional<IndexForm> visit(ConstantOp constant) {
    auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
    if (!elements || elements.getNumElements() == 0 ||
        (!elements.isSplat() && elements.getNumElements() != 1))
      return std::nullopt;
    return constantForm(constant,
                        (*elements.value_begin<APInt>()).getSExtValue());
  }

  std::optional<IndexForm> visit(SizesToTensorOp op) {
    Sizes values = op.getSizes().getExprs();
    if (values.size() != 1)
      return std::nullopt;
    return constantForm(op, values.front());
  }

  std::optional<IndexForm> visit(CastOp cast) { return find(cast.getInput()); }

  std::optional<IndexForm> visit(TransposeOp transpose) {
    auto input = find(transpose.getInput());
    if (!input)
      return std::nullopt;
    IndexForm form{input->constant, {}};
    for (int64_t dimension : transpose.getPermutation())
      form.factors.push_back(input->factors[dimension]);
    return form;
  }

  std::optional<IndexForm> visit(ExpandOp expand) {
    auto input = find(expand.getInput());
    return input ? broadcast(*input, expand.getInput(), expand) : std::nullopt;
  }

  /// Only where dimensions of size 1 come and go.
  std::optional<IndexForm> visit(ReshapeOp reshape) {
    auto input = find(reshape.getInput());
    if (!input)
      return std::nullopt;
    Sizes from = sizes.getSizes(reshape.getInput());
    Sizes to = sizes.getSizes(reshape);
    IndexForm form = constantForm(reshape, input->constant);
    size_t next = 0;
    for (size_t dimension = 0; dimension < to.size(); ++dimension) {
      if (isOne(to[dimension]))
        continue;
      while (next < from.size() && isOne(from[next]))
        ++next;
      if (next == from.size() || from[next] != to[dimension])
        return std::nullopt;
      form.factors[dimension] = input->factors[next++];
    }
    return form;
  }

  std::optional<IndexForm> visit(AddOp add) { return sum(add, 1); }
  std::optional<IndexForm> visit(SubOp sub) { return sum(sub, -1); }

  template <typename OpT> std::optional<IndexForm> sum(OpT op, int64_t sign) {
    auto operands = findOperands(op);
    if (!operands)
      return std::nullopt;
    auto &[lhs, rhs] = *operands;
    IndexForm form{lhs.constant + SizeExpr(sign) * rhs.constant, {}};
    for (auto [l, r] : llvm::zip_equal(lhs.factors, rhs.factors))
      form.factors.push_back(l + SizeExpr(sign) * r);
    return form;
  }

  std::optional<IndexForm> visit(MulOp mul) {
    auto operands = findOperands(mul);
    if (!operands)
      return std::nullopt;
    auto &[lhs, rhs] = *operands;
    if (llvm::all_of(lhs.factors, isZero))
      std::swap(lhs, rhs);
    if (!llvm::all_of(rhs.factors, isZero))
      return std::nullopt;
    IndexForm form{lhs.constant * rhs.constant, {}};
    for (const SizeExpr &factor : lhs.factors)
      form.factors.push_back(factor * rhs.constant);
    return form;
  }

  template <typename OpT>
  std::optional<std::pair<IndexForm, IndexForm>> findOperands(OpT op) {
    auto lhs = find(op.getLhs()), rhs = find(op.getRhs());
    if (!lhs || !rhs)
      return std::nullopt;
    lhs = broadcast(*lhs, op.getLhs(), op);
    rhs = broadcast(*rhs, op.getRhs(), op);
    if (!lhs || !rhs)
      return std::nullopt;
    return std::pair(*lhs, *rhs);
  }

  /// The form of `from` repeated to the shape of `to`. A size that is only
  /// unknown might be 1 at run time, and its index then 0.
  std::optional<IndexForm> broadcast(const IndexForm &form, Value from,
                                     Value to) {
    Sizes before = sizes.getSizes(from), after = sizes.getSizes(to);
    size_t added = after.size() - before.size();
    IndexForm wide = constantForm(to, form.constant);
    for (auto [index, size] : llvm::enumerate(before)) {
      if (!isOne(size) && size != after[added + index])
        return std::nullopt;
      wide.factors[added + index] = form.factors[index];
    }
    return wide;
  }
};

} // namespace

std::optional<IndexForm> IndexForm::of(Value value, SizeAnalysis &sizes) {
  return FormFinder{sizes}.find(value);
}

bool IndexForm::isAtLeast(int64_t bound, const Sizes &shape,
                          const SizeSymbols &symbols) const {
  // Indices are not below 0: a factor that is not either adds nothing below.
  SizeExpr lowest = constant;
  for (auto [factor, size] : llvm::zip_equal(factors, shape))
    if (!symbols.isAtMost(SizeExpr(), factor))
      lowest = lowest + factor * (size - SizeExpr(1));
  return symbols.isAtMost(SizeExpr(bound), lowest);
}

} // namespace weft
