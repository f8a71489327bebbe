//===- CodegenCUDA.cpp - Kernels for NVIDIA GPUs --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/CodegenCUDA.h"
#include "lib/Codegen/CUDA/Assembly.h"
#include "lib/Codegen/CUDA/PTXEmission.h"
#include "lib/Codegen/CUDA/ProductKernels.h"
#include "lib/Codegen/Common/LowerToLLVM.h"

using namespace mlir;

namespace weft {

using namespace cuda;

/// `rows` matters to products.
static Grid emitKernel(ElementEmitter &emitter, const KernelSource &source,
                       ProductRows rows, std::string &family) {
  KernelOutput output = getKernelOutput(emitter, source);
  auto write = output.value.getDefiningOp<WriteCacheOp>();
  if (write && canEmitWriteCacheKernel(emitter, write)) {
    family = "write_cache";
    return emitWriteCacheKernel(emitter, output, write);
  }
  Operation *anchor = findAnchor(emitter, output.value);
  if (PagedAttention::isA(anchor) &&
      canEmitPagedAttentionKernel(emitter, output, PagedAttention(anchor))) {
    family = "paged_attention";
    return emitPagedAttentionKernel(emitter, output, PagedAttention(anchor));
  }
  auto attention = dyn_cast_or_null<AttentionOp>(anchor);
  if (attention && canEmitAttentionKernel(emitter, attention)) {
    family = "attention";
    return emitAttentionKernel(emitter, output, attention);
  }
  auto expert = dyn_cast_or_null<ExpertLinearOp>(anchor);
  if (expert && canEmitExpertLinearKernel(emitter, expert)) {
    family = "expert_linear";
    return emitExpertLinearKernel(emitter, output, expert);
  }
  if (anchor && canEmitMatMulKernel(emitter, anchor)) {
    family = "matmul";
    return emitProductKernel(emitter, output, anchor, rows);
  }
  family = anchor ? "general" : reducesRows(source) ? "reduce" : "map";
  return emitMapKernel(emitter, output, source);
}

static void describe(artifact::Kernel &kernel, ElementEmitter &emitter,
                     const KernelSource &source, const Grid &grid,
                     StringRef family) {
  describeKernel(kernel, emitter, source, family);
  // Those of a CPU.
  kernel.set_items("0");
  kernel.set_chunk("1");
  kernel.set_scratch_bytes("0");
  kernel.set_split(artifact::STATIC);
  for (const SizeExpr &size : {grid.x, grid.y, grid.z})
    kernel.add_grid(size.str());
  kernel.set_block_threads(cudaCodeOf(emitter).blockThreads());
  kernel.set_shared_bytes(grid.sharedBytes.str());
}

/// The kernels that compute a source together.
static SmallVector<ProductRows> kernelsOf(const KernelSource &source,
                                          const CUDATarget &target) {
  if (source.isOneKernel)
    return {ProductRows::All};
  // Emits nothing but what has to be known of its operands.
  OwningOpRef<ModuleOp> module = ModuleOp::create(source.location);
  CUDACodeBuilder code(*module, source, target, /*writesInPlace=*/false);
  ElementEmitter emitter(code, source);
  Operation *anchor =
      findAnchor(emitter, getKernelOutput(emitter, source).value);
  if (!anchor || !canEmitMatMulKernel(emitter, anchor))
    return {ProductRows::All};
  return kernelsOfProduct(emitter, anchor);
}

static LogicalResult emitInto(ModuleOp module, const KernelSource &source,
                              const CUDATarget &target, ProductRows rows,
                              artifact::Kernel &kernel) {
  bool writesInPlace = llvm::any_of(
      *source.body, [](Operation &op) { return isa<WriteCacheOp>(op); });
  CUDACodeBuilder code(module, source, target, writesInPlace);
  ElementEmitter emitter(code, source);
  std::string family;
  Grid grid = emitKernel(emitter, source, rows, family);
  code.finish();
  if (emitter.hasFailed())
    return failure();
  describe(kernel, emitter, source, grid, family);
  if (rows == ProductRows::All)
    return success();
  Operation *anchor =
      findAnchor(emitter, getKernelOutput(emitter, source).value);
  for (std::string *text : {kernel.mutable_flops(), kernel.mutable_bytes()})
    *text = (*SizeExpr::parse(*text) * hasWork(emitter, anchor, rows)).str();
  return success();
}

FailureOr<CompiledCUDAKernels>
compileCUDAKernels(ArrayRef<KernelSource> sources, const CUDATarget &target) {
  CompiledCUDAKernels compiled;
  if (sources.empty())
    return compiled;
  Location location = sources[0].location;
  location.getContext()->loadAllAvailableDialects();
  OwningOpRef<ModuleOp> kernels = ModuleOp::create(location);
  OpBuilder builder(kernels->getBodyRegion());
  for (const KernelSource &source : sources) {
    if (failed(checkKernelSource(source)))
      return failure();
    for (ProductRows rows : kernelsOf(source, target)) {
      KernelSource part = source;
      part.name += suffixOf(rows);
      if (failed(emitInto(ModuleOp::create(builder, source.location), part,
                          target, rows, *compiled.table.add_kernels())))
        return failure();
    }
  }
  if (failed(lowerToLLVM(*kernels)))
    return failure();
  FailureOr<std::string> ptx =
      emitPTX(*kernels, target, compiled.table.SerializeAsString());
  if (failed(ptx))
    return failure();
  compiled.ptx = std::move(*ptx);
  if (failed(assemble(compiled.ptx, target, location, compiled.cubins)))
    return failure();
  return compiled;
}

} // namespace weft
