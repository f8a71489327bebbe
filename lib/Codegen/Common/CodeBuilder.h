//===- CodeBuilder.h - Instructions of one kernel ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thin layer over OpBuilder: integers are i64, memory is an `!llvm.ptr`, and
// every arithmetic helper takes scalars and vectors of `lanes` elements alike,
// in any mixture.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_CODEBUILDER_H
#define LIB_CODEGEN_COMMON_CODEBUILDER_H

#include "lib/Codegen/Common/KernelSource.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

namespace weft {

/// What the instructions of a target can do.
struct CodeFeatures {
  /// Elements that are computed together, a power of two.
  int64_t lanes = 1;
  /// A product and a sum in one rounding.
  bool hasFMA = false;
  /// Conversions between f16 and f32.
  bool convertsF16 = false;
  /// floor, ceil and rounding to even.
  bool roundsFloats = false;
  /// One thread's vectors are its registers, so that it reduces a row along
  /// them.
  bool reducesAlongLanes = true;
  /// Vectors that start at a multiple of their length are loaded and stored as
  /// one: the kernel's buffers are aligned to 64 bytes.
  bool alignsVectors = false;
  /// 2^x and 1 / x, right to 2^-22.
  bool hasSpecialFunctions = false;
};

class CodeBuilder {
public:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<mlir::Value>;

  virtual ~CodeBuilder() = default;

  const CodeFeatures features;
  /// Elements that are computed together.
  int64_t lanes;
  mlir::OpBuilder builder;
  mlir::Location location;
  mlir::ModuleOp module;

  template <typename Op, typename... Args> auto make(Args &&...args) {
    return Op::create(builder, location, std::forward<Args>(args)...);
  }

  //===--------------------------------------------------------------------===//
  // The kernel's arguments
  //===--------------------------------------------------------------------===//

  /// Points to the device's error flag.
  Value error;
  /// Pointers, in the order of the manifest's buffers.
  Values buffers;
  /// The value of a size, computed once at the kernel's start.
  Value size(const SizeExpr &expr);
  /// Ends the function.
  void finish();

  //===--------------------------------------------------------------------===//
  // Types and constants
  //===--------------------------------------------------------------------===//

  mlir::Type i1() { return builder.getI1Type(); }
  mlir::Type i32() { return builder.getI32Type(); }
  mlir::Type i64() { return builder.getI64Type(); }
  mlir::Type f32() { return builder.getF32Type(); }
  mlir::Type pointer() {
    return mlir::LLVM::LLVMPointerType::get(builder.getContext());
  }
  static mlir::VectorType vectorOf(mlir::Type element, int64_t size) {
    return mlir::VectorType::get({size}, element);
  }
  mlir::VectorType vectorOf(mlir::Type element) const {
    return vectorOf(element, lanes);
  }
  static bool isVector(Value value) {
    return llvm::isa<mlir::VectorType>(value.getType());
  }
  /// `type` with another element type, its vector shape kept.
  static mlir::Type withElement(mlir::Type type, mlir::Type element);

  /// An i64, the same Value for equal numbers.
  Value constant(int64_t value);
  std::optional<int64_t> asConstant(Value value);
  /// Shown by how `value` is made: constants, sums, products, rests, loops.
  bool isMultipleOf(Value value, int64_t factor);
  /// A number of a scalar or vector type, integer or float.
  Value number(mlir::Type type, double value);
  Value integer(mlir::Type type, int64_t value);
  /// <0, 1, ..., lanes - 1> of i64.
  Value laneNumbers();

  //===--------------------------------------------------------------------===//
  // Arithmetic
  //===--------------------------------------------------------------------===//

  Value broadcast(Value value) { return broadcast(value, lanes); }
  Value broadcast(Value value, int64_t size);
  /// Makes both vectors when one is.
  void unify(Value &lhs, Value &rhs);
  template <typename Op> Value binary(Value lhs, Value rhs) {
    unify(lhs, rhs);
    return make<Op>(lhs, rhs);
  }
  // On i64, folding constants.
  Value add(Value lhs, Value rhs);
  Value sub(Value lhs, Value rhs);
  Value mul(Value lhs, Value rhs);
  Value floorDiv(Value lhs, Value rhs); // of nonnegative numbers
  Value mod(Value lhs, Value rhs);      // of nonnegative numbers
  Value minimum(Value lhs, Value rhs);
  Value maximum(Value lhs, Value rhs);
  Value compare(mlir::arith::CmpIPredicate predicate, Value lhs, Value rhs);
  Value compare(mlir::arith::CmpFPredicate predicate, Value lhs, Value rhs);
  Value select(Value condition, Value lhs, Value rhs);
  // On floats. `fma` is one instruction where the target has it, else two.
  Value addf(Value lhs, Value rhs);
  Value subf(Value lhs, Value rhs);
  Value mulf(Value lhs, Value rhs);
  Value divf(Value lhs, Value rhs);
  Value fma(Value a, Value b, Value c);
  Value bitcast(Value value, mlir::Type element);
  /// One scalar of all lanes, by halves: the same order on every machine.
  Value foldLanes(Value value, llvm::function_ref<Value(Value, Value)> combine);

  //===--------------------------------------------------------------------===//
  // Memory
  //===--------------------------------------------------------------------===//

  /// How elements of a type lie in memory: i1 is a byte, narrow floats are
  /// i16.
  static mlir::Type storage(mlir::Type element);
  static int64_t storageBytes(mlir::Type element);
  Value address(Value base, mlir::Type element, Value index);
  Value address(Value base, mlir::Type element, int64_t index);
  Value load(mlir::Type type, Value address);
  /// `lanes` elements; those outside of `mask` (null: none) are zero.
  /// `address` may be a vector of addresses, or is one with the alignment of an
  /// element or, with `isAligned`, of all of them.
  Value loadLanes(mlir::Type element, Value address, Value mask,
                  bool isAligned = false);
  void store(Value value, Value address, Value mask = {},
             bool isAligned = false);

  //===--------------------------------------------------------------------===//
  // Control
  //===--------------------------------------------------------------------===//

  /// for (i = from; i < to; i += step); `body` returns the carried values.
  Values loop(Value from, Value to, int64_t step, mlir::ValueRange carried,
              llvm::function_ref<Values(Value, mlir::ValueRange)> body) {
    return loop(from, to, constant(step), carried, body);
  }
  Values loop(Value from, Value to, Value step, mlir::ValueRange carried,
              llvm::function_ref<Values(Value, mlir::ValueRange)> body);
  void loop(Value from, Value to, int64_t step,
            llvm::function_ref<void(Value)> body) {
    loop(from, to, constant(step), body);
  }
  void loop(Value from, Value to, Value step,
            llvm::function_ref<void(Value)> body);
  Values branch(Value condition, llvm::function_ref<Values()> then,
                llvm::function_ref<Values()> otherwise);
  void branch(Value condition, llvm::function_ref<void()> then);
  /// Runs `body(i)` for the `i` in [1, highest] that `number` is.
  void choose(Value number, int64_t highest,
              llvm::function_ref<void(int64_t)> body);

  //===--------------------------------------------------------------------===//
  // Threads
  //===--------------------------------------------------------------------===//

  /// Threads that compute a row together, each its own elements.
  struct Team {
    Value rank; ///< i64, below `size`.
    int64_t size;
  };
  /// None: a row is computed by one thread.
  virtual std::optional<Team> team() { return std::nullopt; }
  /// What the values of all threads of the team give, in each of them. All of
  /// them must come here.
  virtual Value combineInTeam(Value value,
                              llvm::function_ref<Value(Value, Value)>) {
    return value;
  }

protected:
  CodeBuilder(mlir::ModuleOp module, const KernelSource &source,
              const CodeFeatures &features)
      : features(features), lanes(features.lanes),
        builder(module.getBodyRegion()), location(source.location),
        module(module) {}

  /// Starts the function at the end of the module; its arguments.
  mlir::Block &startFunction(llvm::StringRef name,
                             llvm::ArrayRef<mlir::Type> arguments);
  /// What every kernel computes once at its start is there.
  void endStart();

  mlir::LLVM::LLVMFuncOp function;
  Values parameters;

private:
  /// What is computed once goes before this op.
  mlir::Operation *startEnd = nullptr;
  std::map<int64_t, Value> constants;
  std::map<std::string, Value> sizes;
  Value laneNumbersValue;
};

} // namespace weft

#endif // LIB_CODEGEN_COMMON_CODEBUILDER_H
