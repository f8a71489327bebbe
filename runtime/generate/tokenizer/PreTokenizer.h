//===- PreTokenizer.h - Cuts a text into words ---------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_PRETOKENIZER_H
#define RUNTIME_GENERATE_TOKENIZER_PRETOKENIZER_H

#include "weft/Status.h"

#include "runtime/generate/tokenizer/Regex.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

namespace artifact {
class Tokenizer;
}

/// A text and the words it is cut into. Steps that change the text put theirs
/// into `changed`.
struct Words {
  std::string_view text;
  std::vector<Span> spans; // none is empty
  bool atStart;            // of the whole text that is encoded
  std::string changed;
};

/// Cuts a normalized text into words.
class PreTokenizer {
public:
  PreTokenizer() = default;
  /// Checks the pre-tokenizers of `description`, which may be hostile.
  static StatusOr<PreTokenizer> create(const artifact::Tokenizer &description);

  /// `words` holds one span: all of its text, which is valid UTF-8.
  Status apply(Words &words) const;

private:
  using Action = std::function<Status(Words &)>;
  std::vector<Action> steps;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_PRETOKENIZER_H
