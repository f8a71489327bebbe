//===- CApi.cpp - Text generation in C ------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "weft/Generate.h"
#include "weft/generate_c.h"

#include <cstring>

using namespace weft;

struct WeftGenerator {
  TextGenerator generator;
};

static char *toC(const Status &status) {
  return status ? nullptr : strdup(status.message().c_str());
}

namespace {
/// The options in C++, and what ends a generation.
struct Call {
  explicit Call(const WeftGenerateOptions &given) : given(given) {
    options.sampling = {.temperature = given.temperature,
                        .topK = given.top_k,
                        .topP = given.top_p == 0 ? 1 : given.top_p,
                        .minP = given.min_p,
                        .repetitionPenalty = given.repetition_penalty == 0
                                                 ? 1
                                                 : given.repetition_penalty,
                        .seed = given.seed};
    options.maxTokens = given.max_tokens;
    options.cancel = &isDone;
    if (given.on_text)
      options.onText = [this](std::string_view text) {
        if (this->given.on_text(text.data(), text.size(), this->given.user))
          isDone = true;
      };
  }

  const WeftGenerateOptions &given;
  GenerateOptions options;
  std::atomic<bool> isDone = false;
};
} // namespace

char *weft_load_generator(const char *path, unsigned threads,
                          WeftGenerator **generator) {
  LoadOptions options;
  options.threads = threads;
  StatusOr<TextGenerator> loaded = TextGenerator::load(path, options);
  if (!loaded)
    return toC(loaded.status());
  *generator = new WeftGenerator{std::move(*loaded)};
  return nullptr;
}

void weft_free_generator(WeftGenerator *generator) { delete generator; }

char *weft_complete(WeftGenerator *generator, const char *text,
                    const WeftGenerateOptions *options) {
  Call call(*options);
  return toC(generator->generator.complete(text, call.options).status());
}

char *weft_chat(WeftGenerator *generator, const WeftChatMessage *messages,
                size_t count, const WeftGenerateOptions *options) {
  std::vector<ChatMessage> chat;
  for (size_t i = 0; i != count; ++i)
    chat.push_back({messages[i].role, messages[i].content});
  StatusOr<std::string> prompt = generator->generator.renderChat(chat);
  if (!prompt)
    return toC(prompt.status());
  Call call(*options);
  return toC(generator->generator.generate(*prompt, call.options).status());
}
