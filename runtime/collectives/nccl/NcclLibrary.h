//===- NcclLibrary.h - libnccl, opened --------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_NCCL_NCCLLIBRARY_H
#define RUNTIME_COLLECTIVES_NCCL_NCCLLIBRARY_H

#include "runtime/cuda_api/NcclTypes.h"
#include "weft/Status.h"

#include <memory>
#include <string>

namespace weft::cuda {

/// One pointer for each function, named as the exported symbol.
struct NcclFunctions {
#define WEFT_NCCL(NAME, PARAMETERS) ncclResult_t(*NAME) PARAMETERS = nullptr;
#include "runtime/cuda_api/NcclFunctions.def"
#undef WEFT_NCCL
};

/// NVIDIA's library of collectives, or cusim's. It stays loaded until the
/// process ends.
class NcclLibrary {
public:
  /// Opens libnccl.so.2 of `folder`; of the system's folders when it is empty.
  static StatusOr<std::shared_ptr<const NcclLibrary>>
  open(const std::string &folder);

  const NcclFunctions &functions() const { return table; }
  /// "NCCL 2.28.0".
  const std::string &name() const { return text; }

  /// "ncclInvalidUsage from ncclAllReduce".
  Status check(ncclResult_t result, const char *call) const;

private:
  NcclFunctions table;
  std::string text;
};

/// Returns from the caller when a call of NCCL fails. `NCCL` is an NcclLibrary.
#define WEFT_NCCL_CALL(NCCL, FUNCTION, ...)                                    \
  WEFT_RETURN_IF_ERROR(                                                        \
      (NCCL).check((NCCL).functions().FUNCTION(__VA_ARGS__), #FUNCTION))

} // namespace weft::cuda

#endif // RUNTIME_COLLECTIVES_NCCL_NCCLLIBRARY_H
