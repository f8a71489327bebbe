//===- MatrixInstructions.cpp - mma.sync and what feeds it ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/MatrixInstructions.h"

using namespace mlir;

namespace weft::cuda {

static LLVM::CallIntrinsicOp call(CUDACodeBuilder &code, StringRef name,
                                  ValueRange arguments) {
  return code.make<LLVM::CallIntrinsicOp>(code.builder.getStringAttr(name),
                                          arguments);
}

static CodeBuilder::Values callForFour(CUDACodeBuilder &code, StringRef name,
                                       Type element, ValueRange arguments) {
  Type four = LLVM::LLVMStructType::getLiteral(code.builder.getContext(),
                                               SmallVector<Type>(4, element));
  Value result = code.make<LLVM::CallIntrinsicOp>(
                         four, code.builder.getStringAttr(name), arguments)
                     ->getResult(0);
  CodeBuilder::Values values;
  for (int64_t i = 0; i < 4; ++i)
    values.push_back(
        code.make<LLVM::ExtractValueOp>(result, ArrayRef<int64_t>{i}));
  return values;
}

CodeBuilder::Values loadMatrices(CUDACodeBuilder &code, Value address,
                                 bool transposed) {
  return callForFour(code,
                     transposed
                         ? "llvm.nvvm.ldmatrix.sync.aligned.m8n8.x4.trans.b16"
                         : "llvm.nvvm.ldmatrix.sync.aligned.m8n8.x4.b16",
                     code.i32(), {address});
}

CodeBuilder::Values multiplyMatrices(CUDACodeBuilder &code, Type element,
                                     ValueRange a, ValueRange b, ValueRange c) {
  CodeBuilder::Values arguments;
  for (ValueRange part : {a, b})
    for (Value word : part)
      arguments.push_back(element.isF16()
                              ? Value(code.make<LLVM::BitcastOp>(
                                    CodeBuilder::vectorOf(element, 2), word))
                              : word);
  llvm::append_range(arguments, c);
  return callForFour(code,
                     element.isF16() ? "llvm.nvvm.mma.m16n8k16.row.col.f32.f32"
                                     : "llvm.nvvm.mma.m16n8k16.row.col.bf16",
                     code.f32(), arguments);
}

void addProducts(CUDACodeBuilder &code, Type element, ValueRange a,
                 ArrayRef<Value> matrices, CodeBuilder::Values &sums,
                 int64_t first) {
  for (int64_t pair = 0; pair < 2; ++pair) {
    int64_t at = first + pair * 4;
    llvm::copy(multiplyMatrices(code, element, a, matrices.slice(pair * 2, 2),
                                ArrayRef(sums).slice(at, 4)),
               sums.begin() + at);
  }
}

/// The bits that tf32 has of an f32, and those of the rest: the sum is exact.
static std::pair<Value, Value> splitFloat(CUDACodeBuilder &code, Value number) {
  constexpr int64_t kept = ~int64_t((1 << 13) - 1);
  Value high = code.make<arith::AndIOp>(code.bitcast(number, code.i32()),
                                        code.integer(code.i32(), int32_t(kept)))
                   .getResult();
  Value rest = code.subf(number, code.bitcast(high, code.f32()));
  return {high, code.bitcast(rest, code.i32())};
}

CodeBuilder::Values multiplyFloatMatrices(CUDACodeBuilder &code, ValueRange a,
                                          ValueRange b, ValueRange c) {
  // Terms of a product may come in any order: those of one lane count as
  // l % 4 and 4 + l % 4 here.
  CodeBuilder::Values high[2], low[2];
  for (auto [i, operand] : llvm::enumerate(ArrayRef{a, b}))
    for (Value number : operand) {
      auto [bits, rest] = splitFloat(code, number);
      high[i].push_back(bits);
      low[i].push_back(rest);
    }
  auto multiply = [&](ValueRange left, ValueRange right, ValueRange sums) {
    CodeBuilder::Values arguments(left);
    llvm::append_range(arguments, right);
    llvm::append_range(arguments, sums);
    return callForFour(code, "llvm.nvvm.mma.m16n8k8.row.col.tf32", code.f32(),
                       arguments);
  };
  // The small products first.
  CodeBuilder::Values sums = multiply(low[0], high[1], c);
  sums = multiply(high[0], low[1], sums);
  return multiply(high[0], high[1], sums);
}

void copyAsync(CUDACodeBuilder &code, Value target, Value source, Value bytes) {
  constexpr unsigned globalSpace = 1;
  Value global = code.make<LLVM::AddrSpaceCastOp>(
      LLVM::LLVMPointerType::get(code.builder.getContext(), globalSpace),
      source);
  call(code, "llvm.nvvm.cp.async.cg.shared.global.16.s",
       {target, global, bytes});
}

void commitCopies(CUDACodeBuilder &code) {
  call(code, "llvm.nvvm.cp.async.commit.group", {});
}

void waitForCopies(CUDACodeBuilder &code, int64_t pending) {
  // Its operand must be a constant of LLVM's.
  Value count =
      code.make<LLVM::ConstantOp>(code.i32(), static_cast<int32_t>(pending));
  call(code, "llvm.nvvm.cp.async.wait.group", {count});
}

} // namespace weft::cuda
