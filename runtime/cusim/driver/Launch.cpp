//===- Launch.cpp - A launch, checked and packed --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Launch.h"
#include "runtime/cusim/driver/LaunchLog.h"
#include "runtime/cusim/driver/Occupancy.h"

#include <algorithm>
#include <cstring>

using namespace weft;
using namespace weft::cusim;

static CUresult resultOf(Report::Kind kind) {
  switch (kind) {
  case Report::Kind::InvalidAddress:
    return CUDA_ERROR_ILLEGAL_ADDRESS;
  case Report::Kind::MisalignedAddress:
    return CUDA_ERROR_MISALIGNED_ADDRESS;
  case Report::Kind::IllegalInstruction:
    return CUDA_ERROR_ILLEGAL_INSTRUCTION;
  case Report::Kind::Assertion:
    return CUDA_ERROR_ASSERT;
  case Report::Kind::Timeout:
    return CUDA_ERROR_LAUNCH_TIMEOUT;
  default:
    return CUDA_ERROR_LAUNCH_FAILED;
  }
}

/// The block of parameters, from a pointer for each or from one buffer.
static StatusOr<std::vector<uint8_t>>
packArguments(const CompiledKernel &kernel, void **parameters, void **extra) {
  std::vector<uint8_t> bytes(kernel.parameterBytes);
  const std::vector<ptx::Parameter> &expected = kernel.entry->parameters;
  if (parameters && extra)
    return Status::error("arguments come both one by one and in a buffer");
  if (parameters) {
    for (const ptx::Parameter &parameter : expected) {
      const void *argument = parameters[&parameter - expected.data()];
      if (!argument)
        return Status::error("argument '" + parameter.name + "' is null");
      std::memcpy(bytes.data() + parameter.offset, argument, parameter.bytes);
    }
    return bytes;
  }
  if (!extra) {
    if (expected.empty())
      return bytes;
    return Status::error("the kernel has " + std::to_string(expected.size()) +
                         " parameters, the call passes none");
  }
  const void *buffer = nullptr;
  size_t size = 0;
  for (; *extra != CU_LAUNCH_PARAM_END; extra += 2)
    if (!extra[1])
      return Status::error("an entry of 'extra' is null");
    else if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER)
      buffer = extra[1];
    else if (*extra == CU_LAUNCH_PARAM_BUFFER_SIZE)
      size = *static_cast<size_t *>(extra[1]);
    else
      return Status::error(
          "an entry of 'extra' is neither a buffer nor a size");
  if (!buffer || size < bytes.size())
    return Status::error("the buffer of arguments has " + std::to_string(size) +
                         " bytes, the kernel takes " +
                         std::to_string(bytes.size()));
  std::memcpy(bytes.data(), buffer, bytes.size());
  return bytes;
}

static uint64_t product(const uint32_t *sizes) {
  return uint64_t(sizes[0]) * sizes[1] * sizes[2];
}

/// Limits of the device; those of the kernel are Device::check's.
static CUresult checkLimits(const LaunchRequest &request,
                            const CUfunc_st &function,
                            const Architecture &architecture) {
  const LaunchParameters &parameters = request.parameters;
  const CompiledKernel &kernel = *function.kernel;
  auto no = [&](CUresult error, const std::string &message) {
    return refuse(error, request.call, kernel.name + ": " + message);
  };
  if (int(parameters.dynamicSharedBytes) < 0 ||
      int(parameters.dynamicSharedBytes) > function.maxDynamicSharedBytes)
    return no(CUDA_ERROR_INVALID_VALUE,
              std::to_string(parameters.dynamicSharedBytes) +
                  " bytes of dynamic shared memory; at most " +
                  std::to_string(function.maxDynamicSharedBytes) +
                  " without cuFuncSetAttribute("
                  "CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)");
  uint64_t clusterSize = product(parameters.cluster);
  if (clusterSize > 1) {
    if (architecture.major < 9)
      return no(CUDA_ERROR_NOT_SUPPORTED,
                "clusters need sm_90; set CUSIM_ARCH=sm_90");
    uint64_t limit = function.allowsNonPortableCluster ? 16 : 8;
    if (clusterSize > limit)
      return no(CUDA_ERROR_INVALID_CLUSTER_SIZE,
                "a cluster of " + std::to_string(clusterSize) +
                    " blocks; at most " + std::to_string(limit));
    for (unsigned axis = 0; axis < 3; ++axis)
      if (parameters.grid[axis] % parameters.cluster[axis])
        return no(CUDA_ERROR_INVALID_CLUSTER_SIZE,
                  "the grid is no multiple of the cluster");
  }
  if (parameters.isCooperative) {
    int threads = product(parameters.block);
    uint64_t limit = uint64_t(architecture.multiprocessors) *
                     activeBlocks(architecture, kernel, threads,
                                  parameters.dynamicSharedBytes);
    if (product(parameters.grid) > limit)
      return no(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE,
                std::to_string(product(parameters.grid)) +
                    " blocks in a cooperative launch; " +
                    std::to_string(limit) + " fit");
  }
  return CUDA_SUCCESS;
}

CUresult weft::cusim::launch(LaunchRequest request) {
  CUSIM_ENTER();
  Driver &driver = *entry.driver;
  std::shared_ptr<CUfunc_st> function = driver.functions.find(request.function);
  if (!function)
    return CUDA_ERROR_INVALID_HANDLE;
  if (function->module->context != entry.context.get())
    return refuse(CUDA_ERROR_INVALID_CONTEXT, request.call,
                  function->kernel->name + " was loaded in another context");
  const CompiledKernel &kernel = *function->kernel;
  // What the kernel says of its clusters, the launch need not repeat.
  uint32_t *cluster = request.parameters.cluster;
  const uint32_t *required = kernel.entry->requiredCluster;
  if (required[0] && product(cluster) == 1)
    std::copy(required, required + 3, cluster);
  if (CUresult error = checkLimits(request, *function, driver.architecture))
    return error;
  StatusOr<std::vector<uint8_t>> arguments =
      packArguments(kernel, request.kernelParameters, request.extra);
  if (!arguments)
    return refuse(CUDA_ERROR_INVALID_VALUE, request.call,
                  kernel.name + ": " + arguments.message());
  request.parameters.parameters = arguments->data();
  if (Status valid = Device::check(kernel, request.parameters); !valid)
    return refuse(CUDA_ERROR_INVALID_VALUE, request.call, valid.message());

  CUcontext context = entry.context.get();
  auto run = [&driver, context, function, parameters = request.parameters,
              bytes = std::move(*arguments)]() mutable {
    parameters.parameters = bytes.data();
    Counters counters;
    bool counts = driver.settings.compile.count;
    LaunchReport report = driver.devices[context->device]->launch(
        *function->module->loaded, *function->kernel, parameters,
        counts ? &counters : nullptr);
    if (counts)
      logCounters(driver.settings.counters, *function->kernel, parameters,
                  counters);
    for (const Report &finding : report.findings)
      driver.fail(*context, resultOf(finding.kind),
                  asLogLines(finding.toText()));
  };
  return driver.submit(request.stream, {Operation::Kind::Kernel,
                                        request.function, std::move(run)});
}
