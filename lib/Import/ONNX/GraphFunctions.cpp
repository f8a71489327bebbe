//===- GraphFunctions.cpp - Calls of the functions of a model -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Quote.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

// Functions that call functions; deeper ones are recursive.
static constexpr unsigned maximumCallDepth = 32;

/// What a call and its function agree in.
template <typename Proto>
static std::string getKey(const Proto &proto, const std::string &name) {
  return proto.domain() + '\0' + name + '\0' + proto.overload();
}

void GraphImporter::indexFunctions() {
  for (const FunctionProto &function : model.getProto().functions())
    functions.try_emplace(getKey(function, function.name()), &function);
}

const FunctionProto *GraphImporter::findFunction(const NodeProto &proto) const {
  return functions.lookup(getKey(proto, proto.op_type()));
}

/// `node` with the attributes that its function gets from the call.
static NodeProto bindAttributes(const NodeProto &node, const NodeProto &call,
                                const FunctionProto &function) {
  auto find = [&](const std::string &name) -> const AttributeProto * {
    for (const AttributeProto &attribute : call.attribute())
      if (attribute.name() == name)
        return &attribute;
    for (const AttributeProto &attribute : function.attribute_proto())
      if (attribute.name() == name)
        return &attribute;
    return nullptr;
  };
  NodeProto bound = node;
  bound.clear_attribute();
  for (const AttributeProto &attribute : node.attribute()) {
    if (attribute.ref_attr_name().empty()) {
      *bound.add_attribute() = attribute;
    } else if (const AttributeProto *given = find(attribute.ref_attr_name())) {
      AttributeProto *copy = bound.add_attribute();
      *copy = *given;
      copy->set_name(attribute.name());
    }
  }
  return bound;
}

Status GraphImporter::importCall(const NodeProto &proto, llvm::StringRef name,
                                 const FunctionProto &function,
                                 llvm::ArrayRef<Tensor *> inputs,
                                 Scope &caller) {
  auto fail = [&](const std::string &message) {
    return Status::error("node " + quote(name) + ", a call of " +
                         quote(function.name()) + ": " + message);
  };
  Scope scope;
  scope.prefix = name.str() + "/";
  scope.opset = caller.opset;
  scope.depth = caller.depth + 1;
  if (scope.depth > maximumCallDepth)
    return fail("functions call each other more than " +
                std::to_string(maximumCallDepth) + " deep");
  for (const OperatorSetIdProto &set : function.opset_import())
    if (set.domain().empty() || set.domain() == "ai.onnx")
      scope.opset = set.version();
  if (int(inputs.size()) > function.input_size() ||
      proto.output_size() > function.output_size())
    return fail("it has more inputs or outputs than the function");
  for (size_t i = 0; i != inputs.size(); ++i)
    if (inputs[i])
      WEFT_RETURN_IF_ERROR(define(scope, function.input(i), inputs[i]));

  // Counted here, since nodes that no output needs are copied as well.
  numNodes += function.node_size();
  if (numNodes > maximumNodes)
    return fail("calls ask for more than " + std::to_string(maximumNodes) +
                " nodes");
  // Absent inputs are absent in the body.
  llvm::StringSet<> absent;
  for (int i = 0; i != function.input_size(); ++i)
    if (i >= int(inputs.size()) || !inputs[i])
      absent.insert(function.input(i));
  Nodes nodes;
  SmallVector<llvm::StringRef> outputs;
  for (const std::string &output : function.output())
    outputs.push_back(output);
  for (const NodeProto &node : function.node()) {
    NodeProto bound = bindAttributes(node, proto, function);
    for (std::string &input : *bound.mutable_input())
      if (absent.contains(input))
        input.clear();
    *nodes.Add() = std::move(bound);
  }
  WEFT_RETURN_IF_ERROR(importNodes(nodes, scope, outputs));
  for (int i = 0; i != proto.output_size(); ++i) {
    if (proto.output(i).empty())
      continue;
    StatusOr<Tensor *> result = read(scope, function.output(i), proto, 0);
    if (!result)
      return fail(result.message());
    WEFT_RETURN_IF_ERROR(define(caller, proto.output(i), *result));
  }
  return Status::ok();
}
