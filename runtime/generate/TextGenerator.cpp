//===- TextGenerator.cpp - Text from a compiled language model ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/generate/Generation.h"
#include "runtime/generate/ModelStep.h"
#include "runtime/generate/template/Template.h"
#include "runtime/generate/tokenizer/Tokenizer.h"
#include "weft/tokenizer.pb.h"

#include <algorithm>
#include <ctime>

using namespace weft;

struct TextGenerator::Implementation {
  Model model;
  LanguageModel description;
  ModelStep step;
  Tokenizer tokenizer;
  Session session{step};
  Session::Id sequence = session.open();
  std::optional<jinja::Template> chatTemplate = std::nullopt; // read when used
};

namespace {
class TokenizerText : public TokenText {
public:
  explicit TokenizerText(const Tokenizer &tokenizer)
      : tokenizer(tokenizer), decoder(tokenizer) {}
  bool isStop(int32_t token) const override {
    return std::binary_search(tokenizer.stops().begin(),
                              tokenizer.stops().end(), token);
  }
  std::string push(int32_t token) override { return decoder.push(token); }
  std::string finish() override { return decoder.finish(); }

private:
  const Tokenizer &tokenizer;
  StreamingDecoder decoder;
};
} // namespace

TextGenerator::TextGenerator(std::unique_ptr<Implementation> implementation)
    : implementation(std::move(implementation)) {}
TextGenerator::TextGenerator(TextGenerator &&) noexcept = default;
TextGenerator &TextGenerator::operator=(TextGenerator &&) noexcept = default;
TextGenerator::~TextGenerator() = default;

StatusOr<TextGenerator> TextGenerator::load(const std::string &folder,
                                            const LoadOptions &options) {
  StatusOr<Model> model = Model::load(folder, options);
  if (!model)
    return model.status();
  auto error = [&](const std::string &message) {
    return Status::error("artifact '" + printable(folder) + "': " + message);
  };
  std::optional<LanguageModel> description = model->languageModel();
  if (!description)
    return error("it holds no language model; give its inputs with --input");
  if (description->tokenizer.empty())
    return error("it has no tokenizer: its model came with none, or with one "
                 "that llm-compile warned of");
  artifact::Tokenizer message;
  if (!message.ParseFromArray(description->tokenizer.data(),
                              static_cast<int>(description->tokenizer.size())))
    return error("its tokenizer file is damaged");
  StatusOr<Tokenizer> tokenizer = Tokenizer::load(message);
  if (!tokenizer)
    return error("its tokenizer: " + tokenizer.message());
  StatusOr<ModelStep> step = ModelStep::create(*model);
  if (!step)
    return step.status();
  // The step refers to the model, which has a place of its own from here on.
  auto implementation = std::unique_ptr<Implementation>(
      new Implementation{std::move(*model), std::move(*description),
                         std::move(*step), std::move(*tokenizer)});
  implementation->step.moveTo(implementation->model);
  return TextGenerator(std::move(implementation));
}

const LanguageModel &TextGenerator::description() const {
  return implementation->description;
}
unsigned TextGenerator::threads() const {
  return implementation->model.threads();
}
std::vector<std::string> TextGenerator::notes() const {
  return implementation->model.notes();
}
const Tokenizer &TextGenerator::tokenizer() const {
  return implementation->tokenizer;
}
Session &TextGenerator::session() { return implementation->session; }
RunOptions &TextGenerator::runOptions() { return implementation->step.options; }

//===----------------------------------------------------------------------===//
// Conversations
//===----------------------------------------------------------------------===//

Status TextGenerator::setChatTemplate(std::string_view text) {
  StatusOr<jinja::Template> parsed = jinja::Template::parse(text);
  if (!parsed)
    return Status::error("the chat template, " + parsed.message());
  implementation->chatTemplate = std::move(*parsed);
  return Status::ok();
}

StatusOr<std::string>
TextGenerator::renderChat(std::span<const ChatMessage> messages) {
  const Tokenizer &tokenizer = implementation->tokenizer;
  if (!implementation->chatTemplate) {
    const std::string *text = tokenizer.chatTemplate();
    if (!text)
      return Status::error("the model has no chat template; use --prompt "
                           "without --chat, or give one with --chat-template");
    WEFT_RETURN_IF_ERROR(setChatTemplate(*text));
  }
  jinja::Dict variables;
  std::vector<jinja::Value> list;
  for (const ChatMessage &message : messages) {
    jinja::Dict entry;
    entry.set("role", message.role);
    entry.set("content", message.content);
    list.push_back(std::move(entry));
  }
  variables.set("messages", std::move(list));
  variables.set("add_generation_prompt", true);
  auto setToken = [&](const char *name, std::optional<int32_t> id) {
    if (id)
      variables.set(name, std::string(tokenizer.token(*id)));
  };
  setToken("bos_token", tokenizer.bos());
  setToken("eos_token", tokenizer.eos());
  setToken("pad_token", tokenizer.pad());
  std::time_t seconds = std::time(nullptr);
  std::tm now = {};
  localtime_r(&seconds, &now);
  StatusOr<std::string> prompt =
      implementation->chatTemplate->render(variables, now);
  if (!prompt)
    return Status::error("the chat template, " + prompt.message());
  return prompt;
}

//===----------------------------------------------------------------------===//
// Generation
//===----------------------------------------------------------------------===//

StatusOr<Generated> TextGenerator::generate(std::span<const int32_t> prompt,
                                            const GenerateOptions &options) {
  TokenizerText text(implementation->tokenizer);
  return generateText(implementation->session, implementation->sequence, prompt,
                      options, text);
}

StatusOr<Generated> TextGenerator::generate(std::string_view prompt,
                                            const GenerateOptions &options) {
  auto tokens = implementation->tokenizer.encode(prompt, {.addSpecial = false});
  if (!tokens)
    return tokens.status();
  return generate(*tokens, options);
}

StatusOr<Generated> TextGenerator::complete(std::string_view text,
                                            const GenerateOptions &options) {
  auto tokens = implementation->tokenizer.encode(text);
  if (!tokens)
    return tokens.status();
  return generate(*tokens, options);
}
