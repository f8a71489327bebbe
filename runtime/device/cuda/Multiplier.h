//===- Multiplier.h - Products by cuBLASLt ----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// cuBLASLt counts by columns: a row-major d[m, n] is its D[n, m], so the
// operands change places. Which of its algorithms to use, it says itself, once
// for each kind of product and each power of two that m reaches; asking takes
// longer than a small product, and must not happen while a graph is captured.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CUDA_MULTIPLIER_H
#define RUNTIME_DEVICE_CUDA_MULTIPLIER_H

#include "runtime/device/MatrixProduct.h"
#include "runtime/device/cuda/Context.h"
#include "runtime/device/cuda/CublasLtLibrary.h"

#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

namespace weft::cuda {

/// Multiplies on one device, from any thread.
class Multiplier {
public:
  explicit Multiplier(std::shared_ptr<Context> context)
      : context(std::move(context)) {}
  Multiplier(const Multiplier &) = delete;
  ~Multiplier();

  /// Opens the library of the driver's kind, at the first call.
  Status open();

  /// After `open`. Gives a product to a stream. The first one of its kind
  /// chooses an algorithm and may allocate memory.
  Status multiply(const MatrixProduct &product, CUstream stream);

  /// The algorithms chosen so far, a line each: "f16 m<=64 n=384 k=1536 batch=1
  /// b^T bias: algorithm 0x15, 0 bytes of workspace".
  std::vector<std::string> algorithms() const;

private:
  class Descriptors;
  /// Everything about a product that an algorithm depends on.
  using Kind = std::tuple<DataType, DataType, Epilogue, bool, bool, bool,
                          uint64_t, uint64_t, uint64_t, uint64_t>;
  struct Choice {
    cublasLtMatmulAlgo_t algorithm;
    uint64_t workspaceBytes = 0;
    std::string text;
  };
  struct Area {
    CUdeviceptr address = 0;
    uint64_t bytes = 0;
  };

  Status openLibrary();
  /// The algorithm for products of `rows` rows, asked for when it is not known.
  StatusOr<const Choice *> choose(const MatrixProduct &product, uint64_t rows);
  Status run(const MatrixProduct &product, const Choice &choice,
             CUstream stream);
  /// Memory of at least `bytes`, kept for the next call.
  Status reserve(Area &area, uint64_t bytes);
  StatusOr<const void *> zeros(uint64_t bytes);

  const std::shared_ptr<Context> context;
  std::shared_ptr<const CublasLtLibrary> library;
  std::optional<Status> opened;
  cublasLtHandle_t handle = nullptr;
  mutable std::mutex mutex;
  std::map<Kind, Choice> choices;
  std::map<CUstream, Area> workspaces; // products of a stream share one
  Area zeroArea;
  std::vector<CUdeviceptr> outgrown; // graphs may still name them
};

} // namespace weft::cuda

#endif // RUNTIME_DEVICE_CUDA_MULTIPLIER_H
