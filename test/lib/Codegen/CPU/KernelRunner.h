//===- KernelRunner.h - Compiles and runs kernels in a test -----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   KernelRunner runner("func.func @f(%x: tensor<?xf32> {llm.sizes = "
//                       "#llm.sizes<[s0]>}) -> tensor<?xf32> {...}", "x86-64");
//   runner.run({17}, {std::vector<float>(17)})   // the result's floats
//   runner.evaluate({17}, {...})                 // the same, in double
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_CPU_KERNELRUNNER_H
#define TEST_LIB_CODEGEN_CPU_KERNELRUNNER_H

#include "dialects/LLM/IR/HostTensor.h"
#include "lib/Codegen/CPU/CodegenCPU.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace weft {

/// Memory that ends before a page that nobody may touch.
class GuardedMemory {
public:
  explicit GuardedMemory(size_t bytes);
  GuardedMemory(GuardedMemory &&other);
  GuardedMemory &operator=(GuardedMemory &&) = delete;
  ~GuardedMemory();
  /// Starts as NaNs.
  char *bytes() const { return data; }
  float *floats() const { return reinterpret_cast<float *>(data); }

private:
  char *base = nullptr, *data = nullptr;
  size_t mapped = 0;
};

/// Functions whose arguments carry `llm.sizes` over s0, s1, ... All are
/// compiled at once; `select` says which one the others are about, the first at
/// first.
class KernelRunner {
public:
  /// Dies when `text` does not compile.
  KernelRunner(const std::string &text, llvm::StringRef arch);
  void select(llvm::StringRef name);
  std::vector<std::string> names();

  /// Tensors of any type. `errors` is the error flag that the kernel left.
  HostTensor run(llvm::ArrayRef<int64_t> sizes,
                 llvm::ArrayRef<HostTensor> arguments, bool reverse = false,
                 uint32_t *errors = nullptr);
  HostTensor evaluate(llvm::ArrayRef<int64_t> sizes,
                      llvm::ArrayRef<HostTensor> arguments);
  /// Zeros of the type and size of each argument.
  std::vector<HostTensor> makeArguments(llvm::ArrayRef<int64_t> sizes);

  using Floats = std::vector<float>;
  /// Runs all items; in `reverse`, one by one from the last.
  Floats run(llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<Floats> arguments,
             bool reverse = false);
  std::vector<double> evaluate(llvm::ArrayRef<int64_t> sizes,
                               llvm::ArrayRef<Floats> arguments);
  /// Elements of each argument, all f32.
  std::vector<int64_t> countArguments(llvm::ArrayRef<int64_t> sizes) const;

  const artifact::Kernel &kernel() const;
  int64_t valueOf(const std::string &expression,
                  llvm::ArrayRef<int64_t> sizes) const;
  WeftKernel function() const { return loaded->find(kernel().name()); }
  const std::string &sharedObject() const { return compiled.sharedObject; }

private:
  std::vector<HostTensor> ofFloats(llvm::ArrayRef<int64_t> sizes,
                                   llvm::ArrayRef<Floats> arguments);
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp entry;
  CompiledKernels compiled;
  std::optional<LoadedKernels> loaded;
};

/// True when this machine can run code for `arch`.
bool canRun(llvm::StringRef arch);
/// Those of the three that this machine can run.
std::vector<std::string> archsHere();

} // namespace weft

#endif // TEST_LIB_CODEGEN_CPU_KERNELRUNNER_H
