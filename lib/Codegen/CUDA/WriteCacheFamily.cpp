//===- WriteCacheFamily.cpp - Rows of tokens into paged caches ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The output's buffer is the pool's: only the rows of the step's tokens are
// written, and nothing of the pool is read. A block of threads writes a tile of
// tokens of one sequence and one head of the cache. In a transposed pool the
// lanes of a warp are tokens, so that they store next to each other, and each
// loads whole sectors of its row; else lanes go along rows.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/Family.h"
#include "lib/Codegen/Common/ElementModels.h"
#include "lib/Codegen/Common/PagedSequences.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft::cuda {

static constexpr int64_t blockThreads = 128;

namespace {
class WriteCacheEmitter {
public:
  WriteCacheEmitter(ElementEmitter &emitter, const KernelOutput &output,
                    WriteCacheOp op)
      : emitter(emitter), code(cudaCodeOf(emitter)), output(output), op(op),
        groups(emitter.sizesOf(op.getPool())[1]),
        width(*emitter.sizesOf(op.getRows())[2].asConstant()),
        blockSize(*emitter.sizesOf(op.getPool())[op.getTransposed() ? 3 : 2]
                       .asConstant()),
        chunk(width % 8 == 0   ? 8
              : width % 4 == 0 ? 4
                               : 1),
        chunks(width / chunk),
        sequences(emitter, op.getPositions(), op.getSequenceStart(),
                  op.getBlockTable(), blockSize) {}

  Grid emit();

private:
  void writeTile(const PagedSequences::Tile &tile, Value group);
  void writeChunk(Value sequence, Value token, Value group, Value number);
  void store(Value value, Value base, Value first);

  ElementEmitter &emitter;
  CUDACodeBuilder &code;
  const KernelOutput &output;
  WriteCacheOp op;
  SizeExpr groups;
  int64_t width, blockSize;
  /// Elements of a row that a thread writes together, and how many such.
  int64_t chunk, chunks;
  PagedSequences sequences;
};
} // namespace

bool canEmitWriteCacheKernel(ElementEmitter &emitter, WriteCacheOp op) {
  Type rows = elementTypeOf(op.getRows()), pool = elementTypeOf(op.getPool());
  return emitter.sizesOf(op.getRows())[2].asConstant().value_or(0) > 0 &&
         isa<FloatType>(pool) && ElementEmitter::computeType(rows).isF32() &&
         ElementEmitter::computeType(pool).isF32();
}

Grid emitWriteCacheKernel(ElementEmitter &emitter, const KernelOutput &output,
                          WriteCacheOp op) {
  return WriteCacheEmitter(emitter, output, op).emit();
}

Grid WriteCacheEmitter::emit() {
  static constexpr int64_t tileTokens = CUDACodeBuilder::warpLanes;
  code.setBlockThreads(blockThreads);
  code.lanes = chunk;
  Grid grid{sequences.countTiles(tileTokens) * groups};
  // A grid may be larger than what is to be done.
  Value number = code.blockId();
  Value group = code.mod(number, code.size(groups));
  Value tile = code.floorDiv(number, code.size(groups));
  sequences.forTile(tile, tileTokens, [&](const PagedSequences::Tile &tile) {
    code.branch(tile.isInside, [&] {
      ElementEmitter::Scope scope(emitter);
      writeTile(tile, group);
    });
  });
  return grid;
}

void WriteCacheEmitter::writeTile(const PagedSequences::Tile &tile,
                                  Value group) {
  Value lanes = code.constant(CUDACodeBuilder::warpLanes);
  Value thread = code.threadId();
  Value count = code.sub(tile.endToken, tile.firstToken);
  auto write = [&](Value token, Value number) {
    ElementEmitter::Scope scope(emitter);
    writeChunk(tile.sequence, code.add(tile.firstToken, token), group, number);
  };
  if (!op.getTransposed())
    return code.loop(thread, code.mul(count, code.constant(chunks)),
                     blockThreads, [&](Value i) {
                       write(code.floorDiv(i, code.constant(chunks)),
                             code.mod(i, code.constant(chunks)));
                     });
  Value token = code.mod(thread, lanes);
  code.branch(code.compare(CmpIPredicate::slt, token, count), [&] {
    code.loop(code.floorDiv(thread, lanes), code.constant(chunks),
              blockThreads / CUDACodeBuilder::warpLanes,
              [&](Value number) { write(token, number); });
  });
}

void WriteCacheEmitter::writeChunk(Value sequence, Value token, Value group,
                                   Value number) {
  Value first = code.mul(number, code.constant(chunk));
  sequences.forPlace(
      sequence, token, emitter.size(op.getPool(), 0),
      [&](Value block, Value slot) {
        Value head = code.add(code.mul(block, code.size(groups)), group);
        Value start = code.mul(head, code.constant(width * blockSize));
        // Element e lies at slot * width + e, or transposed at e * blockSize +
        // slot.
        Value inBlock =
            op.getTransposed() ? slot : code.mul(slot, code.constant(width));
        Value value = emitter.element(
            op.getRows(), {LaneIndex::uniform(token), LaneIndex::uniform(group),
                           chunk == 1 ? LaneIndex::uniform(first)
                                      : LaneIndex::consecutive(first)});
        store(emitter.toStorage(chunk == 1 ? value : code.broadcast(value),
                                output.memory.element),
              code.address(output.memory.base, output.memory.element,
                           code.add(start, inBlock)),
              first);
      });
}

void WriteCacheEmitter::store(Value value, Value base, Value first) {
  Type element = output.memory.element;
  if (!op.getTransposed())
    return code.store(value, code.address(base, element, first), Value(),
                      /*isAligned=*/chunk > 1);
  Value start =
      code.address(base, element, code.mul(first, code.constant(blockSize)));
  if (chunk == 1)
    return code.store(value, start);
  for (int64_t i = 0; i < chunk; ++i)
    code.store(code.make<vector::ExtractOp>(value, ArrayRef<int64_t>{i}),
               code.address(start, element, i * blockSize));
}

} // namespace weft::cuda
