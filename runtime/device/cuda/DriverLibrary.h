//===- DriverLibrary.h - libcuda, opened ------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CUDA_DRIVERLIBRARY_H
#define RUNTIME_DEVICE_CUDA_DRIVERLIBRARY_H

#include "runtime/cuda_api/Driver.h"
#include "weft/Status.h"

#include <memory>
#include <string>

namespace weft::cuda {

/// The CUDA driver of this machine, or cusim in its place. It stays loaded
/// until the process ends.
class DriverLibrary {
public:
  /// Opens libcuda.so.1 where the system finds it. Fails when there is none, or
  /// no device.
  static StatusOr<std::shared_ptr<const DriverLibrary>> openSystem();

  /// Opens lib/cusim/libcuda.so.1 of this installation, or of the build tree
  /// that the program lies in, with `devices` simulated devices at least. The
  /// first call of a process decides how many there are.
  static StatusOr<std::shared_ptr<const DriverLibrary>>
  openSimulated(unsigned devices);

  bool isSimulated() const { return simulated; }
  /// "cuda" or "cusim": what devices are called before their number.
  const char *kind() const { return simulated ? "cusim" : "cuda"; }
  /// Where the library lies; libcublasLt and libnccl of cusim are beside it.
  /// Empty for the system's.
  const std::string &folder() const { return path; }
  unsigned deviceCount() const { return devices; }

  /// Functions that an old driver lacks are null; those that devices need are
  /// all there.
  const DriverFunctions &functions() const { return table; }

  /// "CUDA_ERROR_OUT_OF_MEMORY from cuMemAlloc (out of memory)".
  Status check(CUresult result, const char *call) const;
  /// The same, with what it was about in front: "kernel 'add': ...".
  Status check(CUresult result, const char *call,
               const std::string &what) const;

private:
  static StatusOr<std::shared_ptr<const DriverLibrary>>
  open(const std::string &file, bool isSimulated);

  DriverFunctions table;
  std::string path;
  unsigned devices = 0;
  bool simulated = false;
};

/// Returns from the caller when a call of the driver fails. `DRIVER` is a
/// DriverLibrary.
#define WEFT_CUDA_CALL(DRIVER, FUNCTION, ...)                                  \
  WEFT_RETURN_IF_ERROR(                                                        \
      (DRIVER).check((DRIVER).functions().FUNCTION(__VA_ARGS__), #FUNCTION))

} // namespace weft::cuda

#endif // RUNTIME_DEVICE_CUDA_DRIVERLIBRARY_H
