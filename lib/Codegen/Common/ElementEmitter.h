//===- ElementEmitter.h - Elements on demand --------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel's body is computed by asking for elements of its result. An op asks
// its operands in turn, and a block argument is a load: fusion is recursion.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_ELEMENTEMITTER_H
#define LIB_CODEGEN_COMMON_ELEMENTEMITTER_H

#include "dialects/LLM/IR/LLM.h"
#include "lib/Codegen/Common/CodeBuilder.h"
#include "weft/kernel_abi.h"

namespace weft {

/// An index into one dimension, for all lanes.
struct LaneIndex {
  enum Kind {
    Uniform,     ///< `value` (i64) in every lane.
    Consecutive, ///< `value` (i64) plus the lane's number.
    Vector,      ///< `value` is a vector of i64.
  };
  Kind kind = Uniform;
  mlir::Value value;

  static LaneIndex uniform(mlir::Value value) { return {Uniform, value}; }
  static LaneIndex consecutive(mlir::Value first) {
    return {Consecutive, first};
  }
  static LaneIndex vector(mlir::Value values) { return {Vector, values}; }
  bool isUniform() const { return kind == Uniform; }
  bool operator==(const LaneIndex &other) const = default;
};

using LaneIndices = llvm::SmallVector<LaneIndex, 4>;

/// A tensor in memory, in row-major order.
struct MemoryTensor {
  mlir::Value base;
  mlir::Type element;
  Sizes sizes;
};

class ElementEmitter {
public:
  using Value = mlir::Value;
  using Values = CodeBuilder::Values;

  ElementEmitter(CodeBuilder &code, const KernelSource &source);

  CodeBuilder &code;
  /// See KernelSource.
  const bool reportsOverflow;

  /// Sizes of any value of the body.
  const Sizes &sizesOf(Value tensor) const { return sizes.at(tensor); }
  Value size(Value tensor, unsigned dimension) {
    return code.size(sizesOf(tensor)[dimension]);
  }

  /// The element of `tensor` at `index`, in its computing type: f32 for f16 and
  /// bf16. A scalar when all indices are uniform.
  Value element(Value tensor, llvm::ArrayRef<LaneIndex> index);
  /// The same, where `tensor` broadcasts to a result indexed by `index`.
  Value broadcastElement(Value tensor, llvm::ArrayRef<LaneIndex> index);
  /// Says that the element of `tensor` at `index` is known.
  void provide(Value tensor, llvm::ArrayRef<LaneIndex> index, Value element);
  /// Computes `make` once for `key` and `index`.
  Values remember(const void *key, llvm::ArrayRef<LaneIndex> index,
                  llvm::function_ref<Values()> make);
  /// Like `remember`, and when the indices allow it, before the row's loop.
  Values rememberForRow(const void *key, llvm::ArrayRef<LaneIndex> index,
                        llvm::function_ref<Values()> make);

  /// Where `tensor` lies, if it does: an argument, a constant, or a reshape of
  /// one.
  std::optional<MemoryTensor> inMemory(Value tensor);
  Value load(const MemoryTensor &tensor, llvm::ArrayRef<LaneIndex> index);

  /// Remembers that indices over `sizes` come from the one number `linear`.
  void recordLinear(llvm::ArrayRef<LaneIndex> index,
                    llvm::ArrayRef<SizeExpr> sizes, LaneIndex linear);
  /// Row-major position, and its inverse (which is recorded).
  LaneIndex linearize(llvm::ArrayRef<LaneIndex> index,
                      llvm::ArrayRef<SizeExpr> sizes);
  LaneIndices delinearize(LaneIndex linear, llvm::ArrayRef<SizeExpr> sizes);

  // Arithmetic on indices.
  LaneIndex add(LaneIndex lhs, LaneIndex rhs);
  LaneIndex scale(LaneIndex index, Value factor);
  /// An i64, or a vector of them.
  Value asNumber(LaneIndex index);

  /// What `element` gives for a tensor of this type.
  static mlir::Type computeType(mlir::Type element);
  /// Converts what memory holds to the computing type, and back.
  Value fromStorage(Value value, mlir::Type element);
  Value toStorage(Value value, mlir::Type element);

  /// A region of code whose values are unknown outside of it.
  class Scope {
  public:
    explicit Scope(ElementEmitter &emitter, Value mask = {});
    ~Scope();

  private:
    ElementEmitter &emitter;
    Value outerMask;
  };
  /// Lanes that take part (null: all).
  Value getMask() const { return mask; }
  Value exchangeMask(Value other) { return std::exchange(mask, other); }
  /// Starts a row: `rememberForRow` emits before `point`.
  void startRow(mlir::Operation *point) {
    rowPoint = point;
    rowScope = scopes.size() - 1;
  }

  /// Whether all threads of the team are here: at a row's start, before its
  /// elements.
  bool isConverged() const { return converged; }
  bool exchangeConverged(bool other) { return std::exchange(converged, other); }

  /// Sets a bit of the device's error flag when `condition` holds in a lane.
  void reportError(Value condition, unsigned bit);
  /// Emits a diagnostic, and gives zeros so that emission can go on.
  Value unsupported(mlir::Operation *op, const llvm::Twine &message);
  bool hasFailed() const { return failed; }

private:
  Value emit(Value tensor, llvm::ArrayRef<LaneIndex> index);
  MemoryTensor constantInMemory(ConstantOp constant);

  struct Known {
    const void *key;
    LaneIndices index;
    Values values;
  };
  struct KnownLinear {
    LaneIndices index;
    Sizes sizes;
    LaneIndex linear;
  };
  const Known *lookUp(const void *key, llvm::ArrayRef<LaneIndex> index) const;

  llvm::DenseMap<Value, Sizes> sizes;
  llvm::DenseMap<Value, MemoryTensor> memory;
  std::vector<std::vector<Known>> scopes;
  std::vector<KnownLinear> linears;
  Value mask;
  mlir::Operation *rowPoint = nullptr;
  size_t rowScope = 0;
  bool converged = false;
  bool failed = false;
};

} // namespace weft

#include "lib/Codegen/Common/ElementOpInterface.h.inc"

#endif // LIB_CODEGEN_COMMON_ELEMENTEMITTER_H
