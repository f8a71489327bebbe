//===- JsonNormalizer.cpp - Normalizers of a tokenizer.json ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/JsonPattern.h"
#include "lib/Import/Tokenizer/JsonSteps.h"

#include <array>

namespace weft {

using Step = artifact::NormalizerStep;

/// Null where `text` is not base64.
static std::optional<std::string> decodeBase64(std::string_view text) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('='))
    text.remove_suffix(1);
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    size_t digit = digits.find(c);
    if (digit == std::string_view::npos)
      return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count & 0xff);
    }
  }
  return bytes;
}

static void readBert(JsonFields &fields, artifact::Tokenizer &tokenizer) {
  auto add = [&](Step::Simple step) {
    tokenizer.add_normalizers()->set_simple(step);
  };
  if (fields.boolean("clean_text", true))
    add(Step::BERT_CLEAN);
  if (fields.boolean("handle_chinese_chars", true))
    add(Step::BERT_CHINESE);
  bool lowercase = fields.boolean("lowercase", true);
  if (fields.boolean("strip_accents", lowercase))
    add(Step::BERT_STRIP_ACCENTS);
  if (lowercase)
    add(Step::LOWERCASE);
}

Status readNormalizer(const Json &json, artifact::Tokenizer &tokenizer) {
  std::string type = JsonFields(json, "a normalizer").text("type");
  JsonFields fields(json, "normalizer " + type);
  static constexpr std::pair<std::string_view, Step::Simple> simple[] = {
      {"NFC", Step::NFC},
      {"NFD", Step::NFD},
      {"NFKC", Step::NFKC},
      {"NFKD", Step::NFKD},
      {"Lowercase", Step::LOWERCASE},
      {"StripAccents", Step::STRIP_ACCENTS},
      {"Nmt", Step::NMT}};
  for (auto [name, step] : simple)
    if (name == type) {
      tokenizer.add_normalizers()->set_simple(step);
      return fields.status();
    }
  if (type == "Sequence") {
    for (const Json &part : fields.array("normalizers"))
      WEFT_RETURN_IF_ERROR(readNormalizer(part, tokenizer));
  } else if (type == "BertNormalizer") {
    readBert(fields, tokenizer);
  } else if (type == "Strip") {
    if (fields.boolean("strip_left", true))
      tokenizer.add_normalizers()->set_simple(Step::STRIP_LEFT);
    if (fields.boolean("strip_right", true))
      tokenizer.add_normalizers()->set_simple(Step::STRIP_RIGHT);
  } else if (type == "Prepend") {
    tokenizer.add_normalizers()->set_prepend(fields.text("prepend"));
  } else if (type == "Replace") {
    artifact::ReplaceStep *replace =
        tokenizer.add_normalizers()->mutable_replace();
    readPattern(fields, *replace->mutable_pattern());
    replace->set_content(fields.text("content"));
  } else if (type == "Precompiled") {
    std::optional<std::string> map =
        decodeBase64(fields.text("precompiled_charsmap"));
    if (!map)
      fields.fail("has a 'precompiled_charsmap' that is not base64");
    // Some files have an empty one, which maps nothing.
    else if (!map->empty())
      tokenizer.add_normalizers()->set_characters_map(*map);
  } else {
    fields.fail("is not supported");
  }
  return fields.status();
}

} // namespace weft
