//===- GraphInterface.cpp - Inputs, outputs and sizes of a graph ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Quote.h"
#include "lib/Import/ONNX/TensorData.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

StatusOr<Sizes> GraphImporter::importShape(const ValueInfoProto &input) {
  const TypeProto::Tensor &type = input.type().tensor_type();
  if (!type.has_shape())
    return Status::error("has no shape; export the model with one (a dimension "
                         "may be a name)");
  Sizes sizes;
  for (const TensorShapeProto::Dimension &dimension : type.shape().dim()) {
    if (dimension.value_case() == TensorShapeProto::Dimension::kDimValue) {
      if (dimension.dim_value() < 1)
        return Status::error("has a dimension of size " +
                             std::to_string(dimension.dim_value()) +
                             "; give it a name if it is not fixed");
      sizes.push_back(dimension.dim_value());
      continue;
    }
    std::string name = dimension.dim_param();
    if (name.empty())
      name = input.name() + "_dim" + std::to_string(sizes.size());
    sizes.push_back(SizeExpr::symbol(names.ofDimension(name)));
  }
  return sizes;
}

Status GraphImporter::importInterface(Scope &scope) {
  const GraphProto &graph = model.getProto().graph();
  std::string name =
      names.reserve(graph.name().empty() ? "main" : graph.name());

  SmallVector<Type> types;
  SmallVector<Sizes> shapes;
  SmallVector<const ValueInfoProto *> inputs;
  llvm::StringSet<> inputNames;
  for (const ValueInfoProto &input : graph.input()) {
    if (!inputNames.insert(input.name()).second)
      return Status::error("two inputs are named " + quote(input.name()));
    // Before IR version 4, initializers were inputs too.
    if (scope.constants.contains(input.name()))
      continue;
    auto fail = [&](const std::string &message) {
      return Status::error("input " + quote(input.name()) + " " + message);
    };
    if (!input.type().has_tensor_type())
      return fail("is no tensor; only tensors are supported");
    int32_t dataType = input.type().tensor_type().elem_type();
    Type elementType = getElementType(builder.getContext(), dataType);
    if (!elementType)
      return fail("has elements of type " + getDataTypeName(dataType).str() +
                  ", which is not supported");
    StatusOr<Sizes> sizes = importShape(input);
    if (!sizes)
      return fail(sizes.message());
    SmallVector<int64_t> shape, fixed;
    for (const SizeExpr &size : *sizes) {
      shape.push_back(size.asConstant().value_or(ShapedType::kDynamic));
      fixed.push_back(size.asConstant().value_or(1));
    }
    if (shape.size() > maximumRank || !getNumBytes(fixed, elementType))
      return fail("has more than " + std::to_string(maximumRank) +
                  " dimensions or 2^50 bytes");
    types.push_back(RankedTensorType::get(shape, elementType));
    shapes.push_back(std::move(*sizes));
    inputs.push_back(&input);
  }

  builder.setInsertionPointToEnd(module->getBody());
  function = func::FuncOp::create(
      builder, NameLoc::get(builder.getStringAttr("graph " + quote(name))),
      name, builder.getFunctionType(types, {}));
  Block *block = function.addEntryBlock();
  builder.setInsertionPointToStart(block);
  for (auto [i, input] : llvm::enumerate(inputs)) {
    function.setArgAttr(i, "llm.name", builder.getStringAttr(input->name()));
    function.setArgAttr(i, "llm.sizes",
                        SizesAttr::get(builder.getContext(), shapes[i]));
    WEFT_RETURN_IF_ERROR(define(
        scope, input->name(), emit.ofValue(block->getArgument(i), shapes[i])));
  }
  return Status::ok();
}

Status GraphImporter::importOutputs(Scope &scope) {
  const GraphProto &graph = model.getProto().graph();
  if (graph.output_size() == 0)
    return Status::error("the graph has no outputs");
  emit.setLocation(function.getLoc());
  SmallVector<Value> values;
  SmallVector<Type> types;
  for (const ValueInfoProto &output : graph.output()) {
    StatusOr<Tensor *> tensor = read(scope, output.name(), NodeProto(), 0);
    if (!tensor)
      return Status::error("the list of outputs " + tensor.message());
    values.push_back(emit.getValue(*tensor));
    types.push_back(values.back().getType());
  }
  func::ReturnOp::create(builder, function.getLoc(), values);
  SmallVector<Type> inputTypes(function.getArgumentTypes());
  function.setFunctionType(builder.getFunctionType(inputTypes, types));
  for (auto [i, output] : llvm::enumerate(graph.output()))
    function.setResultAttr(i, "llm.name", builder.getStringAttr(output.name()));
  // Of some nodes only the shape was read.
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
  return Status::ok();
}

void GraphImporter::declareSizes() {
  builder.setInsertionPointToStart(module->getBody());
  for (const std::string &name : names.getSizes()) {
    SizeFacts facts = reasoner.of(name);
    SizeOp::create(builder, builder.getUnknownLoc(), name, facts.minimum,
                   facts.maximum, facts.divisor);
  }
}
