//===- CodeFiles.h - Which code runs on a GPU -------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CUDA_CODEFILES_H
#define RUNTIME_DEVICE_CUDA_CODEFILES_H

#include "weft/artifact.pb.h"

#include <string>
#include <vector>

namespace weft::cuda {

/// The code files to try on a device of this architecture (90 of sm_90), the
/// best first: machine code of the architecture itself, then of the nearest
/// older one of its generation (which it runs), then PTX. "stage0.sm_90a.cubin"
/// is for 90 and nothing else.
std::vector<std::string> codeFilesFor(const artifact::Stage &stage,
                                      unsigned architecture);

/// "PTX of sm_80, cubins of sm_80 and sm_90".
std::string describeCode(const artifact::Stage &stage);

} // namespace weft::cuda

#endif // RUNTIME_DEVICE_CUDA_CODEFILES_H
