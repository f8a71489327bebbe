//===- BlockRowProduct.cpp - Few rows and weights in blocks ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block computes a panel of 16 columns. Its warps take turns along the depth;
// in each, the eight words of a line, or of two short ones, times four groups
// of four columns are the 32 pieces of 16 bytes that the lanes read. Where a
// block has several lines, a turn takes them all: its scales are read once.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/BlockReader.h"
#include "lib/Codegen/CUDA/RowProduct.h"
#include "lib/Codegen/Common/ElementModels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace weft::cuda {

namespace {
constexpr int64_t warpLanes = CUDACodeBuilder::warpLanes;
constexpr int64_t laneColumns = 4;
constexpr int64_t stepWords = 8;

class BlockRowProduct : public RowProduct {
public:
  BlockRowProduct(ElementEmitter &emitter, const KernelOutput &output,
                  const Product &product)
      : RowProduct(emitter, output, product),
        reader(code, cast<BlockType>(elementTypeOf(product.rhs)).getFormat(),
               emitter.inMemory(product.rhs)->base, *product.depth.asConstant(),
               laneColumns) {}
  int64_t blockColumns() const override { return BlockReader::panelRows; }
  int64_t blocksTogether() const override;
  int64_t sharedBytes() const override {
    return RowProduct::sharedBytes() + numWarps() * blockColumns() * 4;
  }

private:
  int64_t numWarps() const { return code.blockThreads() / warpLanes; }
  void emitRow(Value row, Value firstColumn) override;
  /// Adds what a line gives to the sums of the lane's columns.
  Values addLine(Number32 block, Number32 line, Number32 word, Value isBlock,
                 ValueRange sums);

  BlockReader reader;
};
} // namespace

/// As registers allow: 64 and 128 of each thread.
int64_t BlockRowProduct::blocksTogether() const {
  return reader.groups() == 1 ? 8 : 4;
}

RowProduct::Values BlockRowProduct::addLine(Number32 block, Number32 line,
                                            Number32 word, Value isBlock,
                                            ValueRange sums) {
  Values results(sums);
  for (const BlockQuants &quants : reader.readLine(block, line, word)) {
    Number32 depth =
        block * (reader.groups() * 32) + quants.group * 32 + quants.four * 4;
    Value factors = input(code.make<arith::ExtUIOp>(code.i64(), depth), 4);
    if (isBlock)
      factors = code.make<arith::SelectOp>(isBlock, factors,
                                           code.number(factors.getType(), 0));
    Value scale = reader.scale(block, quants);
    Value minimum = reader.minimum(block, quants);
    auto elementOf = [&](Value vector, int64_t i) -> Value {
      return code.make<vector::ExtractOp>(vector, ArrayRef<int64_t>{i});
    };
    Value all = minimum ? sumOfVector(factors) : Value();
    for (int64_t i = 0; i < laneColumns; ++i) {
      auto [even, odd] = reader.toHalves(elementOf(quants.words, i));
      Value sum;
      for (int64_t element = 0; element < 4; ++element) {
        Value quant = code.make<arith::ExtFOp>(
            code.f32(), elementOf(element % 2 ? odd : even, element / 2));
        Value factor = elementOf(factors, element);
        sum = sum ? code.fma(quant, factor, sum) : code.mulf(quant, factor);
      }
      results[i] = code.fma(sum, elementOf(scale, i), results[i]);
      if (minimum)
        results[i] = code.fma(all, elementOf(minimum, i), results[i]);
    }
  }
  return results;
}

void BlockRowProduct::emitRow(Value row, Value firstColumn) {
  Number32 thread(code, code.threadId32());
  Number32 lane = thread % warpLanes, warp = thread / warpLanes;
  Number32 word = lane / laneColumns;
  Number32 column = (lane % laneColumns) * laneColumns;
  Value panel = code.floorDiv(firstColumn, code.constant(blockColumns()));
  if (product.choice)
    panel = code.add(panel, product.choice->firstPanel);
  reader.moveTo(panel, column);
  int64_t blocksTogether = stepWords / reader.lineWords();
  int64_t lines = reader.lines();
  int64_t steps = llvm::divideCeil(reader.numBlocks(), blocksTogether);
  Values sums(laneColumns, code.number(code.f32(), 0));
  sums = code.loop(
      code.make<arith::ExtUIOp>(code.i64(), warp), code.constant(steps),
      code.constant(numWarps()), sums, [&](Value index, ValueRange carried) {
        ElementEmitter::Scope scope(emitter);
        Number32 step(code, code.make<arith::TruncIOp>(code.i32(), index));
        if (blocksTogether == 1) {
          Values results(carried);
          for (int64_t line = 0; line < lines; ++line)
            results =
                addLine(step, Number32(code, line), word, Value(), results);
          return results;
        }
        Number32 block = step * blocksTogether + word / reader.lineWords();
        Value isBlock;
        if (reader.numBlocks() % blocksTogether) {
          Number32 last(code, reader.numBlocks() - 1);
          isBlock = code.compare(arith::CmpIPredicate::ule, block, last);
          block = Number32(code, code.make<arith::MinUIOp>(block, last));
        }
        return addLine(block, Number32(code, int64_t(0)),
                       word % reader.lineWords(), isBlock, carried);
      });

  // Of all words, then of all warps, by way of shared memory.
  for (Value &sum : sums)
    for (int64_t mask = laneColumns; mask < warpLanes; mask *= 2)
      sum = code.addf(sum, code.shuffleXor(sum, mask));
  Type byte = code.builder.getI8Type();
  Value partial = code.address(shared, byte, RowProduct::sharedBytes());
  Value isFirst = code.compare(arith::CmpIPredicate::ult, lane,
                               Number32(code, laneColumns));
  code.branch(isFirst, [&] {
    Value vector = code.make<vector::FromElementsOp>(
        CodeBuilder::vectorOf(code.f32(), laneColumns), sums);
    Number32 offset = (warp * blockColumns() + column) * 4;
    code.make<LLVM::StoreOp>(vector, code.address(partial, byte, offset),
                             /*alignment=*/16);
  });
  code.barrier();
  Value isOurs = code.compare(arith::CmpIPredicate::ult, thread,
                              Number32(code, blockColumns()));
  Value ours = code.threadId();
  code.branch(isOurs, [&] {
    ElementEmitter::Scope scope(emitter);
    Value sum;
    for (int64_t i = 0; i < numWarps(); ++i) {
      Value place = code.add(ours, code.constant(i * blockColumns()));
      Value one =
          code.load(code.f32(), code.address(partial, code.f32(), place));
      sum = sum ? code.addf(sum, one) : one;
    }
    store(row, code.add(firstColumn, ours), isOurs, sum);
  });
  // The next row's sums may come.
  code.barrier();
}

std::unique_ptr<RowProduct> makeBlockRowProduct(ElementEmitter &emitter,
                                                const KernelOutput &output,
                                                const Product &product) {
  if (!BlockReader::knows(elementTypeOf(product.rhs)) ||
      !emitter.inMemory(product.rhs))
    return nullptr;
  return std::make_unique<BlockRowProduct>(emitter, output, product);
}

} // namespace weft::cuda
