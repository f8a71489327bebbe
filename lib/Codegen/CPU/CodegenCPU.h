//===- CodegenCPU.h - Kernels for x86-64 ------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiles bodies of `llm.kernel` to a shared object that imports nothing and
// exports functions of include/weft/kernel_abi.h:
//
//   auto target = resolveCPUTarget("x86-64-v3", location);
//   KernelSource source{"ffn", &body, {{s0, 384}, ...}, 1, location};
//   auto compiled = compileKernels({source}, *target);
//   // compiled->table.kernels(0).items() is, for example, "ceildiv(s0, 96)*24"
//   auto loaded = LoadedKernels::load(compiled->sharedObject, location);
//   loaded->find("ffn")(&args, 0, items, scratch);
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_CODEGENCPU_H
#define LIB_CODEGEN_CPU_CODEGENCPU_H

#include "lib/Codegen/Common/KernelSource.h"
#include "weft/artifact.pb.h"
#include "weft/kernel_abi.h"

#include "mlir/IR/Location.h"

namespace weft {

/// A processor to compile for.
struct CPUTarget {
  /// "x86-64", "x86-64-v3" or "x86-64-v4", perhaps with features behind it, as
  /// in "x86-64-v4+avx512vnni": never "host".
  std::string arch;
  /// All features that the code needs: LLVM's names without '+', sorted.
  std::vector<std::string> features;
  /// Lanes of f32 in one register, and how many registers there are.
  unsigned registerLanes = 4;
  unsigned registers = 16;
  bool hasFMA = false;
  bool hasF16C = false;
  /// Dot products of bytes (VNNI) on whole registers.
  bool hasByteDot = false;
  /// Products of tiles of bf16 (AMX), and roundings to bf16.
  bool hasMatrixUnit = false;
};

/// Reads `--arch`: a level, "x86-64", "x86-64-v3" (AVX2) or "x86-64-v4"
/// (AVX-512), and features that kernels use when they are named: "+avxvnni" on
/// v3, "+avx512vnni" and "+amx-bf16" on v4. "host" is the greatest level with
/// all features that this machine has. Weight initializers
/// are compiled for "x86-64", which contracts nothing, so that their bytes are
/// equal everywhere.
mlir::FailureOr<CPUTarget> resolveCPUTarget(llvm::StringRef arch,
                                            mlir::Location location);

struct CompiledKernels {
  /// In the order of the sources.
  artifact::KernelTable table;
  /// An ELF file with the kernels, weft_kernel_table and
  /// weft_kernel_table_bytes. Equal sources and target give equal bytes.
  std::string sharedObject;
};

/// Compiles kernels, in parallel when the context allows threads. Fails with a
/// diagnostic at the op that has no form on a CPU.
mlir::FailureOr<CompiledKernels>
compileKernels(llvm::ArrayRef<KernelSource> sources, const CPUTarget &target);

/// A shared object of compileKernels in this process: for weight initializers
/// and tests.
class LoadedKernels {
public:
  static mlir::FailureOr<LoadedKernels> load(llvm::StringRef sharedObject,
                                             mlir::Location location);
  LoadedKernels(LoadedKernels &&other)
      : handle(other.handle), descriptor(other.descriptor) {
    other.handle = nullptr;
  }
  LoadedKernels &operator=(LoadedKernels &&) = delete;
  ~LoadedKernels();

  /// The kernel of that name, or null.
  WeftKernel find(const std::string &name) const;

private:
  LoadedKernels(void *handle, int descriptor)
      : handle(handle), descriptor(descriptor) {}
  void *handle;
  /// Stays open: the loader knows a library by its path, which names it.
  int descriptor;
};

} // namespace weft

#endif // LIB_CODEGEN_CPU_CODEGENCPU_H
