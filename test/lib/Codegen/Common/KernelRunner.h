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

#ifndef TEST_LIB_CODEGEN_COMMON_KERNELRUNNER_H
#define TEST_LIB_CODEGEN_COMMON_KERNELRUNNER_H

#include "dialects/LLM/IR/HostTensor.h"
#include "lib/Codegen/Common/KernelSource.h"
#include "weft/artifact.pb.h"
#include "weft/kernel_abi.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace weft {

/// A buffer of one launch; buffers with the same address are the same memory.
struct LaunchBuffer {
  char *address;
  uint64_t bytes;
};

/// Kernels compiled for one arch, on a device that runs them.
class RunnableKernels {
public:
  /// Dies when they don't compile. Each target's tests have their own.
  static std::unique_ptr<RunnableKernels>
  compile(llvm::ArrayRef<KernelSource> sources, llvm::StringRef arch);
  virtual ~RunnableKernels() = default;

  virtual const artifact::KernelTable &table() const = 0;
  /// Runs a kernel on the host's bytes; the error flag that it left. In
  /// `reverse`, what can run in any order runs from the last to the first.
  virtual uint32_t run(const artifact::Kernel &kernel,
                       llvm::ArrayRef<LaunchBuffer> buffers,
                       llvm::ArrayRef<int64_t> sizes, bool reverse) = 0;
};

/// The value of an expression over s0, s1, ...
int64_t valueOf(const std::string &expression, llvm::ArrayRef<int64_t> sizes);
[[noreturn]] void die(const llvm::Twine &message);

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
  RunnableKernels &kernels() const { return *compiled; }
  /// Runs others in their place from now on.
  void exchangeKernels(std::unique_ptr<RunnableKernels> others) {
    compiled = std::move(others);
  }

private:
  std::vector<HostTensor> ofFloats(llvm::ArrayRef<int64_t> sizes,
                                   llvm::ArrayRef<Floats> arguments);
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp entry;
  std::unique_ptr<RunnableKernels> compiled;
};

/// True when this machine can run code for `arch`.
/// Those of the three that this machine can run.
std::vector<std::string> archsHere();

} // namespace weft

#endif // TEST_LIB_CODEGEN_COMMON_KERNELRUNNER_H
