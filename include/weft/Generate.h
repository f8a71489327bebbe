//===- Generate.h - Text from a compiled language model ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   StatusOr<TextGenerator> generator = TextGenerator::load("smollm2.weft");
//   std::vector<ChatMessage> chat = {{"user", "What is the capital of
//   France?"}}; StatusOr<std::string> prompt = generator->renderChat(chat);
//   GenerateOptions options;
//   options.onText = [](std::string_view text) { std::cout << text; };
//   StatusOr<Generated> answer = generator->generate(*prompt, options);
//
//===----------------------------------------------------------------------===//

#ifndef WEFT_GENERATE_H
#define WEFT_GENERATE_H

#include "weft/Runtime.h"
#include "weft/Sampling.h"

#include <atomic>

namespace weft {

class Session;
class Tokenizer;

struct ChatMessage {
  std::string role; // "system", "user" or "assistant"
  std::string content;
};

struct GenerateOptions {
  SamplingOptions sampling = {};
  /// Tokens at most; 0: until the model ends its text, or the context is full.
  uint64_t maxTokens = 0;
  /// Texts that end the generation; they are not part of the result.
  std::vector<std::string> stops = {};
  /// Called with each piece of text as soon as it is certain: whole characters,
  /// and never the beginning of a stop text that comes to be complete.
  std::function<void(std::string_view)> onText = {};
  /// Ends the generation, with the text so far, when it becomes true.
  const std::atomic<bool> *cancel = nullptr;
};

/// A text, and why it ended.
struct Generated {
  enum class End { StopToken, StopText, MaxTokens, Context, Cancelled };
  std::string text;
  std::vector<int32_t> tokens; // a stop token is not among them
  End end = End::MaxTokens;
  size_t promptTokens = 0;
  size_t cachedTokens = 0;    // of the prompt, which an earlier one began with
  double promptSeconds = 0;   // until the first token is chosen
  double generateSeconds = 0; // for those after it
};

/// A language model with its tokenizer and its chat template. One call at a
/// time.
class TextGenerator {
public:
  /// Fails as Model::load does, and on an artifact without a language model or
  /// a tokenizer.
  static StatusOr<TextGenerator> load(const std::string &folder,
                                      const LoadOptions &options = {});
  TextGenerator(TextGenerator &&) noexcept;
  TextGenerator &operator=(TextGenerator &&) noexcept;
  ~TextGenerator();

  const LanguageModel &description() const;
  unsigned threads() const;
  /// What its devices do without: see Model::notes.
  std::vector<std::string> notes() const;

  /// Uses this Jinja template instead of the model's.
  Status setChatTemplate(std::string_view text);
  /// The prompt of a conversation, up to where the assistant begins to answer.
  StatusOr<std::string> renderChat(std::span<const ChatMessage> messages);

  /// Continues a rendered conversation. What an earlier call had computed of
  /// the same beginning is not computed again.
  StatusOr<Generated> generate(std::string_view prompt,
                               const GenerateOptions &options);
  /// Continues any text, with the tokens that the model wants around one.
  StatusOr<Generated> complete(std::string_view text,
                               const GenerateOptions &options);
  /// Continues tokens.
  StatusOr<Generated> generate(std::span<const int32_t> prompt,
                               const GenerateOptions &options);

  const Tokenizer &tokenizer() const;
  /// The sequences of the model, for whoever runs several.
  Session &session();
  /// What each run of the model is given, for traces.
  RunOptions &runOptions();

private:
  struct Implementation;
  explicit TextGenerator(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation;
};

} // namespace weft

#endif // WEFT_GENERATE_H
