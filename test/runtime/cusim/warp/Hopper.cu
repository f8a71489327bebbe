//===- Hopper.cu - Kernels of sm_90a, with nothing but PTX ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Hopper.ptx: nvcc -arch=sm_90a -ptx Hopper.cu (CUDA 13.0).
//
//===----------------------------------------------------------------------===//

using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;

struct alignas(64) TensorMap {
  u64 opaque[16];
};

__device__ __forceinline__ u32 sharedAddress(const void *pointer) {
  return static_cast<u32>(__cvta_generic_to_shared(pointer));
}
__device__ __forceinline__ void init(u64 *barrier, u32 count) {
  asm volatile(
      "mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(sharedAddress(barrier)),
      "r"(count)
      : "memory");
}
__device__ __forceinline__ void expect(u64 *barrier, u32 bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(
                   sharedAddress(barrier)),
               "r"(bytes)
               : "memory");
}
__device__ __forceinline__ void arrive(u64 *barrier) {
  asm volatile("{.reg .b64 state;\n"
               "mbarrier.arrive.shared::cta.b64 state, [%0];}" ::"r"(
                   sharedAddress(barrier))
               : "memory");
}
__device__ __forceinline__ void wait(u64 *barrier, u32 parity) {
  asm volatile("{.reg .pred done;\n"
               "again:\n"
               "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
               "@!done bra again;}" ::"r"(sharedAddress(barrier)),
               "r"(parity)
               : "memory");
}
__device__ __forceinline__ void load(void *to, const TensorMap *map, int x,
                                     int y, u64 *barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::"
      "complete_tx::bytes [%0], [%1, {%3, %4}], [%2];" ::"r"(sharedAddress(to)),
      "l"(map), "r"(sharedAddress(barrier)), "r"(x), "r"(y)
      : "memory");
}
__device__ __forceinline__ void loadForAll(void *to, const TensorMap *map,
                                           int x, int y, u64 *barrier,
                                           u16 blocks) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::"
      "bytes.multicast::cluster [%0], [%1, {%3, %4}], [%2], %5;" ::"r"(
          sharedAddress(to)),
      "l"(map), "r"(sharedAddress(barrier)), "r"(x), "r"(y), "h"(blocks)
      : "memory");
}
__device__ __forceinline__ void clusterBarrier() {
  asm volatile("barrier.cluster.arrive.release.aligned;\n"
               "barrier.cluster.wait.acquire.aligned;" ::
                   : "memory");
}
__device__ __forceinline__ u32 clusterRank() {
  u32 rank;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}
__device__ __forceinline__ u32 mapTo(u32 address, u32 rank) {
  u32 result;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;"
               : "=r"(result)
               : "r"(address), "r"(rank));
  return result;
}
/// Rows of 128 bytes, swizzled; 8 of them are 1024 bytes.
__device__ __forceinline__ u64 descriptor(const void *tile) {
  return (sharedAddress(tile) & 0x3ffff) >> 4 | u64(1) << 16 | u64(64) << 32 |
         u64(1) << 62;
}

constexpr int Stages = 3, Rows = 64, Columns = 32, Depth = 64;
struct Stage {
  u16 a[Rows * Depth];
  u16 b[Columns * Depth];
};

/// c[m][n] = a[m][k] b[n][k] of f16 into f32: a warpgroup that loads, and one
/// that multiplies. One block for each 64 x 32 of c.
extern "C" __global__ void gemm(const __grid_constant__ TensorMap a,
                                const __grid_constant__ TensorMap b, float *c,
                                int n, int k) {
  extern __shared__ __align__(1024) char memory[];
  Stage *stages = reinterpret_cast<Stage *>(memory);
  __shared__ u64 full[Stages], empty[Stages];
  int row = blockIdx.y * Rows, column = blockIdx.x * Columns;
  int steps = (k + Depth - 1) / Depth;
  if (threadIdx.x == 0) {
    for (int i = 0; i < Stages; ++i) {
      init(&full[i], 1);
      init(&empty[i], 128);
    }
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  __syncthreads();
  if (threadIdx.x < 128) {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
    if (threadIdx.x == 0)
      for (int step = 0; step < steps; ++step) {
        int stage = step % Stages, turn = step / Stages;
        if (turn > 0)
          wait(&empty[stage], (turn - 1) & 1);
        expect(&full[stage], sizeof(Stage));
        load(stages[stage].a, &a, step * Depth, row, &full[stage]);
        load(stages[stage].b, &b, step * Depth, column, &full[stage]);
      }
    return;
  }
  asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
  float d[16];
  for (float &value : d)
    value = 0;
  for (int step = 0; step < steps; ++step) {
    int stage = step % Stages;
    wait(&full[stage], step / Stages & 1);
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
    for (int part = 0; part < Depth; part += 16)
      asm volatile(
          "wgmma.mma_async.sync.aligned.m64n32k16.f32.f16.f16 {%0, %1, %2, %3, "
          "%4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15}, %16, %17, 1, "
          "1, 1, 0, 0;"
          : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]),
            "+f"(d[5]), "+f"(d[6]), "+f"(d[7]), "+f"(d[8]), "+f"(d[9]),
            "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]),
            "+f"(d[15])
          : "l"(descriptor(stages[stage].a + part)),
            "l"(descriptor(stages[stage].b + part)));
    asm volatile("wgmma.commit_group.sync.aligned;\n"
                 "wgmma.wait_group.sync.aligned 0;" ::
                     : "memory");
    arrive(&empty[stage]);
  }
  int thread = threadIdx.x - 128, lane = thread % 32;
  for (int i = 0; i < 16; ++i) {
    int y = row + thread / 32 * 16 + lane / 4 + 8 * (i / 2 % 2);
    int x = column + i / 4 * 8 + lane % 4 * 2 + i % 2;
    c[y * n + x] = d[i];
  }
}

/// Clusters of two blocks: each loads one half of a tile of 32 x 64 words for
/// both, which write the tile's sum with their rank.
extern "C" __global__ void __cluster_dims__(2, 1, 1)
    multicast(const __grid_constant__ TensorMap source, u32 *out) {
  extern __shared__ __align__(1024) char memory[];
  u32 *tile = reinterpret_cast<u32 *>(memory);
  __shared__ u64 full;
  u32 rank = clusterRank();
  if (threadIdx.x == 0) {
    init(&full, 1);
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    expect(&full, 32 * 64 * 4);
  }
  clusterBarrier();
  if (threadIdx.x == 0)
    loadForAll(tile + rank * 32 * 32, &source, 0,
               blockIdx.x / 2 * 64 + rank * 32, &full, 3);
  wait(&full, 0);
  for (int i = threadIdx.x; i < 32 * 64; i += blockDim.x)
    out[blockIdx.x * 32 * 64 + i] = tile[i] + rank;
  clusterBarrier();
}

/// Each block sends a word to every block of its cluster, by st.async and by
/// red.async, and counts arrivals of the others at its own barrier.
extern "C" __global__ void __cluster_dims__(4, 1, 1) exchange(u32 *out) {
  __shared__ u64 barrier, arrivals;
  __shared__ u32 words[4], sum, own;
  u32 rank = clusterRank();
  if (threadIdx.x == 0) {
    init(&barrier, 1);
    init(&arrivals, 4);
    sum = 0;
    own = 100 + rank;
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    expect(&barrier, 4 * 8);
  }
  clusterBarrier();
  if (threadIdx.x < 4) {
    u32 to = threadIdx.x;
    u32 remoteBarrier = mapTo(sharedAddress(&barrier), to);
    asm volatile(
        "st.async.shared::cluster.mbarrier::complete_tx::bytes.u32 "
        "[%0], %1, [%2];" ::"r"(mapTo(sharedAddress(&words[rank]), to)),
        "r"(rank * 10 + to), "r"(remoteBarrier)
        : "memory");
    asm volatile("red.async.relaxed.cluster.shared::cluster.mbarrier::complete_"
                 "tx::bytes.add.u32 [%0], %1, [%2];" ::"r"(
                     mapTo(sharedAddress(&sum), to)),
                 "r"(rank + 1), "r"(remoteBarrier)
                 : "memory");
    asm volatile(
        "mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(
            mapTo(sharedAddress(&arrivals), to))
        : "memory");
  }
  wait(&barrier, 0);
  wait(&arrivals, 0);
  if (threadIdx.x < 4)
    out[blockIdx.x * 8 + threadIdx.x] = words[threadIdx.x];
  if (threadIdx.x == 4)
    out[blockIdx.x * 8 + 4] = sum;
  if (threadIdx.x == 5) {
    u32 value;
    asm volatile("ld.shared::cluster.u32 %0, [%1];"
                 : "=r"(value)
                 : "r"(mapTo(sharedAddress(&own), (rank + 1) % 4)));
    out[blockIdx.x * 8 + 5] = value;
  }
  clusterBarrier();
}

/// Loads a box of words, doubles it, writes it elsewhere and adds it there
/// once more; then a plain bulk copy of its first 256 bytes.
extern "C" __global__ void store(const __grid_constant__ TensorMap source,
                                 const __grid_constant__ TensorMap target,
                                 u32 *first) {
  __shared__ __align__(128) u32 box[16 * 8];
  __shared__ u64 full;
  if (threadIdx.x == 0) {
    init(&full, 1);
    asm volatile("fence.proxy.async;" ::: "memory");
    expect(&full, sizeof(box));
    load(box, &source, 5, 6, &full);
  }
  __syncthreads();
  wait(&full, 0);
  for (int i = threadIdx.x; i < 16 * 8; i += blockDim.x)
    box[i] *= 2;
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  __syncthreads();
  if (threadIdx.x == 0) {
    asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, "
                 "{%2, %3}], [%1];\n"
                 "cp.async.bulk.commit_group;\n"
                 "cp.async.bulk.wait_group 0;" ::"l"(&target),
                 "r"(sharedAddress(box)), "r"(1), "r"(2)
                 : "memory");
    asm volatile(
        "cp.reduce.async.bulk.tensor.2d.global.shared::cta.add.bulk_"
        "group [%0, {%2, %3}], [%1];\n"
        "cp.async.bulk.global.shared::cta.bulk_group [%4], [%1], 256;\n"
        "cp.async.bulk.commit_group;\n"
        "cp.async.bulk.wait_group.read 0;" ::"l"(&target),
        "r"(sharedAddress(box)), "r"(1), "r"(2), "l"(first)
        : "memory");
  }
}
