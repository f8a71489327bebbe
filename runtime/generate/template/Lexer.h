//===- Lexer.h - A template's text as tokens --------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TEMPLATE_LEXER_H
#define RUNTIME_GENERATE_TEMPLATE_LEXER_H

#include "weft/Status.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace weft::jinja {

struct Token {
  enum class Kind {
    Data,       // text between tags, to be printed
    Open,       // {{
    Close,      // }}
    BlockOpen,  // {%
    BlockClose, // %}
    Name,
    String, // with its escapes resolved
    Integer,
    Float,
    Operator,
    End,
  };
  Kind kind;
  std::string text;
  uint32_t line;

  bool is(Kind other, std::string_view value) const {
    return kind == other && text == value;
  }
};

/// Cuts a template as Jinja does with trim_blocks and lstrip_blocks, which is
/// how the `transformers` library reads chat templates: a newline after a block
/// vanishes, and so do spaces before one that begins its line. Errors begin
/// with "line N: ".
StatusOr<std::vector<Token>> tokenize(std::string_view source);

} // namespace weft::jinja

#endif // RUNTIME_GENERATE_TEMPLATE_LEXER_H
