//===- EncoderBuilder.h - An encoder of texts as IR -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_DECODER_ENCODERBUILDER_H
#define LIB_IMPORT_DECODER_ENCODERBUILDER_H

#include "lib/Import/Decoder/DecoderConfig.h"
#include "lib/Import/Decoder/ModelEmitter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace weft {

/// Builds the function `encode` of an encoder: input_ids and attention_mask
/// (1: a token, 0: padding), and token_type_ids of a model that has several
/// types, all i64 [batch, sequence], give last_hidden_state, f32 [batch,
/// sequence, hidden].
class EncoderBuilder {
public:
  EncoderBuilder(const DecoderConfig &config, Checkpoint &checkpoint,
                 mlir::MLIRContext *context)
      : config(config), checkpoint(checkpoint), emit(checkpoint, context) {}

  StatusOr<mlir::OwningOpRef<mlir::ModuleOp>> build();

private:
  Status declareFunction();
  mlir::Value embed();
  /// The row of the table of positions for each token: [sequence], or
  /// [batch, sequence] where padding does not count.
  mlir::Value computePositions();
  /// What is added to attention's scores: [batch, 1, 1, sequence], or of a
  /// family with a relative bias [batch, heads, sequence, sequence].
  mlir::Value computeMask();
  mlir::Value computeRelativeBias();
  mlir::Value addLayer(mlir::Value hidden);
  mlir::Value attend(mlir::Value hidden);

  bool has(Role role) const { return config.getName(role) != nullptr; }
  std::string nameOf(Role role) const;
  /// An embedding table of so many rows, as the file stores it.
  mlir::Value table(Role role, int64_t rows);
  int64_t getRows(Role role) const;
  mlir::Value integer(int64_t value);
  /// 0, 1, 2, ... along one of two dimensions [sequence, 1] or [1, sequence].
  mlir::Value count(int64_t axis);
  /// 1 where it holds, else 0, as f32 of these sizes.
  mlir::Value compare(Comparison predicate, mlir::Value lhs, mlir::Value rhs,
                      const Sizes &sizes);

  const DecoderConfig &config;
  Checkpoint &checkpoint;
  ModelEmitter emit;
  mlir::func::FuncOp function;
  mlir::Value ids, attentionMask, tokenTypes, mask;
  SizeExpr batch = SizeExpr::symbol("batch");
  SizeExpr sequence = SizeExpr::symbol("sequence");
  int64_t layer = 0;
};

} // namespace weft

#endif // LIB_IMPORT_DECODER_ENCODERBUILDER_H
