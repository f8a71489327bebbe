//===- ApiLaunch.cpp - Calls that launch kernels and host functions -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Launch.h"

using namespace weft::cusim;

CUSIM_EXPORT cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY,
                            unsigned gridZ, unsigned blockX, unsigned blockY,
                            unsigned blockZ, unsigned dynamicSharedBytes,
                            CUstream stream, void **parameters, void **extra) {
  return launch({"cuLaunchKernel",
                 function,
                 {.grid = {gridX, gridY, gridZ},
                  .block = {blockX, blockY, blockZ},
                  .dynamicSharedBytes = dynamicSharedBytes},
                 stream,
                 parameters,
                 extra});
}

CUSIM_EXPORT cuLaunchCooperativeKernel(CUfunction function, unsigned gridX,
                                       unsigned gridY, unsigned gridZ,
                                       unsigned blockX, unsigned blockY,
                                       unsigned blockZ,
                                       unsigned dynamicSharedBytes,
                                       CUstream stream, void **parameters) {
  return launch({"cuLaunchCooperativeKernel",
                 function,
                 {.grid = {gridX, gridY, gridZ},
                  .block = {blockX, blockY, blockZ},
                  .dynamicSharedBytes = dynamicSharedBytes,
                  .isCooperative = true},
                 stream,
                 parameters,
                 nullptr});
}

CUSIM_EXPORT cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function,
                              void **parameters, void **extra) {
  if (!config || (config->numAttrs && !config->attrs))
    return CUDA_ERROR_INVALID_VALUE;
  LaunchRequest request{
      "cuLaunchKernelEx",
      function,
      {.grid = {config->gridDimX, config->gridDimY, config->gridDimZ},
       .block = {config->blockDimX, config->blockDimY, config->blockDimZ},
       .dynamicSharedBytes = config->sharedMemBytes},
      config->hStream,
      parameters,
      extra};
  for (unsigned i = 0; i < config->numAttrs; ++i) {
    const CUlaunchAttribute &attribute = config->attrs[i];
    switch (attribute.id) {
    case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION:
      request.parameters.cluster[0] = attribute.value.clusterDim.x;
      request.parameters.cluster[1] = attribute.value.clusterDim.y;
      request.parameters.cluster[2] = attribute.value.clusterDim.z;
      break;
    case CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
      request.parameters.isCooperative = attribute.value.cooperative;
      break;
    // How soon the next launch may start: here it starts after this one.
    case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION:
    case CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
    case CU_LAUNCH_ATTRIBUTE_PRIORITY:
    case CU_LAUNCH_ATTRIBUTE_IGNORE:
      break;
    default:
      return refuse(CUDA_ERROR_NOT_SUPPORTED, request.call,
                    "launch attribute " + std::to_string(attribute.id) +
                        " is not supported");
    }
  }
  return launch(std::move(request));
}

CUSIM_EXPORT cuLaunchHostFunc(CUstream stream, CUhostFn function, void *data) {
  CUSIM_ENTER();
  if (!function)
    return CUDA_ERROR_INVALID_VALUE;
  return entry.driver->submit(
      stream, {Operation::Kind::Host, nullptr, [=] { function(data); }});
}
