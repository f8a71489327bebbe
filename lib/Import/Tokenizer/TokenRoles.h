//===- TokenRoles.h - What tokens are for --------------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_TOKENIZER_TOKENROLES_H
#define LIB_IMPORT_TOKENIZER_TOKENROLES_H

#include "weft/tokenizer.pb.h"

namespace weft {

/// Adds `id` to the ids that end a generation, which stay sorted and different.
void addStop(uint32_t id, artifact::Tokenizer &tokenizer);

/// Adds the special tokens whose names say that a turn ends: many files name
/// only one of several in their settings.
void addKnownStops(artifact::Tokenizer &tokenizer);

/// Sorts the added tokens by id.
void sortAddedTokens(artifact::Tokenizer &tokenizer);

} // namespace weft

#endif // LIB_IMPORT_TOKENIZER_TOKENROLES_H
