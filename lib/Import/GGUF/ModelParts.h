//===- ModelParts.h - Models in several GGUF files --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A large model may lie in several files
// (https://github.com/ggml-org/llama.cpp, tools/gguf-split):
// `model-00001-of-00003.gguf` and so on, each with tensors of its own. The
// first holds the model's metadata; of the others only these keys matter, which
// all have:
//
//   split.count           how many files there are
//   split.no              which of them this is, from 0 on
//   split.tensors.count   tensors of all of them together
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_GGUF_MODELPARTS_H
#define LIB_IMPORT_GGUF_MODELPARTS_H

#include "lib/Import/GGUF/GGUFFile.h"

namespace weft::gguf {

struct ModelPart {
  std::string name; ///< Of the file, in the model's folder.
  GGUFFile file;
};

/// Opens a file and, where it is the first of several, those that lie beside
/// it. They are checked as by `checkParts`.
StatusOr<std::vector<ModelPart>> openParts(const std::string &path);

/// An error unless these are all parts of a model, in their order, no tensor
/// is in two of them, and none is missing.
Status checkParts(std::span<const ModelPart> parts);

} // namespace weft::gguf

#endif // LIB_IMPORT_GGUF_MODELPARTS_H
