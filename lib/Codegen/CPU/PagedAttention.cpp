//===- PagedAttention.cpp - Attention to paged caches ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/PagedAttention.h"

#include "dialects/LLM/IR/KernelHints.h"

using namespace mlir;

namespace weft {

static bool isReadAsF32(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType()).getElementType();
  return isa<BlockType>(type) || ElementEmitter::computeType(type).isF32();
}

bool canEmitPagedAttentionKernel(ElementEmitter &emitter,
                                 const KernelOutput &output,
                                 PagedAttention anchor) {
  auto isStatic = [&](Value tensor, size_t from) {
    return llvm::all_of(
        ArrayRef(emitter.sizesOf(tensor)).drop_front(from),
        [](const SizeExpr &size) { return size.asConstant().value_or(0) > 0; });
  };
  // Parts are rows of another kind, which nothing follows.
  if (anchor.getSpan() && output.value != anchor.getResult())
    return false;
  Value keys = anchor.getKeys(), values = anchor.getValues();
  return isStatic(anchor.getQuery(), 1) && isStatic(keys, 1) &&
         isStatic(values, 1) &&
         *emitter.sizesOf(keys)[3].asConstant() % CPUCodeBuilder::lanes == 0 &&
         isReadAsF32(anchor.getQuery()) && isReadAsF32(keys) &&
         isReadAsF32(values) && emitter.inMemory(keys) &&
         emitter.inMemory(values);
}

Division emitPagedAttentionKernel(ElementEmitter &emitter,
                                  const KernelOutput &output,
                                  PagedAttention anchor) {
  return PagedAttentionKernel(emitter, output, anchor).emit();
}

PagedAttentionKernel::PagedAttentionKernel(ElementEmitter &emitter,
                                           const KernelOutput &output,
                                           PagedAttention op)
    : emitter(emitter), code(codeOf(emitter)), output(output), op(op),
      keys(*emitter.inMemory(op.getKeys())),
      values(*emitter.inMemory(op.getValues())),
      heads(*emitter.sizesOf(op.getQuery())[1].asConstant()),
      groups(*keys.sizes[1].asConstant()), depth(*keys.sizes[2].asConstant()),
      width(*values.sizes[3].asConstant()),
      blockSize(*keys.sizes[3].asConstant()), share(heads / groups),
      paddedDepth(llvm::alignTo(depth, lanes)),
      paddedWidth(llvm::alignTo(width, lanes)),
      usesMatrix(op.getOperation()->hasAttr(narrowAttrName) &&
                 code.target.hasMatrixUnit &&
                 blockSize % MatrixUnit::tileDepth == 0),
      sequences(emitter, op.getPositions(), op.getSequenceStart(),
                op.getBlockTable(), blockSize),
      matrix(code) {
  if (std::optional<int64_t> span = op.getSpan()) {
    SizeExpr capacity = emitter.sizesOf(op.getBlockTable())[1] * blockSize;
    furtherParts = max(ceilDiv(capacity, *span), 1) - 1;
  }
  itemTokens =
      std::max<int64_t>(1, (usesMatrix ? matrixItemRows : itemRows) / share);
  int64_t rows = llvm::alignTo(itemTokens * share, usesMatrix ? passRows : 1);
  int64_t tileRows = TileShape::of(code.target).maximumRows;
  queryPlace = allocate(rows * paddedDepth);
  resultPlace = allocate(rows * paddedWidth);
  greatestPlace = allocate(rows);
  sumPlace = allocate(rows * lanes);
  firstKeyPlace = allocate(rows);
  endKeyPlace = allocate(rows);
  bool hasScales = isa<BlockType>(values.element);
  weightPlace =
      allocate(tileRows * blockSize * (hasScales ? width / scaled : 1));
  growthPlace = allocate(tileRows);
  if (usesMatrix) {
    allocateMatrix();
    return;
  }
  if (!keys.element.isF32())
    keyPlace = allocate(depth * blockSize);
  if (!values.element.isF32())
    valuePlace = allocate(paddedWidth * blockSize);
}

PagedAttentionKernel::Place PagedAttentionKernel::allocate(int64_t size) {
  Place place{scratchSize};
  // Whole lines, so that vectors of one place do not cross two.
  scratchSize += llvm::alignTo(size, lanes);
  return place;
}

Division PagedAttentionKernel::emit() {
  Division division;
  SizeExpr parts = emitter.sizesOf(op.getKvLength())[0] * furtherParts;
  division.items = (sequences.countTiles(itemTokens) + parts) * groups;
  division.scratchBytes = scratchSize * 4;
  division.split = artifact::DYNAMIC;
  code.loop(code.begin, code.end, 1, [&](Value number) {
    ElementEmitter::Scope scope(emitter);
    // The last tile of a prompt sees the most keys: what takes longest starts
    // first.
    Value last = code.sub(code.size(division.items), code.constant(1));
    Value turned = code.sub(last, number);
    Item item;
    item.group = code.mod(turned, code.constant(groups));
    Value tile = code.floorDiv(turned, code.constant(groups));
    if (op.getSpan())
      return emitPartOrTile(item, tile, code.size(parts));
    sequences.forTile(tile, itemTokens, [&](const PagedSequences::Tile &tile) {
      item.tile = tile;
      emitItem(item);
    });
  });
  return division;
}

void PagedAttentionKernel::forEachRow(
    const Item &item, function_ref<void(Value, Value, Value)> body) {
  code.loop(item.tile.firstToken, item.tile.endToken, 1, [&](Value token) {
    code.loop(code.constant(0), code.constant(share), 1, [&](Value i) {
      ElementEmitter::Scope scope(emitter);
      Value head = code.add(code.mul(item.group, code.constant(share)), i);
      Value row = code.add(
          code.mul(code.sub(token, item.tile.firstToken), code.constant(share)),
          i);
      body(token, head, row);
    });
  });
}

void PagedAttentionKernel::emitItem(Item item) {
  item.rows = code.mul(code.sub(item.tile.endToken, item.tile.firstToken),
                       code.constant(share));
  packQuery(item);
  findKeys(item);
  if (usesMatrix)
    emitMatrixItem(item);
  else
    forEachBlock(item, [&](Value index) { emitBlock(item, index); });
  storeResult(item);
}

void PagedAttentionKernel::forEachBlock(const Item &item,
                                        function_ref<void(Value)> emit) {
  Value size = code.constant(blockSize);
  Value endBlock =
      code.floorDiv(code.add(item.endKey, code.constant(blockSize - 1)), size);
  code.loop(code.floorDiv(item.firstKey, size), endBlock, 1, [&](Value index) {
    ElementEmitter::Scope scope(emitter);
    emit(index);
  });
}

PagedAttentionKernel::KeyBlock PagedAttentionKernel::locate(const Item &item,
                                                            Value index) {
  KeyBlock block;
  block.first = code.mul(index, code.constant(blockSize));
  block.count = code.minimum(code.sub(item.endKey, block.first),
                             code.constant(blockSize));
  Value number =
      sequences.block(item.tile.sequence, index, code.size(keys.sizes[0]));
  Value inPool = code.add(code.mul(number, code.constant(groups)), item.group);
  auto place = [&](const MemoryTensor &pool, int64_t size, Value &base,
                   Type &element, Value &scales) {
    bool hasScales = isa<BlockType>(pool.element);
    element = hasScales ? code.builder.getI8Type() : pool.element;
    int64_t elements = size * blockSize;
    int64_t stride = hasScales ? elements + elements / scaled * 2 : elements;
    base = code.address(pool.base, element,
                        code.mul(inPool, code.constant(stride)));
    if (hasScales)
      scales = code.address(base, element, elements);
  };
  place(keys, depth, block.keys, block.keyElement, block.keyScales);
  place(values, width, block.values, block.valueElement, block.valueScales);
  block.valueStride = width;
  return block;
}

void PagedAttentionKernel::emitBlock(const Item &item, Value index) {
  KeyBlock block = locate(item, index);
  TileShape shape = TileShape::of(code.target);
  if (keys.element.isF32() && values.element.isF32())
    return attend(item, block, shape);
  // Tiles of few rows, of which two at most convert the same numbers.
  TileShape direct = shape;
  direct.maximumRows = std::min<int64_t>(shape.maximumRows, 8);
  direct.panels.resize(direct.maximumRows);
  // What decoding takes from memory is asked for one product ahead.
  Value last = code.floorDiv(code.sub(item.endKey, code.constant(1)),
                             code.constant(blockSize));
  Value next = code.minimum(code.add(index, code.constant(1)), last);
  KeyBlock streamed = block;
  streamed.nextKeys = locate(item, next).keys;
  if (usesMatrix)
    return attend(item, streamed, direct);
  Value isDirect = code.compare(arith::CmpIPredicate::sle, item.rows,
                                code.constant(2 * direct.maximumRows));
  code.branch(
      isDirect,
      [&] {
        ElementEmitter::Scope scope(emitter);
        attend(item, streamed, direct);
        return Values();
      },
      [&] {
        ElementEmitter::Scope scope(emitter);
        attend(item, convert(block), shape);
        return Values();
      });
}

} // namespace weft
