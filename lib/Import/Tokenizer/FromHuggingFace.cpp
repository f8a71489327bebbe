//===- FromHuggingFace.cpp - From tokenizer.json --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/FromHuggingFace.h"

#include "lib/Import/HuggingFace/OpenModelFile.h"
#include "lib/Import/Tokenizer/JsonSteps.h"
#include "lib/Import/Tokenizer/TokenRoles.h"

#include <filesystem>
#include <optional>

namespace weft {

static Status readAddedTokens(const Json &tokens,
                              artifact::Tokenizer &tokenizer) {
  for (const Json &json : tokens) {
    JsonFields fields(json, "an added token");
    artifact::AddedToken token;
    token.set_content(fields.text("content"));
    token.set_id(fields.number("id", INT32_MAX));
    token.set_special(fields.boolean("special", false));
    token.set_single_word(fields.boolean("single_word", false));
    token.set_left_strip(fields.boolean("lstrip", false));
    token.set_right_strip(fields.boolean("rstrip", false));
    token.set_normalized(fields.boolean("normalized", !token.special()));
    WEFT_RETURN_IF_ERROR(fields.status());
    if (!token.content().empty())
      *tokenizer.add_added_tokens() = std::move(token);
  }
  sortAddedTokens(tokenizer);
  return Status::ok();
}

StatusOr<artifact::Tokenizer> tokenizerFromJson(std::string_view text) {
  StatusOr<Json> json = parseJson(text, "the file");
  if (!json)
    return json.status();
  artifact::Tokenizer tokenizer;
  tokenizer.set_format_version(1);
  JsonFields fields(*json, "a part");
  using Reader = Status (*)(const Json &, artifact::Tokenizer &);
  for (auto [key, read] :
       {std::pair<const char *, Reader>("normalizer", readNormalizer),
        {"pre_tokenizer", readPreTokenizer},
        {"decoder", readDecoder},
        {"post_processor", readPostProcessor}})
    if (const Json *part = fields.find(key))
      WEFT_RETURN_IF_ERROR(read(*part, tokenizer));
  const Json *model = fields.find("model");
  if (!model)
    return Status::error("the file has no 'model': it is no tokenizer.json");
  WEFT_RETURN_IF_ERROR(readModel(*model, tokenizer));
  WEFT_RETURN_IF_ERROR(
      readAddedTokens(fields.array("added_tokens"), tokenizer));
  WEFT_RETURN_IF_ERROR(fields.status());
  if (tokenizer.model().has_unknown())
    tokenizer.set_unknown(tokenizer.model().unknown());
  addKnownStops(tokenizer);
  return tokenizer;
}

/// The content of a file of the folder; none if it is not there.
static StatusOr<std::optional<std::string>> readFile(const std::string &folder,
                                                     const char *name) {
  std::error_code error;
  if (!std::filesystem::exists(folder + "/" + name, error))
    return std::optional<std::string>();
  StatusOr<MappedFile> file = openModelFile(folder, name);
  if (!file)
    return file.status();
  return std::optional(
      std::string(reinterpret_cast<const char *>(file->bytes().data()),
                  file->bytes().size()));
}

static StatusOr<Json> readJsonFile(const std::string &folder,
                                   const char *name) {
  StatusOr<std::optional<std::string>> text = readFile(folder, name);
  if (!text)
    return text.status();
  return *text ? parseJson(**text, name) : Json::object();
}

/// A token's id; the text is a string or {"content": ...}.
static std::optional<uint32_t> findToken(const Json *value,
                                         const artifact::Tokenizer &tokenizer) {
  if (value && value->is_object())
    value = value->contains("content") ? &(*value)["content"] : nullptr;
  if (!value || !value->is_string())
    return std::nullopt;
  const auto &text = value->get_ref<const std::string &>();
  for (const artifact::AddedToken &token : tokenizer.added_tokens())
    if (token.content() == text)
      return token.id();
  const auto &pieces = tokenizer.model().pieces();
  auto found = std::find(pieces.begin(), pieces.end(), text);
  return found == pieces.end() || text.empty()
             ? std::nullopt
             : std::optional(static_cast<uint32_t>(found - pieces.begin()));
}

static void addTemplate(std::string name, std::string text,
                        artifact::Tokenizer &tokenizer) {
  for (artifact::ChatTemplate &chat : *tokenizer.mutable_chat_templates())
    if (chat.name() == name)
      return chat.set_text(text);
  artifact::ChatTemplate *chat = tokenizer.add_chat_templates();
  chat->set_name(std::move(name));
  chat->set_text(std::move(text));
}

/// A string, or [{"name": ..., "template": ...}, ...].
static Status readTemplates(const Json &json, artifact::Tokenizer &tokenizer) {
  if (json.is_string()) {
    addTemplate("default", json.get<std::string>(), tokenizer);
    return Status::ok();
  }
  if (!json.is_array())
    return Status::error("the chat template is neither a string nor an array");
  for (const Json &each : json) {
    JsonFields fields(each, "a chat template");
    addTemplate(fields.text("name", "default"), fields.text("template"),
                tokenizer);
    WEFT_RETURN_IF_ERROR(fields.status());
  }
  return Status::ok();
}

Status readCompanions(const std::string &folder,
                      artifact::Tokenizer &tokenizer) {
  StatusOr<Json> settings = readJsonFile(folder, "tokenizer_config.json");
  if (!settings)
    return settings.status();
  JsonFields fields(*settings, "tokenizer_config.json");
  if (auto id = findToken(fields.find("bos_token"), tokenizer))
    tokenizer.set_bos(*id);
  if (auto id = findToken(fields.find("eos_token"), tokenizer)) {
    tokenizer.set_eos(*id);
    addStop(*id, tokenizer);
  }
  if (auto id = findToken(fields.find("pad_token"), tokenizer))
    tokenizer.set_pad(*id);
  if (const Json *templates = fields.find("chat_template"))
    WEFT_RETURN_IF_ERROR(readTemplates(*templates, tokenizer));

  // Newer files of the same content.
  StatusOr<Json> chat = readJsonFile(folder, "chat_template.json");
  if (!chat)
    return chat.status();
  if (const Json *templates =
          JsonFields(*chat, "chat_template.json").find("chat_template"))
    WEFT_RETURN_IF_ERROR(readTemplates(*templates, tokenizer));
  StatusOr<std::optional<std::string>> jinja =
      readFile(folder, "chat_template.jinja");
  if (!jinja)
    return jinja.status();
  if (*jinja)
    addTemplate("default", **jinja, tokenizer);

  StatusOr<Json> generation = readJsonFile(folder, "generation_config.json");
  if (!generation)
    return generation.status();
  JsonFields generationFields(*generation, "generation_config.json");
  if (const Json *stops = generationFields.find("eos_token_id")) {
    for (const Json &id : stops->is_array() ? *stops : Json::array({*stops})) {
      if (!id.is_number_unsigned() || id.get<uint64_t>() > INT32_MAX)
        return Status::error(
            "generation_config.json has an 'eos_token_id' that is no id");
      addStop(id.get<uint32_t>(), tokenizer);
    }
  }
  return Status::ok();
}

} // namespace weft
