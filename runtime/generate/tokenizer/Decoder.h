//===- Decoder.h - From tokens to text ------------------------ -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_DECODER_H
#define RUNTIME_GENERATE_TOKENIZER_DECODER_H

#include "weft/Status.h"

#include "runtime/generate/tokenizer/ByteAlphabet.h"
#include "runtime/generate/tokenizer/TextPattern.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weft {

namespace artifact {
class Tokenizer;
}

/// The steps that make text of tokens.
class Decoder {
public:
  Decoder() = default;
  /// Checks the decoders of `description`, which may be hostile.
  static StatusOr<Decoder> create(const artifact::Tokenizer &description);

private:
  friend class DecoderRun;
  struct ByteLevel {
    ByteAlphabet alphabet;
  };
  struct ByteFallback {};
  struct Metaspace {
    std::string replacement;
    bool stripFirst;
  };
  struct Strip {
    std::string content;
    size_t start, stop;
    bool fused; // acts on the whole text, not on each token
  };
  struct WordPiece {
    std::string prefix;
    bool cleanup;
  };
  struct WordSuffix {
    std::string suffix;
  };
  struct Join {}; // a space between tokens
  using Step = std::variant<ByteLevel, ByteFallback, Metaspace, Strip,
                            Replacement, WordPiece, WordSuffix, Join>;
  std::vector<Step> steps;
};

/// Decodes one row of tokens.
class DecoderRun {
public:
  /// With `early`, bytes leave as soon as they come; otherwise the <0x41>
  /// pieces of a row are taken together, and all become U+FFFD if they form no
  /// UTF-8.
  DecoderRun(const Decoder &decoder, bool early)
      : decoder(decoder), early(early), states(decoder.steps.size()) {}

  /// Appends what is certain to `text`; it ends after a UTF-8 character.
  void push(std::string_view token, std::string &text);
  void finish(std::string &text);

private:
  /// What a step remembers from one token to the next.
  struct State {
    bool started = false;
    std::string held;
    size_t stripped = 0;
  };
  void run(size_t step, std::string token, std::string &text);
  void flushBytes(size_t step, std::string &text);
  void emit(std::string_view bytes, std::string &text);

  const Decoder &decoder;
  bool early;
  std::vector<State> states;
  std::string incomplete; // the start of a character
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_DECODER_H
