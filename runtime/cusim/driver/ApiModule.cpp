//===- ApiModule.cpp - Calls for modules and functions --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Occupancy.h"

#include <cstring>
#include <fstream>
#include <iterator>

using namespace weft;
using namespace weft::cusim;

namespace {
/// Buffers that cuModuleLoadDataEx writes messages to.
struct Logs {
  char *error = nullptr;
  size_t errorBytes = 0;
  /// The slot of the option values that tells how much was written.
  void **errorSize = nullptr;

  void write(const std::string &message) const {
    if (errorSize)
      *errorSize = nullptr;
    if (!error || errorBytes == 0)
      return;
    size_t length = std::min(message.size(), errorBytes - 1);
    std::memcpy(error, message.data(), length);
    error[length] = 0;
    if (errorSize && length)
      *errorSize = reinterpret_cast<void *>(length + 1);
  }
};
} // namespace

static Logs readLogs(unsigned count, const CUjit_option *options,
                     void **values) {
  Logs logs;
  for (unsigned i = 0; i < count; ++i)
    switch (options[i]) {
    case CU_JIT_ERROR_LOG_BUFFER:
      logs.error = static_cast<char *>(values[i]);
      break;
    case CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES:
      logs.errorBytes = reinterpret_cast<size_t>(values[i]);
      logs.errorSize = &values[i];
      break;
    case CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES:
      values[i] = nullptr;
      break;
    default:
      break;
    }
  return logs;
}

/// Only PTX runs here; what else a driver would take is known by its first
/// bytes.
static const char *whyNotText(const char *image) {
  if (std::strncmp(image,
                   "\x7f"
                   "ELF",
                   4) == 0)
    return "the image is a cubin; cusim runs PTX";
  if (std::strncmp(image, "\x50\xed\x55\xba", 4) == 0 ||
      std::strncmp(image, "\xb1\x43\x62\x46", 4) == 0)
    return "the image is a fatbin; cusim runs PTX: compile with nvcc -ptx";
  return nullptr;
}

static CUresult loadModule(const char *call, CUmodule *handle,
                           const void *image, const Logs &logs) {
  CUSIM_ENTER();
  Driver &driver = *entry.driver;
  if (!handle || !image)
    return CUDA_ERROR_INVALID_VALUE;
  auto fail = [&](CUresult error, const std::string &message) {
    logs.write(message);
    return refuse(error, call, message);
  };
  const char *text = static_cast<const char *>(image);
  if (const char *reason = whyNotText(text))
    return fail(CUDA_ERROR_NO_BINARY_FOR_GPU, reason);
  StatusOr<std::shared_ptr<CompiledModule>> compiled = CompiledModule::create(
      text, driver.settings.compile, driver.settings.cache);
  if (!compiled)
    return fail(CUDA_ERROR_INVALID_PTX, compiled.message());
  const std::string &target = (*compiled)->module().target;
  if (!supportsTarget(driver.architecture, target))
    return fail(CUDA_ERROR_NO_BINARY_FOR_GPU,
                "the PTX is for " + target + ", the device is " +
                    std::string(driver.architecture.name) +
                    "; choose another with CUSIM_ARCH");
  StatusOr<std::shared_ptr<LoadedModule>> loaded =
      driver.devices[entry.context->device]->load(*compiled);
  if (!loaded)
    return fail(CUDA_ERROR_OUT_OF_MEMORY, loaded.message());
  auto module = std::make_shared<CUmod_st>();
  module->context = entry.context.get();
  module->compiled = std::move(*compiled);
  module->loaded = std::move(*loaded);
  logs.write("");
  *handle = driver.modules.add(std::move(module));
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuModuleLoadData(CUmodule *module, const void *image) {
  return loadModule("cuModuleLoadData", module, image, {});
}

CUSIM_EXPORT cuModuleLoadDataEx(CUmodule *module, const void *image,
                                unsigned count, CUjit_option *options,
                                void **values) {
  if (count && (!options || !values))
    return CUDA_ERROR_INVALID_VALUE;
  return loadModule("cuModuleLoadDataEx", module, image,
                    readLogs(count, options, values));
}

CUSIM_EXPORT cuModuleLoad(CUmodule *module, const char *path) {
  if (!path)
    return CUDA_ERROR_INVALID_VALUE;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return CUDA_ERROR_FILE_NOT_FOUND;
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return loadModule("cuModuleLoad", module, text.c_str(), {});
}

CUSIM_EXPORT cuModuleUnload(CUmodule handle) {
  CUSIM_ENTER(/*mayBeFaulted=*/true);
  std::shared_ptr<CUmod_st> module = entry.driver->modules.find(handle);
  if (!module)
    return CUDA_ERROR_INVALID_HANDLE;
  entry.driver->synchronize(*module->context);
  entry.driver->modules.remove(handle);
  for (const auto &[name, function] : module->functions)
    entry.driver->functions.remove(function);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuModuleGetFunction(CUfunction *handle, CUmodule moduleHandle,
                                 const char *name) {
  CUSIM_ENTER();
  std::shared_ptr<CUmod_st> module = entry.driver->modules.find(moduleHandle);
  if (!module)
    return CUDA_ERROR_INVALID_HANDLE;
  if (!handle || !name)
    return CUDA_ERROR_INVALID_VALUE;
  std::lock_guard lock(module->mutex);
  if (auto found = module->functions.find(name);
      found != module->functions.end()) {
    *handle = found->second;
    return CUDA_SUCCESS;
  }
  const ptx::Function *entryPoint =
      module->compiled->module().findFunction(name);
  if (!entryPoint || !entryPoint->isEntry)
    return CUDA_ERROR_NOT_FOUND;
  StatusOr<const CompiledKernel *> kernel = module->compiled->kernel(name);
  if (!kernel)
    return refuse(CUDA_ERROR_INVALID_PTX, "cuModuleGetFunction",
                  kernel.message());
  auto function = std::make_shared<CUfunc_st>();
  function->module = module;
  function->kernel = *kernel;
  function->maxDynamicSharedBytes =
      std::max(0, (48 << 10) - int((*kernel)->staticSharedBytes));
  *handle = entry.driver->functions.add(function);
  module->functions[name] = *handle;
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuModuleGetGlobal_v2(CUdeviceptr *address, size_t *bytes,
                                  CUmodule handle, const char *name) {
  CUSIM_ENTER();
  std::shared_ptr<CUmod_st> module = entry.driver->modules.find(handle);
  if (!module)
    return CUDA_ERROR_INVALID_HANDLE;
  if (!name)
    return CUDA_ERROR_INVALID_VALUE;
  const LoadedVariable *variable = findVariable(*module->loaded, name);
  if (!variable)
    return CUDA_ERROR_NOT_FOUND;
  if (address)
    *address = variable->address;
  if (bytes)
    *bytes = variable->bytes;
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuFuncGetName(const char **name, CUfunction handle) {
  CUSIM_ENTER_DRIVER();
  std::shared_ptr<CUfunc_st> function = driver->functions.find(handle);
  if (!function)
    return CUDA_ERROR_INVALID_HANDLE;
  if (!name)
    return CUDA_ERROR_INVALID_VALUE;
  *name = function->kernel->name.c_str();
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuFuncGetModule(CUmodule *module, CUfunction handle) {
  CUSIM_ENTER_DRIVER();
  std::shared_ptr<CUfunc_st> function = driver->functions.find(handle);
  if (!function)
    return CUDA_ERROR_INVALID_HANDLE;
  if (!module)
    return CUDA_ERROR_INVALID_VALUE;
  *module = function->module.get();
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuFuncGetAttribute(int *value, CUfunction_attribute attribute,
                                CUfunction handle) {
  CUSIM_ENTER();
  std::shared_ptr<CUfunc_st> function = entry.driver->functions.find(handle);
  if (!function)
    return CUDA_ERROR_INVALID_HANDLE;
  if (!value)
    return CUDA_ERROR_INVALID_VALUE;
  const CompiledKernel &kernel = *function->kernel;
  const ptx::Function &text = *kernel.entry;
  const Architecture &architecture = entry.driver->architecture;
  switch (attribute) {
  case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
    *value = maxThreadsPerBlock(kernel);
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
    *value = kernel.staticSharedBytes;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES:
  case CU_FUNC_ATTRIBUTE_CACHE_MODE_CA:
  case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
    *value = 0;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
    *value = kernel.localBytes;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_NUM_REGS:
    *value = registersPerThread(kernel);
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_PTX_VERSION:
  case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
    *value = architecture.major * 10 + architecture.minor;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
    *value = function->maxDynamicSharedBytes;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
    *value = function->sharedCarveout;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET:
    *value = text.requiredCluster[0] != 0;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
    *value = text.requiredCluster[0];
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
    *value = text.requiredCluster[1];
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
    *value = text.requiredCluster[2];
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
    *value = function->allowsNonPortableCluster;
    return CUDA_SUCCESS;
  }
  return CUDA_ERROR_INVALID_VALUE;
}

CUSIM_EXPORT cuFuncSetAttribute(CUfunction handle,
                                CUfunction_attribute attribute, int value) {
  CUSIM_ENTER();
  std::shared_ptr<CUfunc_st> function = entry.driver->functions.find(handle);
  if (!function)
    return CUDA_ERROR_INVALID_HANDLE;
  switch (attribute) {
  case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
    if (value < 0 || value > entry.driver->architecture.sharedPerBlockOptin -
                                 int(function->kernel->staticSharedBytes))
      return CUDA_ERROR_INVALID_VALUE;
    function->maxDynamicSharedBytes = value;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
    if (value < -1 || value > 100)
      return CUDA_ERROR_INVALID_VALUE;
    function->sharedCarveout = value;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
    function->allowsNonPortableCluster = value != 0;
    return CUDA_SUCCESS;
  default:
    return CUDA_ERROR_INVALID_VALUE;
  }
}

CUSIM_EXPORT cuFuncSetCacheConfig(CUfunction handle, CUfunc_cache) {
  CUSIM_ENTER();
  return entry.driver->functions.find(handle) ? CUDA_SUCCESS
                                              : CUDA_ERROR_INVALID_HANDLE;
}
