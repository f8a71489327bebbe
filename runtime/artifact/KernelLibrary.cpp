//===- KernelLibrary.cpp - A CPU stage's code -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/KernelLibrary.h"
#include "runtime/artifact/ParseMessage.h"
#include "runtime/base/Text.h"

#include <dlfcn.h>

using namespace weft;

KernelLibrary::~KernelLibrary() {
  if (handle)
    dlclose(handle);
}

/// Compares as messages: two serializations of one table may differ in bytes.
static bool isSameTable(const artifact::KernelTable &lhs,
                        const artifact::KernelTable &rhs) {
  return lhs.SerializeAsString() == rhs.SerializeAsString();
}

Status weft::checkKernelTable(std::span<const uint8_t> bytes,
                              const artifact::KernelTable &table) {
  artifact::KernelTable embedded;
  if (!parseMessage(embedded, bytes))
    return Status::error("holds no kernel table");
  if (!isSameTable(embedded, table))
    return Status::error(
        "holds a kernel table that differs from the manifest's");
  return Status::ok();
}

StatusOr<KernelLibrary>
KernelLibrary::open(const std::string &path,
                    const artifact::KernelTable &table) {
  auto bad = [&](const std::string &what) {
    return Status::error("code file '" + printable(path) + "' " + what);
  };
  KernelLibrary library;
  library.handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library.handle) {
    const char *reason = dlerror();
    return bad("cannot be loaded: " +
               printable(reason ? reason : "unknown reason"));
  }
  auto *bytes =
      static_cast<const uint8_t *>(dlsym(library.handle, "weft_kernel_table"));
  auto *size = static_cast<const uint64_t *>(
      dlsym(library.handle, "weft_kernel_table_bytes"));
  if (!bytes || !size)
    return bad("holds no kernel table");
  if (Status status = checkKernelTable({bytes, *size}, table); !status)
    return bad(status.message());
  for (const artifact::Kernel &kernel : table.kernels()) {
    void *symbol = dlsym(library.handle, kernel.name().c_str());
    if (!symbol)
      return bad("does not export kernel '" + printable(kernel.name()) + "'");
    library.functions.push_back(reinterpret_cast<WeftKernel>(symbol));
  }
  return library;
}
