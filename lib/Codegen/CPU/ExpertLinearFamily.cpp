//===- ExpertLinearFamily.cpp - Products with chosen matrices -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An item is one choice of one row, and a block of the expert's columns. Lanes
// lie along the depth, where both operands are consecutive; four columns at
// once share the row's elements and are four streams of the weight. Weights in
// blocks are decoded element by element. A row that is to be rounded is, once
// an item, in scratch.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/Family.h"
#include "lib/Codegen/CPU/RoundToBytes.h"
#include "lib/Codegen/Common/ElementModels.h"

using namespace mlir;

namespace weft {

namespace {
constexpr int64_t lanes = CPUCodeBuilder::lanes;
/// Columns of an item, and of them those that are computed together.
constexpr int64_t itemColumns = 64, tileColumns = 4;
/// Elements of a row that share a scale when it is rounded.
constexpr int64_t roundedBlock = 32;

class ExpertLinearEmitter {
public:
  ExpertLinearEmitter(ElementEmitter &emitter, const KernelOutput &output,
                      ExpertLinearOp op)
      : emitter(emitter), code(codeOf(emitter)), output(output), op(op),
        weight(*emitter.inMemory(op.getWeight())), columns(weight.sizes[1]),
        depth(weight.sizes[2]) {}

  Division emit();

private:
  struct Item {
    Value row, choice, expert, firstColumn, count;
  };
  Value rounded() {
    return code.address(code.scratch, code.f32(), itemColumns + lanes);
  }
  Value inputAt(const Item &item, Value k);
  void roundRow(const Item &item);
  void emitItem(const Item &item);
  /// The sums of `tileColumns` columns from `first` on go to scratch.
  void emitTile(const Item &item, Value first);
  void storeResult(const Item &item);

  ElementEmitter &emitter;
  CPUCodeBuilder &code;
  const KernelOutput &output;
  ExpertLinearOp op;
  MemoryTensor weight;
  SizeExpr columns, depth;
};
} // namespace

bool canEmitExpertLinearKernel(ElementEmitter &emitter, ExpertLinearOp anchor) {
  Type stored = elementTypeOf(anchor.getWeight());
  return ElementEmitter::computeType(stored).isF32() &&
         ElementEmitter::computeType(elementTypeOf(anchor.getInput()))
             .isF32() &&
         emitter.inMemory(anchor.getWeight());
}

Division emitExpertLinearKernel(ElementEmitter &emitter,
                                const KernelOutput &output,
                                ExpertLinearOp anchor) {
  return ExpertLinearEmitter(emitter, output, anchor).emit();
}

Division ExpertLinearEmitter::emit() {
  const Sizes &experts = emitter.sizesOf(op.getExperts());
  SizeExpr blocks = ceilDiv(columns, itemColumns);
  code.loop(code.begin, code.end, 1, [&](Value number) {
    ElementEmitter::Scope scope(emitter);
    Value pair = code.floorDiv(number, code.size(blocks));
    Item item;
    item.firstColumn = code.mul(code.mod(number, code.size(blocks)),
                                code.constant(itemColumns));
    item.count = code.minimum(code.sub(code.size(columns), item.firstColumn),
                              code.constant(itemColumns));
    item.row = code.floorDiv(pair, code.size(experts[1]));
    item.choice = code.mod(pair, code.size(experts[1]));
    item.expert = checkedIndex(
        emitter,
        emitter.element(op.getExperts(), {LaneIndex::uniform(item.row),
                                          LaneIndex::uniform(item.choice)}),
        elementTypeOf(op.getExperts()), code.size(weight.sizes[0]));
    emitItem(item);
  });
  Division division;
  division.items = experts[0] * experts[1] * blocks;
  division.scratchBytes = (itemColumns + lanes) * 4;
  if (op.getActivations())
    division.scratchBytes = division.scratchBytes +
                            ceilDiv(depth, roundedBlock) * (roundedBlock * 4);
  division.split = artifact::DYNAMIC;
  return division;
}

void ExpertLinearEmitter::emitItem(const Item &item) {
  if (op.getActivations())
    roundRow(item);
  code.loop(code.constant(0), item.count, tileColumns, [&](Value first) {
    ElementEmitter::Scope scope(emitter);
    emitTile(item, first);
  });
  storeResult(item);
}

Value ExpertLinearEmitter::inputAt(const Item &item, Value k) {
  LaneIndices at = {LaneIndex::uniform(item.row)};
  if (emitter.sizesOf(op.getInput()).size() == 3)
    at.push_back(LaneIndex::uniform(item.choice));
  at.push_back(LaneIndex::consecutive(k));
  return code.broadcast(emitter.element(op.getInput(), at));
}

void ExpertLinearEmitter::roundRow(const Item &item) {
  Value end = code.size(depth);
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  code.loop(code.constant(0), end, roundedBlock, [&](Value first) {
    ElementEmitter::Scope scope(emitter);
    CPUCodeBuilder::Values parts;
    for (int64_t i = 0; i < roundedBlock; i += lanes) {
      Value k = code.add(first, code.constant(i));
      Value exists = code.compare(arith::CmpIPredicate::slt, code.laneNumbers(),
                                  code.sub(end, k));
      ElementEmitter::Scope scope(emitter, exists);
      parts.push_back(
          code.select(exists, inputAt(item, k), code.number(vector, 0)));
    }
    RoundedNumbers block = roundToBytes(code, parts[0], parts[1]);
    for (int64_t i : {0, 1})
      code.store(code.mulf(code.make<arith::SIToFPOp>(vector, block.steps[i]),
                           block.scale),
                 code.address(rounded(), code.f32(),
                              code.add(first, code.constant(i * lanes))));
  });
}

void ExpertLinearEmitter::emitTile(const Item &item, Value first) {
  // Beyond the last column, the last one is computed again and thrown away.
  CPUCodeBuilder::Values tile;
  Value last = code.sub(code.size(columns), code.constant(1));
  for (int64_t i = 0; i < tileColumns; ++i)
    tile.push_back(code.minimum(
        code.add(code.add(item.firstColumn, first), code.constant(i)), last));
  auto addTerms = [&](Value k, ValueRange carried) {
    Value x =
        op.getActivations()
            ? code.loadLanes(code.f32(), code.address(rounded(), code.f32(), k),
                             emitter.getMask())
            : inputAt(item, k);
    CPUCodeBuilder::Values sums(carried);
    for (auto [sum, column] : llvm::zip_equal(sums, tile)) {
      Value w =
          emitter.element(op.getWeight(), {LaneIndex::uniform(item.expert),
                                           LaneIndex::uniform(column),
                                           LaneIndex::consecutive(k)});
      sum = code.fma(x, code.broadcast(w), sum);
    }
    return sums;
  };
  Value zero = code.number(CPUCodeBuilder::vectorOf(code.f32()), 0);
  Value end = code.size(depth);
  Value whole =
      code.mul(code.floorDiv(end, code.constant(lanes)), code.constant(lanes));
  CPUCodeBuilder::Values sums = code.loop(
      code.constant(0), whole, lanes, CPUCodeBuilder::Values(tileColumns, zero),
      [&](Value k, ValueRange carried) {
        ElementEmitter::Scope scope(emitter);
        return addTerms(k, carried);
      });
  if (whole != end)
    sums = code.branch(
        code.compare(arith::CmpIPredicate::slt, whole, end),
        [&] {
          // Lanes beyond the end are zero on both sides.
          ElementEmitter::Scope scope(
              emitter, code.compare(arith::CmpIPredicate::slt,
                                    code.laneNumbers(), code.sub(end, whole)));
          return addTerms(whole, sums);
        },
        [&] { return sums; });
  for (int64_t i = 0; i < tileColumns; ++i) {
    Value sum = code.foldLanes(
        sums[i], [&](Value lhs, Value rhs) { return code.addf(lhs, rhs); });
    code.store(sum, code.address(code.scratch, code.f32(),
                                 code.add(first, code.constant(i))));
  }
}

void ExpertLinearEmitter::storeResult(const Item &item) {
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  forEachVector(
      emitter, code.constant(0), item.count, /*isWhole=*/false,
      [&](Value first) {
        LaneIndices index = {
            LaneIndex::uniform(item.row), LaneIndex::uniform(item.choice),
            LaneIndex::consecutive(code.add(item.firstColumn, first))};
        Value sum =
            code.load(vector, code.address(code.scratch, code.f32(), first));
        emitter.provide(op.getResult(), index, sum);
        Value stored = code.broadcast(emitter.element(output.value, index));
        LaneIndex position = emitter.linearize(index, output.memory.sizes);
        code.store(emitter.toStorage(stored, output.memory.element),
                   code.address(output.memory.base, output.memory.element,
                                position.value),
                   emitter.getMask());
      });
}

} // namespace weft
