//===- WriteCacheFamily.cpp - Rows of tokens into paged caches ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The output's buffer is the pool's: only the rows of the step's tokens are
// written, and nothing of the pool is read. An item is a tile of tokens of one
// sequence and one head, so that no two items write to the same line of a
// transposed block unless a sequence's tokens begin or end in it.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/Family.h"
#include "lib/Codegen/CPU/RoundToBytes.h"
#include "lib/Codegen/Common/ElementModels.h"
#include "lib/Codegen/Common/PagedSequences.h"

using namespace mlir;

namespace weft {

namespace {
/// Tokens of an item.
constexpr int64_t itemTokens = 64;

class WriteCacheEmitter {
public:
  WriteCacheEmitter(ElementEmitter &emitter, const KernelOutput &output,
                    WriteCacheOp op)
      : emitter(emitter), code(codeOf(emitter)), output(output), op(op),
        groups(emitter.sizesOf(op.getPool())[1]),
        width(*emitter.sizesOf(op.getRows())[2].asConstant()),
        blockSize(*emitter.sizesOf(op.getPool())[op.getTransposed() ? 3 : 2]
                       .asConstant()),
        sequences(emitter, op.getPositions(), op.getSequenceStart(),
                  op.getBlockTable(), blockSize) {}

  Division emit();

private:
  void writeToken(Value sequence, Value token, Value group);
  void writeRow(Value token, Value group, Value block, Value slot);
  /// The same into a pool of q8_0.
  void writeRounded(Value token, Value group, Value block, Value slot);
  /// 16 elements of a row, from `first` on.
  void store(Value value, Type element, Value base, Value first);

  ElementEmitter &emitter;
  CPUCodeBuilder &code;
  const KernelOutput &output;
  WriteCacheOp op;
  SizeExpr groups;
  int64_t width, blockSize;
  PagedSequences sequences;
};
} // namespace

bool canEmitWriteCacheKernel(ElementEmitter &emitter, WriteCacheOp op) {
  return emitter.sizesOf(op.getRows())[2].asConstant() &&
         ElementEmitter::computeType(elementTypeOf(op.getRows())).isF32() &&
         (isa<BlockType>(elementTypeOf(op.getPool())) ||
          ElementEmitter::computeType(elementTypeOf(op.getPool())).isF32());
}

Division emitWriteCacheKernel(ElementEmitter &emitter,
                              const KernelOutput &output, WriteCacheOp op) {
  return WriteCacheEmitter(emitter, output, op).emit();
}

Division WriteCacheEmitter::emit() {
  code.loop(code.begin, code.end, 1, [&](Value number) {
    ElementEmitter::Scope scope(emitter);
    Value group = code.mod(number, code.size(groups));
    Value tile = code.floorDiv(number, code.size(groups));
    sequences.forTile(tile, itemTokens, [&](const PagedSequences::Tile &tile) {
      code.branch(tile.isInside, [&] {
        ElementEmitter::Scope scope(emitter);
        code.loop(tile.firstToken, tile.endToken, 1, [&](Value token) {
          ElementEmitter::Scope scope(emitter);
          writeToken(tile.sequence, token, group);
        });
      });
    });
  });
  Division division;
  division.items = sequences.countTiles(itemTokens) * groups;
  return division;
}

void WriteCacheEmitter::writeToken(Value sequence, Value token, Value group) {
  sequences.forPlace(sequence, token, emitter.size(op.getPool(), 0),
                     [&](Value block, Value slot) {
                       if (isa<BlockType>(output.memory.element))
                         writeRounded(token, group, block, slot);
                       else
                         writeRow(token, group, block, slot);
                     });
}

void WriteCacheEmitter::writeRow(Value token, Value group, Value block,
                                 Value slot) {
  Value start = code.mul(code.add(code.mul(block, code.size(groups)), group),
                         code.constant(width * blockSize));
  // Element e lies at slot * width + e, or transposed at e * blockSize + slot.
  Value inBlock =
      op.getTransposed() ? slot : code.mul(slot, code.constant(width));
  Value base = code.address(output.memory.base, output.memory.element,
                            code.add(start, inBlock));
  bool isWhole = width % CPUCodeBuilder::lanes == 0;
  forEachVector(
      emitter, code.constant(0), code.constant(width), isWhole,
      [&](Value first) {
        Value value = emitter.element(
            op.getRows(), {LaneIndex::uniform(token), LaneIndex::uniform(group),
                           LaneIndex::consecutive(first)});
        store(emitter.toStorage(code.broadcast(value), output.memory.element),
              output.memory.element, base, first);
      });
}

void WriteCacheEmitter::writeRounded(Value token, Value group, Value block,
                                     Value slot) {
  constexpr int64_t scaled = 32;
  Type byte = code.builder.getI8Type(), f16 = code.builder.getF16Type();
  int64_t elements = width * blockSize;
  Value start = code.mul(code.add(code.mul(block, code.size(groups)), group),
                         code.constant(elements + elements / scaled * 2));
  Value matrix = code.address(output.memory.base, byte, start);
  Value base = code.address(
      matrix, byte,
      op.getTransposed() ? slot : code.mul(slot, code.constant(width)));
  Value scales = code.address(matrix, byte, elements);
  code.loop(code.constant(0), code.constant(width), scaled, [&](Value first) {
    ElementEmitter::Scope scope(emitter);
    auto read = [&](Value from) {
      return code.broadcast(emitter.element(
          op.getRows(), {LaneIndex::uniform(token), LaneIndex::uniform(group),
                         LaneIndex::consecutive(from)}));
    };
    Value second = code.add(first, code.constant(CPUCodeBuilder::lanes));
    RoundedNumbers rounded = roundToBytes(code, read(first), read(second));
    for (auto [steps, from] : {std::pair(rounded.steps[0], first),
                               std::pair(rounded.steps[1], second)})
      store(code.make<arith::TruncIOp>(CPUCodeBuilder::vectorOf(byte), steps),
            byte, base, from);
    Value at = code.add(code.mul(code.floorDiv(first, code.constant(scaled)),
                                 code.constant(blockSize)),
                        slot);
    code.store(emitter.toStorage(rounded.scale, f16),
               code.address(scales, f16, at));
  });
}

void WriteCacheEmitter::store(Value value, Type element, Value base,
                              Value first) {
  if (!op.getTransposed())
    return code.store(value, code.address(base, element, first),
                      emitter.getMask());
  Value lanes = code.mul(code.add(code.laneNumbers(), code.broadcast(first)),
                         code.broadcast(code.constant(blockSize)));
  Value mask = emitter.getMask();
  if (!mask)
    mask = code.integer(CPUCodeBuilder::vectorOf(code.i1()), 1);
  code.make<LLVM::masked_scatter>(value, code.address(base, element, lanes),
                                  mask, CPUCodeBuilder::storageBytes(element));
}

} // namespace weft
