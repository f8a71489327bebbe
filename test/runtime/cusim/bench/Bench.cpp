//===- Bench.cpp - How fast cusim runs kernels ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Prints `name<TAB>value` lines; scripts/bench-cusim runs it under different
// settings and makes the table of docs/Benchmarks.md. An argument runs one part
// only: steps, products or decode.

#include "runtime/cuda_api/Driver.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

using namespace weft::cuda;

static DriverFunctions cuda;

static void check(CUresult result, const char *call) {
  if (result == CUDA_SUCCESS)
    return;
  std::fprintf(stderr, "error: %s gave %d\n", call, result);
  std::exit(1);
}
#define CHECK(CALL) check(cuda.CALL, #CALL)

static void openDriver() {
  void *library = dlopen(CUSIM_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    std::fprintf(stderr, "error: %s\n", dlerror());
    std::exit(1);
  }
#define WEFT_CUDA(NAME, PARAMETERS)                                            \
  cuda.NAME = reinterpret_cast<decltype(cuda.NAME)>(dlsym(library, #NAME));
#include "runtime/cuda_api/DriverFunctions.def"
#undef WEFT_CUDA
  CUcontext context;
  CHECK(cuInit(0));
  CHECK(cuDevicePrimaryCtxRetain(&context, 0));
  CHECK(cuCtxSetCurrent(context));
}

static double secondsNow() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

static CUmodule loadFile(const std::string &path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  CUmodule module;
  CHECK(cuModuleLoadData(&module, text.c_str()));
  return module;
}

/// Compiles it, with no cache set; prints how long that takes.
static CUfunction compile(CUmodule module, const char *name) {
  double start = secondsNow();
  CUfunction function;
  CHECK(cuModuleGetFunction(&function, module, name));
  std::printf("compile %s, ms\t%.0f\n", name, 1e3 * (secondsNow() - start));
  return function;
}

template <typename... Arguments>
static void launch(CUfunction function, unsigned gridX, unsigned gridY,
                   unsigned threads, Arguments... arguments) {
  void *pointers[] = {&arguments..., nullptr};
  CHECK(cuLaunchKernel(function, gridX, gridY, 1, threads, 1, 1, 0, nullptr,
                       pointers, nullptr));
}

/// The least time of several runs, in seconds.
static double timeOf(const std::function<void()> &run) {
  double least = 1e9, begin = secondsNow();
  for (int i = 0; i < 3 || (i < 30 && secondsNow() - begin < 1); ++i) {
    double start = secondsNow();
    run();
    CHECK(cuCtxSynchronize());
    least = std::min(least, secondsNow() - start);
  }
  return least;
}

static CUdeviceptr allocate(size_t bytes) {
  CUdeviceptr address;
  CHECK(cuMemAlloc_v2(&address, bytes));
  CHECK(cuMemsetD8_v2(address, 0, bytes));
  return address;
}

static void benchSteps(CUmodule module) {
  CUfunction nothing = compile(module, "nothing"),
             barriers = compile(module, "barriers"),
             shuffles = compile(module, "shuffles"),
             shufflesByOne = compile(module, "shufflesByOne");
  constexpr int count = 2000, threads = 256;
  double launches = timeOf([&] { launch(nothing, 20000, 1, 32); }) / 20000;
  std::printf("one block, us\t%.2f\n", launches * 1e6);
  double barrier =
      timeOf([&] { launch(barriers, 1, 1, threads, count); }) / count / threads;
  std::printf("bar.sync, ns a thread\t%.2f\n", barrier * 1e9);
  CUdeviceptr data = allocate(threads * 4);
  for (auto [shuffle, name] :
       {std::pair(shuffles, "shfl.sync"),
        std::pair(shufflesByOne, "shfl.sync by a constant")}) {
    double seconds =
        timeOf([&] { launch(shuffle, 1, 1, threads, data, count); });
    std::printf("%s, ns a thread\t%.2f\n", name,
                seconds / count / threads * 1e9);
  }
}

static void benchProducts(CUmodule module) {
  CUfunction tiled = compile(module, "gemmTiled"),
             mma = compile(module, "gemmMma");
  int size = 512;
  double operations = 2.0 * size * size * size;
  CUdeviceptr a = allocate(size * size * 4), b = allocate(size * size * 4),
              c = allocate(size * size * 4);
  unsigned tiles = size / 64;
  double seconds = timeOf(
      [&] { launch(tiled, tiles, tiles, 256, a, b, c, size, size, size); });
  std::printf("f32 product, GFLOP/s\t%.2f\n", operations / seconds * 1e-9);
  seconds = timeOf(
      [&] { launch(mma, tiles, tiles, 128, a, b, c, size, size, size); });
  std::printf("mma product, GFLOP/s\t%.2f\n", operations / seconds * 1e-9);
}

/// The products of a token of a model with the sizes of SmolLM2-135M.
static void benchDecode(CUmodule module) {
  CUfunction multiply = compile(module, "multiplyVector"),
             multiplyNarrow = compile(module, "multiplyNarrowVector");
  struct Product {
    int rows, columns;
  };
  std::vector<Product> layer = {
      {960, 576}, {576, 576}, {3072, 576}, {576, 1536}};
  std::vector<std::pair<Product, CUdeviceptr>> products;
  for (int i = 0; i < 30; ++i)
    for (Product product : layer)
      products.push_back(
          {product, allocate(size_t(product.rows) * product.columns * 2)});
  products.push_back({{49152, 576}, allocate(size_t(49152) * 576 * 2)});
  CUdeviceptr x = allocate(1536 * 4), y = allocate(49152 * 4);
  for (auto [kernel, name] :
       {std::pair(multiply, "135M parameters, s a token"),
        std::pair(multiplyNarrow,
                  "135M parameters, bf16 vectors, s a token")}) {
    double seconds = timeOf([&] {
      for (auto [product, weights] : products)
        launch(kernel, unsigned(product.rows + 7) / 8, 1, 256, weights, x, y,
               product.rows, product.columns);
    });
    std::printf("%s\t%.3f\n", name, seconds);
  }
}

int main(int count, char **arguments) {
  std::string only = count > 1 ? arguments[1] : "";
  auto isWanted = [&](const char *part) {
    return only.empty() || only == part;
  };
  openDriver();
  CUmodule module = loadFile(CUSIM_BENCH "/bench.ptx");
  if (isWanted("steps"))
    benchSteps(module);
  if (isWanted("products"))
    benchProducts(loadFile(CUSIM_KERNELS "/gemm.nvcc.ptx"));
  if (isWanted("decode"))
    benchDecode(module);
  return 0;
}
