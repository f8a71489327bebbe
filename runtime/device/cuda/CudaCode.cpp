//===- CudaCode.cpp - A CUDA stage's kernels, loaded ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/CudaCode.h"
#include "runtime/artifact/Artifact.h"
#include "runtime/artifact/CudaVersion.h"
#include "runtime/base/SizeExpr.h"
#include "runtime/base/Text.h"
#include "runtime/device/cuda/CodeFiles.h"

using namespace weft;
using namespace weft::cuda;

// What a kernel may use without asking for more: CUDA C++ Programming Guide,
// "Shared Memory".
static constexpr uint64_t sharedWithoutAsking = 48 << 10;

static std::string at(const Artifact &artifact, uint32_t stage) {
  return "artifact '" + printable(artifact.folder()) + "': stage " +
         std::to_string(stage) + " ";
}

Status CudaCode::loadModule(const Artifact &artifact, uint32_t index) {
  const artifact::Stage &stage =
      artifact.manifest().stages(static_cast<int>(index));
  const DriverLibrary &driver = context->driver();
  std::string refusals;
  for (const std::string &name : codeFilesFor(stage, context->architecture())) {
    // The simulator says on stderr what it refuses.
    if (driver.isSimulated() && !name.ends_with(".ptx"))
      continue;
    std::span<const uint8_t> bytes = artifact.codeFile(name);
    // PTX is text that ends with a zero.
    std::string image(bytes.begin(), bytes.end());
    char log[4096] = {};
    CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER,
                              CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void *values[] = {log, reinterpret_cast<void *>(sizeof(log) - 1)};
    CUresult result = driver.functions().cuModuleLoadDataEx(
        &module, image.c_str(), 2, options, values);
    file = name;
    if (result == CUDA_SUCCESS)
      return Status::ok();
    refusals += "; " + printable(name) + ": " +
                driver.check(result, "cuModuleLoadDataEx").message();
    if (log[0])
      refusals += ": " + printable(log);
  }
  int version = 0;
  WEFT_CUDA_CALL(driver, cuDriverGetVersion, &version);
  if (stage.driver_version() > static_cast<uint32_t>(version))
    refusals += "; it needs a driver for CUDA " +
                cudaVersion(stage.driver_version()) + ", this one is for " +
                cudaVersion(static_cast<uint32_t>(version));
  return Status::error(at(artifact, index) + "has " + describeCode(stage) +
                       ", which " + context->name() + " (" +
                       printable(context->model()) + ", sm_" +
                       std::to_string(context->architecture()) +
                       ") does not run; compile the model with --arch=sm_" +
                       std::to_string(context->architecture()) + refusals);
}

Status CudaCode::checkTable(const Artifact &artifact, uint32_t stage) {
  const DriverLibrary &driver = context->driver();
  auto bad = [&](const std::string &what) {
    return Status::error("code file '" + printable(file) + "' " + what);
  };
  CUdeviceptr table = 0, size = 0;
  size_t tableBytes = 0, sizeBytes = 0;
  uint64_t used = 0;
  const DriverFunctions &functions = driver.functions();
  if (functions.cuModuleGetGlobal_v2(&table, &tableBytes, module,
                                     "weft_kernel_table") != CUDA_SUCCESS ||
      functions.cuModuleGetGlobal_v2(&size, &sizeBytes, module,
                                     "weft_kernel_table_bytes") !=
          CUDA_SUCCESS ||
      sizeBytes != sizeof(used))
    return bad("holds no kernel table");
  WEFT_CUDA_CALL(driver, cuMemcpyDtoH_v2, &used, size, sizeof(used));
  if (used > tableBytes)
    return bad("holds no kernel table");
  std::vector<uint8_t> bytes(used);
  if (used != 0)
    WEFT_CUDA_CALL(driver, cuMemcpyDtoH_v2, bytes.data(), table, used);
  Status status = checkKernelTable(
      bytes, artifact.manifest().stages(static_cast<int>(stage)).kernels());
  return status ? status : bad(status.message());
}

Status CudaCode::findKernels(const Artifact &artifact, uint32_t stage) {
  const DriverLibrary &driver = context->driver();
  for (const artifact::Kernel &known : artifact.manifest()
                                           .stages(static_cast<int>(stage))
                                           .kernels()
                                           .kernels()) {
    Kernel kernel;
    kernel.name = known.name();
    kernel.buffers = static_cast<size_t>(known.buffers_size());
    kernel.sizes = known.size_count();
    std::string what = "kernel '" + printable(known.name()) + "'";
    WEFT_RETURN_IF_ERROR(
        driver.check(driver.functions().cuModuleGetFunction(
                         &kernel.function, module, known.name().c_str()),
                     "cuModuleGetFunction", what));
    int threads = 0, shared = 0;
    WEFT_CUDA_CALL(driver, cuFuncGetAttribute, &threads,
                   CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, kernel.function);
    WEFT_CUDA_CALL(driver, cuFuncGetAttribute, &shared,
                   CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, kernel.function);
    kernel.mostThreads = static_cast<unsigned>(threads);
    kernel.staticShared = static_cast<uint64_t>(shared);
    if (known.block_threads() > kernel.mostThreads)
      return Status::error(
          what + " has blocks of " + std::to_string(known.block_threads()) +
          " threads, but its registers allow " +
          std::to_string(kernel.mostThreads) + " on " + context->name());
    StatusOr<SizeExpr> dynamic = SizeExpr::parse(known.shared_bytes());
    bool asks =
        !dynamic || !dynamic->asConstant() ||
        static_cast<uint64_t>(*dynamic->asConstant()) + kernel.staticShared >
            sharedWithoutAsking;
    if (asks && kernel.staticShared < context->sharedBytes())
      WEFT_CUDA_CALL(
          driver, cuFuncSetAttribute, kernel.function,
          CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
          static_cast<int>(context->sharedBytes() - kernel.staticShared));
    kernels.push_back(std::move(kernel));
  }
  return Status::ok();
}

StatusOr<std::unique_ptr<CudaCode>>
CudaCode::load(std::shared_ptr<Context> context, const Artifact &artifact,
               uint32_t index) {
  const artifact::Stage &stage =
      artifact.manifest().stages(static_cast<int>(index));
  if (stage.target() != artifact::CUDA)
    return Status::error(at(artifact, index) + "is for " +
                         artifact::Target_Name(stage.target()) + "; " +
                         context->name() + " runs CUDA stages");
  std::unique_ptr<CudaCode> code(new CudaCode(std::move(context)));
  if (stage.code_files().empty() && stage.kernels().kernels().empty())
    return code;
  WEFT_RETURN_IF_ERROR(code->context->enter());
  WEFT_RETURN_IF_ERROR(code->loadModule(artifact, index));
  WEFT_RETURN_IF_ERROR(code->checkTable(artifact, index));
  WEFT_RETURN_IF_ERROR(code->findKernels(artifact, index));
  return code;
}

CudaCode::~CudaCode() {
  if (module && context->enter())
    context->functions().cuModuleUnload(module);
}
