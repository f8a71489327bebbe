//===- JsonSteps.h - The parts of a tokenizer.json ------------ -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_TOKENIZER_JSONSTEPS_H
#define LIB_IMPORT_TOKENIZER_JSONSTEPS_H

#include "lib/Import/Tokenizer/JsonFields.h"
#include "weft/tokenizer.pb.h"

namespace weft {

/// The parts of a tokenizer.json, each appended to `tokenizer`.
Status readNormalizer(const Json &json, artifact::Tokenizer &tokenizer);
Status readPreTokenizer(const Json &json, artifact::Tokenizer &tokenizer);
Status readDecoder(const Json &json, artifact::Tokenizer &tokenizer);
Status readPostProcessor(const Json &json, artifact::Tokenizer &tokenizer);
Status readModel(const Json &json, artifact::Tokenizer &tokenizer);

} // namespace weft

#endif // LIB_IMPORT_TOKENIZER_JSONSTEPS_H
