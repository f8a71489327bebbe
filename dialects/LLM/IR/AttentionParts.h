//===- AttentionParts.h - Attention to caches, in parts or not --*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_ATTENTIONPARTS_H
#define DIALECTS_LLM_IR_ATTENTIONPARTS_H

#include "dialects/LLM/IR/LLM.h"

#define GET_OP_CLASSES
#include "dialects/LLM/IR/AttentionPartsOps.h.inc"

namespace weft {

/// An `llm.paged_attention` or, with a span, an `llm.paged_attention_parts`.
class PagedAttention {
public:
  /// False for any other op, and for null.
  static bool isA(mlir::Operation *op) {
    return llvm::isa_and_present<PagedAttentionOp, PagedAttentionPartsOp>(op);
  }
  explicit PagedAttention(mlir::Operation *op) : op(op) { assert(isA(op)); }
  PagedAttention(PagedAttentionOp op) : op(op) {}

  mlir::Operation *getOperation() const { return op; }
  mlir::Value getResult() const { return op->getResult(0); }
  mlir::Value getQuery() const { return op->getOperand(0); }
  mlir::Value getKeys() const { return op->getOperand(1); }
  mlir::Value getValues() const { return op->getOperand(2); }
  mlir::Value getPositions() const { return op->getOperand(3); }
  mlir::Value getSequenceStart() const { return op->getOperand(4); }
  mlir::Value getKvLength() const { return op->getOperand(5); }
  mlir::Value getBlockTable() const { return op->getOperand(6); }

  double getScale() const { return number("scale")->convertToDouble(); }
  std::optional<llvm::APFloat> getSoftCap() const { return number("soft_cap"); }
  std::optional<int64_t> getWindow() const { return integer("window"); }
  /// Positions of a part.
  std::optional<int64_t> getSpan() const {
    // The whole has no such attribute; one of the name would mean nothing.
    return llvm::isa<PagedAttentionPartsOp>(op) ? integer("span")
                                                : std::nullopt;
  }

private:
  std::optional<llvm::APFloat> number(llvm::StringRef name) const {
    auto attribute = op->getAttrOfType<mlir::FloatAttr>(name);
    return attribute ? std::optional(attribute.getValue()) : std::nullopt;
  }
  std::optional<int64_t> integer(llvm::StringRef name) const {
    auto attribute = op->getAttrOfType<mlir::IntegerAttr>(name);
    return attribute ? std::optional(attribute.getInt()) : std::nullopt;
  }

  mlir::Operation *op;
};

} // namespace weft

#endif // DIALECTS_LLM_IR_ATTENTIONPARTS_H
