//===- ManifestCheck.h - Is this manifest sound? ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_ARTIFACT_MANIFESTCHECK_H
#define RUNTIME_ARTIFACT_MANIFESTCHECK_H

#include "runtime/artifact/ExpressionScope.h"
#include "weft/artifact.pb.h"

namespace weft {

/// Checks everything in a hostile manifest that can be checked without its
/// files: versions, names, indices, enums, paths, expressions, and programs.
/// What passes may be used without looking twice; the values of expressions
/// remain to be checked when sizes are known.
Status checkManifest(const artifact::Manifest &manifest);

/// The symbols and mesh axes of all expressions outside of kernels.
ExpressionScope scopeOf(const artifact::Manifest &manifest);

/// The part of checkManifest that looks at one entry's program on one stage.
Status checkProgram(const artifact::Manifest &manifest,
                    const artifact::Stage &stage,
                    const artifact::EntryPoint &entry,
                    const artifact::Program &program);

/// The part of checkProgram that looks at a collective's own fields: its
/// buffers and the symbols of its sizes are left to the caller.
Status checkCollective(const artifact::Manifest &manifest,
                       const artifact::Collective &collective);

/// The part of checkProgram that looks at a product's own fields: its buffers,
/// its sizes and its kernel are left to the caller.
Status checkGemm(const artifact::Gemm &gemm);

/// What text generation asks of a language model holds: the inputs and outputs
/// of its entry point, a capacity within reason, a file for its tokenizer.
Status checkLanguageModel(const artifact::Manifest &manifest);

} // namespace weft

#endif // RUNTIME_ARTIFACT_MANIFESTCHECK_H
