//===- WeightSources.h - Where the bytes of weights come from --*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PACKAGE_WEIGHTSOURCES_H
#define LIB_PACKAGE_WEIGHTSOURCES_H

#include "dialects/LLM/IR/LLM.h"
#include "lib/Codegen/CPU/CodegenCPU.h"
#include "lib/Package/WeightFile.h"
#include "lib/Package/WeightShards.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace weft {

/// Functions that compute weights, compiled and in this process.
struct LoadedInitializers {
  artifact::KernelTable table;
  LoadedKernels kernels;
};

/// Makes tensors for a weight file from the `llm.weight` ops of a module. Lives
/// as long as they do.
class WeightSources {
public:
  struct Options {
    /// What `file` of a weight is relative to.
    std::string modelFolder;
    /// For files that stand in for memory.
    std::string temporaryFolder;
    /// Sources of one initializer that are larger are not held in memory.
    uint64_t memory = 0;
  };

  /// `initializers` may be null when no weight is computed.
  WeightSources(mlir::ModuleOp module, const LoadedInitializers *initializers,
                Options options)
      : symbols(module), initializers(initializers),
        options(std::move(options)) {}
  ~WeightSources();

  StatusOr<PackagedTensor> getTensor(const WeightShard &shard);

private:
  /// A part of a file that is known to be there.
  struct FileRange {
    int descriptor;
    uint64_t offset;
    uint64_t bytes;
    std::string path;

    /// Fails when the file has become shorter.
    Status read(uint8_t *to, uint64_t begin, uint64_t end) const;
  };

  StatusOr<FileRange> open(WeightOp weight);
  StatusOr<TensorFill> copy(const FileRange &range) const;
  /// `parameters` are the kernel's sizes s0, s1, ...
  StatusOr<TensorFill> compute(WeightOp weight, const artifact::Kernel &kernel,
                               std::vector<int64_t> parameters,
                               llvm::ArrayRef<FileRange> sources) const;

  mlir::SymbolTable symbols;
  const LoadedInitializers *initializers;
  Options options;
  /// Open files and their sizes.
  llvm::StringMap<std::pair<int, uint64_t>> files;
};

} // namespace weft

#endif // LIB_PACKAGE_WEIGHTSOURCES_H
