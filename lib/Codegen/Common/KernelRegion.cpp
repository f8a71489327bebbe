//===- KernelRegion.cpp - What a kernel's body computes -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/KernelRegion.h"

#include "lib/Codegen/Common/ElementModels.h"

#include "dialects/LLM/IR/AttentionParts.h"

using namespace mlir;

namespace weft {

KernelOutput getKernelOutput(ElementEmitter &emitter,
                             const KernelSource &source) {
  KernelOutput output;
  output.value = source.body->getTerminator()->getOperand(0);
  while (auto reshape = output.value.getDefiningOp<ReshapeOp>())
    output.value = reshape.getInput();
  output.memory = {
      emitter.code.buffers.back(),
      cast<RankedTensorType>(output.value.getType()).getElementType(),
      emitter.sizesOf(output.value)};
  return output;
}

Operation *findAnchor(ElementEmitter &emitter, Value value) {
  Operation *anchor = nullptr;
  bool isRegular = true;
  llvm::DenseSet<Value> seen;
  std::function<void(Value, bool)> visit = [&](Value at, bool preserved) {
    Operation *op = at.getDefiningOp();
    if (!op || (!seen.insert(at).second && preserved))
      return;
    if (isa<LinearOp, ExpertLinearOp, MatMulOp, AttentionOp, PagedAttentionOp,
            PagedAttentionPartsOp>(op)) {
      isRegular &= preserved && (!anchor || anchor == op);
      anchor = op;
      return;
    }
    auto elementOp = dyn_cast<ElementOpInterface>(op);
    bool elementwise = elementOp && elementOp.isElementwise();
    for (Value operand : op->getOperands())
      visit(operand, preserved && elementwise &&
                         emitter.sizesOf(operand) == emitter.sizesOf(value));
  };
  visit(value, true);
  return isRegular ? anchor : nullptr;
}

bool reducesRows(const KernelSource &source) {
  return llvm::any_of(*source.body, [](Operation &op) {
    return isa<ReduceOp, SoftmaxOp, LayerNormOp, RMSNormOp, TopKOp>(op);
  });
}

bool isFlat(ElementEmitter &emitter, const KernelOutput &output) {
  const Sizes &sizes = emitter.sizesOf(output.value);
  SmallVector<Value> pending{output.value};
  llvm::DenseSet<Value> seen;
  while (!pending.empty()) {
    Value value = pending.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    const Sizes &own = emitter.sizesOf(value);
    bool isSingle = llvm::all_of(
        own, [](const SizeExpr &size) { return size.asConstant() == 1; });
    if (!isSingle && own != sizes)
      return false;
    Operation *op = value.getDefiningOp();
    if (!op || isa<ConstantOp>(op))
      continue;
    auto elementOp = dyn_cast<ElementOpInterface>(op);
    if (isSingle || !elementOp || !elementOp.isElementwise())
      return false;
    pending.append(op->operand_begin(), op->operand_end());
  }
  return true;
}

static SizeExpr bytesOf(ElementEmitter &emitter, Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (isa<BlockType>(type.getElementType()))
    return *getStorageBytes(type); // A weight: its verifier has the answer.
  SizeExpr bytes = CodeBuilder::storageBytes(elementTypeOf(tensor));
  for (const SizeExpr &size : emitter.sizesOf(tensor))
    bytes = bytes * size;
  return bytes;
}

/// What a kernel reads of an argument: tables only the rows that are picked,
/// of experts as many as can be chosen, caches what the data say, which is not
/// counted.
static SizeExpr readBytes(ElementEmitter &emitter, BlockArgument argument) {
  SizeExpr picked;
  for (OpOperand &use : argument.getUses()) {
    Operation *user = use.getOwner();
    bool isFirst = use.getOperandNumber() == 0;
    if (auto write = dyn_cast<WriteCacheOp>(user);
        write && write.getPool() == argument)
      continue;
    if (auto attention = dyn_cast<PagedAttentionOp>(user);
        attention &&
        (attention.getKeys() == argument || attention.getValues() == argument))
      continue;
    if (auto experts = dyn_cast<ExpertLinearOp>(user);
        experts && experts.getWeight() == argument) {
      const Sizes &chosen = emitter.sizesOf(experts.getExperts());
      SizeExpr count = emitter.sizesOf(argument)[0];
      return floorDiv(bytesOf(emitter, argument), count) *
             min(count, chosen[0] * chosen[1]);
    }
    if (!isFirst || !isa<EmbeddingOp, GatherOp>(user))
      return bytesOf(emitter, argument);
    // In the table's own storage: a block's elements have a share of its bytes.
    SizeExpr rows = 1;
    for (const SizeExpr &size : emitter.sizesOf(user->getResult(0)))
      rows = rows * size;
    SizeExpr elements = 1;
    for (const SizeExpr &size : emitter.sizesOf(argument))
      elements = elements * size;
    std::optional<int64_t> count = elements.asConstant();
    if (!count || *count == 0)
      return bytesOf(emitter, argument);
    picked = picked + ceilDiv(rows * bytesOf(emitter, argument), *count);
  }
  return picked;
}

/// What a kernel writes of its output: of a cache, the rows.
static SizeExpr writtenBytes(ElementEmitter &emitter, Value output) {
  if (auto write = output.getDefiningOp<WriteCacheOp>())
    return bytesOf(emitter, write.getRows());
  return bytesOf(emitter, output);
}

void describeKernel(artifact::Kernel &kernel, ElementEmitter &emitter,
                    const KernelSource &source, StringRef family) {
  kernel.set_name(source.name);
  kernel.set_family(family.str());
  kernel.set_size_count(source.sizeCount);
  auto addBuffer = [&](Value tensor, bool writes) {
    artifact::KernelBuffer &buffer = *kernel.add_buffers();
    buffer.set_writes(writes);
    buffer.set_least_bytes(bytesOf(emitter, tensor).str());
  };
  for (BlockArgument argument : source.body->getArguments())
    addBuffer(argument, false);
  addBuffer(source.body->getTerminator()->getOperand(0), true);
  SizeExpr flops;
  for (Operation &op : source.body->without_terminator()) {
    SmallVector<Sizes> operands;
    for (Value operand : op.getOperands())
      operands.push_back(emitter.sizesOf(operand));
    flops = flops + cast<ModelOpInterface>(op)
                        .getCost(operands, emitter.sizesOf(op.getResult(0)))
                        .flops;
  }
  kernel.set_flops(flops.str());
  Value output = source.body->getTerminator()->getOperand(0);
  SizeExpr bytes = writtenBytes(emitter, output);
  for (BlockArgument argument : source.body->getArguments())
    bytes = bytes + readBytes(emitter, argument);
  kernel.set_bytes(bytes.isValid() ? bytes.str() : "0");
}

} // namespace weft
