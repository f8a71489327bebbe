//===- Emitter.h - Ops of the llm dialect with their sizes ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Each function emits an op on tensors and derives its sizes. After a failure
// it returns null and keeps the first message; null operands give null, so that
// importers nest calls and look once:
//
//   Tensor *squares = emit.binary<MulOp>(x, x);
//   return emit.unary<SqrtOp>(emit.reduce(Reduction::sum, squares, axes));
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_EMITTER_H
#define LIB_IMPORT_ONNX_EMITTER_H

#include "dialects/LLM/IR/LLM.h"
#include "lib/Import/ONNX/SizeReasoner.h"
#include "lib/Import/ONNX/Tensor.h"

#include "mlir/IR/Builders.h"
#include <deque>

namespace weft::onnx {

class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, SizeReasoner &reasoner)
      : reasoner(reasoner), builder(builder),
        location(builder.getUnknownLoc()) {}

  /// Where the ops that follow come from.
  void setLocation(mlir::Location newLocation) { location = newLocation; }

  //===--- Failures -------------------------------------------------------===//

  /// The model makes no sense.
  std::nullptr_t invalid(const llvm::Twine &message);
  /// The model may make sense, but not to us.
  std::nullptr_t unsupported(const llvm::Twine &message);
  bool hasFailed() const { return !message.empty(); }
  bool isUnsupported() const { return onlyUnsupported; }
  /// The first failure, which it forgets.
  std::string takeMessage();

  //===--- Tensors without an op ------------------------------------------===//

  Tensor *ofValue(mlir::Value value, Sizes sizes);
  Tensor *ofConstant(mlir::DenseElementsAttr elements);
  Tensor *ofWeight(llvm::StringRef name, mlir::RankedTensorType type);
  /// Of few integers or booleans.
  Tensor *ofElements(mlir::Type elementType, llvm::ArrayRef<int64_t> shape,
                     std::vector<SizeExpr> elements);
  /// Of integers or booleans that are counted.
  Tensor *ofLinear(mlir::Type elementType, Sizes sizes,
                   LinearElements elements);
  /// A number of rank 0.
  Tensor *scalar(mlir::Type elementType, double value);

  /// The value to read a tensor as data, emitted when it is first asked for.
  mlir::Value getValue(Tensor *tensor);

  //===--- Elementwise ----------------------------------------------------===//

  template <typename Op> Tensor *unary(Tensor *input) {
    return input ? createNarrow<Op>(input->elementType, input->sizes,
                                    input->getNarrowSizes(), Narrow{input})
                 : nullptr;
  }
  template <typename Op> Tensor *binary(Tensor *lhs, Tensor *rhs) {
    std::optional<Sizes> sizes = broadcast({lhs, rhs});
    if (!sizes || !checkSameTypes(lhs, rhs))
      return nullptr;
    if (Tensor *linear = combine(getLinearOperation<Op>(), lhs, rhs, *sizes))
      return linear;
    return createNarrow<Op>(lhs->elementType, *sizes,
                            broadcastNarrow({lhs, rhs}), Narrow{lhs},
                            Narrow{rhs});
  }
  Tensor *compare(Comparison predicate, Tensor *lhs, Tensor *rhs);
  Tensor *select(Tensor *condition, Tensor *lhs, Tensor *rhs);
  Tensor *cast(Tensor *input, mlir::Type elementType);

  //===--- Layout and indexing --------------------------------------------===//

  /// The number of elements must be the same for all values of the symbols.
  Tensor *reshape(Tensor *input, Sizes sizes);
  Tensor *transpose(Tensor *input, llvm::ArrayRef<int64_t> permutation);
  Tensor *slice(Tensor *input, const Sizes &offsets, Sizes sizes,
                llvm::ArrayRef<int64_t> strides);
  /// Part [offset, offset + size) of one dimension.
  Tensor *sliceOne(Tensor *input, int64_t axis, SizeExpr offset, SizeExpr size);
  Tensor *concat(llvm::ArrayRef<Tensor *> inputs, int64_t axis);
  Tensor *expand(Tensor *input, const Sizes &sizes);
  Tensor *gather(Tensor *input, Tensor *indices, int64_t axis);
  Tensor *iota(mlir::Type elementType, int64_t axis, Sizes sizes);

  //===--- Reductions and products ----------------------------------------===//

  /// Reduced dimensions stay, with size 1.
  Tensor *reduce(Reduction kind, Tensor *input, llvm::ArrayRef<int64_t> axes);
  Tensor *softmax(Tensor *input, int64_t axis);
  /// At least two dimensions each.
  Tensor *matmul(Tensor *lhs, Tensor *rhs);
  Tensor *layerNorm(Tensor *input, Tensor *scale, Tensor *bias, float epsilon);
  Tensor *gelu(Tensor *input, GeluApproximation approximation);

  //===--- Sizes ----------------------------------------------------------===//

  /// The sizes that tensors have when they are broadcast against each other.
  std::optional<Sizes> broadcast(llvm::ArrayRef<Tensor *> inputs);
  std::optional<Sizes> broadcast(const Sizes &lhs, const Sizes &rhs);
  SizeReasoner &reasoner;

  mlir::OpBuilder &getBuilder() { return builder; }

private:
  //===--- Elements that are linear (LinearElements.cpp) ------------------===//

  enum class LinearOperation { None, Add, Subtract, Multiply, And, Or };
  template <typename Op> static constexpr LinearOperation getLinearOperation() {
    if constexpr (std::is_same_v<Op, AddOp>)
      return LinearOperation::Add;
    else if constexpr (std::is_same_v<Op, SubOp>)
      return LinearOperation::Subtract;
    else if constexpr (std::is_same_v<Op, MulOp>)
      return LinearOperation::Multiply;
    else if constexpr (std::is_same_v<Op, AndOp>)
      return LinearOperation::And;
    else if constexpr (std::is_same_v<Op, OrOp>)
      return LinearOperation::Or;
    return LinearOperation::None;
  }
  /// The elements of a tensor if they are linear.
  std::optional<LinearElements> getLinear(Tensor *tensor);
  /// The same when all are one.
  std::optional<SizeExpr> getUniform(Tensor *tensor);
  /// Those of `tensor` under sizes that it is broadcast to.
  LinearElements broadcastLinear(const LinearElements &elements,
                                 const Sizes &from, const Sizes &to);
  /// An operation on linear elements, or with all true or all false; null when
  /// the result is not known.
  Tensor *combine(LinearOperation operation, Tensor *lhs, Tensor *rhs,
                  const Sizes &sizes);
  /// A comparison that ranges decide.
  std::optional<bool> decide(Comparison predicate, Tensor *lhs, Tensor *rhs,
                             const Sizes &sizes);
  Tensor *reshapeLinear(Tensor *input, const Sizes &sizes);
  /// Slices, where indices count through a part of `axis` in order.
  Tensor *gatherInOrder(Tensor *input, Tensor *indices, int64_t axis);
  Tensor *ofColumns(mlir::Type elementType, Sizes sizes,
                    std::vector<LinearElements> columns);
  mlir::Value emitColumns(Tensor *tensor);
  mlir::Value emitLinear(mlir::RankedTensorType type, const Sizes &sizes,
                         const LinearElements &elements);

  //===--- Emission -------------------------------------------------------===//

  mlir::RankedTensorType getType(mlir::Type elementType, const Sizes &sizes);
  bool checkSameTypes(Tensor *lhs, Tensor *rhs);
  SizesAttr attribute(llvm::ArrayRef<SizeExpr> sizes) {
    return SizesAttr::get(builder.getContext(), sizes);
  }
  mlir::Value operand(Tensor *tensor) { return getValue(tensor); }
  template <typename T> T operand(T attribute) { return attribute; }
  /// An operand that may be read before its elements are repeated.
  struct Narrow {
    Tensor *tensor;
  };
  mlir::Value operand(Narrow narrow) {
    return narrow.tensor->narrowValue ? narrow.tensor->narrowValue
                                      : getValue(narrow.tensor);
  }
  Sizes broadcastNarrow(llvm::ArrayRef<Tensor *> inputs);
  Tensor *ofNarrow(mlir::Value value, Sizes narrowSizes, Sizes sizes);
  /// Emits an `Op` on tensors and attributes, in the order of its builder.
  template <typename Op, typename... Operands>
  Tensor *create(mlir::Type elementType, Sizes sizes,
                 const Operands &...operands) {
    mlir::RankedTensorType type = getType(elementType, sizes);
    if (!type)
      return nullptr;
    return ofValue(Op::create(builder, location, type, operand(operands)...),
                   std::move(sizes));
  }
  /// The same for an elementwise op, on operands that are not yet repeated.
  template <typename Op, typename... Operands>
  Tensor *createNarrow(mlir::Type elementType, Sizes sizes, Sizes narrowSizes,
                       const Operands &...operands) {
    mlir::RankedTensorType type = getType(elementType, narrowSizes);
    if (!type || !getType(elementType, sizes))
      return nullptr;
    return ofNarrow(Op::create(builder, location, type, operand(operands)...),
                    std::move(narrowSizes), std::move(sizes));
  }
  Tensor *store(Tensor tensor) {
    return &tensors.emplace_back(std::move(tensor));
  }

  mlir::OpBuilder &builder;
  mlir::Location location;
  std::deque<Tensor> tensors;
  std::string message;
  bool onlyUnsupported = false;
};

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_EMITTER_H
