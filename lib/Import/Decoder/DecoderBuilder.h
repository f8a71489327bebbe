//===- DecoderBuilder.h - The step of a language model as IR ----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_DECODER_DECODERBUILDER_H
#define LIB_IMPORT_DECODER_DECODERBUILDER_H

#include "lib/Import/Decoder/DecoderConfig.h"
#include "lib/Import/Decoder/LanguageModelOptions.h"
#include "lib/Import/Decoder/ModelEmitter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace weft {

/// Builds the function `step` of a decoder (docs/Formats.md says what it takes)
/// with its weights, and with a state for the keys and one for the values of
/// each layer.
class DecoderBuilder {
public:
  DecoderBuilder(const DecoderConfig &config, Checkpoint &checkpoint,
                 const LanguageModelOptions &options,
                 mlir::MLIRContext *context)
      : config(config), checkpoint(checkpoint), options(options),
        emit(checkpoint, context) {}

  /// `tokenizerFile`, if not empty, is named relative to the model's folder.
  StatusOr<mlir::OwningOpRef<mlir::ModuleOp>>
  build(llvm::StringRef tokenizerFile);

private:
  //===--- Interface ------------------------------------------------------===//

  Status checkOptions();
  void declareSizes();
  void declareFunction();
  void declareStates();

  //===--- Layers ---------------------------------------------------------===//

  mlir::Value embed();
  void computeRotations();
  mlir::Value addLayer(mlir::Value hidden);
  mlir::Value computeLogits(mlir::Value hidden);

  mlir::Value attend(mlir::Value hidden);
  /// Query, key or value, part 0, 1 or 2, of each token: [tokens, heads, size].
  mlir::Value project(mlir::Value hidden, unsigned part);
  mlir::Value writeCache(mlir::Value rows, llvm::StringRef state,
                         mlir::RankedTensorType type, bool isTransposed);
  mlir::Value feedForward(mlir::Value hidden);
  mlir::Value mixExperts(mlir::Value hidden);
  mlir::Value expertLinear(mlir::Value input, Role role, mlir::Value experts,
                           int64_t rows, int64_t columns);

  bool has(Role role) const { return config.getName(role) != nullptr; }
  /// The name of the current layer's tensor, without ".weight".
  std::string nameOf(Role role, int64_t expert = 0) const;
  /// The norm of this role; `input` in a family without it.
  mlir::Value norm(mlir::Value input, Role role);
  /// For ops without a weight of their own.
  void setLocation(const llvm::Twine &what);

  const DecoderConfig &config;
  Checkpoint &checkpoint;
  const LanguageModelOptions &options;
  ModelEmitter emit;

  int64_t context = 0;
  mlir::Type cacheType;
  mlir::RankedTensorType keysType, valuesType;
  mlir::func::FuncOp function;
  mlir::Value tokens, positions, sequenceStart, kvLength, blockTable,
      logitsRows;
  SizeExpr numTokens = SizeExpr::symbol("tokens");
  /// Cosine and sine, for each of `config.ropes`.
  std::vector<std::pair<mlir::Value, mlir::Value>> rotations;
  int64_t layer = 0;
};

} // namespace weft

#endif // LIB_IMPORT_DECODER_DECODERBUILDER_H
