//===- JsonPattern.h - Patterns of a tokenizer.json ----------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_TOKENIZER_JSONPATTERN_H
#define LIB_IMPORT_TOKENIZER_JSONPATTERN_H

#include "lib/Import/Tokenizer/JsonFields.h"
#include "weft/tokenizer.pb.h"

namespace weft {

/// Reads {"String": ...} or {"Regex": ...} under the key "pattern".
inline void readPattern(JsonFields &fields, artifact::TextPattern &pattern) {
  JsonFields members(fields.at("pattern"), "a pattern");
  if (members.find("Regex"))
    pattern.set_expression(members.text("Regex"));
  else if (members.find("String"))
    pattern.set_literal(members.text("String"));
  else
    fields.fail("has a 'pattern' that is neither a String nor a Regex");
}

} // namespace weft

#endif // LIB_IMPORT_TOKENIZER_JSONPATTERN_H
