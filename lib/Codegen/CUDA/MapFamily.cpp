//===- MapFamily.cpp - Elementwise ops, layout and row reductions ---------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/Family.h"
#include "lib/Codegen/Common/TeamLoop.h"

using namespace mlir;

namespace weft::cuda {

static constexpr unsigned mapThreads = 256;
static constexpr int64_t accessBytes = 16;

/// Elements that a thread computes together: as many as one access of 16 bytes
/// holds of the result.
static int64_t vectorLanes(const KernelOutput &output) {
  return std::clamp<int64_t>(
      accessBytes / CodeBuilder::storageBytes(output.memory.element), 1, 8);
}

namespace {
class MapKernel {
public:
  MapKernel(ElementEmitter &emitter, const KernelOutput &output)
      : emitter(emitter), code(cudaCodeOf(emitter)), output(output),
        sizes(emitter.sizesOf(output.value)) {
    for (const SizeExpr &size : sizes)
      total = total * size;
    columns = sizes.empty() ? SizeExpr(1) : sizes.back();
    for (size_t i = 0; i + 1 < sizes.size(); ++i) {
      outer.push_back(sizes[i]);
      rows = rows * sizes[i];
    }
  }

  Grid emitFlat();
  Grid emitElements();
  Grid emitRows();

private:
  /// Stores the element at `at`, whose position is `position`, unless it is not
  /// inside (null: it is).
  void storeAt(ArrayRef<LaneIndex> at, LaneIndex position,
               Value isInside = Value());
  Grid gridOf(const SizeExpr &work) { return {ceilDiv(work, mapThreads)}; }
  /// The number of this thread among all; `body` runs where it is below `work`.
  void forThread(const SizeExpr &work, function_ref<void(Value)> body);

  ElementEmitter &emitter;
  CUDACodeBuilder &code;
  const KernelOutput &output;
  const Sizes &sizes;
  SizeExpr total = 1, rows = 1, columns;
  Sizes outer;
};
} // namespace

void MapKernel::storeAt(ArrayRef<LaneIndex> at, LaneIndex position,
                        Value isInside) {
  Value element = emitter.element(output.value, at);
  if (!position.isUniform())
    element = code.broadcast(element);
  bool isAligned =
      !position.isUniform() && code.isMultipleOf(position.value, code.lanes);
  ifInside(code, isInside, [&] {
    code.store(
        emitter.toStorage(element, output.memory.element),
        code.address(output.memory.base, output.memory.element, position.value),
        Value(), isAligned);
  });
}

void MapKernel::forThread(const SizeExpr &work,
                          function_ref<void(Value)> body) {
  code.setBlockThreads(mapThreads);
  Value number = code.add(code.mul(code.blockId(), code.constant(mapThreads)),
                          code.threadId());
  code.branch(code.compare(arith::CmpIPredicate::slt, number, code.size(work)),
              [&] {
                ElementEmitter::Scope scope(emitter);
                body(number);
              });
}

/// All tensors have the output's sizes, or one element: an element's number is
/// its place in all of them.
Grid MapKernel::emitFlat() {
  code.lanes = vectorLanes(output);
  auto storeNumber = [&](LaneIndex number) {
    LaneIndices at(sizes.size(), LaneIndex::uniform(code.constant(0)));
    for (auto [i, size] :
         llvm::zip_equal(llvm::reverse(at), llvm::reverse(sizes)))
      if (size.asConstant() != 1) {
        i = number;
        break;
      }
    emitter.recordLinear(at, sizes, number);
    storeAt(at, number);
  };
  SizeExpr vectors = ceilDiv(total, code.lanes);
  forThread(vectors, [&](Value number) {
    Value lanes = code.constant(code.lanes);
    Value first = code.mul(number, lanes), end = code.add(first, lanes);
    auto whole = [&] {
      ElementEmitter::Scope scope(emitter);
      storeNumber(code.lanes == 1 ? LaneIndex::uniform(first)
                                  : LaneIndex::consecutive(first));
      return CodeBuilder::Values();
    };
    std::optional<int64_t> known = total.asConstant();
    if (code.lanes == 1 || (known && *known % code.lanes == 0)) {
      whole();
      return;
    }
    code.branch(code.compare(arith::CmpIPredicate::sle, end, code.size(total)),
                whole, [&] {
                  code.loop(first, code.size(total), 1, [&](Value one) {
                    ElementEmitter::Scope scope(emitter);
                    storeNumber(LaneIndex::uniform(one));
                  });
                  return CodeBuilder::Values();
                });
  });
  return gridOf(vectors);
}

/// One thread for each element, or for a vector of them where rows are whole
/// vectors.
Grid MapKernel::emitElements() {
  std::optional<int64_t> width = columns.asConstant();
  int64_t lanes = vectorLanes(output);
  code.lanes = width && *width % lanes == 0 ? lanes : 1;
  SizeExpr perRow = width ? SizeExpr(*width / code.lanes) : columns;
  SizeExpr vectors = rows * perRow;
  forThread(vectors, [&](Value number) {
    Value row = code.floorDiv(number, code.size(perRow));
    Value column = code.mul(code.mod(number, code.size(perRow)),
                            code.constant(code.lanes));
    LaneIndices at = emitter.delinearize(LaneIndex::uniform(row), outer);
    LaneIndex last = code.lanes == 1 ? LaneIndex::uniform(column)
                                     : LaneIndex::consecutive(column);
    if (!sizes.empty())
      at.push_back(last);
    LaneIndex position{last.kind,
                       code.add(code.mul(row, code.size(columns)), column)};
    storeAt(at, position);
  });
  return gridOf(vectors);
}

/// A warp or a block for each row, whose threads reduce it together.
Grid MapKernel::emitRows() {
  // A warp takes what its lanes hold in few vectors; several share a block.
  static constexpr int64_t warpColumns = 1024, blockWarps = 4;
  std::optional<int64_t> width = columns.asConstant();
  int64_t lanes = vectorLanes(output);
  code.lanes = width && *width % lanes == 0 ? lanes : 1;
  bool byWarp = width && *width != 1 && *width <= warpColumns;
  code.setBlockThreads(byWarp ? blockWarps * CUDACodeBuilder::warpLanes
                              : mapThreads);
  int64_t teamSize = byWarp ? CUDACodeBuilder::warpLanes : mapThreads;
  int64_t teams = code.blockThreads() / teamSize;
  Value thread = code.threadId();
  Value rank = code.mod(thread, code.constant(teamSize));
  code.setTeam({rank, teamSize});
  Value row = code.add(code.mul(code.blockId(), code.constant(teams)),
                       code.floorDiv(thread, code.constant(teamSize)));
  code.branch(
      code.compare(arith::CmpIPredicate::slt, row, code.size(rows)), [&] {
        ElementEmitter::Scope rowScope(emitter);
        LaneIndices index = emitter.delinearize(LaneIndex::uniform(row), outer);
        // What a row computes once goes before this op.
        Operation *rowPoint =
            code.make<arith::ConstantOp>(code.builder.getI64IntegerAttr(0));
        emitter.startRow(rowPoint);
        Value start = code.mul(row, code.size(columns));
        if (width == 1) {
          // Reduced by all, stored by one.
          Value zero = code.constant(0);
          LaneIndices at = index;
          if (!sizes.empty())
            at.push_back(LaneIndex::uniform(zero));
          emitter.exchangeConverged(true);
          Value element = emitter.element(output.value, at);
          emitter.exchangeConverged(false);
          code.branch(code.compare(arith::CmpIPredicate::eq, rank, zero), [&] {
            code.store(
                emitter.toStorage(element, output.memory.element),
                code.address(output.memory.base, output.memory.element, row));
          });
        } else {
          loopInTeam(code, columns, code.lanes, ValueRange(),
                     [&](Value i, Value isInside, ValueRange) {
                       ElementEmitter::Scope scope(emitter);
                       LaneIndex column = code.lanes == 1
                                              ? LaneIndex::uniform(i)
                                              : LaneIndex::consecutive(i);
                       LaneIndices at = index;
                       if (!sizes.empty())
                         at.push_back(column);
                       storeAt(at, {column.kind, code.add(start, i)}, isInside);
                       return CodeBuilder::Values();
                     });
        }
        rowPoint->erase();
        emitter.startRow(nullptr);
      });
  return {ceilDiv(rows, teams)};
}

Grid emitMapKernel(ElementEmitter &emitter, const KernelOutput &output,
                   const KernelSource &source) {
  MapKernel kernel(emitter, output);
  if (reducesRows(source))
    return kernel.emitRows();
  return isFlat(emitter, output) ? kernel.emitFlat() : kernel.emitElements();
}

} // namespace weft::cuda
