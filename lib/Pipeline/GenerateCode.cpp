//===- GenerateCode.cpp - From kernel functions to machine code -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Pipeline/GenerateCode.h"

#include "dialects/Exec/IR/Exec.h"
#include "lib/Codegen/Common/KernelFunction.h"
#include "lib/Pipeline/ByteInitializers.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace weft;

static KernelSource getSource(func::FuncOp function) {
  auto count = function->getAttrOfType<IntegerAttr>(exec::kernelSizesAttrName);
  return kernelSourceOf(function, count ? count.getInt() : 0);
}

static std::vector<KernelSource> getSources(ArrayRef<func::FuncOp> functions) {
  std::vector<KernelSource> sources;
  for (func::FuncOp function : functions)
    sources.push_back(getSource(function));
  return sources;
}

/// The initializers of weights that programs use, each once.
static SmallVector<func::FuncOp> collectInitializers(ModuleOp module) {
  SymbolTable symbols(module);
  llvm::SetVector<Operation *> functions;
  module.walk([&](exec::WeightOp use) {
    auto weight = symbols.lookup<WeightOp>(use.getWeight());
    if (auto name = weight.getInitializer())
      functions.insert(symbols.lookup<func::FuncOp>(*name));
  });
  return llvm::map_to_vector(
      functions, [](Operation *op) { return cast<func::FuncOp>(op); });
}

static FailureOr<SizesAttr> parseSize(Operation *kernel, StringRef text) {
  StatusOr<SizeExpr> expr = SizeExpr::parse(std::string_view(text));
  if (!expr)
    return kernel->emitOpError() << "was compiled with a bad size '" << text
                                 << "': " << expr.message();
  return exec::getSizeAttr(kernel->getContext(), *expr);
}

/// What a launch on a GPU must know.
static LogicalResult describeGrid(exec::KernelOp compiled,
                                  const artifact::Kernel &kernel) {
  if (kernel.grid().empty())
    return success();
  SmallVector<SizeExpr> grid;
  for (const std::string &text : kernel.grid()) {
    auto blocks = parseSize(compiled, text);
    if (failed(blocks))
      return failure();
    grid.push_back(exec::getSize(*blocks));
  }
  auto shared = parseSize(compiled, kernel.shared_bytes());
  if (failed(shared))
    return failure();
  compiled.setGridAttr(SizesAttr::get(compiled.getContext(), grid));
  compiled.setThreads(kernel.block_threads());
  compiled.setSharedAttr(*shared);
  return success();
}

/// Puts an `exec.kernel` at the function's place.
static LogicalResult addKernel(func::FuncOp function,
                               const artifact::Kernel &kernel) {
  OpBuilder builder(function);
  SmallVector<bool> writes;
  SmallVector<SizeExpr> leastBytes;
  for (const artifact::KernelBuffer &buffer : kernel.buffers()) {
    auto least = parseSize(function, buffer.least_bytes());
    if (failed(least))
      return failure();
    writes.push_back(buffer.writes());
    leastBytes.push_back(exec::getSize(*least));
  }
  auto items = parseSize(function, kernel.items());
  auto chunk = parseSize(function, kernel.chunk());
  auto scratch = parseSize(function, kernel.scratch_bytes());
  auto flops =
      parseSize(function, kernel.flops().empty() ? "0" : kernel.flops());
  if (failed(items) || failed(chunk) || failed(scratch) || failed(flops))
    return failure();
  auto compiled = exec::KernelOp::create(
      builder, function.getLoc(), kernel.name(), kernel.family(),
      kernel.size_count(), *items, *chunk, *scratch,
      kernel.split() == artifact::STATIC ? exec::Split::fixed
                                         : exec::Split::dynamic,
      writes, SizesAttr::get(builder.getContext(), leastBytes), *flops,
      /*grid=*/SizesAttr(), /*threads=*/IntegerAttr(), /*shared=*/SizesAttr());
  return describeGrid(compiled, kernel);
}

/// Puts its kernels in each function's place, and launches all of them where it
/// was launched. The first one has the function's name, and those that follow
/// without being another's compute it for other sizes.
static LogicalResult replaceByKernels(
    ModuleOp module, ArrayRef<func::FuncOp> functions,
    const google::protobuf::RepeatedPtrField<artifact::Kernel> &kernels) {
  llvm::StringMap<SmallVector<exec::LaunchOp>> launches;
  module.walk([&](exec::LaunchOp launch) {
    launches[launch.getKernel()].push_back(launch);
  });
  auto kernel = kernels.begin();
  for (size_t i = 0; i < functions.size(); ++i) {
    func::FuncOp function = functions[i];
    std::string name = function.getSymName().str(), next;
    if (i + 1 < functions.size())
      next = func::FuncOp(functions[i + 1]).getSymName();
    for (; kernel != kernels.end() && kernel->name() != next; ++kernel) {
      if (failed(addKernel(function, *kernel)))
        return failure();
      if (kernel->name() == name)
        continue;
      for (exec::LaunchOp launch : launches[name]) {
        OpBuilder builder(launch);
        auto other = cast<exec::LaunchOp>(builder.clone(*launch));
        other.setKernel(kernel->name());
      }
    }
    function.erase();
  }
  return success();
}

/// Compiles the stage's kernels and describes it.
static LogicalResult compileStage(ArrayRef<KernelSource> sources,
                                  const CPUTarget &target,
                                  GeneratedCode &code) {
  FailureOr<CompiledKernels> compiled = compileKernels(sources, target);
  if (failed(compiled))
    return failure();
  artifact::Stage &stage = code.stage;
  stage.set_target(artifact::CPU);
  stage.set_arch(target.arch);
  for (const std::string &feature : target.features)
    stage.add_cpu_features(feature);
  stage.set_kernel_abi(WEFT_KERNEL_ABI_VERSION);
  *stage.mutable_kernels() = std::move(compiled->table);
  // A program that only copies has no kernels, and so no code.
  if (!sources.empty()) {
    stage.add_code_files("stage0.so");
    code.files.push_back(std::move(compiled->sharedObject));
  }
  return success();
}

static LogicalResult compileStage(ArrayRef<KernelSource> sources,
                                  const CUDATarget &target,
                                  GeneratedCode &code) {
  FailureOr<CompiledCUDAKernels> compiled = compileCUDAKernels(sources, target);
  if (failed(compiled))
    return failure();
  artifact::Stage &stage = code.stage;
  stage.set_target(artifact::CUDA);
  stage.set_arch("sm_" + std::to_string(target.leastArch()));
  stage.set_driver_version(target.ptxVersion().driver);
  *stage.mutable_kernels() = std::move(compiled->table);
  if (sources.empty())
    return success();
  stage.add_code_files("stage0.ptx");
  code.files.push_back(std::move(compiled->ptx));
  for (auto &[arch, cubin] : compiled->cubins) {
    stage.add_code_files("stage0.sm_" + std::to_string(arch) + ".cubin");
    code.files.push_back(std::move(cubin));
  }
  return success();
}

FailureOr<GeneratedCode> weft::generateCode(ModuleOp module,
                                            const CodeTarget &target) {
  GeneratedCode code;
  SmallVector<func::FuncOp> functions;
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr(exec::kernelSizesAttrName) &&
        !function->hasAttr(exec::sizeValuesAttrName))
      functions.push_back(function);
  std::vector<KernelSource> sources = getSources(functions);
  llvm::StringSet<> replacements;
  module.walk([&](exec::GemmOp gemm) {
    if (gemm.getKernel())
      replacements.insert(*gemm.getKernel());
  });
  for (KernelSource &source : sources)
    source.isOneKernel = replacements.contains(source.name);
  if (failed(std::visit(
          [&](const auto &target) {
            return compileStage(sources, target, code);
          },
          target)))
    return failure();
  if (failed(
          replaceByKernels(module, functions, code.stage.kernels().kernels())))
    return failure();

  SmallVector<func::FuncOp> initializers = collectInitializers(module);
  if (initializers.empty())
    return code;
  for (func::FuncOp initializer : initializers)
    if (failed(passBlocksAsBytes(initializer)))
      return failure();
  // Fixed, so that the bytes of weights are equal on all machines.
  auto anywhere = resolveCPUTarget("x86-64", module.getLoc());
  if (failed(anywhere))
    return failure();
  sources = getSources(initializers);
  for (KernelSource &source : sources)
    source.reportsOverflow = true;
  FailureOr<CompiledKernels> compiled = compileKernels(sources, *anywhere);
  if (failed(compiled))
    return failure();
  code.initializers = std::move(*compiled);
  return code;
}
