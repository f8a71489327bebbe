//===- softmax.cu - Softmax with cooperative groups ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cuda_runtime.h>

namespace cg = cooperative_groups;

// A tile of 8 threads a row.
extern "C" __global__ void softmaxOfTiles(const float *in, float *out, int rows,
                                          int columns) {
  cg::thread_block block = cg::this_thread_block();
  cg::thread_block_tile<8> tile = cg::tiled_partition<8>(block);
  int row = blockIdx.x * (blockDim.x / 8) + tile.meta_group_rank();
  if (row >= rows)
    return;
  const float *values = in + row * columns;
  float largest = -INFINITY;
  for (int i = tile.thread_rank(); i < columns; i += 8)
    largest = fmaxf(largest, values[i]);
  largest = cg::reduce(tile, largest, cg::greater<float>());
  float sum = 0;
  for (int i = tile.thread_rank(); i < columns; i += 8)
    sum += expf(values[i] - largest);
  sum = cg::reduce(tile, sum, cg::plus<float>());
  for (int i = tile.thread_rank(); i < columns; i += 8)
    out[row * columns + i] = expf(values[i] - largest) / sum;
}

// A tile of two warps a row.
extern "C" __global__ void softmaxOfWideTiles(const float *in, float *out,
                                              int rows, int columns) {
  auto tile = cg::tiled_partition<64>(cg::this_thread_block());
  int row = blockIdx.x * tile.meta_group_size() + tile.meta_group_rank();
  if (row >= rows)
    return;
  float sum = 0;
  for (int i = tile.thread_rank(); i < columns; i += 64)
    sum += expf(in[row * columns + i]);
  sum = cg::reduce(tile, sum, cg::plus<float>());
  tile.sync();
  for (int i = tile.thread_rank(); i < columns; i += 64)
    out[row * columns + i] = expf(in[row * columns + i]) / sum;
}

// All blocks a row, in one cooperative grid; both of `totals` begin as 0.
extern "C" __global__ void softmaxOfGrids(const float *in, float *out,
                                          float *totals, int rows,
                                          int columns) {
  cg::grid_group grid = cg::this_grid();
  for (int row = 0; row < rows; ++row) {
    float sum = 0;
    for (int i = grid.thread_rank(); i < columns; i += grid.size())
      sum += expf(in[row * columns + i]);
    atomicAdd(&totals[row % 2], sum);
    grid.sync();
    for (int i = grid.thread_rank(); i < columns; i += grid.size())
      out[row * columns + i] =
          expf(in[row * columns + i]) / *(volatile float *)&totals[row % 2];
    grid.sync();
    if (grid.thread_rank() == 0)
      totals[row % 2] = 0;
  }
}

// A block a row.
extern "C" __global__ void softmaxOfBlocks(const float *in, float *out,
                                           int columns) {
  __shared__ float parts[32];
  cg::thread_block block = cg::this_thread_block();
  auto warp = cg::tiled_partition<32>(block);
  const float *values = in + blockIdx.x * columns;
  float largest = -INFINITY;
  for (int i = threadIdx.x; i < columns; i += blockDim.x)
    largest = fmaxf(largest, values[i]);
  largest = cg::reduce(warp, largest, cg::greater<float>());
  if (warp.thread_rank() == 0)
    parts[warp.meta_group_rank()] = largest;
  block.sync();
  for (unsigned i = 0; i < warp.meta_group_size(); ++i)
    largest = fmaxf(largest, parts[i]);
  block.sync();
  float sum = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x)
    sum += __expf(values[i] - largest);
  sum = cg::reduce(warp, sum, cg::plus<float>());
  if (warp.thread_rank() == 0)
    parts[warp.meta_group_rank()] = sum;
  block.sync();
  sum = 0;
  for (unsigned i = 0; i < warp.meta_group_size(); ++i)
    sum += parts[i];
  for (int i = threadIdx.x; i < columns; i += blockDim.x)
    out[blockIdx.x * columns + i] = __expf(values[i] - largest) / sum;
}
