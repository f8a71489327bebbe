//===- CodegenCUDA.h - Kernels for NVIDIA GPUs ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiles bodies of `llm.kernel` to PTX:
//
//   auto target = resolveCUDATarget("sm_80,sm_90", location);
//   KernelSource source{"ffn", &body, {{s0, 384}, ...}, 1, location};
//   auto compiled = compileCUDAKernels({source}, *target);
//   // compiled->table.kernels(0).grid(0) is, for example, "ceildiv(s0, 4)"
//
// A kernel's parameters are a pointer (.u64) for each of its buffers, an .s64
// for each size s0, s1, ..., and last a pointer to the device's u32 error flag,
// whose bits are those of include/weft/kernel_abi.h. Buffers are aligned to 64
// bytes. Blocks beyond the work exit.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_CODEGENCUDA_H
#define LIB_CODEGEN_CUDA_CODEGENCUDA_H

#include "lib/Codegen/Common/KernelSource.h"
#include "weft/artifact.pb.h"

#include "mlir/IR/Location.h"

namespace weft {

/// A version of the PTX language.
struct PTXVersion {
  /// As LLVM names it: "+ptx80".
  const char *feature;
  /// The least driver that reads it, as cuDriverGetVersion counts: 12040 for
  /// CUDA 12.4 (PTX ISA, "PTX ISA Release History").
  unsigned driver;
};

/// GPUs to compile for.
struct CUDATarget {
  /// Compute capabilities, 80 for sm_80, in ascending order: PTX is for the
  /// first one, cubins are for each.
  llvm::SmallVector<unsigned> archs;
  /// Whether there must be cubins, may be where there is an assembler, or not.
  enum class Cubin { None, Auto, Require } cubin = Cubin::None;

  unsigned leastArch() const { return archs.front(); }
  /// The least one that knows the arch and what kernels use.
  PTXVersion ptxVersion() const;
};

/// Reads `--arch`: "sm_80", or several with commas between.
mlir::FailureOr<CUDATarget> resolveCUDATarget(llvm::StringRef arch,
                                              mlir::Location location);

struct CompiledCUDAKernels {
  /// In the order of the sources, each under its name. Those that follow under
  /// other names are launched with it: they compute it for other sizes.
  artifact::KernelTable table;
  /// One module with the kernels, weft_kernel_table and
  /// weft_kernel_table_bytes. Equal sources and target give equal bytes.
  std::string ptx;
  /// The same assembled, for each arch; empty without an assembler.
  std::vector<std::pair<unsigned, std::string>> cubins;
};

/// Fails with a diagnostic at the op that has no form on a GPU.
mlir::FailureOr<CompiledCUDAKernels>
compileCUDAKernels(llvm::ArrayRef<KernelSource> sources,
                   const CUDATarget &target);

} // namespace weft

#endif // LIB_CODEGEN_CUDA_CODEGENCUDA_H
