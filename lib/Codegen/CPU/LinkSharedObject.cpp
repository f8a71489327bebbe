//===- LinkSharedObject.cpp - Linking and loading kernels -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/ObjectEmission.h"

#include "lld/Common/Driver.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"

#include <dlfcn.h>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

using namespace mlir;

namespace weft {

/// A file that goes when it leaves its scope. lld reads and writes files only.
static FailureOr<std::unique_ptr<llvm::FileRemover>>
writeTemporary(StringRef suffix, StringRef contents, std::string &path,
               Location location) {
  llvm::SmallString<128> name;
  int descriptor;
  std::error_code error = llvm::sys::fs::createTemporaryFile(
      "weft-kernels", suffix, descriptor, name);
  if (error)
    return emitError(location)
           << "cannot make a temporary file: " << error.message();
  path = std::string(name);
  auto remover = std::make_unique<llvm::FileRemover>(name);
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
  stream << contents;
  stream.close();
  if (stream.has_error()) {
    std::string message = stream.error().message();
    stream.clear_error();
    return emitError(location) << "cannot write " << path << ": " << message;
  }
  return remover;
}

FailureOr<std::string> linkSharedObject(ArrayRef<std::string> objects,
                                        Location location) {
  std::vector<std::unique_ptr<llvm::FileRemover>> removers;
  std::vector<std::string> paths(objects.size() + 1);
  for (auto [object, path] : llvm::zip_first(objects, paths)) {
    auto remover = writeTemporary("o", object, path, location);
    if (failed(remover))
      return failure();
    removers.push_back(std::move(*remover));
  }
  std::string &output = paths.back();
  auto remover = writeTemporary("so", "", output, location);
  if (failed(remover))
    return failure();
  removers.push_back(std::move(*remover));

  std::vector<const char *> arguments = {"ld.lld",
                                         "-shared",
                                         "--no-undefined",
                                         "-Bsymbolic",
                                         "--build-id=none",
                                         "--strip-all",
                                         "--hash-style=gnu",
                                         "--threads=1",
                                         "-z",
                                         "noexecstack",
                                         "-z",
                                         "now",
                                         "-z",
                                         "max-page-size=4096",
                                         "-o",
                                         output.c_str()};
  for (const std::string &path : ArrayRef(paths).drop_back())
    arguments.push_back(path.c_str());
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  // lld keeps global state.
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  lld::Result result =
      lld::lldMain(arguments, stream, stream, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0)
    return emitError(location) << "linking kernels failed: " << messages;
  auto linked = llvm::MemoryBuffer::getFile(output, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!linked)
    return emitError(location)
           << "cannot read " << output << ": " << linked.getError().message();
  return (*linked)->getBuffer().str();
}

//===----------------------------------------------------------------------===//
// LoadedKernels
//===----------------------------------------------------------------------===//

FailureOr<LoadedKernels> LoadedKernels::load(StringRef sharedObject,
                                             Location location) {
  int descriptor = memfd_create("weft-kernels", MFD_CLOEXEC);
  if (descriptor < 0)
    return emitError(location) << "cannot make a file in memory";
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/false);
  stream << sharedObject;
  stream.flush();
  std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    std::string error = dlerror();
    close(descriptor);
    return emitError(location) << "cannot load kernels: " << error;
  }
  return LoadedKernels(handle, descriptor);
}

LoadedKernels::~LoadedKernels() {
  if (!handle)
    return;
  dlclose(handle);
  close(descriptor);
}

WeftKernel LoadedKernels::find(const std::string &name) const {
  return reinterpret_cast<WeftKernel>(dlsym(handle, name.c_str()));
}

} // namespace weft
