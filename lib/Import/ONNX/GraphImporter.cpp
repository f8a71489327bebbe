//===- GraphImporter.cpp - A graph as a function --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Operators.h"
#include "lib/Import/ONNX/Quote.h"
#include "lib/Import/ONNX/TensorData.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

GraphImporter::GraphImporter(ModelFile &model, MLIRContext *context,
                             const ImportOptions &options,
                             SizeReasoner &reasoner)
    : model(model), options(options), reasoner(reasoner), builder(context),
      emit(builder, reasoner) {}

/// What a node is called in locations and messages.
static std::string getName(const NodeProto &node) {
  if (!node.name().empty() || node.output_size() == 0)
    return node.name();
  return node.output(0);
}

static std::string describe(llvm::StringRef name, const NodeProto &node,
                            int64_t opset) {
  std::string type = quote(node.op_type());
  return "node " + quote(name) + " (" + type.substr(1, type.size() - 2) +
         ", opset " + std::to_string(opset) + ")";
}

StatusOr<OwningOpRef<ModuleOp>> GraphImporter::run() {
  const GraphProto &graph = model.getProto().graph();
  module = ModuleOp::create(builder.getUnknownLoc());
  Scope scope;
  scope.opset = model.getOpset("");

  if (graph.sparse_initializer_size() != 0)
    return Status::error("the graph has sparse initializers, which are not "
                         "supported; export them as dense tensors");
  for (const TensorProto &tensor : graph.initializer())
    if (!scope.constants.try_emplace(tensor.name(), &tensor).second)
      return Status::error("two initializers are named " +
                           quote(tensor.name()));
  indexFunctions();
  WEFT_RETURN_IF_ERROR(importInterface(scope));
  SmallVector<llvm::StringRef> outputs;
  for (const ValueInfoProto &output : graph.output())
    outputs.push_back(output.name());
  WEFT_RETURN_IF_ERROR(importNodes(graph.node(), scope, outputs));
  if (!unsupported.isEmpty())
    return Status::error(unsupported.getMessage());
  WEFT_RETURN_IF_ERROR(importOutputs(scope));
  declareSizes();
  return std::move(module);
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

Status GraphImporter::define(Scope &scope, const std::string &name,
                             Tensor *tensor) {
  if (!scope.constants.contains(name) &&
      scope.tensors.try_emplace(name, tensor).second)
    return Status::ok();
  return Status::error("two values are named " + quote(name));
}

StatusOr<Tensor *> GraphImporter::read(Scope &scope, const std::string &name,
                                       const NodeProto &consumer,
                                       unsigned input) {
  auto known = scope.tensors.find(name);
  if (known != scope.tensors.end())
    return known->second;
  auto constant = scope.constants.find(name);
  if (constant == scope.constants.end())
    return Status::error("reads " + quote(name) +
                         ", which nothing before it gives");
  StatusOr<Tensor *> tensor =
      readConstant(*constant->second, name, consumer, input);
  if (tensor)
    scope.tensors[name] = *tensor;
  return tensor;
}

StatusOr<Tensor *> GraphImporter::readConstant(const TensorProto &tensor,
                                               const std::string &name,
                                               const NodeProto &consumer,
                                               unsigned input) {
  StatusOr<TensorData> data =
      readTensor(builder.getContext(), model, tensor, options.weightBytes);
  if (!data)
    return Status::error("tensor " + quote(name) + " " + data.message());
  if (data->elements)
    return emit.ofConstant(data->elements);

  if (std::optional<Count> count = readCount(model, *data)) {
    llvm::ArrayRef<int64_t> shape = data->type.getShape();
    LinearElements elements = {count->start, Sizes(shape.size())};
    for (auto [stride, size] : llvm::zip(elements.strides, shape))
      stride = size == 1 ? 0 : count->step;
    return emit.ofLinear(data->type.getElementType(),
                         Sizes(shape.begin(), shape.end()),
                         std::move(elements));
  }

  // In the file, a boolean takes a byte.
  bool isBool = data->type.getElementType().isInteger(1);
  RankedTensorType type = data->type;
  if (isBool)
    type = type.clone(
        IntegerType::get(builder.getContext(), 8, IntegerType::Unsigned));
  std::string symbol = names.ofWeight(name, consumer, input);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(function);
    WeightOp::create(builder, builder.getUnknownLoc(), symbol, type,
                     builder.getStringAttr(data->region.file),
                     data->region.offset, /*initializer=*/nullptr,
                     /*sources=*/nullptr);
  }
  Tensor *weight = emit.ofWeight(symbol, type);
  return isBool ? emit.cast(weight, builder.getI1Type()) : weight;
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

Status GraphImporter::importNodes(const Nodes &nodes, Scope &scope,
                                  llvm::ArrayRef<llvm::StringRef> outputs) {
  // Nothing is asked of nodes that no output depends on.
  llvm::StringSet<> needed;
  for (llvm::StringRef output : outputs)
    needed.insert(output);
  std::vector<bool> isNeeded(nodes.size());
  for (int i = nodes.size(); i-- != 0;) {
    const NodeProto &node = nodes[i];
    isNeeded[i] = llvm::any_of(node.output(), [&](const std::string &name) {
      return !name.empty() && needed.contains(name);
    });
    if (isNeeded[i])
      for (const std::string &input : node.input())
        needed.insert(input);
  }
  for (int i = 0; i != nodes.size(); ++i)
    if (isNeeded[i])
      WEFT_RETURN_IF_ERROR(importNode(nodes[i], scope));
  return Status::ok();
}

Status GraphImporter::importNode(const NodeProto &proto, Scope &scope) {
  if (++numNodes > maximumNodes)
    return Status::error("the graph has more than " +
                         std::to_string(maximumNodes) + " nodes");
  std::string name = scope.prefix + getName(proto);
  auto fail = [&](const std::string &message) {
    return Status::error(describe(name, proto, scope.opset) + ": " + message);
  };

  // Tensors are kept unread, like initializers.
  bool isOwnDomain = proto.domain().empty() || proto.domain() == "ai.onnx";
  if (isOwnDomain && proto.op_type() == "Constant" &&
      proto.attribute_size() == 1 && proto.output_size() == 1 &&
      proto.attribute(0).name() == "value" && proto.attribute(0).has_t()) {
    const std::string &output = proto.output(0);
    if (scope.tensors.contains(output) ||
        !scope.constants.try_emplace(output, &proto.attribute(0).t()).second)
      return fail("two values are named " + quote(output));
    return Status::ok();
  }

  SmallVector<Tensor *> inputs;
  bool isPoisoned = false;
  for (int i = 0; i != proto.input_size(); ++i) {
    Tensor *tensor = nullptr;
    if (!proto.input(i).empty()) {
      StatusOr<Tensor *> given = read(scope, proto.input(i), proto, i);
      if (!given)
        return fail(given.message());
      tensor = *given;
      isPoisoned |= !tensor;
    }
    inputs.push_back(tensor);
  }
  Status status = Status::ok();
  if (isPoisoned) {
    for (const std::string &output : proto.output())
      if (!output.empty() && status)
        status = define(scope, output, nullptr);
  } else if (const FunctionProto *callee = findFunction(proto)) {
    status = importCall(proto, name, *callee, inputs, scope);
    // The message names the node of the body.
    if (!status)
      return status;
  } else {
    status = importOperator(proto, name, inputs, scope);
  }
  return status ? status : fail(status.message());
}

Status GraphImporter::importOperator(const NodeProto &proto,
                                     llvm::StringRef name,
                                     llvm::ArrayRef<Tensor *> inputs,
                                     Scope &scope) {
  bool isOwnDomain = proto.domain().empty() || proto.domain() == "ai.onnx";
  const Operator *other = nullptr, *op = nullptr;
  if (isOwnDomain)
    op = findOperator(proto.op_type(), scope.opset, other);

  std::string type =
      isOwnDomain ? proto.op_type() : proto.domain() + "." + proto.op_type();
  type = quote(type);
  type = type.substr(1, type.size() - 2);
  Node node(emit, model, proto, scope.opset, inputs);
  if (op) {
    emit.setLocation(NameLoc::get(
        builder.getStringAttr(describe(name, proto, scope.opset))));
    Tensor *result = weft::onnx::importNode(*op, node);
    if (!result)
      emit.invalid("cannot be imported");
    else if (node.getNumOutputs() != 0)
      node.setOutput(0, result);
    for (unsigned i = 1; i < node.getNumOutputs() && !emit.hasFailed(); ++i)
      if (node.isOutputUsed(i) && !node.getOutput(i))
        emit.unsupported("output " + llvm::Twine(i) + " is not supported");
    if (emit.hasFailed()) {
      bool isUnsupported = emit.isUnsupported();
      std::string message = emit.takeMessage();
      if (!isUnsupported)
        return Status::error(message);
      unsupported.note(type + ": " + message, name);
    }
  } else if (other) {
    unsupported.note(type + " of opset " + std::to_string(scope.opset) +
                         " is not supported, but that of opsets " +
                         std::to_string(other->since) + " to " +
                         std::to_string(other->until) + " is",
                     name);
  } else {
    unsupported.note(type + " is not supported", name);
  }
  for (int i = 0; i != proto.output_size(); ++i)
    if (!proto.output(i).empty())
      WEFT_RETURN_IF_ERROR(define(scope, proto.output(i), node.getOutput(i)));
  return Status::ok();
}
