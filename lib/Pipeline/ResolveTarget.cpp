//===- ResolveTarget.cpp - What to generate code for ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Pipeline/ResolveTarget.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace weft;

static StatusOr<CodeTarget> resolveCPU(const CompileOptions &options,
                                       Location location,
                                       const DiagnosticCollector &diagnostics) {
  auto cpu =
      resolveCPUTarget(options.arch.empty() ? "host" : options.arch, location);
  if (failed(cpu))
    return diagnostics.getStatus("unknown arch '" + options.arch + "'");
  return CodeTarget(*cpu);
}

static StatusOr<CodeTarget>
resolveCUDA(const CompileOptions &options, Location location,
            const DiagnosticCollector &diagnostics) {
  auto gpu = resolveCUDATarget(options.arch.empty() ? "sm_80" : options.arch,
                               location);
  if (failed(gpu))
    return diagnostics.getStatus("unknown arch '" + options.arch + "'");
  using Cubin = CUDATarget::Cubin;
  auto cubin = llvm::StringSwitch<std::optional<Cubin>>(options.cubin)
                   .Case("auto", Cubin::Auto)
                   .Case("none", Cubin::None)
                   .Case("require", Cubin::Require)
                   .Default(std::nullopt);
  if (!cubin)
    return Status::error("unknown choice of cubins '" + options.cubin +
                         "'; expected auto, none or require");
  if (options.gemm != "cublas" && options.gemm != "generated")
    return Status::error("unknown choice of products '" + options.gemm +
                         "'; expected cublas or generated");
  if (options.cacheType == "q8_0")
    return Status::error("--kv-type=q8_0 has no kernels for cuda; use f16 or "
                         "f32 for the cache");
  gpu->cubin = *cubin;
  return CodeTarget(*gpu);
}

StatusOr<CodeTarget>
weft::resolveTarget(const CompileOptions &options, MLIRContext &context,
                    const DiagnosticCollector &diagnostics) {
  Location location = UnknownLoc::get(&context);
  if (options.target == "cpu")
    return resolveCPU(options, location, diagnostics);
  if (options.target == "cuda")
    return resolveCUDA(options, location, diagnostics);
  return Status::error("unknown target '" + options.target +
                       "'; expected cpu or cuda");
}
