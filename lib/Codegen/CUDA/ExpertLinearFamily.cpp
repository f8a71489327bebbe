//===- ExpertLinearFamily.cpp - Products with chosen matrices -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A warp computes some columns of one row's choice: it reads the rows of the
// expert's matrix in order, 16 bytes a lane, as long as a step of few tokens
// takes to fetch them from memory. A prompt reads an expert once for each token
// that chose it, from the second cache at best. Weights in blocks are read as
// for few rows: a block has a panel of 16 columns.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/BlockReader.h"
#include "lib/Codegen/CUDA/Family.h"
#include "lib/Codegen/CUDA/RowProduct.h"
#include "lib/Codegen/Common/ElementModels.h"

using namespace mlir;

namespace weft::cuda {

namespace {
class ExpertLinearKernel {
public:
  ExpertLinearKernel(ElementEmitter &emitter, const KernelOutput &output,
                     ExpertLinearOp op);
  Grid emit();

private:
  /// What a block computes: a row's choice, and columns from `first` (i64) on.
  struct Part {
    LaneIndex row, choice;
    Value expert, first;
  };
  Part partOf(const SizeExpr &perChoice, int64_t columns);
  LaneIndices inputRow(const Part &part);
  Grid emitPanels();
  Grid emitColumns();
  static constexpr int64_t warps = 4, warpLanes = CUDACodeBuilder::warpLanes;
  /// Columns of a warp: they share what is read of the row, and are streams of
  /// the weight that do not wait for each other.
  static constexpr int64_t warpColumns = 4;

  CodeBuilder::Values emitSums(const Part &part, Value firstColumn, Value lane);
  Value sumOfWarp(Value vector, Value lane);

  ElementEmitter &emitter;
  CUDACodeBuilder &code;
  const KernelOutput &output;
  ExpertLinearOp op;
  const Sizes &weight, &experts;
  Product product;
  int64_t lanes;
};
} // namespace

bool canEmitExpertLinearKernel(ElementEmitter &emitter, ExpertLinearOp anchor) {
  return llvm::all_of(
      ValueRange{anchor.getWeight(), anchor.getInput(), anchor.getResult()},
      [](Value tensor) {
        return ElementEmitter::computeType(elementTypeOf(tensor)).isF32();
      });
}

Grid emitExpertLinearKernel(ElementEmitter &emitter, const KernelOutput &output,
                            ExpertLinearOp anchor) {
  return ExpertLinearKernel(emitter, output, anchor).emit();
}

ExpertLinearKernel::ExpertLinearKernel(ElementEmitter &emitter,
                                       const KernelOutput &output,
                                       ExpertLinearOp op)
    : emitter(emitter), code(cudaCodeOf(emitter)), output(output), op(op),
      weight(emitter.sizesOf(op.getWeight())),
      experts(emitter.sizesOf(op.getExperts())) {
  product.anchor = op;
  lanes = Product::vectorLanes(weight[2],
                               elementTypeOf(op.getWeight()).isF32() ? 4 : 8);
}

Grid ExpertLinearKernel::emit() {
  code.setBlockThreads(warps * warpLanes);
  return BlockReader::knows(elementTypeOf(op.getWeight())) &&
                 emitter.inMemory(op.getWeight())
             ? emitPanels()
             : emitColumns();
}

ExpertLinearKernel::Part ExpertLinearKernel::partOf(const SizeExpr &perChoice,
                                                    int64_t columns) {
  // Blocks of a choice follow each other.
  Value number = code.blockId();
  Value pair = code.floorDiv(number, code.size(perChoice));
  auto row = LaneIndex::uniform(code.floorDiv(pair, code.size(experts[1])));
  auto choice = LaneIndex::uniform(code.mod(pair, code.size(experts[1])));
  Value expert =
      checkedIndex(emitter, emitter.element(op.getExperts(), {row, choice}),
                   elementTypeOf(op.getExperts()), code.size(weight[0]));
  return {
      row, choice, expert,
      code.mul(code.mod(number, code.size(perChoice)), code.constant(columns))};
}

LaneIndices ExpertLinearKernel::inputRow(const Part &part) {
  if (emitter.sizesOf(op.getInput()).size() == 3)
    return {part.row, part.choice};
  return {part.row};
}

Grid ExpertLinearKernel::emitPanels() {
  SizeExpr perChoice = ceilDiv(weight[1], BlockReader::panelRows);
  Part part = partOf(perChoice, BlockReader::panelRows);
  product.lhs = op.getInput();
  product.rhs = op.getWeight();
  product.columns = weight[1];
  product.depth = weight[2];
  product.choice = Product::Choice{inputRow(part),
                                   {part.row, part.choice},
                                   code.mul(part.expert, code.size(perChoice))};
  auto way = makeBlockRowProduct(emitter, output, product);
  way->emit(code.allocateShared(way->sharedBytes()), part.first);
  return {experts[0] * experts[1] * perChoice};
}

Grid ExpertLinearKernel::emitColumns() {
  Value thread = code.threadId();
  Value lane = code.mod(thread, code.constant(warpLanes));
  Value warp = code.floorDiv(thread, code.constant(warpLanes));
  SizeExpr columns = weight[1];
  SizeExpr perChoice = ceilDiv(columns, warps * warpColumns);
  // Its warps share the row.
  Part part = partOf(perChoice, warps * warpColumns);
  Value first =
      code.add(part.first, code.mul(warp, code.constant(warpColumns)));
  CodeBuilder::Values sums = emitSums(part, first, lane);
  Value ours = code.ofLane(lane, warpColumns,
                           [&](int64_t i) { return sumOfWarp(sums[i], lane); });
  Value column = code.add(first, lane);
  Value isOurs = code.make<arith::AndIOp>(
      code.compare(arith::CmpIPredicate::slt, lane, code.constant(warpColumns)),
      code.compare(arith::CmpIPredicate::slt, column, code.size(columns)));
  code.lanes = 1;
  code.branch(isOurs, [&] {
    ElementEmitter::Scope scope(emitter);
    storeProduct(emitter, output, product,
                 {part.row, part.choice, LaneIndex::uniform(column)}, ours);
  });
  return {experts[0] * experts[1] * perChoice};
}

CodeBuilder::Values
ExpertLinearKernel::emitSums(const Part &part, Value firstColumn, Value lane) {
  auto element = [&](Value tensor, LaneIndices at, Value depth) {
    code.lanes = lanes;
    at.push_back(lanes == 1 ? LaneIndex::uniform(depth)
                            : LaneIndex::consecutive(depth));
    Value value = emitter.element(tensor, at);
    return lanes == 1 ? value : code.broadcast(value);
  };
  // Beyond the last column, the last one is computed again.
  SmallVector<LaneIndex> columns;
  for (int64_t i = 0; i < warpColumns; ++i)
    columns.push_back(LaneIndex::uniform(code.minimum(
        code.add(firstColumn, code.constant(i)), code.size(weight[1] - 1))));
  Type type =
      lanes == 1 ? code.f32() : CodeBuilder::vectorOf(code.f32(), lanes);
  CodeBuilder::Values start(warpColumns, code.number(type, 0));
  return code.loop(
      code.mul(lane, code.constant(lanes)), code.size(weight[2]),
      code.constant(warpLanes * lanes), start,
      [&](Value depth, ValueRange carried) {
        ElementEmitter::Scope scope(emitter);
        Value factor = element(op.getInput(), inputRow(part), depth);
        CodeBuilder::Values results;
        for (auto [column, sum] : llvm::zip_equal(columns, carried)) {
          LaneIndices at{LaneIndex::uniform(part.expert), column};
          results.push_back(
              code.fma(element(op.getWeight(), at, depth), factor, sum));
        }
        return results;
      });
}

Value ExpertLinearKernel::sumOfWarp(Value value, Value lane) {
  auto add = [&](Value lhs, Value rhs) { return code.addf(lhs, rhs); };
  code.lanes = lanes;
  if (lanes > 1)
    value = code.foldLanes(value, add);
  code.setTeam({lane, warpLanes});
  return code.combineInTeam(value, add);
}

} // namespace weft::cuda
