//===- StaticMetrics.h - What is known without a GPU ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_CUDA_STATICMETRICS_H
#define TEST_LIB_CODEGEN_CUDA_STATICMETRICS_H

#include "llvm/ADT/StringRef.h"

#include <map>
#include <string>

namespace weft {

/// Those of a kernel, as ptxas reports them.
struct Assembled {
  int registers = 0, stackBytes = 0, spillBytes = 0, sharedBytes = 0;
};
/// The innermost loop with most mma, in sm_80's machine code; zeros: none.
struct MainLoop {
  int products = 0, instructions = 0;
};
/// Instructions in a kernel's PTX.
struct InstructionCounts {
  int wideLoads = 0, products = 0, matrixLoads = 0, copies = 0, shuffles = 0;
  bool usesLocalMemory = false, calls = false;
};

/// The path of ptxas or nvcc, or nothing.
std::string findTool(llvm::StringRef name);
/// Its release, such as "13.0.88".
std::string versionOf(const std::string &tool);

/// Each kernel of `ptx`; dies with what ptxas says when it takes it not.
/// `cubin`: where the machine code goes.
std::map<std::string, Assembled> assembleKernels(const std::string &ptxas,
                                                 llvm::StringRef ptx,
                                                 llvm::StringRef arch,
                                                 std::string *cubin = nullptr);
/// Those of the kernels of CUDA C++ in a file.
std::map<std::string, Assembled> compileKernels(const std::string &nvcc,
                                                const std::string &path,
                                                llvm::StringRef arch,
                                                std::string &cubin);
std::map<std::string, MainLoop> findMainLoops(llvm::StringRef cubin);
InstructionCounts countInstructions(llvm::StringRef ptx,
                                    llvm::StringRef kernel);

} // namespace weft

#endif // TEST_LIB_CODEGEN_CUDA_STATICMETRICS_H
