//===- BlockLinearFamily.cpp - Linear ops with quantized weights ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An item is a block of rows times a group of panels. Items of one block of
// rows follow each other, so that a worker with contiguous items brings rows to
// scratch once.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/BlockProduct.h"
#include "lib/Codegen/CPU/ProductEpilogue.h"

using namespace mlir;

namespace weft {

static constexpr int64_t lanes = CPUCodeBuilder::lanes;

/// Up to so many rows, integers are faster than tiles: widening a panel costs
/// as much as some rows of products.
static constexpr int64_t fewRows = 8;

static bool isReadAsF32(Type type) {
  return type.isF32() || type.isF16() || type.isBF16();
}

bool canEmitBlockLinearKernel(ElementEmitter &emitter, Operation *anchor) {
  auto linear = dyn_cast<LinearOp>(anchor);
  if (!linear)
    return false;
  auto block = dyn_cast<BlockType>(getElementTypeOrSelf(linear.getWeight()));
  return block && block.getRows() == lanes &&
         emitter.inMemory(linear.getWeight()) &&
         isReadAsF32(getElementTypeOrSelf(linear.getInput()));
}

namespace {
class BlockLinearEmitter {
public:
  BlockLinearEmitter(ElementEmitter &emitter, const KernelOutput &output,
                     LinearOp linear, LinearHalves *halves);
  Division emit();

private:
  LaneIndices rowIndex(Value row) {
    return emitter.delinearize(
        LaneIndex::uniform(row),
        ArrayRef(emitter.sizesOf(linear.getResult())).drop_back());
  }
  /// Rows of a block, counted from the product's first.
  struct Rows {
    Value first, count;
  };
  /// Some groups of panels, of one block.
  void emitBlock(BlockProductWay &way, const Rows &rows, Value fromGroup,
                 Value toGroup);

  ElementEmitter &emitter;
  CPUCodeBuilder &code;
  const KernelOutput &output;
  LinearOp linear;
  LinearHalves *halves;
  BlockProduct product;
  LaneIndices stagedRow;
  /// One, or one for few rows and one for more.
  SmallVector<std::unique_ptr<BlockProductWay>, 2> ways;
  int64_t blockRows, groups;
};
} // namespace

/// Streams of memory at a time; with few panels, fewer, so that workers have
/// equal shares.
static int64_t groupSizeFor(int64_t panels) { return panels >= 96 ? 4 : 2; }

BlockLinearEmitter::BlockLinearEmitter(ElementEmitter &emitter,
                                       const KernelOutput &output,
                                       LinearOp linear, LinearHalves *halves)
    : emitter(emitter), code(codeOf(emitter)), output(output), linear(linear),
      halves(halves),
      product{emitter, BlockFormat::Q4_0, {}, 0, 0, 0, 1, {}, {}} {
  auto type = cast<RankedTensorType>(linear.getWeight().getType());
  product.format = cast<BlockType>(type.getElementType()).getFormat();
  product.weight = emitter.inMemory(linear.getWeight())->base;
  product.columns = type.getDimSize(0);
  product.depth = type.getDimSize(1);
  product.rows = 1;
  for (const SizeExpr &size :
       ArrayRef(emitter.sizesOf(linear.getResult())).drop_back())
    product.rows = product.rows * size;
  product.groupSize = groupSizeFor(product.numPanels());
  product.forRow = [this](Value row, function_ref<void()> loop) {
    stagedRow = rowIndex(row);
    // What a row computes once goes before this op.
    Operation *point =
        code.make<arith::ConstantOp>(code.builder.getI64IntegerAttr(0));
    this->emitter.startRow(point);
    loop();
    point->erase();
    this->emitter.startRow(nullptr);
  };
  product.input = [this](Value column) {
    LaneIndices at = stagedRow;
    at.push_back(LaneIndex::consecutive(column));
    return code.broadcast(this->emitter.element(this->linear.getInput(), at));
  };
  blockRows = 64;
  if (!linear.getActivations()) {
    ways.push_back(makeWidenedProduct(product));
  } else {
    ways.push_back(makeIntegerProduct(product));
    if (code.target.hasMatrixUnit) {
      ways.push_back(makeTileProduct(product));
      // Panels are widened once for a block; all workers bring the rows of a
      // block to scratch, which is cheap where they lie in memory.
      blockRows = emitter.inMemory(linear.getInput()) ? 512 : 256;
    }
  }
  groups = llvm::divideCeil(uint64_t(product.numPanels()),
                            uint64_t(product.groupSize));
}

Division BlockLinearEmitter::emit() {
  SizeExpr blocks = ceilDiv(product.rows, blockRows);
  for (auto &way : ways)
    way->setScratch(code.scratch);
  Value perBlock = code.constant(groups);
  Value firstBlock = code.floorDiv(code.begin, perBlock);
  Value endOfBlocks =
      code.floorDiv(code.add(code.end, code.constant(groups - 1)), perBlock);
  code.loop(firstBlock, endOfBlocks, 1, [&](Value block) {
    ElementEmitter::Scope scope(emitter);
    // Blocks of nearly equal height.
    Value rows = code.size(product.rows), count = code.size(blocks);
    Rows staged;
    staged.first = code.floorDiv(code.mul(block, rows), count);
    Value last =
        code.floorDiv(code.mul(code.add(block, code.constant(1)), rows), count);
    staged.count = code.sub(last, staged.first);
    Value items = code.mul(block, perBlock);
    Value from = code.maximum(code.sub(code.begin, items), code.constant(0));
    Value to = code.minimum(code.sub(code.end, items), perBlock);
    if (ways.size() == 1)
      return emitBlock(*ways[0], staged, from, to);
    Value isFew = code.compare(arith::CmpIPredicate::sle, staged.count,
                               code.constant(fewRows));
    auto by = [&](BlockProductWay &way) {
      return [&] {
        ElementEmitter::Scope scope(emitter);
        emitBlock(way, staged, from, to);
        return CPUCodeBuilder::Values();
      };
    };
    code.branch(isFew, by(*ways[0]), by(*ways[1]));
  });

  Division division;
  division.items = blocks * groups;
  SizeExpr staged = min(product.rows, blockRows);
  division.scratchBytes = ways[0]->scratchBytes(
      ways.size() == 1 ? staged : min(product.rows, fewRows));
  if (ways.size() > 1)
    division.scratchBytes =
        max(division.scratchBytes, ways[1]->scratchBytes(staged));
  return division;
}

void BlockLinearEmitter::emitBlock(BlockProductWay &way, const Rows &rows,
                                   Value fromGroup, Value toGroup) {
  way.stage(rows.first, rows.count);
  // Panels beyond the last one are the last one again, and thrown away.
  Value last = code.constant(product.numPanels() - 1);
  // `real` of the `size` panels are there. `toNext`: from a panel to the one at
  // its place in the next group.
  auto emitPanels = [&](function_ref<Value(Value i)> numberOf, Value size,
                        Value real, Value toNext) {
    PanelGroup members{
        size, [&](Value i) { return code.minimum(numberOf(i), last); },
        [&](Value i) {
          return code.minimum(code.add(numberOf(i), toNext), last);
        }};
    way.compute(rows.count, members,
                [&](Value base, int64_t rowStride, Value first, Value count,
                    Value firstPanel, Value panels) {
                  Value firstOfAll = code.add(rows.first, first);
                  auto index = [&](Value row) {
                    return rowIndex(code.add(firstOfAll, row));
                  };
                  auto number = [&](Value i) {
                    return numberOf(code.add(i, firstPanel));
                  };
                  ProductSums sums{
                      base,  code.constant(rowStride),
                      count, code.minimum(panels, code.sub(real, firstPanel)),
                      index, number};
                  if (halves)
                    return emitHalvesEpilogue(emitter, output, *halves, sums);
                  emitProductEpilogue(emitter, output, linear, linear.getBias(),
                                      sums);
                });
  };
  Value groupSize = code.constant(product.groupSize);
  int64_t together = way.groupsTogether();
  code.loop(fromGroup, toGroup, together, [&](Value group) {
    ElementEmitter::Scope scope(emitter);
    Value after = code.sub(toGroup, group);
    if (together == 1) {
      Value isNotLast =
          code.minimum(code.sub(after, code.constant(1)), code.constant(1));
      auto number = [&](Value i) {
        return code.add(group, code.mul(i, code.constant(groups)));
      };
      Value real =
          code.add(code.floorDiv(code.sub(last, group), code.constant(groups)),
                   code.constant(1));
      return emitPanels(number, groupSize, real, isNotLast);
    }
    Value count = code.minimum(code.constant(together), after);
    Value size = code.mul(count, groupSize);
    Value next = code.minimum(code.sub(after, count), code.constant(1));
    if (!halves) {
      Value begin = code.mul(group, groupSize);
      return emitPanels([&](Value i) { return code.add(begin, i); }, size,
                        code.sub(code.constant(product.numPanels()), begin),
                        code.mul(next, size));
    }
    // As many panels of each half.
    Value half = code.mul(count, code.constant(product.groupSize / 2));
    Value begin = code.mul(group, code.constant(product.groupSize / 2));
    Value toSecond = code.sub(code.constant(product.numPanels() / 2), half);
    auto number = [&](Value i) {
      Value isSecond = code.minimum(code.floorDiv(i, half), code.constant(1));
      return code.add(code.add(begin, i), code.mul(isSecond, toSecond));
    };
    emitPanels(number, size, size, code.mul(next, half));
  });
}

Division emitBlockLinearKernel(ElementEmitter &emitter,
                               const KernelOutput &output, Operation *anchor,
                               LinearHalves *halves) {
  return BlockLinearEmitter(emitter, output, cast<LinearOp>(anchor), halves)
      .emit();
}

} // namespace weft
