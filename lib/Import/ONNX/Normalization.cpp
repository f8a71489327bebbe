//===- Normalization.cpp - Softmax and layer normalization ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/Operators.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

/// Before opset 13, softmax went over all dimensions from `axis` on at once.
template <bool takesLogarithm> static Tensor *importSoftmax(Node &node) {
  Emitter &emit = node.emit;
  Tensor *input = node.getInput(0);
  bool isFlat = node.opset < 13;
  std::optional<int64_t> axis = node.getAxis(input->getRank(), isFlat ? 1 : -1);
  if (!axis)
    return nullptr;
  if (!isa<FloatType>(input->elementType))
    return emit.invalid("the elements are no floats");
  Tensor *flat = input;
  if (isFlat) {
    Sizes sizes(input->sizes.begin(), input->sizes.begin() + *axis);
    SizeExpr rest(1);
    for (const SizeExpr &size : llvm::drop_begin(input->sizes, *axis))
      rest = rest * size;
    sizes.push_back(rest);
    flat = emit.reshape(input, sizes);
  }
  if (!takesLogarithm)
    return emit.reshape(emit.softmax(flat, *axis), input->sizes);
  // x - m - log(sum(e^(x - m))): the logarithm of a quotient would lose what
  // is small.
  Tensor *shifted =
      emit.binary<SubOp>(flat, emit.reduce(Reduction::max, flat, *axis));
  Tensor *sum = emit.reduce(Reduction::sum, emit.unary<ExpOp>(shifted), *axis);
  return emit.reshape(emit.binary<SubOp>(shifted, emit.unary<LogOp>(sum)),
                      input->sizes);
}

/// Over all dimensions from `axis` on, taken as one.
static Tensor *importLayerNormalization(Node &node) {
  Emitter &emit = node.emit;
  Tensor *input = node.getInput(0), *scale = node.getInput(1),
         *bias = node.getInput(2);
  std::optional<int64_t> axis = node.getAxis(input->getRank(), -1);
  std::optional<float> epsilon = node.getFloat("epsilon", 1e-5f);
  if (!axis || !epsilon)
    return nullptr;
  if (!isa<FloatType>(input->elementType))
    return emit.invalid("the elements are no floats");
  Sizes normalized(input->sizes.begin() + *axis, input->sizes.end());
  SizeExpr count(1);
  for (const SizeExpr &size : normalized)
    count = count * size;
  for (Tensor **parameter : {&scale, &bias})
    if (*parameter) {
      *parameter = emit.reshape(emit.expand(*parameter, normalized), {count});
      if (!*parameter)
        return nullptr;
      if ((*parameter)->getRank() != 1)
        return emit.invalid("scale and bias do not fit the normalized "
                            "dimensions");
    }
  Sizes flat(input->sizes.begin(), input->sizes.begin() + *axis);
  flat.push_back(count);
  return emit.reshape(
      emit.layerNorm(emit.reshape(input, flat), scale, bias, *epsilon),
      input->sizes);
}

llvm::ArrayRef<Operator> weft::onnx::getNormalizationOperators() {
  static const Operator operators[] = {
      {"LayerNormalization", 17, newestOpset, 2, 3, importLayerNormalization},
      {"LogSoftmax", 1, newestOpset, 1, 1, importSoftmax<true>},
      {"Softmax", 1, newestOpset, 1, 1, importSoftmax<false>},
  };
  return operators;
}
