//===- FromGGUF.h - From a GGUF file's metadata --------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_TOKENIZER_FROMGGUF_H
#define LIB_IMPORT_TOKENIZER_FROMGGUF_H

#include "weft/Status.h"
#include "weft/tokenizer.pb.h"

namespace weft {

namespace gguf {
class GGUFFile;
}

/// The tokenizer of a GGUF file's metadata: byte-level BPE ("gpt2"),
/// SentencePiece BPE ("llama"), unigram ("t5") or WordPiece ("bert"). It
/// encodes as the model's own tokenizer does where the file says enough,
/// otherwise as llama.cpp.
StatusOr<artifact::Tokenizer> tokenizerFromGGUF(const gguf::GGUFFile &file);

} // namespace weft

#endif // LIB_IMPORT_TOKENIZER_FROMGGUF_H
