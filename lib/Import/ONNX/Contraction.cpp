//===- Contraction.cpp - Products of matrices -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/Operators.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

/// Vectors become matrices of one row or column, and the results lose it.
static Tensor *importMatMul(Node &node) {
  Emitter &emit = node.emit;
  Tensor *lhs = node.getInput(0), *rhs = node.getInput(1);
  if (lhs->getRank() == 0 || rhs->getRank() == 0)
    return emit.invalid("an operand is a number and no matrix");
  bool isRow = lhs->getRank() == 1, isColumn = rhs->getRank() == 1;
  if (isRow)
    lhs = emit.reshape(lhs, {SizeExpr(1), lhs->sizes[0]});
  if (isColumn)
    rhs = emit.reshape(rhs, {rhs->sizes[0], SizeExpr(1)});
  Tensor *result = emit.matmul(lhs, rhs);
  if (!result || (!isRow && !isColumn))
    return result;
  Sizes sizes = result->sizes;
  if (isColumn)
    sizes.pop_back();
  if (isRow)
    sizes.erase(sizes.end() - (isColumn ? 1 : 2));
  return emit.reshape(result, sizes);
}

/// alpha * A' * B' + beta * C.
static Tensor *importGemm(Node &node) {
  Emitter &emit = node.emit;
  Tensor *lhs = node.getInput(0), *rhs = node.getInput(1);
  std::optional<float> alpha = node.getFloat("alpha", 1);
  std::optional<float> beta = node.getFloat("beta", 1);
  std::optional<int64_t> transposesLeft = node.getInteger("transA", 0);
  std::optional<int64_t> transposesRight = node.getInteger("transB", 0);
  if (!alpha || !beta || !transposesLeft || !transposesRight)
    return nullptr;
  if (lhs->getRank() != 2 || rhs->getRank() != 2)
    return emit.invalid("an operand is no matrix");
  if (!isa<FloatType>(lhs->elementType))
    return emit.unsupported("integer elements are not supported here");
  if (*transposesLeft)
    lhs = emit.transpose(lhs, {1, 0});
  if (*transposesRight)
    rhs = emit.transpose(rhs, {1, 0});
  Tensor *result = emit.matmul(lhs, rhs);
  if (!result)
    return nullptr;
  if (*alpha != 1)
    result =
        emit.binary<MulOp>(result, emit.scalar(result->elementType, *alpha));
  Tensor *bias = node.getInput(2);
  if (!bias)
    return result;
  if (*beta != 1)
    bias = emit.binary<MulOp>(bias, emit.scalar(bias->elementType, *beta));
  return emit.binary<AddOp>(result, bias);
}

/// Heads of a tensor [batch, heads, sequence, size], each repeated for the
/// query heads that share it.
static Tensor *repeatHeads(Emitter &emit, Tensor *tensor,
                           const SizeExpr &heads) {
  if (tensor->sizes[1] == heads)
    return tensor;
  std::optional<SizeExpr> shared = exactDiv(heads, tensor->sizes[1]);
  if (!shared)
    return emit.invalid(heads.str() + " query heads do not share " +
                        tensor->sizes[1].str() + " key heads");
  Sizes split = tensor->sizes;
  split.insert(split.begin() + 2, SizeExpr(1));
  Sizes repeated = split;
  repeated[2] = *shared;
  Sizes result = tensor->sizes;
  result[1] = heads;
  return emit.reshape(emit.expand(emit.reshape(tensor, split), repeated),
                      result);
}

/// The mask as summands: a boolean one hides what is false.
static Tensor *makeAdditive(Emitter &emit, Tensor *mask, Type elementType) {
  if (!mask->elementType.isInteger(1))
    return mask;
  return emit.select(
      mask, emit.scalar(elementType, 0),
      emit.scalar(elementType, -std::numeric_limits<double>::infinity()));
}

/// softmax(scale * Q * K' + mask) * V on [batch, heads, sequence, size].
static Tensor *importAttention(Node &node) {
  Emitter &emit = node.emit;
  Tensor *query = node.getInput(0), *key = node.getInput(1),
         *value = node.getInput(2);
  std::optional<int64_t> isCausal = node.getInteger("is_causal", 0);
  std::optional<float> softcap = node.getFloat("softcap", 0);
  std::optional<float> scale = node.getFloat("scale", 0);
  if (!isCausal || !softcap || !scale)
    return nullptr;
  for (Tensor *input : {query, key, value})
    if (input->getRank() != 4 || !isa<FloatType>(input->elementType))
      return emit.unsupported("queries, keys and values must be floats under "
                              "[batch, heads, sequence, head size]");
  if (*isCausal || *softcap != 0 || node.hasInput(4) || node.hasInput(5))
    return emit.unsupported("is_causal, softcap and past keys and values are "
                            "not supported");
  if (!node.hasAttribute("scale")) {
    std::optional<int64_t> headSize = query->sizes[3].asConstant();
    if (!headSize || *headSize < 1)
      return emit.unsupported("the head size " + query->sizes[3].str() +
                              " is not fixed");
    scale = float(1 / std::sqrt(double(*headSize)));
  }
  key = repeatHeads(emit, key, query->sizes[1]);
  value = repeatHeads(emit, value, query->sizes[1]);
  if (!key || !value)
    return nullptr;
  Tensor *scores = emit.matmul(query, emit.transpose(key, {0, 1, 3, 2}));
  scores = emit.binary<MulOp>(scores, emit.scalar(query->elementType, *scale));
  if (Tensor *mask = node.getInput(3))
    scores = emit.binary<AddOp>(scores,
                                makeAdditive(emit, mask, query->elementType));
  return emit.matmul(emit.softmax(scores, 3), value);
}

llvm::ArrayRef<Operator> weft::onnx::getContractionOperators() {
  static const Operator operators[] = {
      {"Attention", 23, newestOpset, 3, 6, importAttention},
      {"Gemm", 7, newestOpset, 2, 3, importGemm},
      {"MatMul", 1, newestOpset, 2, 2, importMatMul},
  };
  return operators;
}
