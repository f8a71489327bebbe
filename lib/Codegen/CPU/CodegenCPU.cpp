//===- CodegenCPU.cpp - Kernels for x86-64 --------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/CodegenCPU.h"

#include "dialects/LLM/Analysis/LinearHalves.h"
#include "lib/Codegen/CPU/Family.h"
#include "lib/Codegen/CPU/NormTail.h"
#include "lib/Codegen/CPU/ObjectEmission.h"
#include "lib/Codegen/Common/LowerToLLVM.h"

using namespace mlir;

namespace weft {

//===----------------------------------------------------------------------===//
// The choice of a family
//===----------------------------------------------------------------------===//

/// A product of bytes whose halves become the output.
static std::optional<LinearHalves> findHalves(ElementEmitter &emitter,
                                              const KernelOutput &output) {
  std::optional<LinearHalves> halves =
      LinearHalves::leadingTo(output.value, [&](Operation *op) {
        auto elementOp = dyn_cast<ElementOpInterface>(op);
        return elementOp && elementOp.isElementwise() &&
               emitter.sizesOf(op->getResult(0)) ==
                   emitter.sizesOf(output.value);
      });
  if (halves && !canEmitBlockLinearKernel(emitter, halves->linear))
    halves.reset();
  return halves;
}

static Division emitKernel(ElementEmitter &emitter, const KernelSource &source,
                           std::string &family) {
  KernelOutput output = getKernelOutput(emitter, source);
  auto write = output.value.getDefiningOp<WriteCacheOp>();
  if (write && canEmitWriteCacheKernel(emitter, write)) {
    family = "write_cache";
    return emitWriteCacheKernel(emitter, output, write);
  }
  if (std::optional<LinearHalves> halves = findHalves(emitter, output)) {
    family = "block_linear";
    return emitBlockLinearKernel(emitter, output, halves->linear, &*halves);
  }
  Operation *anchor = findAnchor(emitter, output.value);
  if (PagedAttention::isA(anchor) &&
      canEmitPagedAttentionKernel(emitter, output, PagedAttention(anchor))) {
    family = "paged_attention";
    return emitPagedAttentionKernel(emitter, output, PagedAttention(anchor));
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
  if (std::optional<NormTail> tail = NormTail::find(emitter, output)) {
    family = "matmul";
    return emitMatMulKernel(emitter, tail->sums(), tail->product(), &*tail);
  }
  family = anchor ? "general" : reducesRows(source) ? "reduce" : "map";
  return emitMapKernel(emitter, output);
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
    if (failed(checkKernelSource(source)))
      return failure();
    auto module = ModuleOp::create(builder, source.location);
    CPUCodeBuilder code(module, source, target);
    ElementEmitter emitter(code, source);
    std::string family;
    Division division = emitKernel(emitter, source, family);
    code.finish();
    if (emitter.hasFailed())
      return failure();
    artifact::Kernel &kernel = *compiled.table.add_kernels();
    describeKernel(kernel, emitter, source, family);
    kernel.set_items(division.items.str());
    kernel.set_chunk(division.chunk.str());
    kernel.set_scratch_bytes(division.scratchBytes.str());
    kernel.set_split(division.split);
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
