//===- Constants.cpp - Constants, shapes and sizes ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/KnownElements.h"
#include "lib/Import/ONNX/Operators.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

/// A Constant whose value is no tensor; tensors are kept with the initializers.
static Tensor *importConstant(Node &node) {
  Emitter &emit = node.emit;
  OpBuilder &builder = emit.getBuilder();
  auto integers = [&](llvm::ArrayRef<int64_t> shape,
                      llvm::ArrayRef<int64_t> values) {
    auto type = RankedTensorType::get(shape, builder.getI64Type());
    return emit.ofConstant(DenseElementsAttr::get(type, values));
  };
  auto floats = [&](llvm::ArrayRef<int64_t> shape,
                    llvm::ArrayRef<float> values) {
    auto type = RankedTensorType::get(shape, builder.getF32Type());
    return emit.ofConstant(DenseElementsAttr::get(type, values));
  };
  if (node.hasAttribute("value_int")) {
    auto value = node.getInteger("value_int", 0);
    return value ? integers({}, *value) : nullptr;
  }
  if (node.hasAttribute("value_ints")) {
    auto values = node.getIntegerList("value_ints");
    return values ? integers(int64_t(values->size()), *values) : nullptr;
  }
  if (node.hasAttribute("value_float")) {
    auto value = node.getFloat("value_float", 0);
    return value ? floats({}, *value) : nullptr;
  }
  if (node.hasAttribute("value_floats")) {
    auto values = node.getFloatList("value_floats");
    return values ? floats(int64_t(values->size()), *values) : nullptr;
  }
  return emit.unsupported("the value is neither a tensor nor numbers");
}

static Tensor *importConstantOfShape(Node &node) {
  Emitter &emit = node.emit;
  std::optional<std::vector<SizeExpr>> shape = node.getSizes(0);
  if (!shape)
    return nullptr;
  DenseElementsAttr value = DenseElementsAttr::get(
      RankedTensorType::get({1}, emit.getBuilder().getF32Type()), 0.0f);
  if (const TensorProto *tensor = node.getTensor("value"))
    if (!(value = node.getElements(*tensor)))
      return nullptr;
  if (value.getNumElements() != 1)
    return emit.invalid("the value has " + llvm::Twine(value.getNumElements()) +
                        " elements instead of 1");
  Tensor *number = emit.ofConstant(
      value.reshape(RankedTensorType::get({}, value.getElementType())));
  std::optional<SmallVector<int64_t>> sizes = SmallVector<int64_t>();
  for (const SizeExpr &size : *shape) {
    if (!size.asConstant() || *size.asConstant() < 0) {
      sizes.reset();
      break;
    }
    sizes->push_back(*size.asConstant());
  }
  if (sizes)
    if (Tensor *known = rearrange(emit, number, *sizes,
                                  [](llvm::ArrayRef<int64_t>) { return 0; }))
      return known;
  return emit.expand(number, Sizes(shape->begin(), shape->end()));
}

/// Sizes [start, end) of the input, since opset 15; all before.
static Tensor *importShape(Node &node) {
  const Sizes &sizes = node.getInput(0)->sizes;
  int64_t rank = sizes.size();
  std::optional<int64_t> start = node.getInteger("start", 0);
  std::optional<int64_t> end = node.getInteger("end", rank);
  if (!start || !end)
    return nullptr;
  auto clamp = [&](int64_t bound) {
    return std::clamp<int64_t>(bound < 0 ? bound + rank : bound, 0, rank);
  };
  int64_t first = clamp(*start), last = std::max(first, clamp(*end));
  return node.emit.ofElements(
      node.emit.getBuilder().getI64Type(), last - first,
      std::vector<SizeExpr>(sizes.begin() + first, sizes.begin() + last));
}

static Tensor *importSize(Node &node) {
  SizeExpr count(1);
  for (const SizeExpr &size : node.getInput(0)->sizes)
    count = count * size;
  return node.emit.ofElements(node.emit.getBuilder().getI64Type(), {}, {count});
}

llvm::ArrayRef<Operator> weft::onnx::getConstantOperators() {
  static const Operator operators[] = {
      {"Constant", 1, newestOpset, 0, 0, importConstant},
      {"ConstantOfShape", 9, newestOpset, 1, 1, importConstantOfShape},
      {"Shape", 1, newestOpset, 1, 1, importShape},
      {"Size", 1, newestOpset, 1, 1, importSize},
  };
  return operators;
}
