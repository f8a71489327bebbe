//===- ModelEmitter.h - Ops of the llm dialect over a checkpoint -*- C++
//-*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_DECODER_MODELEMITTER_H
#define LIB_IMPORT_DECODER_MODELEMITTER_H

#include "dialects/LLM/IR/LLM.h"
#include "lib/Import/Decoder/Checkpoint.h"
#include "lib/Import/Decoder/Family.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"

namespace weft {

/// Emits ops on f32 activations and on weights that stay in the type of their
/// file. The first failure is kept; what is emitted after one is of the right
/// types and never used, so that callers look once, at the end.
class ModelEmitter {
public:
  ModelEmitter(Checkpoint &checkpoint, mlir::MLIRContext *context);

  /// Where the ops that follow come from: a tensor's name, or a sentence.
  void setLocation(const llvm::Twine &name);
  mlir::Location getLocation() const { return location; }
  void fail(const llvm::Twine &message);
  Status getStatus() const;

  //===--- Weights --------------------------------------------------------===//

  /// Linear weights of the checkpoint are [in, out].
  bool storesTransposed = false;
  /// Added to the scales of norms.
  double scaleOffset = 0;

  /// The tensor of this name and shape, as the file stores it.
  mlir::Value weight(llvm::StringRef name, llvm::ArrayRef<int64_t> shape);
  /// The same as f32 numbers, for norms and biases.
  mlir::Value numbers(llvm::StringRef name, llvm::ArrayRef<int64_t> shape);
  bool hasBias(llvm::StringRef name) const {
    return checkpoint.has((name + ".bias").str());
  }
  const StoredTensor *find(llvm::StringRef name) const {
    return checkpoint.find(name);
  }

  //===--- Layers ---------------------------------------------------------===//

  /// input * weight^T + bias of the tensors `name`.weight and, if it is there,
  /// `name`.bias.
  mlir::Value linear(mlir::Value input, llvm::StringRef name, int64_t size);
  /// The same with rows [offset, offset + size) of a weight of `rows` rows.
  mlir::Value linearOfRows(mlir::Value input, llvm::StringRef name,
                           int64_t offset, int64_t size, int64_t rows);
  /// The same with rows of a weight [heads, 3, headSize] of which `part` is
  /// wanted.
  mlir::Value linearOfHeads(mlir::Value input, llvm::StringRef name,
                            int64_t heads, int64_t headSize, int64_t part);
  mlir::Value rmsNorm(mlir::Value input, llvm::StringRef name, double epsilon);
  mlir::Value layerNorm(mlir::Value input, llvm::StringRef name,
                        double epsilon);
  mlir::Value embedding(mlir::Value ids, mlir::Value table);
  mlir::Value activate(mlir::Value input, Activation activation);
  /// activate(gate) * up.
  mlir::Value gate(mlir::Value gate, mlir::Value up, Activation activation);

  //===--- Elementwise and layout -----------------------------------------===//

  /// A number of rank 0.
  mlir::Value scalar(double value);
  mlir::Value constant(llvm::ArrayRef<float> values);
  template <typename Op> mlir::Value binary(mlir::Value lhs, mlir::Value rhs) {
    return Op::create(builder, location, broadcastTypes(lhs, rhs), lhs, rhs);
  }
  template <typename Op> mlir::Value unary(mlir::Value input) {
    return Op::create(builder, location, input.getType(), input);
  }
  mlir::Value scale(mlir::Value input, double factor) {
    return factor == 1 ? input : binary<MulOp>(input, scalar(factor));
  }
  mlir::Value cast(mlir::Value input, mlir::Type elementType);
  mlir::Value reshape(mlir::Value input, const Sizes &sizes);
  /// Part [offset, offset + size) of a static dimension of a static tensor.
  mlir::Value slice(mlir::Value input, int64_t axis, int64_t offset,
                    int64_t size);

  mlir::RankedTensorType getType(const Sizes &sizes,
                                 mlir::Type elementType = {});
  SizesAttr sizesOf(llvm::ArrayRef<SizeExpr> sizes) {
    return SizesAttr::get(builder.getContext(), sizes);
  }

  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Where symbols of the module go.
  mlir::OpBuilder symbols;
  /// Where ops go.
  mlir::OpBuilder builder;

private:
  mlir::Type broadcastTypes(mlir::Value lhs, mlir::Value rhs);
  mlir::Value linearOf(mlir::Value input, mlir::Value weight, mlir::Value bias);
  /// The weight [rows, columns] of a linear.
  mlir::Value matrix(llvm::StringRef name, int64_t rows, int64_t columns);
  mlir::Value bias(llvm::StringRef name, int64_t size);
  /// The element type of a tensor; f32 after a failure.
  mlir::Type getElementType(const StoredTensor &tensor);

  Checkpoint &checkpoint;
  mlir::Location location;
  std::string message;
  llvm::StringMap<mlir::Value> loaded;
};

} // namespace weft

#endif // LIB_IMPORT_DECODER_MODELEMITTER_H
