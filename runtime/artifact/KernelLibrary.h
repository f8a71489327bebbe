//===- KernelLibrary.h - A CPU stage's code ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_ARTIFACT_KERNELLIBRARY_H
#define RUNTIME_ARTIFACT_KERNELLIBRARY_H

#include "weft/Status.h"
#include "weft/artifact.pb.h"
#include "weft/kernel_abi.h"

#include <span>
#include <string>
#include <vector>

namespace weft {

/// Fails unless `bytes`, the kernel table inside a stage's code, says what the
/// manifest's says.
Status checkKernelTable(std::span<const uint8_t> bytes,
                        const artifact::KernelTable &table);

/// The kernels of one stage's shared object, opened.
class KernelLibrary {
public:
  KernelLibrary() = default;
  KernelLibrary(KernelLibrary &&other) noexcept { *this = std::move(other); }
  KernelLibrary &operator=(KernelLibrary &&other) noexcept {
    std::swap(handle, other.handle);
    std::swap(functions, other.functions);
    return *this;
  }
  ~KernelLibrary();

  /// Opens the object at `path`, whose hash the caller has checked. Fails when
  /// the kernel table inside it differs from `table`, the manifest's, or when a
  /// kernel of the table is not exported.
  static StatusOr<KernelLibrary> open(const std::string &path,
                                      const artifact::KernelTable &table);

  /// In the order of the kernel table.
  const std::vector<WeftKernel> &kernels() const { return functions; }

private:
  void *handle = nullptr;
  std::vector<WeftKernel> functions;
};

} // namespace weft

#endif // RUNTIME_ARTIFACT_KERNELLIBRARY_H
