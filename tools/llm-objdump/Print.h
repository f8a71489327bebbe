//===- Print.h - Artifacts as text -----------------------------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_LLM_OBJDUMP_PRINT_H
#define TOOLS_LLM_OBJDUMP_PRINT_H

#include "weft/Status.h"
#include "weft/artifact.pb.h"

#include "llvm/Support/raw_ostream.h"

#include <map>

namespace weft::objdump {

/// What the artifact is for: inputs, outputs, sizes, files.
void printSummary(const artifact::Manifest &manifest, llvm::raw_ostream &out);

/// Of a language model: its tokenizer, in a few lines.
Status printTokenizer(const std::string &folder,
                      const artifact::Manifest &manifest,
                      llvm::raw_ostream &out);

/// Buffers and commands of each program.
void printPrograms(const artifact::Manifest &manifest, llvm::raw_ostream &out);

void printKernels(const artifact::Manifest &manifest, llvm::raw_ostream &out);

/// Reads the headers of the weight files in `folder`.
Status printWeights(const std::string &folder,
                    const artifact::Manifest &manifest, llvm::raw_ostream &out);

/// The machine code of a CPU stage's kernels.
Status disassemble(const std::string &folder, const artifact::Stage &stage,
                   llvm::raw_ostream &out);

/// Times of each kernel and of a step on a GPU ("a100", "h100", "b200") by the
/// roofline model, at these values of the symbolic sizes, others at their
/// least. What attention reads of caches depends on the data and is not
/// counted.
Status printPrediction(const std::string &folder,
                       const artifact::Manifest &manifest, llvm::StringRef gpu,
                       std::map<std::string, int64_t> sizes,
                       llvm::raw_ostream &out);

} // namespace weft::objdump

#endif // TOOLS_LLM_OBJDUMP_PRINT_H
