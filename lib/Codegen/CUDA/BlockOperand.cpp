//===- BlockOperand.cpp - Tiles of weights in blocks ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread widens 16 elements of a row: two of the four pieces of its 32 terms
// in the tile, which low and high nibbles of the same words hold.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/BlockReader.h"
#include "lib/Codegen/CUDA/TileOperand.h"
#include "lib/Codegen/Common/ElementModels.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace weft::cuda {

namespace {
class BlockOperand : public TileOperand {
public:
  BlockOperand(ElementEmitter &emitter, const Product &product,
               const TileShape &shape, TileOrigin origin)
      : code(cudaCodeOf(emitter)), product(product), shape(shape),
        origin(origin), thread(code, origin.thread) {
    auto type = cast<BlockType>(elementTypeOf(product.rhs));
    for (int64_t i = 0; i < rowsOfThread(); ++i)
      readers.emplace_back(code, type.getFormat(),
                           emitter.inMemory(product.rhs)->base,
                           *product.depth.asConstant(), /*rows=*/1);
  }
  void start() override;
  Values fetch(Value depth) override;
  void put(ValueRange part, Value tile) override;

private:
  static constexpr int64_t panelRows = BlockReader::panelRows;
  /// Threads that share a row.
  static constexpr int64_t rowThreads = 2;

  int64_t rowsOfThread() const {
    return shape.columns * rowThreads / shape.groupThreads();
  }
  Number32 rowInPanel() const { return thread % panelRows; }
  Number32 half() const { return (thread / panelRows) % rowThreads; }
  /// 16 rows for every 32 threads.
  Number32 panelInTile(int64_t i) const {
    return thread / (panelRows * rowThreads) +
           i * (shape.groupThreads() / (panelRows * rowThreads));
  }
  /// A piece of 8 elements that start with word `four`.
  Value piece(BlockReader &reader, Number32 block, Number32 group,
              Number32 four);

  CUDACodeBuilder &code;
  const Product &product;
  const TileShape &shape;
  const TileOrigin origin;
  Number32 thread;
  std::vector<BlockReader> readers;
};
} // namespace

std::unique_ptr<TileOperand> makeBlockOperand(ElementEmitter &emitter,
                                              const Product &product,
                                              const TileShape &shape,
                                              TileOrigin origin) {
  if (!BlockReader::knows(elementTypeOf(product.rhs)) ||
      !emitter.inMemory(product.rhs))
    return nullptr;
  return std::make_unique<BlockOperand>(emitter, product, shape, origin);
}

void BlockOperand::start() {
  Value first = code.floorDiv(origin.first, code.constant(panelRows));
  Value last = code.constant(
      llvm::divideCeil(*product.columns.asConstant(), panelRows) - 1);
  for (auto [i, reader] : llvm::enumerate(readers)) {
    Value panel =
        code.add(first, code.make<arith::ExtUIOp>(code.i64(), panelInTile(i)));
    // Panels beyond the last are the last one, and thrown away.
    reader.moveTo(code.minimum(panel, last), rowInPanel());
  }
}

Value BlockOperand::piece(BlockReader &reader, Number32 block, Number32 group,
                          Number32 four) {
  Type pair = CodeBuilder::vectorOf(code.builder.getF16Type(), 2);
  Value scale, minimum;
  SmallVector<Value, 4> pairs;
  for (int64_t i = 0; i < 2; ++i) {
    BlockQuants quants = reader.read(block, group, four + i);
    if (i == 0) {
      auto toPair = [&](Value number) -> Value {
        return number
                   ? code.broadcast(
                         code.make<arith::TruncFOp>(
                             cast<VectorType>(pair).getElementType(), number),
                         2)
                   : Value();
      };
      scale = toPair(reader.scale(block, quants));
      minimum = toPair(reader.minimum(block, quants));
    }
    auto [even, odd] = reader.toHalves(quants.words);
    for (Value *numbers : {&even, &odd})
      *numbers = minimum ? code.fma(*numbers, scale, minimum)
                         : code.mulf(*numbers, scale);
    for (int64_t j = 0; j < 2; ++j)
      pairs.push_back(
          code.make<vector::ShuffleOp>(even, odd, ArrayRef<int64_t>{j, 2 + j}));
  }
  auto join = [&](Value low, Value high) -> Value {
    SmallVector<int64_t> order(2 *
                               cast<VectorType>(low.getType()).getDimSize(0));
    std::iota(order.begin(), order.end(), 0);
    return code.make<vector::ShuffleOp>(low, high, order);
  };
  return join(join(pairs[0], pairs[1]), join(pairs[2], pairs[3]));
}

TileOperand::Values BlockOperand::fetch(Value depth) {
  // Tiles beyond the last term are the last one, and thrown away.
  Value lastTile = code.size(product.depth - shape.depth);
  Number32 number(code,
                  code.make<arith::TruncIOp>(
                      code.i32(), code.floorDiv(code.minimum(depth, lastTile),
                                                code.constant(shape.depth))));
  Values part;
  for (BlockReader &reader : readers) {
    Number32 block = number / reader.groups(), group = number % reader.groups();
    for (int64_t i = 0; i < 2; ++i)
      part.push_back(piece(reader, block, group, half() * 2 + i * 4));
  }
  return part;
}

void BlockOperand::put(ValueRange part, Value tile) {
  for (auto [i, value] : llvm::enumerate(part)) {
    Number32 row = panelInTile(i / 2) * panelRows + rowInPanel();
    Number32 piece = half() + int64_t(i % 2) * 2;
    Number32 offset = row * (shape.depth * 2) + (piece ^ ((row / 2) & 3)) * 16;
    code.make<LLVM::StoreOp>(
        value, code.address(tile, code.builder.getI8Type(), Value(offset)),
        /*alignment=*/16);
  }
}

} // namespace weft::cuda
