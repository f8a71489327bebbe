//===- SharedRows.cpp - Rows in shared memory -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/SharedRows.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace weft::cuda {

static constexpr int64_t halfBytes = 16;

namespace {
/// Which half a lane takes first.
struct Halves {
  Value isHigher, first, second;

  Halves(CUDACodeBuilder &code, Value address) {
    Number32 higher = (Number32(code, code.threadId32()) / 4) & 1;
    isHigher = code.compare(arith::CmpIPredicate::ne, higher,
                            Number32(code, int64_t(0)));
    Type byte = code.builder.getI8Type();
    first = code.address(address, byte, Value(higher * halfBytes));
    second = code.address(address, byte, Value((higher ^ 1) * halfBytes));
  }
};
} // namespace

void storeFloats(CUDACodeBuilder &code, Value vector, Value address) {
  int64_t size = cast<VectorType>(vector.getType()).getDimSize(0);
  if (size != 8) {
    code.make<LLVM::StoreOp>(vector, address, /*alignment=*/4 * size);
    return;
  }
  Halves halves(code, address);
  Value low = code.make<vector::ShuffleOp>(vector, vector,
                                           ArrayRef<int64_t>{0, 1, 2, 3});
  Value high = code.make<vector::ShuffleOp>(vector, vector,
                                            ArrayRef<int64_t>{4, 5, 6, 7});
  code.make<LLVM::StoreOp>(
      code.make<arith::SelectOp>(halves.isHigher, high, low).getResult(),
      halves.first, halfBytes);
  code.make<LLVM::StoreOp>(
      code.make<arith::SelectOp>(halves.isHigher, low, high).getResult(),
      halves.second, halfBytes);
}

Value loadEight(CUDACodeBuilder &code, Value address) {
  Halves halves(code, address);
  Type type = CodeBuilder::vectorOf(code.f32(), 4);
  Value first = code.make<LLVM::LoadOp>(type, halves.first, halfBytes);
  Value second = code.make<LLVM::LoadOp>(type, halves.second, halfBytes);
  Value low = code.make<arith::SelectOp>(halves.isHigher, second, first);
  Value high = code.make<arith::SelectOp>(halves.isHigher, first, second);
  return code.make<vector::ShuffleOp>(
      low, high, ArrayRef<int64_t>{0, 1, 2, 3, 4, 5, 6, 7});
}

} // namespace weft::cuda
