//===- ReadTokenizer.h - The tokenizer of a model ------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_TOKENIZER_READTOKENIZER_H
#define LIB_IMPORT_TOKENIZER_READTOKENIZER_H

#include "weft/Status.h"
#include "weft/tokenizer.pb.h"

#include <string>

namespace weft {

/// Reads the tokenizer of a model: of a GGUF file its metadata, otherwise a
/// tokenizer.json of Hugging Face's tokenizers with what lies beside it
/// (tokenizer_config.json, generation_config.json, chat_template.jinja). The
/// files may be hostile. The result loads (Tokenizer::load); what is not
/// understood is an error that names the component.
StatusOr<artifact::Tokenizer> readTokenizer(const std::string &path);

} // namespace weft

#endif // LIB_IMPORT_TOKENIZER_READTOKENIZER_H
