//===- SharedGather.h - A gather from shared memory as a function -*- C++
//-*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_SHAREDGATHER_H
#define RUNTIME_CUSIM_EMIT_SHAREDGATHER_H

#include "runtime/cusim/emit/CompileOptions.h"

#include "llvm/IR/Module.h"

namespace weft::cusim {

/// The function `void(strand, i32 mask, <32 x i32> offsets, ptr result, i32
/// kind, i32 site)` of the module: loads `count` neighbouring elements of 4 or
/// 8 bytes for each lane by the processor's gather, [count][32], where all
/// lanes of the mask are inside and aligned; else by cusim_gather.
llvm::Function *sharedGather(llvm::Module &module, unsigned elementBytes,
                             unsigned count, const CompileOptions &options);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_SHAREDGATHER_H
