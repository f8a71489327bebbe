//===- Assembly.cpp - From PTX to cubins ----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/Assembly.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Threading.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace mlir;

namespace weft {

static std::string findAssembler() {
  std::vector<std::string> folders;
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const char *value = std::getenv(variable))
      folders.push_back(std::string(value) + "/bin");
  folders.push_back("/usr/local/cuda/bin");
  SmallVector<StringRef> first, last{folders.back()};
  for (const std::string &folder : ArrayRef(folders).drop_back())
    first.push_back(folder);
  if (!first.empty())
    if (auto found = llvm::sys::findProgramByName("ptxas", first))
      return *found;
  if (auto found = llvm::sys::findProgramByName("ptxas"))
    return *found;
  if (auto found = llvm::sys::findProgramByName("ptxas", last))
    return *found;
  return "";
}

static std::string readFile(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : std::string();
}

static FailureOr<std::string> assembleFor(StringRef program, StringRef input,
                                          unsigned arch, Location location) {
  SmallString<128> output, messages;
  for (SmallString<128> *file : {&output, &messages})
    if (llvm::sys::fs::createTemporaryFile("weft", "cubin", *file))
      return emitError(location) << "cannot make a temporary file for ptxas";
  llvm::scope_exit remove([&] {
    llvm::sys::fs::remove(output);
    llvm::sys::fs::remove(messages);
  });
  std::string option = "-arch=sm_" + std::to_string(arch);
  StringRef arguments[] = {program, option, input, "-o", output};
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(messages),
                                          StringRef(messages)};
  int status =
      llvm::sys::ExecuteAndWait(program, arguments, std::nullopt, redirects);
  if (status != 0)
    return emitError(location) << "ptxas cannot assemble for sm_" << arch
                               << ": " << StringRef(readFile(messages)).trim();
  return readFile(output);
}

LogicalResult assemble(const std::string &ptx, const CUDATarget &target,
                       Location location,
                       std::vector<std::pair<unsigned, std::string>> &cubins) {
  if (target.cubin == CUDATarget::Cubin::None)
    return success();
  std::string program = findAssembler();
  if (program.empty()) {
    StringRef missing = "there is no ptxas in $CUDA_HOME/bin, $PATH or "
                        "/usr/local/cuda/bin";
    if (target.cubin == CUDATarget::Cubin::Require)
      return emitError(location)
             << missing << "; install the CUDA toolkit or give --cubin=none";
    emitWarning(location) << missing
                          << ": the artifact holds PTX alone, which the "
                             "driver compiles when the artifact is loaded";
    return success();
  }
  SmallString<128> input;
  int descriptor;
  if (llvm::sys::fs::createTemporaryFile("weft", "ptx", descriptor, input))
    return emitError(location) << "cannot make a temporary file for ptxas";
  llvm::scope_exit remove([&] { llvm::sys::fs::remove(input); });
  llvm::raw_fd_ostream(descriptor, /*shouldClose=*/true) << ptx;
  cubins.resize(target.archs.size());
  return failableParallelForEachN(
      location.getContext(), 0, target.archs.size(),
      [&](size_t i) -> LogicalResult {
        auto cubin = assembleFor(program, input, target.archs[i], location);
        if (succeeded(cubin))
          cubins[i] = {target.archs[i], std::move(*cubin)};
        return cubin;
      });
}

} // namespace weft
