//===- ParseJson.h - JSON files of a model ----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_HUGGINGFACE_PARSEJSON_H
#define LIB_IMPORT_HUGGINGFACE_PARSEJSON_H

#include "weft/Status.h"

#include "llvm/Support/JSON.h"

namespace weft {

/// A JSON object of hostile text: longer or nested deeper than any model's
/// files, it is an error before memory or stack is taken.
StatusOr<llvm::json::Object> parseJsonObject(llvm::StringRef text);

} // namespace weft

#endif // LIB_IMPORT_HUGGINGFACE_PARSEJSON_H
