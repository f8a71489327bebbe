//===- HostileTokenizerTest.cpp - Tokenizers that lie ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/FromHuggingFace.h"
#include "runtime/artifact/ParseMessage.h"
#include "runtime/generate/tokenizer/Tokenizer.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

using namespace weft;
using testing::HasSubstr;

namespace {

std::vector<std::string> readInputs() {
  std::vector<std::string> inputs;
  for (auto &entry :
       std::filesystem::directory_iterator(WEFT_TOKENIZER_INPUTS)) {
    std::ifstream file(entry.path());
    std::ostringstream text;
    text << file.rdbuf();
    inputs.push_back(text.str());
  }
  return inputs;
}

/// Cuts, doubles, swaps and overwrites parts of `bytes`.
std::string mutate(std::string bytes, std::mt19937 &random) {
  auto below = [&](size_t limit) { return random() % (limit + 1); };
  for (size_t edits = 1 + below(3); edits != 0; --edits) {
    size_t at = below(bytes.size()), length = below(20);
    switch (random() % 6) {
    case 0:
      bytes.resize(at);
      break;
    case 1:
      bytes.erase(at, length);
      break;
    case 2:
      bytes.insert(at, bytes.substr(below(bytes.size()), length));
      break;
    case 3: {
      static constexpr std::string_view words[] = {
          "null", "-1",  "4294967296", "1e999", "[",   "]",
          "{}",   "\"",  "true",       "\\",    "(?",  "\xff",
          ",",    "[[]", "\\u0000",    "0",     "\\p{"};
      bytes.insert(at, words[random() % std::size(words)]);
      break;
    }
    default:
      if (at != bytes.size())
        bytes[at] = static_cast<char>(random());
    }
  }
  return bytes;
}

/// Uses a tokenizer if it loads: whatever comes out, nothing breaks.
void use(const artifact::Tokenizer &description) {
  StatusOr<Tokenizer> tokenizer = Tokenizer::load(description);
  if (!tokenizer) {
    EXPECT_FALSE(tokenizer.message().empty());
    return;
  }
  auto ids = tokenizer->encode("Hello, wörld! <s>▁你好 🎉\n\n  123 \xff");
  if (!ids)
    return;
  for (int32_t id : *ids)
    EXPECT_LT(id, tokenizer->size());
  (void)tokenizer->decode(*ids);
}

} // namespace

TEST(HostileTokenizer, MutatedJsonIsAnErrorOrLoads) {
  std::mt19937 random(1);
  for (const std::string &input : readInputs()) {
    // The parts before the vocabulary, where a change matters.
    StatusOr<artifact::Tokenizer> sound = tokenizerFromJson(input);
    ASSERT_TRUE(sound.isOk()) << sound.message();
    size_t head = input.find("\"vocab\"");
    for (int i = 0; i != 40; ++i) {
      std::string bytes =
          i % 2 ? mutate(input, random)
                : mutate(input.substr(0, head), random) + input.substr(head);
      StatusOr<artifact::Tokenizer> read = tokenizerFromJson(bytes);
      if (read)
        use(*read);
      else
        EXPECT_FALSE(read.message().empty());
    }
  }
}

TEST(HostileTokenizer, MutatedMessagesAreAnErrorOrLoad) {
  std::mt19937 random(2);
  for (const std::string &input : readInputs()) {
    StatusOr<artifact::Tokenizer> sound = tokenizerFromJson(input);
    ASSERT_TRUE(sound.isOk()) << sound.message();
    std::string bytes = sound->SerializeAsString();
    for (int i = 0; i != 40; ++i) {
      std::string forged = mutate(bytes, random);
      artifact::Tokenizer read;
      if (parseMessage(read, {reinterpret_cast<const uint8_t *>(forged.data()),
                              forged.size()}))
        use(read);
    }
  }
}

TEST(HostileTokenizer, NamesWhatItDoesNotUnderstand) {
  std::string bpe = R"("model": {"type": "BPE", "vocab": {"a": 0, "b": 1},
                       "merges": []})";
  struct {
    std::string json;
    const char *message;
  } cases[] = {
      {"", "is not valid JSON"},
      {"[]", "is not a JSON object"},
      {"{}", "has no 'model'"},
      {R"({"model": )" + std::string(5000, '[') + std::string(5000, ']') + "}",
       "nests more than 64 levels deep"},
      {R"({"model": {"type": "WordLevel"}})", "model WordLevel"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 99999999}, "merges": []}})",
       "the id of token 'a'"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": []}})",
       "have the same id"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}})",
       "'b' is no token"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["ab"]}})",
       "has no space"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [3]}})",
       "is not two strings"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "dropout": 0.1}})",
       "has a dropout"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "unk_token": "u"}})",
       "'unk_token', 'u', that is no token"},
      {R"({"model": {"type": "Unigram", "vocab": [["a"]]}})",
       "is not a string with a score"},
      {R"({"normalizer": {"type": "ByteLevel"}, )" + bpe + "}",
       "normalizer ByteLevel of the tokenizer is not supported"},
      {R"({"normalizer": {"type": "Replace", "pattern": {}}, )" + bpe + "}",
       "neither a String nor a Regex"},
      {R"({"normalizer": {"type": "Precompiled",
           "precompiled_charsmap": "!"}, )" +
           bpe + "}",
       "is not base64"},
      {R"({"pre_tokenizer": {"type": "UnicodeScripts"}, )" + bpe + "}",
       "pre-tokenizer UnicodeScripts of the tokenizer is not supported"},
      {R"({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [
           {"type": "ByteLevel"}, {"type": "Digits"}]}, )" +
           bpe + "}",
       "comes after ByteLevel"},
      {R"({"pre_tokenizer": {"type": "Split", "pattern": {"String": " "},
           "behavior": "Odd", "invert": false}, )" +
           bpe + "}",
       "unknown behavior 'Odd'"},
      {R"({"pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "odd"}, )" +
           bpe + "}",
       "unknown prepend_scheme 'odd'"},
      {R"({"decoder": {"type": "CTC"}, )" + bpe + "}",
       "decoder CTC of the tokenizer is not supported"},
      {R"({"post_processor": {"type": "Odd"}, )" + bpe + "}",
       "post-processor Odd of the tokenizer is not supported"},
      {R"({"post_processor": {"type": "TemplateProcessing", "single":
           [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}],
           "special_tokens": {}}, )" +
           bpe + "}",
       "uses '<s>', which it does not define"},
      {R"({"post_processor": {"type": "TemplateProcessing", "single": []}, )" +
           bpe + "}",
       "a template without the text"},
      {R"({"added_tokens": [{"content": 3}], )" + bpe + "}",
       "'content' that is not a string"},
  };
  for (const auto &test : cases) {
    StatusOr<artifact::Tokenizer> read = tokenizerFromJson(test.json);
    ASSERT_FALSE(read.isOk()) << test.json;
    EXPECT_THAT(read.message(), HasSubstr(test.message));
  }
}
