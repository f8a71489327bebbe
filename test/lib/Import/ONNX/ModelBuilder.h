//===- ModelBuilder.h - Small ONNX models for tests -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_IMPORT_ONNX_MODELBUILDER_H
#define TEST_LIB_IMPORT_ONNX_MODELBUILDER_H

#include "lib/Import/ONNX/ImportONNX.h"
#include "lib/Import/ONNX/onnx.pb.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

namespace weft::onnx {

/// A model that is built up by calls and then imported.
struct ModelBuilder {
  explicit ModelBuilder(int64_t opset = 17) {
    model.set_ir_version(8);
    model.add_opset_import()->set_version(opset);
    model.mutable_graph()->set_name("test");
  }
  GraphProto &graph() { return *model.mutable_graph(); }

  /// Sizes below 1 are symbolic, and all of one number the same.
  ValueInfoProto &input(const std::string &name, std::vector<int64_t> shape,
                        int type = TensorProto::FLOAT) {
    ValueInfoProto &input = *graph().add_input();
    input.set_name(name);
    TypeProto::Tensor &tensor = *input.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    tensor.mutable_shape();
    for (int64_t size : shape) {
      auto &dimension = *tensor.mutable_shape()->add_dim();
      if (size > 0)
        dimension.set_dim_value(size);
      else
        dimension.set_dim_param("n" + std::to_string(-size));
    }
    return input;
  }
  void output(const std::string &name) { graph().add_output()->set_name(name); }

  NodeProto &node(const std::string &op, std::vector<std::string> inputs,
                  std::vector<std::string> outputs) {
    NodeProto &node = *graph().add_node();
    node.set_op_type(op);
    node.set_name("node_" + outputs.front());
    for (const std::string &name : inputs)
      node.add_input(name);
    for (const std::string &name : outputs)
      node.add_output(name);
    return node;
  }
  static void attribute(NodeProto &node, const std::string &name,
                        int64_t value) {
    AttributeProto &attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(AttributeProto::INT);
    attribute.set_i(value);
  }
  TensorProto &tensor(const std::string &name, std::vector<int64_t> shape,
                      int type, std::string bytes) {
    TensorProto &tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (int64_t size : shape)
      tensor.add_dims(size);
    tensor.set_raw_data(std::move(bytes));
    return tensor;
  }
  TensorProto &integers(const std::string &name, std::vector<int64_t> values) {
    return tensor(name, {int64_t(values.size())}, TensorProto::INT64,
                  std::string(reinterpret_cast<const char *>(values.data()),
                              values.size() * sizeof(int64_t)));
  }
  static void entry(TensorProto &tensor, const std::string &key,
                    const std::string &value) {
    StringStringEntryProto &entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }
  TensorProto &external(const std::string &name, std::vector<int64_t> shape,
                        const std::string &location, int64_t offset) {
    TensorProto &result = tensor(name, shape, TensorProto::FLOAT, "");
    result.clear_raw_data();
    result.set_data_location(TensorProto::EXTERNAL);
    entry(result, "location", location);
    entry(result, "offset", std::to_string(offset));
    return result;
  }

  std::string bytes() const { return model.SerializeAsString(); }

  ModelProto model;
};

/// An import: the IR, or the messages.
struct Imported {
  std::string ir;
  std::vector<std::string> errors;
};

/// Imports `source`: a path or a buffer.
template <typename Source> Imported importFrom(Source source) {
  Imported result;
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  mlir::ScopedDiagnosticHandler handler(
      &context, [&](mlir::Diagnostic &diagnostic) {
        result.errors.push_back(diagnostic.str());
      });
  if (auto module = importONNX(source, &context)) {
    llvm::raw_string_ostream stream(result.ir);
    module->print(stream);
  }
  return result;
}

inline Imported importBytes(const std::string &bytes) {
  return importFrom(llvm::MemoryBufferRef(bytes, "model.onnx"));
}

} // namespace weft::onnx

#endif // TEST_LIB_IMPORT_ONNX_MODELBUILDER_H
