//===- ModelEmitter.cpp - Ops of the llm dialect over a checkpoint --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/ModelEmitter.h"
#include "runtime/base/Text.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace weft;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static int64_t lastSize(Value value) { return typeOf(value).getShape().back(); }

static RankedTensorType withLast(Value value, int64_t size) {
  SmallVector<int64_t> shape(typeOf(value).getShape());
  shape.back() = size;
  return RankedTensorType::get(shape, typeOf(value).getElementType());
}

ModelEmitter::ModelEmitter(Checkpoint &checkpoint, MLIRContext *context)
    : module(ModuleOp::create(UnknownLoc::get(context))),
      symbols(OpBuilder::atBlockEnd(module->getBody())), builder(context),
      checkpoint(checkpoint), location(UnknownLoc::get(context)) {}

void ModelEmitter::setLocation(const llvm::Twine &name) {
  location = NameLoc::get(builder.getStringAttr(name));
}

void ModelEmitter::fail(const llvm::Twine &text) {
  if (message.empty())
    message = text.str();
}

Status ModelEmitter::getStatus() const {
  return message.empty() ? Status::ok() : Status::error(message);
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

Type ModelEmitter::getElementType(const StoredTensor &tensor) {
  if (tensor.format)
    return BlockType::get(builder.getContext(), *tensor.format);
  switch (tensor.scalar) {
  case DataType::F16:
    return builder.getF16Type();
  case DataType::BF16:
    return builder.getBF16Type();
  case DataType::F32:
    return builder.getF32Type();
  default:
    fail("tensor '" + printable(tensor.name) + "' is of type " +
         std::string(name(tensor.scalar)) + "; expected f32, f16 or bf16");
    return builder.getF32Type();
  }
}

static std::string textOf(ArrayRef<int64_t> shape) {
  std::string text = "[";
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(shape, stream);
  return text + "]";
}

Value ModelEmitter::weight(llvm::StringRef name, ArrayRef<int64_t> shape) {
  Value &value = loaded[name];
  if (value)
    return value;
  const StoredTensor *tensor = checkpoint.use(name);
  Type elementType = builder.getF32Type();
  if (!tensor) {
    fail("the model has no tensor '" + name + "'");
  } else {
    elementType = getElementType(*tensor);
    if (ArrayRef(tensor->shape) != shape)
      fail("tensor '" + name + "' has the shape " + textOf(tensor->shape) +
           "; expected " + textOf(shape));
  }
  auto type = RankedTensorType::get(shape, elementType);
  if (message.empty())
    WeightOp::create(symbols, location, tensor->name, type,
                     builder.getStringAttr(tensor->file), tensor->offset,
                     /*initializer=*/nullptr, /*sources=*/nullptr);
  return value = LoadWeightOp::create(builder, location, type,
                                      tensor ? tensor->name : name);
}

Value ModelEmitter::numbers(llvm::StringRef name, ArrayRef<int64_t> shape) {
  Value value = weight(name, shape);
  if (isa<BlockType>(typeOf(value).getElementType())) {
    fail("tensor '" + name +
         "' is quantized; expected f32, f16 or bf16 for a norm or a bias");
    return scalar(0);
  }
  return cast(value, builder.getF32Type());
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Value ModelEmitter::matrix(llvm::StringRef name, int64_t rows,
                           int64_t columns) {
  std::string full = (name + ".weight").str();
  if (!storesTransposed)
    return weight(full, {rows, columns});
  Value stored = weight(full, {columns, rows});
  auto type =
      RankedTensorType::get({rows, columns}, typeOf(stored).getElementType());
  return TransposeOp::create(builder, location, type, stored,
                             ArrayRef<int64_t>{1, 0});
}

Value ModelEmitter::bias(llvm::StringRef name, int64_t size) {
  return hasBias(name) ? numbers((name + ".bias").str(), {size}) : Value();
}

Value ModelEmitter::linearOf(Value input, Value weight, Value bias) {
  auto type = withLast(input, typeOf(weight).getShape().front());
  return LinearOp::create(builder, location, type, input, weight, bias,
                          IntegerAttr(), ActivationFormatAttr());
}

Value ModelEmitter::linear(Value input, llvm::StringRef name, int64_t size) {
  setLocation(name);
  Value weight = matrix(name, size, lastSize(input));
  return linearOf(input, weight, bias(name, size));
}

Value ModelEmitter::linearOfRows(Value input, llvm::StringRef name,
                                 int64_t offset, int64_t size, int64_t rows) {
  setLocation(name);
  Value weight = slice(matrix(name, rows, lastSize(input)), 0, offset, size);
  Value all = bias(name, rows);
  return linearOf(input, weight, all ? slice(all, 0, offset, size) : Value());
}

Value ModelEmitter::linearOfHeads(Value input, llvm::StringRef name,
                                  int64_t heads, int64_t headSize,
                                  int64_t part) {
  setLocation(name);
  int64_t columns = lastSize(input);
  const StoredTensor *tensor = find((name + ".weight").str());
  if (tensor && tensor->format)
    fail("tensor '" + name +
         ".weight' is quantized; expected f32, f16 or bf16 "
         "where heads are taken apart");
  int64_t rows = heads * 3 * headSize;
  auto take = [&](Value all, ArrayRef<int64_t> rest) {
    Sizes apart{heads, 3, headSize}, together{heads * headSize};
    apart.append(rest.begin(), rest.end());
    together.append(rest.begin(), rest.end());
    return reshape(slice(reshape(all, apart), 1, part, 1), together);
  };
  Value weight = take(matrix(name, rows, columns), {columns});
  Value all = bias(name, rows);
  return linearOf(input, weight, all ? take(all, {}) : Value());
}

Value ModelEmitter::rmsNorm(Value input, llvm::StringRef name, double epsilon) {
  setLocation(name);
  Value scale = numbers((name + ".weight").str(), {lastSize(input)});
  if (scaleOffset != 0)
    scale = binary<AddOp>(scale, scalar(scaleOffset));
  return RMSNormOp::create(builder, location, input.getType(), input, scale,
                           llvm::APFloat(static_cast<float>(epsilon)));
}

Value ModelEmitter::layerNorm(Value input, llvm::StringRef name,
                              double epsilon) {
  setLocation(name);
  Value scale = numbers((name + ".weight").str(), {lastSize(input)});
  return LayerNormOp::create(builder, location, input.getType(), input, scale,
                             bias(name, lastSize(input)),
                             llvm::APFloat(static_cast<float>(epsilon)));
}

Value ModelEmitter::embedding(Value ids, Value table) {
  SmallVector<int64_t> shape(typeOf(ids).getShape());
  shape.push_back(lastSize(table));
  return EmbeddingOp::create(builder, location,
                             RankedTensorType::get(shape, builder.getF32Type()),
                             ids, table);
}

Value ModelEmitter::activate(Value input, Activation activation) {
  switch (activation) {
  case Activation::SiLU:
    return unary<SiLUOp>(input);
  case Activation::Relu:
    return unary<ReluOp>(input);
  case Activation::GeluErf:
  case Activation::GeluTanh:
    break;
  }
  return GeluOp::create(builder, location, input.getType(), input,
                        activation == Activation::GeluTanh
                            ? GeluApproximation::tanh
                            : GeluApproximation::none);
}

Value ModelEmitter::gate(Value gate, Value up, Activation activation) {
  return activation == Activation::SiLU
             ? binary<SwiGLUOp>(gate, up)
             : binary<MulOp>(activate(gate, activation), up);
}

//===----------------------------------------------------------------------===//
// Elementwise and layout
//===----------------------------------------------------------------------===//

Value ModelEmitter::scalar(double value) {
  auto type = RankedTensorType::get({}, builder.getF32Type());
  return ConstantOp::create(
      builder, location,
      DenseElementsAttr::get(type, static_cast<float>(value)));
}

Value ModelEmitter::constant(ArrayRef<float> values) {
  auto type = RankedTensorType::get({static_cast<int64_t>(values.size())},
                                    builder.getF32Type());
  return ConstantOp::create(builder, location,
                            DenseElementsAttr::get(type, values));
}

Type ModelEmitter::broadcastTypes(Value lhs, Value rhs) {
  SmallVector<int64_t> shape(typeOf(lhs).getShape());
  ArrayRef<int64_t> other = typeOf(rhs).getShape();
  if (shape.size() < other.size())
    shape.insert(shape.begin(), other.size() - shape.size(), 1);
  size_t missing = shape.size() - other.size();
  for (size_t i = 0; i != other.size(); ++i)
    if (shape[missing + i] == 1)
      shape[missing + i] = other[i];
  return RankedTensorType::get(shape, typeOf(lhs).getElementType());
}

Value ModelEmitter::cast(Value input, Type elementType) {
  RankedTensorType type = typeOf(input);
  if (type.getElementType() == elementType)
    return input;
  return CastOp::create(builder, location, type.clone(elementType), input);
}

RankedTensorType ModelEmitter::getType(const Sizes &sizes, Type elementType) {
  SmallVector<int64_t> shape;
  for (const SizeExpr &size : sizes)
    shape.push_back(size.asConstant().value_or(ShapedType::kDynamic));
  return RankedTensorType::get(shape, elementType ? elementType
                                                  : builder.getF32Type());
}

Value ModelEmitter::reshape(Value input, const Sizes &sizes) {
  return ReshapeOp::create(builder, location,
                           getType(sizes, typeOf(input).getElementType()),
                           input, sizesOf(sizes));
}

Value ModelEmitter::slice(Value input, int64_t axis, int64_t offset,
                          int64_t size) {
  Sizes offsets, sizes;
  for (int64_t dimension : typeOf(input).getShape()) {
    offsets.emplace_back(0);
    sizes.emplace_back(dimension);
  }
  offsets[axis] = offset;
  sizes[axis] = size;
  SmallVector<int64_t> strides(sizes.size(), 1);
  return SliceOp::create(builder, location,
                         getType(sizes, typeOf(input).getElementType()), input,
                         sizesOf(offsets), sizesOf(sizes), strides);
}
