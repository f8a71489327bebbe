//===- GraphImporter.h - A graph as a function ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_GRAPHIMPORTER_H
#define LIB_IMPORT_ONNX_GRAPHIMPORTER_H

#include "lib/Import/ONNX/Emitter.h"
#include "lib/Import/ONNX/ImportONNX.h"
#include "lib/Import/ONNX/ModelFile.h"
#include "lib/Import/ONNX/SymbolNames.h"
#include "lib/Import/ONNX/Unsupported.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace weft::onnx {

/// One attempt to import a model's graph; see SizeReasoner for why there may be
/// more.
class GraphImporter {
public:
  GraphImporter(ModelFile &model, mlir::MLIRContext *context,
                const ImportOptions &options, SizeReasoner &reasoner);
  StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> run();

private:
  /// The names that nodes can read: of a graph, or of a function's body.
  struct Scope {
    llvm::StringMap<Tensor *> tensors;
    /// Initializers and constants that no node has read yet.
    llvm::StringMap<const TensorProto *> constants;
    /// What is before the names of nodes.
    std::string prefix;
    /// The operator set of ONNX's own domain.
    int64_t opset;
    unsigned depth = 0;
  };
  using Nodes = google::protobuf::RepeatedPtrField<NodeProto>;

  Status importInterface(Scope &scope);
  StatusOr<Sizes> importShape(const ValueInfoProto &input);
  Status importNodes(const Nodes &nodes, Scope &scope,
                     llvm::ArrayRef<llvm::StringRef> outputs);
  Status importNode(const NodeProto &proto, Scope &scope);
  /// Imports a node of ONNX's own operators. An unsupported one is noted.
  Status importOperator(const NodeProto &proto, llvm::StringRef name,
                        llvm::ArrayRef<Tensor *> inputs, Scope &scope);
  /// Imports the body of the function that the node calls.
  Status importCall(const NodeProto &proto, llvm::StringRef name,
                    const FunctionProto &function,
                    llvm::ArrayRef<Tensor *> inputs, Scope &scope);
  void indexFunctions();
  const FunctionProto *findFunction(const NodeProto &proto) const;
  Status importOutputs(Scope &scope);
  void declareSizes();

  Status define(Scope &scope, const std::string &name, Tensor *tensor);
  /// The tensor that `name` means; null for one that could not be imported.
  StatusOr<Tensor *> read(Scope &scope, const std::string &name,
                          const NodeProto &consumer, unsigned input);
  StatusOr<Tensor *> readConstant(const TensorProto &tensor,
                                  const std::string &name,
                                  const NodeProto &consumer, unsigned input);

  ModelFile &model;
  const ImportOptions &options;
  SizeReasoner &reasoner;
  mlir::OpBuilder builder;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp function;
  Emitter emit;
  SymbolNames names;
  Unsupported unsupported;
  llvm::StringMap<const FunctionProto *> functions;
  /// Functions that call functions could ask for any number of nodes.
  static constexpr unsigned maximumNodes = 1'000'000;
  unsigned numNodes = 0;
};

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_GRAPHIMPORTER_H
