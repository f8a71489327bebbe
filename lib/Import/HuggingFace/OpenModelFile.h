//===- OpenModelFile.h - A file of a model's folder ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_HUGGINGFACE_OPENMODELFILE_H
#define LIB_IMPORT_HUGGINGFACE_OPENMODELFILE_H

#include "runtime/base/MappedFile.h"

namespace weft {

/// Maps a file of a model's folder. In the cache of the Hugging Face Hub, files
/// of `models--NAME/snapshots/REVISION` are links into `models--NAME/blobs`,
/// which are followed; a link to anywhere else is an error.
StatusOr<MappedFile> openModelFile(const std::string &folder,
                                   std::string_view name);

} // namespace weft

#endif // LIB_IMPORT_HUGGINGFACE_OPENMODELFILE_H
