//===- RegexSyntax.h - Oniguruma's syntax in PCRE2's ---------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_REGEXSYNTAX_H
#define RUNTIME_GENERATE_TOKENIZER_REGEXSYNTAX_H

#include "weft/Status.h"

#include <string>
#include <string_view>

namespace weft {

/// The PCRE2 expression that matches what `expression` does in Oniguruma's Ruby
/// syntax, which the tokenizers of Hugging Face are written in: `\s`, `\w`,
/// `\h` and `[:punct:]` are other sets there, `(?m)` lets '.' match a line
/// feed. What PCRE2 cannot say is an error.
StatusOr<std::string> translateOniguruma(std::string_view expression);

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_REGEXSYNTAX_H
