//===- DriverLibrary.cpp - libcuda, opened --------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/DriverLibrary.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdlib>
#include <dlfcn.h>
#include <mutex>
#include <unistd.h>
#include <vector>

using namespace weft;
using namespace weft::cuda;

using Library = std::shared_ptr<const DriverLibrary>;

/// What older drivers lack and devices do without.
static constexpr std::string_view optionalFunctions[] = {
    "cuCtxCreate_v4",       "cuEventElapsedTime_v2",
    "cuGetProcAddress_v2",  "cuTensorMapEncodeTiled",
    "cuLaunchKernelEx",     "cuOccupancyMaxActiveClusters",
    "cuGraphExecUpdate_v2", "cuFuncGetName"};

/// The first function that is missing but needed, or null.
static const char *findMissing(const DriverFunctions &table) {
  auto isMissing = [](bool isThere, std::string_view name) {
    return !isThere &&
           std::find(std::begin(optionalFunctions), std::end(optionalFunctions),
                     name) == std::end(optionalFunctions);
  };
#define WEFT_CUDA(NAME, PARAMETERS)                                            \
  if (isMissing(table.NAME != nullptr, #NAME))                                 \
    return #NAME;
#include "runtime/cuda_api/DriverFunctions.def"
#undef WEFT_CUDA
  return nullptr;
}

/// The simulator, if this process has opened it.
static std::atomic<void *> simulator = nullptr;

StatusOr<Library> DriverLibrary::open(const std::string &file,
                                      bool isSimulated) {
  // Never closed: cuInit leaves threads behind.
  void *handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *reason = dlerror();
    return Status::error("cannot load the CUDA driver: " +
                         printable(reason ? reason : "unknown reason"));
  }
  // They have one name, and the system gives what has it already.
  if (isSimulated)
    simulator = handle;
  else if (handle == simulator)
    return Status::error("this process has opened simulated devices before; "
                         "those of the machine need one of their own");
  auto library = std::make_shared<DriverLibrary>();
  library->simulated = isSimulated;
  if (isSimulated)
    library->path = file.substr(0, file.rfind('/'));
  DriverFunctions &table = library->table;
#define WEFT_CUDA(NAME, PARAMETERS)                                            \
  table.NAME = reinterpret_cast<decltype(table.NAME)>(dlsym(handle, #NAME));
#include "runtime/cuda_api/DriverFunctions.def"
#undef WEFT_CUDA
  if (const char *name = findMissing(table))
    return Status::error("the CUDA driver '" + printable(file) +
                         "' has no function " + name +
                         "; install that of CUDA 12 or newer");
  WEFT_CUDA_CALL(*library, cuInit, 0);
  int count = 0;
  WEFT_CUDA_CALL(*library, cuDeviceGetCount, &count);
  library->devices = static_cast<unsigned>(count);
  return Library(std::move(library));
}

StatusOr<Library> DriverLibrary::openSystem() {
  static std::mutex mutex;
  static Library opened;
  std::lock_guard lock(mutex);
  if (opened)
    return opened;
  StatusOr<Library> library = open("libcuda.so.1", /*isSimulated=*/false);
  if (library)
    opened = *library;
  return library;
}

/// Folders of the code that runs: of the library that this function is in, and
/// of the program.
static std::vector<std::string> codeFolders() {
  std::vector<std::string> folders;
  auto add = [&](const std::string &file) {
    char resolved[PATH_MAX];
    if (!realpath(file.c_str(), resolved))
      return;
    std::string path = resolved;
    folders.push_back(path.substr(0, path.rfind('/')));
  };
  Dl_info info;
  if (dladdr(reinterpret_cast<void *>(&codeFolders), &info) && info.dli_fname)
    add(info.dli_fname);
  add("/proc/self/exe");
  return folders;
}

/// lib/cusim/libcuda.so.1 in one of these folders or one above it; empty when
/// there is none.
static std::string findSimulator() {
  for (std::string folder : codeFolders())
    for (; !folder.empty();
         folder.resize(std::min(folder.size(), folder.rfind('/')))) {
      std::string file = folder + "/lib/cusim/libcuda.so.1";
      if (access(file.c_str(), R_OK) == 0)
        return file;
    }
  return "";
}

StatusOr<Library> DriverLibrary::openSimulated(unsigned devices) {
  static std::mutex mutex;
  static Library opened;
  std::lock_guard lock(mutex);
  if (!opened) {
    std::string file = findSimulator();
    if (file.empty())
      return Status::error("there is no lib/cusim/libcuda.so.1 beside this "
                           "program; build the target cusim-cuda");
    const char *given = std::getenv("CUSIM_DEVICES");
    if (!given || std::strtoul(given, nullptr, 10) < devices)
      setenv("CUSIM_DEVICES", std::to_string(devices).c_str(), 1);
    StatusOr<Library> library = open(file, /*isSimulated=*/true);
    if (!library)
      return library;
    opened = *library;
  }
  if (opened->deviceCount() < devices)
    return Status::error(
        "this process has " + std::to_string(opened->deviceCount()) +
        " simulated devices, not " + std::to_string(devices) +
        "; set CUSIM_DEVICES to the most it will use before it starts");
  return opened;
}

Status DriverLibrary::check(CUresult result, const char *call) const {
  if (result == CUDA_SUCCESS)
    return Status::ok();
  const char *name = nullptr, *text = nullptr;
  if (table.cuGetErrorName(result, &name) != CUDA_SUCCESS || !name)
    name = "CUDA_ERROR_UNKNOWN";
  if (table.cuGetErrorString(result, &text) != CUDA_SUCCESS || !text)
    text = "no description";
  std::string_view function = call;
  // People know calls without the version that their symbols carry.
  function = function.substr(0, function.rfind("_v"));
  return Status::error(std::string(name) + " from " + std::string(function) +
                       " (" + printable(text) + ")");
}

Status DriverLibrary::check(CUresult result, const char *call,
                            const std::string &what) const {
  Status status = check(result, call);
  return status ? status : Status::error(what + ": " + status.message());
}
