//===- Passes.h - Passes that partition -------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_TRANSFORMS_PASSES_H
#define DIALECTS_DIST_TRANSFORMS_PASSES_H

#include "dialects/Dist/IR/Dist.h"

#include "mlir/Pass/Pass.h"

namespace weft::dist {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dialects/Dist/Transforms/Passes.h.inc"

} // namespace weft::dist

#endif // DIALECTS_DIST_TRANSFORMS_PASSES_H
