//===- WriteCacheFamily.cpp - Rows of tokens into paged caches ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The output's buffer is the pool's: only the rows of the step's tokens are
// written, and nothing of the pool is read. A block of threads writes a tile of
// tokens of one sequence and one head of the cache. Lanes go along rows; where
// the pool is transposed, rows go through shared memory, and the lanes that
// store are tokens, whose elements lie next to each other.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/Family.h"
#include "lib/Codegen/CUDA/SharedRows.h"
#include "lib/Codegen/Common/ElementModels.h"
#include "lib/Codegen/Common/PagedSequences.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft::cuda {

static constexpr int64_t blockThreads = 128;
/// Of wider rows a tile would not fit into static shared memory.
static constexpr int64_t mostStagedColumns = 256;

/// Elements of an access: 16 bytes of a row.
static int64_t chunkOf(WriteCacheOp op, int64_t width) {
  bool isNarrow = !elementTypeOf(op.getRows()).isF32();
  if (isNarrow && width % 8 == 0 && !op.getTransposed())
    return 8;
  return width % 4 == 0 ? 4 : 1;
}

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
        chunk(chunkOf(op, width)), chunks(width / chunk),
        sequences(emitter, op.getPositions(), op.getSequenceStart(),
                  op.getBlockTable(), blockSize) {}

  Grid emit();

private:
  void writeTile(const PagedSequences::Tile &tile, Value group);
  void forPlace(Value sequence, Value token, Value group,
                function_ref<void(Value, Value)> body);
  Value loadChunk(Value token, Value group, Value number);
  void storeTransposed(Value value, Value slot, Value number);

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
  auto forRows = [&](function_ref<void(Value, Value)> body) {
    code.loop(thread, code.mul(count, code.constant(chunks)), blockThreads,
              [&](Value i) {
                ElementEmitter::Scope scope(emitter);
                body(code.floorDiv(i, code.constant(chunks)),
                     code.mod(i, code.constant(chunks)));
              });
  };
  if (!op.getTransposed())
    return forRows([&](Value inTile, Value number) {
      Value token = code.add(tile.firstToken, inTile);
      forPlace(tile.sequence, token, group, [&](Value block, Value slot) {
        Value first = code.add(code.mul(slot, code.constant(width)),
                               code.mul(number, code.constant(chunk)));
        code.store(emitter.toStorage(loadChunk(token, group, number),
                                     output.memory.element),
                   code.address(block, output.memory.element, first), Value(),
                   /*isAligned=*/chunk > 1);
      });
    });

  bool isStaged = chunk > 1 && width <= mostStagedColumns;
  SharedRows rows{chunks};
  Value staged;
  auto placeOf = [&](Value inTile, Value number) {
    auto narrow = [&](Value wide) {
      return Number32(code, code.make<arith::TruncIOp>(code.i32(), wide));
    };
    return code.address(staged, code.builder.getI8Type(),
                        Value(rows.at(narrow(inTile), narrow(number))));
  };
  if (isStaged) {
    staged = code.allocateShared(CUDACodeBuilder::warpLanes * rows.stride());
    forRows([&](Value inTile, Value number) {
      code.store(loadChunk(code.add(tile.firstToken, inTile), group, number),
                 placeOf(inTile, number), Value(), /*isAligned=*/true);
    });
    code.barrier();
  }
  Value inTile = code.mod(thread, lanes);
  code.branch(code.compare(CmpIPredicate::slt, inTile, count), [&] {
    Value token = code.add(tile.firstToken, inTile);
    forPlace(tile.sequence, token, group, [&](Value block, Value slot) {
      code.loop(code.floorDiv(thread, lanes), code.constant(chunks),
                blockThreads / CUDACodeBuilder::warpLanes, [&](Value number) {
                  ElementEmitter::Scope scope(emitter);
                  Value chunkOfRow =
                      isStaged
                          ? code.loadLanes(code.f32(), placeOf(inTile, number),
                                           Value(), /*isAligned=*/true)
                          : loadChunk(token, group, number);
                  storeTransposed(
                      emitter.toStorage(chunkOfRow, output.memory.element),
                      code.address(block, output.memory.element, slot), number);
                });
    });
  });
}

/// Runs `body` with the address of the head's block that is the token's place,
/// and its slot there.
void WriteCacheEmitter::forPlace(Value sequence, Value token, Value group,
                                 function_ref<void(Value, Value)> body) {
  sequences.forPlace(
      sequence, token, emitter.size(op.getPool(), 0),
      [&](Value block, Value slot) {
        Value head = code.add(code.mul(block, code.size(groups)), group);
        body(code.address(output.memory.base, output.memory.element,
                          code.mul(head, code.constant(width * blockSize))),
             slot);
      });
}

Value WriteCacheEmitter::loadChunk(Value token, Value group, Value number) {
  Value first = code.mul(number, code.constant(chunk));
  Value value = emitter.element(
      op.getRows(),
      {LaneIndex::uniform(token), LaneIndex::uniform(group),
       chunk == 1 ? LaneIndex::uniform(first) : LaneIndex::consecutive(first)});
  return chunk == 1 ? value : code.broadcast(value);
}

/// Element e lies at e * blockSize.
void WriteCacheEmitter::storeTransposed(Value value, Value slot, Value number) {
  Type element = output.memory.element;
  Value start = code.address(
      slot, element, code.mul(number, code.constant(chunk * blockSize)));
  if (chunk == 1)
    return code.store(value, start);
  for (int64_t i = 0; i < chunk; ++i)
    code.store(code.make<vector::ExtractOp>(value, ArrayRef<int64_t>{i}),
               code.address(start, element, i * blockSize));
}

} // namespace weft::cuda
