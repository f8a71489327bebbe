//===- Emitter.cpp - Ops of the llm dialect with their sizes --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/Emitter.h"
#include "lib/Import/ONNX/KnownElements.h"
#include "lib/Import/ONNX/TensorData.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

//===----------------------------------------------------------------------===//
// Failures
//===----------------------------------------------------------------------===//

std::nullptr_t Emitter::invalid(const llvm::Twine &text) {
  if (message.empty())
    message = text.str();
  return nullptr;
}

std::nullptr_t Emitter::unsupported(const llvm::Twine &text) {
  if (message.empty()) {
    message = text.str();
    onlyUnsupported = true;
  }
  return nullptr;
}

std::string Emitter::takeMessage() {
  onlyUnsupported = false;
  return std::exchange(message, {});
}

//===----------------------------------------------------------------------===//
// Tensors without an op
//===----------------------------------------------------------------------===//

Tensor *Emitter::ofValue(Value value, Sizes sizes) {
  Tensor tensor;
  tensor.elementType = cast<RankedTensorType>(value.getType()).getElementType();
  tensor.sizes = std::move(sizes);
  tensor.value = value;
  return store(std::move(tensor));
}

Tensor *Emitter::ofNarrow(Value value, Sizes narrowSizes, Sizes sizes) {
  if (narrowSizes == sizes)
    return ofValue(value, std::move(sizes));
  Tensor tensor;
  tensor.elementType = cast<RankedTensorType>(value.getType()).getElementType();
  tensor.sizes = std::move(sizes);
  tensor.narrowValue = value;
  tensor.narrowSizes = std::move(narrowSizes);
  return store(std::move(tensor));
}

Tensor *Emitter::ofConstant(DenseElementsAttr constant) {
  auto type = cast<RankedTensorType>(constant.getType());
  Tensor tensor;
  tensor.elementType = type.getElementType();
  tensor.sizes.assign(type.getShape().begin(), type.getShape().end());
  tensor.constant = constant;
  if (tensor.elementType.isSignlessInteger() &&
      type.getNumElements() <= mostElements) {
    std::vector<SizeExpr> elements;
    bool fits = true;
    for (APInt value : constant.getValues<APInt>()) {
      elements.push_back(tensor.elementType.isInteger(1)
                             ? int64_t(value.getZExtValue())
                             : value.getSExtValue());
      fits &= elements.back().isValid();
    }
    if (fits)
      tensor.elements = std::move(elements);
  }
  return store(std::move(tensor));
}

Tensor *Emitter::ofWeight(llvm::StringRef name, RankedTensorType type) {
  Tensor tensor;
  tensor.elementType = type.getElementType();
  tensor.sizes.assign(type.getShape().begin(), type.getShape().end());
  tensor.weight = name.str();
  return store(std::move(tensor));
}

Tensor *Emitter::ofElements(Type elementType, llvm::ArrayRef<int64_t> shape,
                            std::vector<SizeExpr> elements) {
  for (const SizeExpr &element : elements)
    if (!element.isValid())
      return invalid("computes a size that does not fit 64 bits");
  Tensor tensor;
  tensor.elementType = elementType;
  tensor.sizes.assign(shape.begin(), shape.end());
  tensor.elements = std::move(elements);
  return store(std::move(tensor));
}

Tensor *Emitter::scalar(Type elementType, double value) {
  auto type = RankedTensorType::get({}, elementType);
  if (auto floatType = dyn_cast<FloatType>(elementType)) {
    APFloat number(value);
    bool losesInfo;
    number.convert(floatType.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
    return ofConstant(DenseElementsAttr::get(type, number));
  }
  APInt number(elementType.getIntOrFloatBitWidth(), uint64_t(int64_t(value)),
               /*isSigned=*/true, /*implicitTrunc=*/true);
  return ofConstant(DenseElementsAttr::get(type, number));
}

Value Emitter::getValue(Tensor *tensor) {
  if (tensor->value)
    return tensor->value;
  RankedTensorType type = getType(tensor->elementType, tensor->sizes);
  assert(type && "sizes of constants are checked when they are made");
  if (tensor->narrowValue)
    return tensor->value =
               ExpandOp::create(builder, location, type, tensor->narrowValue,
                                attribute(tensor->sizes));
  if (!tensor->columns.empty())
    return tensor->value = emitColumns(tensor);
  if (tensor->linear)
    return tensor->value = emitLinear(type, tensor->sizes, *tensor->linear);
  if (!tensor->weight.empty())
    return tensor->value =
               LoadWeightOp::create(builder, location, type, tensor->weight);
  if (!tensor->constant && tensor->elements) {
    SmallVector<APInt> numbers;
    unsigned width = type.getElementTypeBitWidth();
    for (const SizeExpr &element : *tensor->elements)
      if (std::optional<int64_t> number = element.asConstant())
        numbers.emplace_back(width, uint64_t(*number), /*isSigned=*/true,
                             /*implicitTrunc=*/true);
    if (numbers.size() == tensor->elements->size())
      tensor->constant = DenseElementsAttr::get(type, numbers);
  }
  if (tensor->constant)
    return tensor->value =
               ConstantOp::create(builder, location, type, tensor->constant);

  // Sizes as data: a list, under the tensor's shape.
  const std::vector<SizeExpr> &elements = *tensor->elements;
  auto listType = tensor->sizes.empty()
                      ? type
                      : RankedTensorType::get({int64_t(elements.size())},
                                              type.getElementType());
  Value list =
      SizesToTensorOp::create(builder, location, listType, attribute(elements));
  if (listType != type)
    list = ReshapeOp::create(builder, location, type, list,
                             attribute(tensor->sizes));
  return tensor->value = list;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

RankedTensorType Emitter::getType(Type elementType, const Sizes &sizes) {
  SmallVector<int64_t> shape, known;
  if (sizes.size() > maximumRank)
    return invalid("the result would have " + llvm::Twine(sizes.size()) +
                   " dimensions; at most " + llvm::Twine(maximumRank) +
                   " are supported"),
           RankedTensorType();
  for (const SizeExpr &size : sizes) {
    if (!SizeReasoner::isReasonable(size))
      return invalid("a size of the result does not fit 64 bits or has "
                     "hundreds of terms"),
             RankedTensorType();
    std::optional<int64_t> constant = size.asConstant();
    if (constant && *constant < 0)
      return invalid("a dimension of the result would have size " +
                     llvm::Twine(*constant)),
             RankedTensorType();
    shape.push_back(constant.value_or(ShapedType::kDynamic));
    if (constant)
      known.push_back(*constant);
  }
  if (!getNumBytes(known, elementType))
    return invalid("the result would have more than 2^50 bytes"),
           RankedTensorType();
  return RankedTensorType::get(shape, elementType);
}

std::optional<Sizes> Emitter::broadcast(const Sizes &lhs, const Sizes &rhs) {
  const Sizes &longer = lhs.size() < rhs.size() ? rhs : lhs;
  const Sizes &shorter = lhs.size() < rhs.size() ? lhs : rhs;
  Sizes result = longer;
  size_t lead = longer.size() - shorter.size();
  for (size_t i = 0; i != shorter.size(); ++i) {
    SizeExpr &size = result[lead + i];
    if (shorter[i].asConstant() == 1)
      continue;
    if (size.asConstant() == 1) {
      size = shorter[i];
      continue;
    }
    std::optional<SizeExpr> both = reasoner.unify(size, shorter[i]);
    if (!both) {
      bool isSymbolic = !size.isConstant() || !shorter[i].isConstant();
      invalid("dimension " + llvm::Twine(lead + i) + " has size " + size.str() +
              " in one operand and " + shorter[i].str() + " in another" +
              (isSymbolic ? "; export the model with one name for both "
                            "(dynamic_axes or dynamic_shapes), or with fixed "
                            "sizes"
                          : ""));
      return std::nullopt;
    }
    size = *both;
  }
  return result;
}

std::optional<Sizes> Emitter::broadcast(llvm::ArrayRef<Tensor *> inputs) {
  std::optional<Sizes> result = Sizes();
  for (Tensor *input : inputs) {
    if (!input)
      return std::nullopt;
    result = broadcast(*result, input->sizes);
    if (!result)
      return std::nullopt;
  }
  return result;
}

Sizes Emitter::broadcastNarrow(llvm::ArrayRef<Tensor *> inputs) {
  Sizes result;
  for (Tensor *input : inputs)
    result = *broadcast(result, input->getNarrowSizes());
  return result;
}

static std::string print(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

bool Emitter::checkSameTypes(Tensor *lhs, Tensor *rhs) {
  if (lhs->elementType == rhs->elementType)
    return true;
  invalid("one operand has elements of type " + print(lhs->elementType) +
          ", another of " + print(rhs->elementType));
  return false;
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

Tensor *Emitter::compare(Comparison predicate, Tensor *lhs, Tensor *rhs) {
  std::optional<Sizes> sizes = broadcast({lhs, rhs});
  if (!sizes || !checkSameTypes(lhs, rhs))
    return nullptr;
  if (std::optional<bool> truth = decide(predicate, lhs, rhs, *sizes))
    return ofLinear(builder.getI1Type(), *sizes,
                    {SizeExpr(*truth), Sizes(sizes->size())});
  return createNarrow<CompareOp>(builder.getI1Type(), *sizes,
                                 broadcastNarrow({lhs, rhs}), predicate,
                                 Narrow{lhs}, Narrow{rhs});
}

Tensor *Emitter::select(Tensor *condition, Tensor *lhs, Tensor *rhs) {
  std::optional<Sizes> sizes = broadcast({condition, lhs, rhs});
  if (!sizes || !checkSameTypes(lhs, rhs))
    return nullptr;
  if (!condition->elementType.isInteger(1))
    return invalid("the condition has elements of type " +
                   print(condition->elementType) + " instead of BOOL");
  if (std::optional<SizeExpr> truth = getUniform(condition))
    return expand(truth->asConstant() == 0 ? rhs : lhs, *sizes);
  return createNarrow<SelectOp>(lhs->elementType, *sizes,
                                broadcastNarrow({condition, lhs, rhs}),
                                Narrow{condition}, Narrow{lhs}, Narrow{rhs});
}

Tensor *Emitter::cast(Tensor *input, Type elementType) {
  if (!input || input->elementType == elementType)
    return input;
  if (elementType.isInteger(64))
    if (std::optional<LinearElements> linear = getLinear(input))
      return ofLinear(elementType, input->sizes, *linear);
  return createNarrow<CastOp>(elementType, input->sizes,
                              input->getNarrowSizes(), Narrow{input});
}

Tensor *Emitter::gelu(Tensor *input, GeluApproximation approximation) {
  if (!input)
    return nullptr;
  return createNarrow<GeluOp>(input->elementType, input->sizes,
                              input->getNarrowSizes(), Narrow{input},
                              approximation);
}
