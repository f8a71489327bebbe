//===- Occupancy.cpp - How many blocks fit at once ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Occupancy.h"

#include <algorithm>

using namespace weft::cusim;

static int product(const uint32_t *sizes) {
  return int(sizes[0] * std::max(sizes[1], 1u) * std::max(sizes[2], 1u));
}

int weft::cusim::registersPerThread(const CompiledKernel &kernel) {
  return kernel.entry->maxRegisters ? kernel.entry->maxRegisters : 32;
}

int weft::cusim::maxThreadsPerBlock(const CompiledKernel &kernel) {
  int limit = 1024;
  if (kernel.entry->maxThreads[0])
    limit = std::min(limit, product(kernel.entry->maxThreads));
  if (kernel.entry->requiredThreads[0])
    limit = std::min(limit, product(kernel.entry->requiredThreads));
  return limit;
}

int weft::cusim::activeBlocks(const Architecture &architecture,
                              const CompiledKernel &kernel, int threads,
                              size_t dynamicSharedBytes) {
  if (threads <= 0 || threads > maxThreadsPerBlock(kernel))
    return 0;
  int warps = (threads + 31) / 32;
  int byThreads = architecture.threadsPerMultiprocessor / 32 / warps;
  size_t limit = architecture.sharedPerBlockOptin;
  size_t shared = kernel.staticSharedBytes + dynamicSharedBytes;
  if (dynamicSharedBytes > limit || shared > limit)
    return 0;
  size_t sharedWithSystem = (shared + 1024 + 127) / 128 * 128;
  int byShared = architecture.sharedPerMultiprocessor / sharedWithSystem;
  int registersPerWarp = (registersPerThread(kernel) * 32 + 255) / 256 * 256;
  int byRegisters = 65536 / (registersPerWarp * warps);
  return std::min(
      {byThreads, byShared, byRegisters, architecture.blocksPerMultiprocessor});
}

CUSIM_EXPORT cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
    int *blocks, CUfunction handle, int blockSize, size_t dynamicSharedBytes,
    unsigned) {
  CUSIM_ENTER();
  std::shared_ptr<CUfunc_st> function = entry.driver->functions.find(handle);
  if (!function)
    return CUDA_ERROR_INVALID_HANDLE;
  if (!blocks || blockSize <= 0)
    return CUDA_ERROR_INVALID_VALUE;
  *blocks = activeBlocks(entry.driver->architecture, *function->kernel,
                         blockSize, dynamicSharedBytes);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT
cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction function,
                                            int blockSize,
                                            size_t dynamicSharedBytes) {
  return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
      blocks, function, blockSize, dynamicSharedBytes, 0);
}

CUSIM_EXPORT cuOccupancyMaxPotentialBlockSize(
    int *minGridSize, int *blockSize, CUfunction handle,
    CUoccupancyB2DSize dynamicSharedBytesOf, size_t dynamicSharedBytes,
    int blockSizeLimit) {
  CUSIM_ENTER();
  std::shared_ptr<CUfunc_st> function = entry.driver->functions.find(handle);
  if (!function)
    return CUDA_ERROR_INVALID_HANDLE;
  if (!minGridSize || !blockSize || blockSizeLimit < 0)
    return CUDA_ERROR_INVALID_VALUE;
  const Architecture &architecture = entry.driver->architecture;
  int limit = maxThreadsPerBlock(*function->kernel);
  if (blockSizeLimit)
    limit = std::min(limit, blockSizeLimit);
  int best = 0;
  for (int threads = (limit + 31) / 32 * 32; threads > 0; threads -= 32) {
    int size = std::min(threads, limit);
    size_t shared =
        dynamicSharedBytesOf ? dynamicSharedBytesOf(size) : dynamicSharedBytes;
    int blocks = activeBlocks(architecture, *function->kernel, size, shared);
    if (blocks * size <= best)
      continue;
    best = blocks * size;
    *blockSize = size;
    *minGridSize = blocks * architecture.multiprocessors;
  }
  return best ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUSIM_EXPORT cuOccupancyMaxActiveClusters(int *clusters, CUfunction handle,
                                          const CUlaunchConfig *config) {
  CUSIM_ENTER();
  std::shared_ptr<CUfunc_st> function = entry.driver->functions.find(handle);
  if (!function)
    return CUDA_ERROR_INVALID_HANDLE;
  if (!clusters || !config || (config->numAttrs && !config->attrs))
    return CUDA_ERROR_INVALID_VALUE;
  unsigned size = product(function->kernel->entry->requiredCluster);
  for (unsigned i = 0; i < config->numAttrs; ++i)
    if (config->attrs[i].id == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION)
      size = config->attrs[i].value.clusterDim.x *
             config->attrs[i].value.clusterDim.y *
             config->attrs[i].value.clusterDim.z;
  const Architecture &architecture = entry.driver->architecture;
  int blocks =
      activeBlocks(architecture, *function->kernel,
                   config->blockDimX * config->blockDimY * config->blockDimZ,
                   config->sharedMemBytes);
  *clusters = blocks * architecture.multiprocessors / int(std::max(size, 1u));
  return CUDA_SUCCESS;
}
