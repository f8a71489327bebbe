//===- MatMulFamily.cpp - Products of matrices ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An item is a block of rows times a group of panels of 16 columns. In it, each
// tile of rows passes over the group's panels: the tile stays in the first
// cache, the group in the second. Sums go through a small tile in scratch to
// the epilogue, which is then one loop whatever the tile's height.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/Family.h"
#include "lib/Codegen/CPU/MicroKernel.h"
#include "lib/Codegen/CPU/NormTail.h"
#include "lib/Codegen/CPU/ProductEpilogue.h"
#include "lib/Codegen/Common/ElementModels.h"

using namespace mlir;

namespace weft {

namespace {
constexpr int64_t lanes = CPUCodeBuilder::lanes;
/// Groups of a block of rows that leave enough items for workers to share.
constexpr int64_t manyGroups = 16;
/// Twice how long memory takes to answer.
constexpr int64_t prefetchCycles = 1024;
/// Rows of a block, about: 128 are one block, read with one pass over B.
constexpr int64_t blockRows = 140;
/// Terms of a turn of the inner loop.
constexpr int64_t unroll = 2;
/// Bytes of B that are read with each term of a panel.
constexpr int64_t panelBytes = lanes * 4;

/// A product of [.., rows, depth] and [.., depth, columns].
struct Product {
  Value lhs, rhs;
  Value bias;
  bool packed = false; ///< rhs is [columns / 16][depth][16].
  Sizes batch;
  SizeExpr rows = 1, columns, depth;
};

class MatMulEmitter {
public:
  MatMulEmitter(ElementEmitter &emitter, const KernelOutput &output,
                Operation *anchor, const Product &product, NormTail *tail)
      : emitter(emitter), code(codeOf(emitter)), output(output), anchor(anchor),
        product(product), tail(tail), panels(ceilDiv(product.columns, lanes)),
        shape(TileShape::ofColumns(code.target, panels.asConstant())) {}

  Division emit();

private:
  /// The part of an item that is known before its loops.
  struct Item {
    LaneIndices batch;
    Value firstRow, rowCount, firstPanel, panelCount;
    Value a, rowStride, b;
    /// The next group's panels.
    Value nextGroup;
  };
  void emitItem(const Item &item);
  void emitTile(const Item &item, Value firstRow, int64_t rows, Value panel);
  void prefetchNextGroup(const Item &item, Value firstRow, Value panel,
                         MicroKernel &kernel);
  void emitEpilogue(const Item &item, Value firstRow, Value rows, Value panel,
                    Value count);
  int64_t groupSize() const;
  Value stage(const Item &item);
  LaneIndices rowIndex(const Item &item, Value row);
  /// Row `row` of the left operand, from where it lies.
  Value batchAddress(const MemoryTensor &tensor, ArrayRef<LaneIndex> batch);

  ElementEmitter &emitter;
  CPUCodeBuilder &code;
  const KernelOutput &output;
  Operation *anchor;
  const Product &product;
  NormTail *tail;
  /// Panels of B.
  SizeExpr panels;
  TileShape shape;
  /// Panels of a group.
  int64_t group;
  Value tile, tileStride, staged;
};
} // namespace

static bool isNarrowFloat(Type type) {
  return isa<FloatType>(ElementEmitter::computeType(type)) && !type.isF64();
}

/// The anchor as a product, or nothing when the family cannot take it.
static std::optional<Product> productOf(ElementEmitter &emitter,
                                        Operation *anchor) {
  Product product;
  if (auto linear = dyn_cast<LinearOp>(anchor)) {
    if (linear.getPanel() != lanes)
      return std::nullopt;
    product.lhs = linear.getInput();
    product.rhs = linear.getWeight();
    product.bias = linear.getBias();
    product.packed = true;
    const Sizes &sizes = emitter.sizesOf(linear.getResult());
    for (const SizeExpr &size : ArrayRef(sizes).drop_back())
      product.rows = product.rows * size;
    product.columns = sizes.back();
  } else {
    auto matmul = cast<MatMulOp>(anchor);
    product.lhs = matmul.getLhs();
    product.rhs = matmul.getRhs();
    const Sizes &sizes = emitter.sizesOf(matmul.getResult());
    if (emitter.sizesOf(product.lhs).size() < 2 ||
        emitter.sizesOf(product.rhs).size() < 2)
      return std::nullopt;
    product.batch.assign(sizes.begin(), sizes.end() - 2);
    product.rows = sizes[sizes.size() - 2];
    product.columns = sizes.back();
  }
  product.depth = emitter.sizesOf(product.lhs).back();
  if (!emitter.inMemory(product.rhs) ||
      !isNarrowFloat(elementTypeOf(product.lhs)) ||
      !isNarrowFloat(elementTypeOf(product.rhs)) ||
      !isNarrowFloat(elementTypeOf(anchor->getResult(0))))
    return std::nullopt;
  return product;
}

bool canEmitMatMulKernel(ElementEmitter &emitter, Operation *anchor) {
  return productOf(emitter, anchor).has_value();
}

Division emitMatMulKernel(ElementEmitter &emitter, const KernelOutput &output,
                          Operation *anchor, NormTail *tail) {
  std::optional<Product> product = productOf(emitter, anchor);
  return MatMulEmitter(emitter, output, anchor, *product, tail).emit();
}

Value MatMulEmitter::batchAddress(const MemoryTensor &tensor,
                                  ArrayRef<LaneIndex> batch) {
  size_t rank = tensor.sizes.size() - 2;
  LaneIndices index(batch.take_back(rank));
  for (size_t i = 0; i < rank; ++i)
    if (tensor.sizes[i].asConstant() == 1)
      index[i] = LaneIndex::uniform(code.constant(0));
  index.append(2, LaneIndex::uniform(code.constant(0)));
  return code.address(tensor.base, tensor.element,
                      emitter.linearize(index, tensor.sizes).value);
}

/// As many panels as fit in a part of the second cache, up to 8: each brings
/// the rows of a tile to the first cache for all passes.
int64_t MatMulEmitter::groupSize() const {
  // Where registers have 16 lanes, the second cache has a MiB or more.
  int64_t bytes = (code.target.registerLanes == 16 ? 320 : 128) * 1024;
  int64_t depth = product.depth.asConstant().value_or(512);
  int64_t fitting = bytes / (panelBytes * std::max<int64_t>(1, depth));
  // Whole passes of the highest tiles, but two panels at least.
  int64_t pass = std::max<int64_t>(2, shape.panels.back());
  int64_t passes = llvm::bit_floor(
      static_cast<uint64_t>(std::clamp<int64_t>(fitting / pass, 1, 8 / pass)));
  if (panels.asConstant().value_or(0) < manyGroups * pass * passes)
    passes = std::min<int64_t>(passes, std::max<int64_t>(1, 4 / pass));
  return pass * passes;
}

Division MatMulEmitter::emit() {
  group = groupSize();
  for (int64_t &count : shape.panels)
    count = std::min(count, group);
  int64_t blockHeight =
      shape.maximumRows * std::max<int64_t>(1, blockRows / shape.maximumRows);
  SizeExpr blocks = ceilDiv(product.rows, blockHeight);
  SizeExpr groups = ceilDiv(panels, group);

  // Scratch: a tile of sums, then rows of A that are computed here.
  tileStride = code.constant(shape.maximumPanels() * lanes);
  tile = code.scratch;
  int64_t tileBytes = shape.maximumRows * shape.maximumPanels() * lanes * 4;
  std::optional<MemoryTensor> lhs = emitter.inMemory(product.lhs);
  bool stages = !lhs || !lhs->element.isF32();
  SizeExpr stagedStride = ceilDiv(product.depth, lanes) * lanes + lanes;
  staged = code.address(tile, code.f32(), tileBytes / 4);
  MemoryTensor rhs = *emitter.inMemory(product.rhs);

  code.loop(code.begin, code.end, 1, [&](Value number) {
    ElementEmitter::Scope scope(emitter);
    Item item;
    Value groupCount = code.size(groups), blockCount = code.size(blocks);
    Value groupIndex = code.mod(number, groupCount);
    Value rest = code.floorDiv(number, groupCount);
    Value block = code.mod(rest, blockCount);
    item.batch = emitter.delinearize(
        LaneIndex::uniform(code.floorDiv(rest, blockCount)), product.batch);
    // Blocks of nearly equal height, so that workers end together.
    Value rows = code.size(product.rows);
    item.firstRow = code.floorDiv(code.mul(block, rows), blockCount);
    Value lastRow = code.floorDiv(
        code.mul(code.add(block, code.constant(1)), rows), blockCount);
    item.rowCount = code.sub(lastRow, item.firstRow);
    item.firstPanel = code.mul(groupIndex, code.constant(group));
    item.panelCount = code.minimum(
        code.constant(group), code.sub(code.size(panels), item.firstPanel));
    item.b = product.packed ? rhs.base : batchAddress(rhs, item.batch);
    Value next = code.mod(code.add(groupIndex, code.constant(1)), groupCount);
    item.nextGroup =
        code.address(rhs.base, rhs.element,
                     code.mul(code.mul(next, code.constant(group * lanes)),
                              code.size(product.depth)));
    if (stages) {
      item.rowStride = code.size(stagedStride);
      item.a = stage(item);
    } else {
      item.rowStride = code.size(product.depth);
      Value base = product.packed ? lhs->base : batchAddress(*lhs, item.batch);
      item.a = code.address(base, code.f32(),
                            code.mul(item.firstRow, item.rowStride));
    }
    emitItem(item);
    if (tail)
      tail->emitArrival(emitter, block, blockCount, groupCount, rows);
  });

  Division division;
  division.items = blocks * groups;
  for (const SizeExpr &size : product.batch)
    division.items = division.items * size;
  division.scratchBytes = tileBytes;
  if (stages)
    division.scratchBytes =
        division.scratchBytes + stagedStride * (4 * blockHeight);
  division.split = artifact::DYNAMIC;
  return division;
}

LaneIndices MatMulEmitter::rowIndex(const Item &item, Value row) {
  if (!product.packed) {
    LaneIndices index = item.batch;
    index.push_back(LaneIndex::uniform(row));
    return index;
  }
  const Sizes &sizes = emitter.sizesOf(anchor->getResult(0));
  return emitter.delinearize(LaneIndex::uniform(row),
                             ArrayRef(sizes).drop_back());
}

/// Computes the block's rows of A into scratch.
Value MatMulEmitter::stage(const Item &item) {
  code.loop(code.constant(0), item.rowCount, 1, [&](Value row) {
    ElementEmitter::Scope scope(emitter);
    LaneIndices index = rowIndex(item, code.add(item.firstRow, row));
    if (!product.packed) {
      // Batch dimensions of the left operand may be fewer, or 1.
      size_t rank = emitter.sizesOf(product.lhs).size() - 1;
      index.erase(index.begin(), index.end() - rank);
    }
    Operation *rowPoint =
        code.make<arith::ConstantOp>(code.builder.getI64IntegerAttr(0));
    emitter.startRow(rowPoint);
    Value target =
        code.address(staged, code.f32(), code.mul(row, item.rowStride));
    std::optional<int64_t> depth = product.depth.asConstant();
    forEachVector(emitter, code.constant(0), code.size(product.depth),
                  depth && *depth % lanes == 0, [&](Value first) {
                    LaneIndices at = index;
                    at.push_back(LaneIndex::consecutive(first));
                    Value element = emitter.broadcastElement(product.lhs, at);
                    code.store(code.broadcast(element),
                               code.address(target, code.f32(), first),
                               emitter.getMask());
                  });
    rowPoint->erase();
    emitter.startRow(nullptr);
  });
  return staged;
}

void MatMulEmitter::emitItem(const Item &item) {
  forEachRowTile(emitter, shape, item.rowCount, [&](Value first, Value rows) {
    Value step = shape.panelsFor(code, rows);
    code.loop(code.constant(0), item.panelCount, step, [&](Value panel) {
      ElementEmitter::Scope scope(emitter);
      Value at = code.add(item.firstPanel, panel);
      code.choose(rows, shape.maximumRows, [&](int64_t height) {
        ElementEmitter::Scope scope(emitter);
        emitTile(item, first, height, at);
      });
      emitEpilogue(item, first, rows, at, step);
    });
  });
}

void MatMulEmitter::emitTile(const Item &item, Value firstRow, int64_t rows,
                             Value panel) {
  MicroKernel kernel;
  kernel.rows = rows;
  kernel.panels = shape.panelsFor(rows);
  kernel.a =
      code.address(item.a, code.f32(), code.mul(firstRow, item.rowStride));
  kernel.rowStride = item.rowStride;
  kernel.bElement = elementTypeOf(product.rhs);
  kernel.depth = code.size(product.depth);
  kernel.result = tile;
  kernel.resultStride = tileStride;
  Value lastPanel = code.sub(code.size(panels), code.constant(1));
  std::optional<int64_t> columns = product.columns.asConstant();
  bool ragged = !columns || *columns % lanes != 0;
  for (int64_t i = 0; i < kernel.panels; ++i) {
    // Beyond the last panel, the last one is computed again and thrown away.
    Value at = code.add(panel, code.constant(i));
    if (i > 0)
      at = code.minimum(at, lastPanel);
    Value column = code.mul(at, code.constant(lanes));
    kernel.b.push_back(
        code.address(item.b, kernel.bElement,
                     product.packed ? code.mul(column, kernel.depth) : column));
    if (!product.packed && ragged)
      kernel.masks.push_back(
          code.compare(arith::CmpIPredicate::slt, code.laneNumbers(),
                       code.sub(code.size(product.columns), column)));
  }
  kernel.depthStride =
      product.packed ? code.constant(lanes) : code.size(product.columns);
  kernel.unroll = unroll;
  // Some hundred cycles ahead, whatever a step takes.
  if (product.packed)
    kernel.prefetchAhead =
        std::clamp<int64_t>(prefetchCycles / (rows * kernel.panels), 16, 128);
  // Fewer rows wait for B whatever is done.
  if (product.packed && rows >= shape.maximumRows / 2) {
    prefetchNextGroup(item, firstRow, panel, kernel);
    // Low tiles come from low blocks, which have fewer terms for as many lines.
    kernel.laterStep = 2 * rows > shape.maximumRows + 2 ? unroll : 1;
  }
  emitMicroKernel(emitter, kernel);
}

/// The first tile of rows would wait for the third cache or memory at each
/// step: the tiles of an item fetch the next item's panels, in equal parts.
void MatMulEmitter::prefetchNextGroup(const Item &item, Value firstRow,
                                      Value panel, MicroKernel &kernel) {
  Value bytes = code.constant(group * lanes *
                              CPUCodeBuilder::storageBytes(kernel.bElement));
  Value highest = code.constant(shape.maximumRows);
  Value tiles = code.floorDiv(
      code.add(item.rowCount, code.constant(shape.maximumRows - 1)), highest);
  int64_t turns = std::max<int64_t>(1, group / kernel.panels);
  Value calls = code.mul(tiles, code.constant(turns));
  kernel.laterStride =
      code.floorDiv(code.add(bytes, code.sub(calls, code.constant(1))), calls);
  Value before = code.floorDiv(
      code.mul(code.mul(bytes, kernel.depth), firstRow), item.rowCount);
  Value turn = code.floorDiv(code.sub(panel, item.firstPanel),
                             code.constant(kernel.panels));
  before = code.add(before,
                    code.mul(turn, code.mul(kernel.laterStride, kernel.depth)));
  kernel.later = code.address(item.nextGroup, code.builder.getI8Type(), before);
}

void MatMulEmitter::emitEpilogue(const Item &item, Value firstRow, Value rows,
                                 Value panel, Value count) {
  Value stop = code.minimum(count, code.sub(code.size(panels), panel));
  Value first = code.add(item.firstRow, firstRow);
  emitProductEpilogue(
      emitter, output, anchor, product.bias,
      {tile, tileStride, rows, stop,
       [&](Value row) { return rowIndex(item, code.add(first, row)); },
       [&](Value i) { return code.add(panel, i); }});
}

} // namespace weft
