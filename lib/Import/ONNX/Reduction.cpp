//===- Reduction.cpp - Reductions and cumulative sums ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/Operators.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

/// The opset in which a reduction's axes became an input.
static int64_t axesAreInputSince(Reduction kind) {
  return kind == Reduction::sum ? 13 : 18;
}

namespace {
/// What is reduced, and how the result is to look.
struct Plan {
  SmallVector<int64_t> axes;
  bool keepsDimensions;
};
} // namespace

static std::optional<Plan> getPlan(Node &node, int64_t axesSince) {
  int64_t rank = node.getInput(0)->getRank();
  bool isAbsent;
  auto axes = node.getAxes(1, axesSince, rank, isAbsent);
  std::optional<int64_t> keeps = node.getInteger("keepdims", 1);
  std::optional<int64_t> nothing = node.getInteger("noop_with_empty_axes", 0);
  if (!axes || !keeps || !nothing)
    return std::nullopt;
  // No axes mean all of them, or none.
  if (axes->empty() && !*nothing)
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  return Plan{*axes, *keeps != 0};
}

static Tensor *dropAxes(Emitter &emit, Tensor *tensor, const Plan &plan) {
  if (!tensor || plan.keepsDimensions)
    return tensor;
  Sizes sizes;
  for (auto [i, size] : llvm::enumerate(tensor->sizes))
    if (!llvm::is_contained(plan.axes, int64_t(i)))
      sizes.push_back(size);
  return emit.reshape(tensor, sizes);
}

template <Reduction kind> static Tensor *importReduce(Node &node) {
  std::optional<Plan> plan = getPlan(node, axesAreInputSince(kind));
  if (!plan)
    return nullptr;
  return dropAxes(node.emit,
                  node.emit.reduce(kind, node.getInput(0), plan->axes), *plan);
}

/// A list of sizes to one number.
template <Reduction kind> static Tensor *evaluateReduce(Node &node) {
  Tensor *input = node.getInput(0);
  if (!input->elements || input->getRank() != 1)
    return nullptr;
  std::optional<Plan> plan = getPlan(node, axesAreInputSince(kind));
  if (!plan || plan->axes.empty() || input->elements->empty())
    return nullptr;
  SizeExpr result = input->elements->front();
  for (const SizeExpr &element : llvm::drop_begin(*input->elements)) {
    if (kind == Reduction::prod)
      result = result * element;
    else if (kind == Reduction::sum)
      result = result + element;
    else if (kind == Reduction::max)
      result = node.emit.reasoner.maxOf(result, element);
    else
      result = node.emit.reasoner.minOf(result, element);
  }
  SmallVector<int64_t> shape(plan->keepsDimensions ? 1 : 0, 1);
  return node.emit.ofElements(input->elementType, shape, {result});
}

template <bool takesRoot> static Tensor *importReduceSquares(Node &node) {
  Emitter &emit = node.emit;
  Tensor *input = node.getInput(0);
  std::optional<Plan> plan = getPlan(node, 18);
  if (!plan)
    return nullptr;
  if (takesRoot && !isa<FloatType>(input->elementType))
    return emit.unsupported("integer elements are not supported here");
  Tensor *sum =
      emit.reduce(Reduction::sum, emit.binary<MulOp>(input, input), plan->axes);
  return dropAxes(emit, takesRoot ? emit.unary<SqrtOp>(sum) : sum, *plan);
}

static Tensor *importReduceL1(Node &node) {
  Emitter &emit = node.emit;
  std::optional<Plan> plan = getPlan(node, 18);
  if (!plan)
    return nullptr;
  return dropAxes(emit,
                  emit.reduce(Reduction::sum,
                              emit.unary<AbsOp>(node.getInput(0)), plan->axes),
                  *plan);
}

/// x / ||x|| along one axis; zeros stay zeros.
static Tensor *importLpNormalization(Node &node) {
  Emitter &emit = node.emit;
  Tensor *input = node.getInput(0);
  std::optional<int64_t> axis = node.getAxis(input->getRank(), -1);
  std::optional<int64_t> order = node.getInteger("p", 2);
  if (!axis || !order)
    return nullptr;
  if (*order != 1 && *order != 2)
    return emit.invalid("attribute \"p\" is neither 1 nor 2");
  Tensor *norm =
      *order == 1
          ? emit.reduce(Reduction::sum, emit.unary<AbsOp>(input), *axis)
          : emit.unary<SqrtOp>(emit.reduce(
                Reduction::sum, emit.binary<MulOp>(input, input), *axis));
  Tensor *zero = emit.scalar(input->elementType, 0);
  return emit.select(emit.compare(Comparison::eq, norm, zero), zero,
                     emit.binary<DivOp>(input, norm));
}

/// Sums of all elements up to each: a product with a triangle of ones for
/// integers; floats, of which 0 * infinity would spoil that, are selected and
/// reduced.
static Tensor *importCumSum(Node &node) {
  Emitter &emit = node.emit;
  Tensor *input = node.getInput(0);
  auto axes = node.getIntegers(1);
  std::optional<int64_t> isExclusive = node.getInteger("exclusive", 0);
  std::optional<int64_t> isReverse = node.getInteger("reverse", 0);
  if (!axes || !isExclusive || !isReverse)
    return nullptr;
  if (axes->size() != 1)
    return emit.invalid("the axis is not one number");
  auto axis = node.normalizeAxis(axes->front(), input->getRank());
  if (!axis)
    return nullptr;

  // The axis last; counted[i, j] says whether element i counts for sum j.
  SmallVector<int64_t> order;
  for (int64_t i = 0; i != input->getRank(); ++i)
    if (i != *axis)
      order.push_back(i);
  order.push_back(*axis);
  bool isLast = *axis == input->getRank() - 1;
  Tensor *rows = isLast ? input : emit.transpose(input, order);
  if (!rows)
    return nullptr;
  SizeExpr size = input->sizes[*axis];
  Type i64 = emit.getBuilder().getI64Type();
  Tensor *from = emit.iota(i64, 0, {size, SizeExpr(1)});
  Tensor *to = emit.iota(i64, 1, {SizeExpr(1), size});
  Tensor *counted = emit.compare(
      *isReverse ? (*isExclusive ? Comparison::gt : Comparison::ge)
                 : (*isExclusive ? Comparison::lt : Comparison::le),
      from, to);
  Tensor *sums;
  if (isa<IntegerType>(input->elementType)) {
    Tensor *ones = emit.cast(counted, input->elementType);
    Sizes leading(rows->sizes.begin(), rows->sizes.end() - 1);
    leading.append({SizeExpr(1), size});
    sums = emit.reshape(emit.matmul(emit.reshape(rows, leading), ones),
                        rows->sizes);
  } else {
    Sizes column = rows->sizes;
    column.push_back(1);
    Tensor *terms = emit.select(counted, emit.reshape(rows, column),
                                emit.scalar(input->elementType, 0));
    sums = emit.reshape(
        emit.reduce(Reduction::sum, terms, input->getRank() - 1), rows->sizes);
  }
  if (isLast)
    return sums;
  SmallVector<int64_t> back(order.size());
  for (auto [i, dimension] : llvm::enumerate(order))
    back[dimension] = i;
  return emit.transpose(sums, back);
}

llvm::ArrayRef<Operator> weft::onnx::getReductionOperators() {
  static const Operator operators[] = {
      {"CumSum", 11, newestOpset, 2, 2, importCumSum},
      {"LpNormalization", 1, newestOpset, 1, 1, importLpNormalization},
      {"ReduceL1", 1, newestOpset, 1, 2, importReduceL1},
      {"ReduceL2", 1, newestOpset, 1, 2, importReduceSquares<true>},
      {"ReduceMax", 1, newestOpset, 1, 2, importReduce<Reduction::max>,
       evaluateReduce<Reduction::max>},
      {"ReduceMean", 1, newestOpset, 1, 2, importReduce<Reduction::mean>},
      {"ReduceMin", 1, newestOpset, 1, 2, importReduce<Reduction::min>,
       evaluateReduce<Reduction::min>},
      {"ReduceProd", 1, newestOpset, 1, 2, importReduce<Reduction::prod>,
       evaluateReduce<Reduction::prod>},
      {"ReduceSum", 1, newestOpset, 1, 2, importReduce<Reduction::sum>,
       evaluateReduce<Reduction::sum>},
      {"ReduceSumSquare", 1, newestOpset, 1, 2, importReduceSquares<false>},
  };
  return operators;
}
