//===- Tokenizer.h - Text to token ids and back -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_TOKENIZER_H
#define RUNTIME_GENERATE_TOKENIZER_TOKENIZER_H

#include "weft/Status.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

namespace artifact {
class Tokenizer;
}

struct EncodeOptions {
  /// Put the template's ids around the text (<s>, [CLS] and the like). A
  /// rendered chat template holds its own.
  bool addSpecial = true;
  /// Let "<|im_end|>" in the text be that token. Off for text that is not
  /// trusted to hold none: there it is encoded as any other text.
  bool matchSpecial = true;
};

/// A tokenizer as include/weft/tokenizer.proto describes it, with the results
/// of Hugging Face's `tokenizers`. Immutable: one serves all threads.
class Tokenizer {
public:
  /// Checks `description`, which may be hostile, and builds the tables.
  static StatusOr<Tokenizer> load(const artifact::Tokenizer &description);
  /// Reads the file tokenizer.pb of an artifact.
  static StatusOr<Tokenizer> read(const std::string &path);

  Tokenizer(Tokenizer &&);
  Tokenizer &operator=(Tokenizer &&);
  ~Tokenizer();

  /// The ids of `text`. What is not UTF-8 counts as U+FFFD. Fails where a
  /// regular expression of the tokenizer exceeds its limits on this text, or a
  /// character has no token and there is none for the unknown.
  StatusOr<std::vector<int32_t>> encode(std::string_view text,
                                        EncodeOptions options = {}) const;

  /// The text of `ids`: always UTF-8, U+FFFD for what isn't. Ids that have no
  /// token are left out.
  std::string decode(std::span<const int32_t> ids,
                     bool skipSpecial = true) const;

  /// One more than the greatest id.
  int32_t size() const;
  /// The token as the tokenizer's file writes it ("Ġthe", "<|im_end|>"), empty
  /// if there is none.
  std::string_view token(int32_t id) const;
  std::optional<int32_t> find(std::string_view token) const;
  bool isSpecial(int32_t id) const;

  std::optional<int32_t> bos() const;
  std::optional<int32_t> eos() const;
  std::optional<int32_t> pad() const;
  /// Ids that end a generation, sorted.
  const std::vector<int32_t> &stops() const;
  /// The Jinja text called `name`, or null.
  const std::string *chatTemplate(std::string_view name = "default") const;

private:
  friend class StreamingDecoder;
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

/// Decodes ids as they come. What it has returned never ends inside a UTF-8
/// character, and all of it together is what decode() makes of all the ids.
/// (One exception: of <0x41> pieces that form no UTF-8, decode() turns a whole
/// row into U+FFFD, this only those that are wrong.)
class StreamingDecoder {
public:
  /// `tokenizer` must outlive this.
  explicit StreamingDecoder(const Tokenizer &tokenizer,
                            bool skipSpecial = true);
  StreamingDecoder(StreamingDecoder &&);
  ~StreamingDecoder();

  /// The text that became certain with `id`; often none.
  std::string push(int32_t id);
  /// What is left at the end: an incomplete character becomes U+FFFD.
  std::string finish();

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_TOKENIZER_H
