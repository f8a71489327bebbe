//===- CUDAKernels.cpp - Compiled kernels on a GPU, mostly simulated ------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CUDA/CUDAKernels.h"

#include <dlfcn.h>

using namespace mlir;
using namespace weft::cuda;

namespace weft {

static const DriverFunctions &driver() {
  static const DriverFunctions functions = [] {
    DriverFunctions loaded;
    const char *file =
        std::getenv("WEFT_TEST_GPU") ? "libcuda.so.1" : CUSIM_LIBRARY;
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library)
      die(dlerror());
#define WEFT_CUDA(NAME, PARAMETERS)                                            \
  loaded.NAME = reinterpret_cast<decltype(loaded.NAME)>(dlsym(library, #NAME));
#include "runtime/cuda_api/DriverFunctions.def"
#undef WEFT_CUDA
    CUcontext context;
    if (loaded.cuInit(0) || loaded.cuDevicePrimaryCtxRetain(&context, 0) ||
        loaded.cuCtxSetCurrent(context))
      die(Twine(file) + " has no device");
    return loaded;
  }();
  return functions;
}

static void check(CUresult result, StringRef what) {
  if (result == CUDA_SUCCESS)
    return;
  const char *name = "?";
  driver().cuGetErrorName(result, &name);
  die(what + ": " + name);
}

std::vector<std::string> archsHere() { return {"sm_80"}; }

std::unique_ptr<RunnableKernels>
RunnableKernels::compile(ArrayRef<KernelSource> sources, StringRef arch) {
  // With WEFT_TEST_CUBINS=1 all that tests emit goes through the assembler.
  bool assembles = std::getenv("WEFT_TEST_CUBINS");
  auto target = resolveCUDATarget(assembles ? "sm_80,sm_90,sm_100" : arch,
                                  sources.front().location);
  if (failed(target))
    die("no target");
  if (assembles)
    target->cubin = CUDATarget::Cubin::Require;
  auto compiled = compileCUDAKernels(sources, *target);
  if (failed(compiled))
    die("cannot compile");
  return std::make_unique<CUDAKernels>(std::move(*compiled));
}

CUDAKernels::CUDAKernels(CompiledCUDAKernels compiledKernels)
    : compiled(std::move(compiledKernels)) {
  if (const char *file = std::getenv("WEFT_TEST_PTX")) {
    std::error_code error;
    llvm::raw_fd_ostream stream(file, error);
    stream << compiled.ptx;
  }
  check(driver().cuModuleLoadData(&module, compiled.ptx.c_str()),
        "cuModuleLoadData");
}

std::unique_ptr<CUDAKernels> CUDAKernels::withPTX(std::string ptx) const {
  CompiledCUDAKernels others = compiled;
  others.ptx = std::move(ptx);
  return std::make_unique<CUDAKernels>(std::move(others));
}

CUDAKernels::~CUDAKernels() { driver().cuModuleUnload(module); }

void CUDAKernels::launch(const artifact::Kernel &kernel,
                         ArrayRef<int64_t> sizes,
                         MutableArrayRef<void *> parameters) {
  CUfunction function = nullptr;
  check(driver().cuModuleGetFunction(&function, module, kernel.name().c_str()),
        kernel.name());
  unsigned grid[3];
  for (auto [blocks, text] : llvm::zip_equal(grid, kernel.grid()))
    blocks = valueOf(text, sizes);
  unsigned shared = valueOf(kernel.shared_bytes(), sizes);
  if (shared > 48 * 1024)
    check(
        driver().cuFuncSetAttribute(
            function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shared),
        kernel.name());
  if (grid[0] && grid[1] && grid[2])
    check(driver().cuLaunchKernel(function, grid[0], grid[1], grid[2],
                                  kernel.block_threads(), 1, 1, shared, nullptr,
                                  parameters.data(), nullptr),
          kernel.name());
}

uint32_t CUDAKernels::run(const artifact::Kernel &kernel,
                          ArrayRef<LaunchBuffer> buffers,
                          ArrayRef<int64_t> sizes, bool) {
  // Allocations of the exact size: cusim reports what reaches beyond them.
  std::map<char *, CUdeviceptr> memory;
  auto allocate = [&](uint64_t bytes) {
    CUdeviceptr address = 0;
    check(driver().cuMemAlloc_v2(&address, std::max<uint64_t>(bytes, 1)),
          "cuMemAlloc");
    return address;
  };
  std::vector<uint64_t> values;
  for (const LaunchBuffer &buffer : buffers) {
    auto [place, isNew] = memory.try_emplace(buffer.address, 0);
    if (isNew) {
      place->second = allocate(buffer.bytes);
      if (buffer.bytes)
        check(driver().cuMemcpyHtoD_v2(place->second, buffer.address,
                                       buffer.bytes),
              "cuMemcpyHtoD");
    }
    values.push_back(place->second);
  }
  llvm::append_range(values, sizes);
  uint32_t error = 0;
  CUdeviceptr flag = allocate(sizeof(error));
  check(driver().cuMemcpyHtoD_v2(flag, &error, sizeof(error)), "cuMemcpyHtoD");
  values.push_back(flag);
  std::vector<void *> parameters;
  for (uint64_t &value : values)
    parameters.push_back(&value);
  // A product's kernels for other numbers of rows too.
  for (const artifact::Kernel &each : table().kernels())
    for (const char *suffix : {"", "_several", "_few"})
      if (each.name() == kernel.name() + suffix)
        launch(each, sizes, parameters);
  check(driver().cuCtxSynchronize(), kernel.name());
  check(driver().cuMemcpyDtoH_v2(&error, flag, sizeof(error)), "cuMemcpyDtoH");
  for (const LaunchBuffer &buffer : buffers)
    if (buffer.bytes)
      check(driver().cuMemcpyDtoH_v2(buffer.address, memory.at(buffer.address),
                                     buffer.bytes),
            "cuMemcpyDtoH");
  for (auto [host, address] : memory)
    check(driver().cuMemFree_v2(address), "cuMemFree");
  check(driver().cuMemFree_v2(flag), "cuMemFree");
  return error;
}

} // namespace weft
