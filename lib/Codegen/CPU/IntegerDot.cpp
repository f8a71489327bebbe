//===- IntegerDot.cpp - Dot products of bytes -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/IntegerDot.h"

using namespace mlir;

namespace weft {

Value callIntrinsic(CPUCodeBuilder &code, StringRef name, Type result,
                    ValueRange arguments) {
  return code
      .make<LLVM::CallIntrinsicOp>(result, code.builder.getStringAttr(name),
                                   arguments)
      .getResults();
}

//===----------------------------------------------------------------------===//
// Registers: parts of a vector of 16 words
//===----------------------------------------------------------------------===//

/// Lanes [first, first + count).
static Value slice(CPUCodeBuilder &code, Value vector, int64_t first,
                   int64_t count) {
  if (cast<VectorType>(vector.getType()).getDimSize(0) == count)
    return vector;
  SmallVector<int32_t> lanes;
  for (int64_t i = 0; i < count; ++i)
    lanes.push_back(first + i);
  return code.make<LLVM::ShuffleVectorOp>(vector, vector, lanes);
}

static Value concat(CPUCodeBuilder &code, ArrayRef<Value> parts) {
  if (parts.size() == 1)
    return parts[0];
  Value low = concat(code, parts.take_front(parts.size() / 2)),
        high = concat(code, parts.drop_front(parts.size() / 2));
  SmallVector<int32_t> lanes;
  for (int64_t i = 0; i < 2 * cast<VectorType>(low.getType()).getDimSize(0);
       ++i)
    lanes.push_back(i);
  return code.make<LLVM::ShuffleVectorOp>(low, high, lanes);
}

/// The same bits as lanes of another width.
static Value reinterpret(CPUCodeBuilder &code, Value vector, unsigned width) {
  auto type = cast<VectorType>(vector.getType());
  int64_t bits = type.getDimSize(0) * type.getElementTypeBitWidth();
  return code.make<LLVM::BitcastOp>(
      CPUCodeBuilder::vectorOf(code.builder.getIntegerType(width),
                               bits / width),
      vector);
}

//===----------------------------------------------------------------------===//
// One register of each instruction set
//===----------------------------------------------------------------------===//

namespace {
class Dot {
public:
  Dot(CPUCodeBuilder &code, int64_t width) : code(code), width(width) {}

  /// vpdpbusd: four products and their sum in each lane.
  Value accumulate(Value sum, Value word, Value activation) {
    return callIntrinsic(
        code,
        width == 16 ? "llvm.x86.avx512.vpdpbusd.512"
                    : "llvm.x86.avx512.vpdpbusd.256",
        sum.getType(),
        {sum, reinterpret(code, word, 8), reinterpret(code, activation, 8)});
  }
  /// vpmaddubsw: sums of two products in 16 bits, saturating.
  Value multiplyBytes(Value word, Value activation) {
    return callIntrinsic(
        code,
        width == 16 ? "llvm.x86.avx512.pmaddubs.w.512"
                    : "llvm.x86.avx2.pmadd.ub.sw",
        shorts(),
        {reinterpret(code, word, 8), reinterpret(code, activation, 8)});
  }
  /// pmaddwd: sums of two products of 16 bits.
  Value multiplyShorts(Value x, Value y) {
    StringRef name = width == 16  ? "llvm.x86.avx512.pmaddw.d.512"
                     : width == 8 ? "llvm.x86.avx2.pmadd.wd"
                                  : "llvm.x86.sse2.pmadd.wd";
    return callIntrinsic(code, name,
                         CPUCodeBuilder::vectorOf(code.i32(), width), {x, y});
  }
  VectorType shorts() {
    return CPUCodeBuilder::vectorOf(code.builder.getI16Type(), 2 * width);
  }

  /// Sums of 16 bits, as many as cannot overflow, then of 32.
  Value sumOfBytes(ArrayRef<Value> words, ArrayRef<Value> activations,
                   int64_t terms, Value sum) {
    for (size_t first = 0; first < words.size(); first += terms) {
      size_t last = std::min<size_t>(first + terms, words.size());
      Value pairs;
      for (size_t j = first; j < last; ++j) {
        Value product = multiplyBytes(words[j], activations[j]);
        pairs = pairs ? code.add(pairs, product) : product;
      }
      sum = code.add(sum, multiplyShorts(pairs, code.integer(shorts(), 1)));
    }
    return sum;
  }
  /// Bytes of even and of odd number, widened.
  Value sumOfShorts(ArrayRef<Value> words, ArrayRef<Value> activations,
                    Value sum) {
    Value eight = code.integer(shorts(), 8);
    for (auto [word, activation] : llvm::zip_equal(words, activations)) {
      Value x = reinterpret(code, word, 16),
            y = reinterpret(code, activation, 16);
      Value even = code.make<arith::AndIOp>(x, code.integer(shorts(), 255));
      Value odd = code.make<arith::ShRUIOp>(x, eight);
      Value raised = code.make<arith::ShLIOp>(y, eight);
      Value evenFactor = code.make<arith::ShRSIOp>(raised, eight);
      Value oddFactor = code.make<arith::ShRSIOp>(y, eight);
      sum = code.add(sum, multiplyShorts(even, evenFactor));
      sum = code.add(sum, multiplyShorts(odd, oddFactor));
    }
    return sum;
  }

private:
  CPUCodeBuilder &code;
  int64_t width;
};
} // namespace

Value emitIntegerDot(CPUCodeBuilder &code, ArrayRef<Value> words,
                     int64_t greatest, Value activations, Value start) {
  int64_t width = code.target.registerLanes;
  Dot dot(code, width);
  SmallVector<Value> factors;
  for (size_t j = 0; j < words.size(); ++j)
    factors.push_back(code.broadcast(
        code.load(code.i32(),
                  code.address(activations, code.i32(), int64_t(j))),
        width));
  SmallVector<Value> registers;
  for (int64_t first = 0; first < CPUCodeBuilder::lanes; first += width) {
    SmallVector<Value> parts;
    for (Value word : words)
      parts.push_back(slice(code, word, first, width));
    Value sum = slice(code, start, first, width);
    int64_t terms = 32767 / (2 * 127 * greatest);
    if (code.target.hasByteDot)
      for (auto [part, factor] : llvm::zip_equal(parts, factors))
        sum = dot.accumulate(sum, part, factor);
    else if (width > 4 && terms > 0)
      sum = dot.sumOfBytes(parts, factors, terms, sum);
    else
      sum = dot.sumOfShorts(parts, factors, sum);
    registers.push_back(sum);
  }
  return concat(code, registers);
}

Value emitByteLookUp(CPUCodeBuilder &code, Value words,
                     ArrayRef<uint8_t> table) {
  int64_t width = code.target.registerLanes;
  Type byte = code.builder.getI8Type();
  if (width == 4) {
    // No instruction does it here.
    Value bytes = reinterpret(code, words, 8);
    Value result = code.integer(bytes.getType(), int8_t(table[0]));
    for (int64_t i = 1; i < 16; ++i) {
      Value isThis = code.compare(arith::CmpIPredicate::eq, bytes,
                                  code.integer(bytes.getType(), i));
      result = code.make<arith::SelectOp>(
          isThis, code.integer(bytes.getType(), int8_t(table[i])), result);
    }
    return reinterpret(code, result, 32);
  }
  SmallVector<int8_t> entries;
  for (int64_t i = 0; i < 4 * width; ++i)
    entries.push_back(int8_t(table[i % 16]));
  Value tables = code.make<arith::ConstantOp>(DenseIntElementsAttr::get(
      CPUCodeBuilder::vectorOf(byte, 4 * width), ArrayRef(entries)));
  SmallVector<Value> registers;
  for (int64_t first = 0; first < CPUCodeBuilder::lanes; first += width)
    registers.push_back(reinterpret(
        code,
        callIntrinsic(
            code,
            width == 16 ? "llvm.x86.avx512.pshuf.b.512"
                        : "llvm.x86.avx2.pshuf.b",
            tables.getType(),
            {tables, reinterpret(code, slice(code, words, first, width), 8)}),
        32));
  return concat(code, registers);
}

} // namespace weft
