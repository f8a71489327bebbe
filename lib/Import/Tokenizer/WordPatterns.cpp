//===- WordPatterns.cpp - What words are, by model ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/WordPatterns.h"

#include "runtime/base/Text.h"

#include <vector>

namespace weft {
namespace {

/// Of the tokenizer.json of the models named. Those that GGUF files name are
/// listed in llama.cpp's src/llama-vocab.cpp.
constexpr std::string_view llama3Words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen2Words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen35Words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view gpt4oWords =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view tekkenWords =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view oneDigit = R"(\p{N})";
constexpr std::string_view threeDigits = R"(\p{N}{1,3})";
constexpr std::string_view threeAsciiDigits = "[0-9][0-9][0-9]";
constexpr std::string_view falconPunctuation = R"([\p{P}\$\+<=>\^~\|`]+)";
constexpr std::string_view chineseAndJapanese =
    R"([\x{4e00}-\x{9fa5}\x{3040}-\x{309f}\x{30a0}-\x{30ff}]+)";
constexpr std::string_view deepseek3Words =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

struct Family {
  std::vector<std::string_view> names;
  /// Applied one after the other.
  std::vector<std::string_view> expressions;
  bool ignoreMerges = false;
  bool bos = false;
};

const std::vector<Family> &families() {
  static const std::vector<Family> list = {
      {{"gpt-2", "phi-2", "mpt", "olmo", "jais", "jina-es", "jina-de",
        "jina-v2-es", "jina-v2-de", "jina-v2-code", "roberta-bpe", "gigachat",
        "mellum", "a.x-4.0", "exaone4", "trillion", "granite-docling"},
       {gpt2Words}},
      {{"smollm", "starcoder", "refact", "command-r", "codeshell", "exaone",
        "minerva-7b"},
       {oneDigit, gpt2Words}},
      {{"llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral",
        "midm-2.0", "lfm2"},
       {llama3Words},
       /*ignoreMerges=*/true,
       /*bos=*/true},
      {{"dbrx", "smaug-bpe", "chatglm-bpe", "glm4"}, {llama3Words}},
      {{"qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan"},
       {qwen2Words}},
      {{"qwen35"}, {qwen35Words}},
      {{"gpt-4o", "llama4"}, {gpt4oWords}},
      {{"tekken"}, {tekkenWords}, /*ignoreMerges=*/true, /*bos=*/true},
      {{"falcon"}, {falconPunctuation, gpt2Words, threeAsciiDigits}},
      {{"deepseek-v3", "hunyuan-dense"},
       {threeDigits, chineseAndJapanese, deepseek3Words}},
  };
  return list;
}

const Family *findFamily(std::string_view name) {
  for (const Family &family : families())
    for (std::string_view known : family.names)
      if (known == name)
        return &family;
  return nullptr;
}

} // namespace

Status addWordPatterns(std::string_view name, artifact::Tokenizer &tokenizer) {
  const Family *family = findFamily(name);
  if (!family) {
    std::string known;
    for (const Family &each : families())
      for (std::string_view one : each.names)
        known.append(known.empty() ? "" : ", ").append(one);
    return Status::error("'tokenizer.ggml.pre' is '" + printable(name) +
                         "', whose words are not known; known are " + known);
  }
  for (std::string_view expression : family->expressions)
    addSplit(expression, tokenizer);
  tokenizer.mutable_model()->set_ignore_merges(family->ignoreMerges);
  return Status::ok();
}

bool startsWithBos(std::string_view name) {
  const Family *family = findFamily(name);
  return family && family->bos;
}

} // namespace weft
