//===- CodegenCPU.cpp - Kernels for x86-64 --------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/CodegenCPU.h"
#include "lib/Codegen/CPU/ElementModels.h"
#include "lib/Codegen/CPU/Family.h"
#include "lib/Codegen/CPU/ObjectEmission.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"

using namespace mlir;

namespace weft {

void registerCPUCodegen(DialectRegistry &registry) {
  registry.insert<arith::ArithDialect, cf::ControlFlowDialect,
                  LLVM::LLVMDialect, math::MathDialect, scf::SCFDialect,
                  ub::UBDialect, vector::VectorDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registry.addExtension(+[](MLIRContext *context, LLMDialect *) {
    attachUnaryModels(*context);
    attachBinaryModels(*context);
    attachCastModel(*context);
    attachLayoutModels(*context);
    attachIndexingModels(*context);
    attachReductionModels(*context);
    attachContractionModels(*context);
    attachRopeModel(*context);
    attachSelectionModels(*context);
  });
}

//===----------------------------------------------------------------------===//
// The choice of a family
//===----------------------------------------------------------------------===//

/// The contraction that reaches `value` through elementwise ops at its own
/// index, or null when there is none, or more than one, or another way to it.
static Operation *findAnchor(ElementEmitter &emitter, Value value) {
  Operation *anchor = nullptr;
  bool isRegular = true;
  llvm::DenseSet<Value> seen;
  std::function<void(Value, bool)> visit = [&](Value at, bool preserved) {
    Operation *op = at.getDefiningOp();
    if (!op || (!seen.insert(at).second && preserved))
      return;
    if (isa<LinearOp, ExpertLinearOp, MatMulOp, AttentionOp, PagedAttentionOp>(
            op)) {
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

static Division emitKernel(ElementEmitter &emitter, const KernelSource &source,
                           std::string &family) {
  KernelOutput output;
  output.value = source.body->getTerminator()->getOperand(0);
  while (auto reshape = output.value.getDefiningOp<ReshapeOp>())
    output.value = reshape.getInput();
  output.memory = {
      emitter.code.buffers.back(),
      cast<RankedTensorType>(output.value.getType()).getElementType(),
      emitter.sizesOf(output.value)};
  auto write = output.value.getDefiningOp<WriteCacheOp>();
  if (write && canEmitWriteCacheKernel(emitter, write)) {
    family = "write_cache";
    return emitWriteCacheKernel(emitter, output, write);
  }
  Operation *anchor = findAnchor(emitter, output.value);
  auto paged = dyn_cast_or_null<PagedAttentionOp>(anchor);
  if (paged && canEmitPagedAttentionKernel(emitter, paged)) {
    family = "paged_attention";
    return emitPagedAttentionKernel(emitter, output, paged);
  }
  auto experts = dyn_cast_or_null<ExpertLinearOp>(anchor);
  if (experts && canEmitExpertLinearKernel(emitter, experts)) {
    family = "expert_linear";
    return emitExpertLinearKernel(emitter, output, experts);
  }
  auto attention = dyn_cast_or_null<AttentionOp>(anchor);
  if (attention && canEmitAttentionKernel(attention)) {
    family = "attention";
    return emitAttentionKernel(emitter, output, attention);
  }
  if (anchor && canEmitBlockLinearKernel(emitter, anchor)) {
    family = "block_linear";
    return emitBlockLinearKernel(emitter, output, anchor);
  }
  if (isa_and_present<LinearOp, MatMulOp>(anchor) &&
      canEmitMatMulKernel(emitter, anchor)) {
    family = "matmul";
    return emitMatMulKernel(emitter, output, anchor);
  }
  bool reduces = llvm::any_of(*source.body, [](Operation &op) {
    return isa<ReduceOp, SoftmaxOp, LayerNormOp, RMSNormOp, TopKOp>(op);
  });
  family = anchor ? "general" : reduces ? "reduce" : "map";
  return emitMapKernel(emitter, output);
}

//===----------------------------------------------------------------------===//
// Checks and metadata
//===----------------------------------------------------------------------===//

/// Every size of the body is over s0, s1, ...
static LogicalResult checkSizes(const Sizes &sizes, unsigned sizeCount,
                                Location location) {
  std::set<std::string> symbols;
  for (const SizeExpr &size : sizes) {
    if (!size.isValid())
      return emitError(location) << "a size leaves 64 bits";
    size.collectSymbols(symbols);
  }
  for (const std::string &symbol : symbols) {
    unsigned number = 0;
    StringRef text(symbol);
    if (!text.consume_front("s") || text.getAsInteger(10, number) ||
        number >= sizeCount)
      return emitError(location)
             << "a size refers to '" << symbol << "'; expected s0 to s"
             << int64_t(sizeCount) - 1;
  }
  return success();
}

static LogicalResult checkSource(const KernelSource &source) {
  Block &body = *source.body;
  assert(source.argumentSizes.size() == body.getNumArguments());
  for (const Sizes &sizes : source.argumentSizes)
    if (failed(checkSizes(sizes, source.sizeCount, source.location)))
      return failure();
  llvm::DenseMap<Value, Sizes> known;
  for (auto [argument, sizes] :
       llvm::zip_equal(body.getArguments(), source.argumentSizes))
    known[argument] = sizes;
  for (Operation &op : body.without_terminator()) {
    auto modelOp = dyn_cast<ModelOpInterface>(op);
    if (!modelOp)
      return op.emitOpError("cannot stand in a kernel's body");
    SmallVector<Sizes> operands;
    for (Value operand : op.getOperands())
      operands.push_back(known.lookup(operand));
    Sizes sizes = modelOp.reifySizes(operands);
    if (failed(checkSizes(sizes, source.sizeCount, op.getLoc())))
      return failure();
    known[op.getResult(0)] = std::move(sizes);
  }
  if (body.getTerminator()->getNumOperands() != 1)
    return body.getTerminator()->emitOpError("ends a kernel with ")
           << body.getTerminator()->getNumOperands()
           << " results; expected one";
  return success();
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

static void describe(artifact::Kernel &kernel, ElementEmitter &emitter,
                     const KernelSource &source, const Division &division,
                     const std::string &family) {
  kernel.set_name(source.name);
  kernel.set_family(family);
  kernel.set_size_count(source.sizeCount);
  kernel.set_items(division.items.str());
  kernel.set_chunk(division.chunk.str());
  kernel.set_scratch_bytes(division.scratchBytes.str());
  kernel.set_split(division.split);
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
}

//===----------------------------------------------------------------------===//
// compileKernels
//===----------------------------------------------------------------------===//

FailureOr<CompiledKernels> compileKernels(ArrayRef<KernelSource> sources,
                                          const CPUTarget &target) {
  CompiledKernels compiled;
  if (sources.empty())
    return compiled;
  Location location = sources[0].location;
  location.getContext()->loadAllAvailableDialects();
  OwningOpRef<ModuleOp> kernels = ModuleOp::create(location);
  OpBuilder builder(kernels->getBodyRegion());
  for (const KernelSource &source : sources) {
    if (failed(checkSource(source)))
      return failure();
    auto module = ModuleOp::create(builder, source.location);
    CodeBuilder code(module, source, target);
    ElementEmitter emitter(code, source);
    std::string family;
    Division division = emitKernel(emitter, source, family);
    code.finish();
    if (emitter.hasFailed())
      return failure();
    describe(*compiled.table.add_kernels(), emitter, source, division, family);
  }

  if (failed(lowerToLLVM(*kernels)))
    return failure();
  FailureOr<std::vector<std::string>> objects = emitObjects(*kernels, target);
  if (failed(objects))
    return failure();
  FailureOr<std::string> table =
      emitTableObject(compiled.table.SerializeAsString(), target, location);
  if (failed(table))
    return failure();
  objects->push_back(std::move(*table));
  FailureOr<std::string> linked = linkSharedObject(*objects, location);
  if (failed(linked))
    return failure();
  compiled.sharedObject = std::move(*linked);
  return compiled;
}

} // namespace weft
