//===- NcclLibrary.cpp - libnccl, opened ----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/collectives/nccl/NcclLibrary.h"
#include "runtime/base/Text.h"

#include <dlfcn.h>

using namespace weft;
using namespace weft::cuda;

StatusOr<std::shared_ptr<const NcclLibrary>>
NcclLibrary::open(const std::string &folder) {
  std::string file = (folder.empty() ? "" : folder + "/") + "libnccl.so.2";
  // Never closed: it leaves threads behind.
  void *handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *reason = dlerror();
    return Status::error("cannot load NCCL: " +
                         printable(reason ? reason : "unknown reason"));
  }
  auto library = std::make_shared<NcclLibrary>();
#define WEFT_NCCL(NAME, PARAMETERS)                                            \
  library->table.NAME =                                                        \
      reinterpret_cast<decltype(library->table.NAME)>(dlsym(handle, #NAME));   \
  if (!library->table.NAME)                                                    \
    return Status::error("'" + printable(file) +                               \
                         "' has no function " #NAME "; install NCCL 2.7 or "   \
                         "newer");
#include "runtime/cuda_api/NcclFunctions.def"
#undef WEFT_NCCL
  int version = 0;
  WEFT_NCCL_CALL(*library, ncclGetVersion, &version);
  // NCCL_VERSION of nccl.h: 10000 * major + 100 * minor + patch, since 2.9.
  int major = version < 10000 ? 1000 : 10000;
  library->text = "NCCL " + std::to_string(version / major) + "." +
                  std::to_string(version % major / 100) + "." +
                  std::to_string(version % 100);
  return std::shared_ptr<const NcclLibrary>(std::move(library));
}

static const char *nameOf(ncclResult_t result) {
  switch (result) {
  case ncclSuccess:
    return "ncclSuccess";
  case ncclUnhandledCudaError:
    return "ncclUnhandledCudaError";
  case ncclSystemError:
    return "ncclSystemError";
  case ncclInternalError:
    return "ncclInternalError";
  case ncclInvalidArgument:
    return "ncclInvalidArgument";
  case ncclInvalidUsage:
    return "ncclInvalidUsage";
  case ncclRemoteError:
    return "ncclRemoteError";
  case ncclInProgress:
    return "ncclInProgress";
  }
  return "an unknown result";
}

Status NcclLibrary::check(ncclResult_t result, const char *call) const {
  if (result == ncclSuccess)
    return Status::ok();
  return Status::error(std::string(nameOf(result)) + " from " + call);
}
