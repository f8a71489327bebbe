//===- Node.h - One node of an ONNX graph, for its importer -----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_NODE_H
#define LIB_IMPORT_ONNX_NODE_H

#include "lib/Import/ONNX/Emitter.h"
#include "lib/Import/ONNX/ModelFile.h"

namespace weft::onnx {

/// What the importer of an operator sees: the node's inputs and attributes, and
/// where to emit. Null and nothing mean that a failure was noted.
class Node {
public:
  Node(Emitter &emit, ModelFile &model, const NodeProto &proto, int64_t opset,
       llvm::ArrayRef<Tensor *> inputs)
      : emit(emit), opset(opset), model(model), proto(proto), inputs(inputs),
        outputs(proto.output_size()) {}

  Emitter &emit;
  /// The version of ONNX's operators that is meant.
  const int64_t opset;

  //===--- Inputs ---------------------------------------------------------===//

  unsigned getNumInputs() const { return inputs.size(); }
  bool hasInput(unsigned i) const { return getInput(i) != nullptr; }
  /// Null for an optional input that is absent.
  Tensor *getInput(unsigned i) const {
    return i < inputs.size() ? inputs[i] : nullptr;
  }
  llvm::ArrayRef<Tensor *> getInputs() const { return inputs; }
  /// The elements of an input that shapes depend on.
  std::optional<std::vector<SizeExpr>> getSizes(unsigned i);
  /// The same where they must be numbers.
  std::optional<llvm::SmallVector<int64_t>> getIntegers(unsigned i);

  //===--- Attributes -----------------------------------------------------===//

  bool hasAttribute(llvm::StringRef name) const {
    return findAttribute(name) != nullptr;
  }
  std::optional<int64_t> getInteger(llvm::StringRef name, int64_t absent);
  std::optional<float> getFloat(llvm::StringRef name, float absent);
  std::optional<std::string> getText(llvm::StringRef name,
                                     llvm::StringRef absent);
  /// An empty list when absent.
  std::optional<llvm::SmallVector<int64_t>>
  getIntegerList(llvm::StringRef name);
  std::optional<llvm::SmallVector<float>> getFloatList(llvm::StringRef name);
  const TensorProto *getTensor(llvm::StringRef name) const;
  /// The elements of a small tensor in an attribute.
  mlir::DenseElementsAttr getElements(const TensorProto &tensor);
  /// The MLIR type that the attribute `name` asks for by number.
  mlir::Type getElementType(llvm::StringRef name);

  /// The attribute "axis", counted from the front.
  std::optional<int64_t> getAxis(int64_t rank, int64_t absent);
  /// `axis` counted from the front.
  std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank);
  /// All of `axes`, sorted; each may occur once.
  std::optional<llvm::SmallVector<int64_t>>
  normalizeAxes(llvm::ArrayRef<int64_t> axes, int64_t rank);
  /// Axes that are an attribute in older opsets, and input `i` from opset
  /// `since` on; nothing but success when absent.
  std::optional<llvm::SmallVector<int64_t>>
  getAxes(unsigned i, int64_t since, int64_t rank, bool &isAbsent);

  //===--- Outputs --------------------------------------------------------===//

  unsigned getNumOutputs() const { return outputs.size(); }
  bool isOutputUsed(unsigned i) const {
    return i < outputs.size() && !proto.output(i).empty();
  }
  void setOutput(unsigned i, Tensor *tensor) { outputs[i] = tensor; }
  Tensor *getOutput(unsigned i) const { return outputs[i]; }

private:
  const AttributeProto *findAttribute(llvm::StringRef name) const;
  /// The attribute, or null when it is absent or of another type (which is
  /// noted as a failure).
  const AttributeProto *findAttribute(llvm::StringRef name,
                                      AttributeProto::AttributeType type);

  ModelFile &model;
  const NodeProto &proto;
  llvm::ArrayRef<Tensor *> inputs;
  llvm::SmallVector<Tensor *> outputs;
};

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_NODE_H
