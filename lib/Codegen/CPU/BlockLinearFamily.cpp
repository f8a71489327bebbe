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

static constexpr int64_t lanes = CodeBuilder::lanes;

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
                     LinearOp linear);
  Division emit();

private:
  LaneIndices rowIndex(Value row) {
    return emitter.delinearize(
        LaneIndex::uniform(row),
        ArrayRef(emitter.sizesOf(linear.getResult())).drop_back());
  }
  void emitItem(BlockProductWay &way, Value firstRow, Value rowCount,
                Value group);

  ElementEmitter &emitter;
  CodeBuilder &code;
  const KernelOutput &output;
  LinearOp linear;
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
                                       LinearOp linear)
    : emitter(emitter), code(emitter.code), output(output), linear(linear),
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
      blockRows = 256;
    }
  }
  groups = llvm::divideCeil(uint64_t(product.numPanels()),
                            uint64_t(product.groupSize));
}

Division BlockLinearEmitter::emit() {
  SizeExpr blocks = ceilDiv(product.rows, blockRows);
  for (auto &way : ways)
    way->setScratch(code.scratch);
  Value none = code.sub(code.constant(0), code.constant(1));
  code.loop(
      code.begin, code.end, code.constant(1), ValueRange{none},
      [&](Value item, ValueRange carried) {
        ElementEmitter::Scope scope(emitter);
        Value group = code.mod(item, code.constant(groups));
        Value block = code.floorDiv(item, code.constant(groups));
        // Blocks of nearly equal height.
        Value rows = code.size(product.rows), count = code.size(blocks);
        Value first = code.floorDiv(code.mul(block, rows), count);
        Value last = code.floorDiv(
            code.mul(code.add(block, code.constant(1)), rows), count);
        Value height = code.sub(last, first);
        auto isFew = [&] {
          return code.compare(arith::CmpIPredicate::sle, height,
                              code.constant(fewRows));
        };
        auto choose = [&](function_ref<void(BlockProductWay &)> body) {
          if (ways.size() == 1)
            return body(*ways[0]);
          Value isSmall = isFew();
          for (unsigned i : {0, 1}) {
            Value condition = isSmall;
            if (i)
              condition =
                  code.make<arith::XOrIOp>(isSmall, code.integer(code.i1(), 1));
            code.branch(condition, [&] {
              ElementEmitter::Scope scope(emitter);
              body(*ways[i]);
            });
          }
        };
        Value isNew = code.compare(arith::CmpIPredicate::ne, block, carried[0]);
        code.branch(isNew, [&] {
          ElementEmitter::Scope scope(emitter);
          choose([&](BlockProductWay &way) { way.stage(first, height); });
        });
        choose(
            [&](BlockProductWay &way) { emitItem(way, first, height, group); });
        return CodeBuilder::Values{block};
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

void BlockLinearEmitter::emitItem(BlockProductWay &way, Value firstRow,
                                  Value rowCount, Value group) {
  // Panels beyond the last one are the last one again, and thrown away.
  Value last = code.constant(product.numPanels() - 1);
  auto numberOf = [&](Value i) {
    return code.add(group, code.mul(i, code.constant(groups)));
  };
  PanelGroup members{product.groupSize,
                     [&](Value i) { return code.minimum(numberOf(i), last); }};
  Value real =
      code.add(code.floorDiv(code.sub(last, group), code.constant(groups)),
               code.constant(1));
  way.compute(
      rowCount, members,
      [&](Value base, int64_t rowStride, Value first, Value rows,
          Value firstPanel, int64_t count) {
        Value firstOfAll = code.add(firstRow, first);
        emitProductEpilogue(
            emitter, output, linear, linear.getBias(),
            {base, code.constant(rowStride), rows,
             code.minimum(code.constant(count), code.sub(real, firstPanel)),
             [&](Value row) { return rowIndex(code.add(firstOfAll, row)); },
             [&](Value i) { return numberOf(code.add(i, firstPanel)); }});
      });
}

Division emitBlockLinearKernel(ElementEmitter &emitter,
                               const KernelOutput &output, Operation *anchor) {
  return BlockLinearEmitter(emitter, output, cast<LinearOp>(anchor)).emit();
}

} // namespace weft
