//===- FromHuggingFace.h - From tokenizer.json ---------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_TOKENIZER_FROMHUGGINGFACE_H
#define LIB_IMPORT_TOKENIZER_FROMHUGGINGFACE_H

#include "weft/Status.h"
#include "weft/tokenizer.pb.h"

#include <string>
#include <string_view>

namespace weft {

/// Reads the text of a tokenizer.json. Truncation and padding are not the
/// tokenizer's business here: the runtime packs sequences without padding, and
/// what exceeds its capacity is an error.
StatusOr<artifact::Tokenizer> tokenizerFromJson(std::string_view text);

/// Adds what the other files of a model's folder say: chat templates, and the
/// ids that end a generation. None of the files has to be there.
Status readCompanions(const std::string &folder,
                      artifact::Tokenizer &tokenizer);

} // namespace weft

#endif // LIB_IMPORT_TOKENIZER_FROMHUGGINGFACE_H
