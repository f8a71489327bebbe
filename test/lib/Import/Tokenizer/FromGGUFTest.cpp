//===- FromGGUFTest.cpp - Tokenizers of GGUF files ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/FromGGUF.h"
#include "runtime/generate/tokenizer/Tokenizer.h"
#include "test/lib/Import/GGUF/GGUFBuilder.h"

#include <gmock/gmock.h>

using namespace weft;
using namespace weft::gguf;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

using Texts = std::vector<const char *>;

GGUFBuilder &texts(GGUFBuilder &file, const char *key, const Texts &values) {
  std::string bytes;
  for (const char *value : values)
    bytes += GGUFBuilder::bytesOf(value);
  return file.array(key, ValueType::String, values.size(), bytes);
}

template <typename T>
GGUFBuilder &numbers(GGUFBuilder &file, const char *key, ValueType type,
                     const std::vector<T> &values) {
  std::string bytes;
  for (T value : values)
    bytes += GGUFBuilder::bytesOf(value);
  return file.array(key, type, values.size(), bytes);
}

StatusOr<artifact::Tokenizer> read(const GGUFBuilder &builder) {
  std::string bytes = builder.build();
  auto file = GGUFFile::ofBytes(
      {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()});
  if (!file)
    return file.status();
  return tokenizerFromGGUF(*file);
}

std::vector<int32_t> encode(const artifact::Tokenizer &description,
                            std::string_view text) {
  StatusOr<Tokenizer> tokenizer = Tokenizer::load(description);
  EXPECT_TRUE(tokenizer.isOk()) << (tokenizer ? "" : tokenizer.message());
  auto ids = tokenizer->encode(text);
  EXPECT_TRUE(ids.isOk()) << (ids ? "" : ids.message());
  EXPECT_EQ(tokenizer->decode(*ids), text);
  return *ids;
}

GGUFBuilder llama() {
  GGUFBuilder file;
  file.text("tokenizer.ggml.model", "llama");
  texts(file, "tokenizer.ggml.tokens",
        {"<unk>", "<s>", "</s>", "<0xC3>", "<0xA9>", "▁", "a", "b", "▁a", "ab",
         "▁ab", "<x>"});
  numbers<float>(file, "tokenizer.ggml.scores", ValueType::F32,
                 {0, 0, 0, 0, 0, -1, -2, -3, -5, -4, -6, 0});
  numbers<int32_t>(file, "tokenizer.ggml.token_type", ValueType::I32,
                   {2, 3, 3, 6, 6, 1, 1, 1, 1, 1, 1, 4});
  file.integer("tokenizer.ggml.bos_token_id", 1)
      .integer("tokenizer.ggml.eos_token_id", 2)
      .text("tokenizer.chat_template", "{{ messages }}");
  return file;
}

GGUFBuilder smollm() {
  GGUFBuilder file;
  file.text("tokenizer.ggml.model", "gpt2")
      .text("tokenizer.ggml.pre", "smollm");
  texts(file, "tokenizer.ggml.tokens",
        {"<|im_end|>", "1", "2", "12", "Ġ", "a", "Ġa"});
  texts(file, "tokenizer.ggml.merges", {"1 2", "Ġ a"});
  numbers<int32_t>(file, "tokenizer.ggml.token_type", ValueType::I32,
                   {3, 1, 1, 1, 1, 1, 1});
  return file;
}

} // namespace

TEST(FromGGUF, SentencePieceMergesByScore) {
  StatusOr<artifact::Tokenizer> tokenizer = read(llama());
  ASSERT_TRUE(tokenizer.isOk()) << tokenizer.message();
  // "ab" (-4) goes before "▁a" (-5), and then "▁ab" is there.
  EXPECT_THAT(encode(*tokenizer, "ab"), ElementsAre(1, 10));
  EXPECT_THAT(encode(*tokenizer, "a aé"), ElementsAre(1, 8, 8, 3, 4));
  EXPECT_THAT(encode(*tokenizer, "a<x>"), ElementsAre(1, 8, 11));
  EXPECT_THAT(tokenizer->stops(), ElementsAre(2));
  ASSERT_EQ(tokenizer->chat_templates_size(), 1);
  EXPECT_EQ(tokenizer->chat_templates(0).text(), "{{ messages }}");
}

TEST(FromGGUF, ByteLevelFindsWordsByName) {
  StatusOr<artifact::Tokenizer> tokenizer = read(smollm());
  ASSERT_TRUE(tokenizer.isOk()) << tokenizer.message();
  // Digits are words of their own, whatever can be merged.
  EXPECT_THAT(encode(*tokenizer, "12 a"), ElementsAre(1, 2, 6));
  EXPECT_THAT(tokenizer->stops(), ElementsAre(0));
}

TEST(FromGGUF, WordPieceGetsItsPrefixBack) {
  GGUFBuilder file;
  file.text("tokenizer.ggml.model", "bert");
  texts(file, "tokenizer.ggml.tokens",
        {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁play", "ing", "▁."});
  numbers<int32_t>(file, "tokenizer.ggml.token_type", ValueType::I32,
                   {3, 3, 3, 3, 1, 1, 1});
  file.integer("tokenizer.ggml.cls_token_id", 2)
      .integer("tokenizer.ggml.seperator_token_id", 3);
  StatusOr<artifact::Tokenizer> tokenizer = read(file);
  ASSERT_TRUE(tokenizer.isOk()) << tokenizer.message();
  EXPECT_THAT(encode(*tokenizer, "playing."), ElementsAre(2, 4, 5, 6, 3));
}

TEST(FromGGUF, UnigramTakesTheBestSum) {
  GGUFBuilder file;
  file.text("tokenizer.ggml.model", "t5");
  texts(file, "tokenizer.ggml.tokens",
        {"<pad>", "</s>", "<unk>", "▁a", "b", "▁", "ab"});
  numbers<float>(file, "tokenizer.ggml.scores", ValueType::F32,
                 {0, 0, 0, -3, -3, -1, -4});
  numbers<int32_t>(file, "tokenizer.ggml.token_type", ValueType::I32,
                   {3, 3, 2, 1, 1, 1, 1});
  file.integer("tokenizer.ggml.eos_token_id", 1);
  StatusOr<artifact::Tokenizer> tokenizer = read(file);
  ASSERT_TRUE(tokenizer.isOk()) << tokenizer.message();
  EXPECT_THAT(encode(*tokenizer, "ab"), ElementsAre(5, 6, 1));
}

TEST(FromGGUF, NamesWhatIsWrong) {
  struct {
    const char *message;
    GGUFBuilder file;
  } cases[] = {
      {"tokenizer.ggml.model", GGUFBuilder()},
      {"'rwkv'; known are", GGUFBuilder().text("tokenizer.ggml.model", "rwkv")},
      {"tokenizer.ggml.tokens",
       GGUFBuilder().text("tokenizer.ggml.model", "gpt2")},
      {"bos_token_id is 12; there are 7",
       smollm().integer("tokenizer.ggml.bos_token_id", 12)},
  };
  for (auto &test : cases) {
    StatusOr<artifact::Tokenizer> tokenizer = read(test.file);
    ASSERT_FALSE(tokenizer.isOk()) << test.message;
    EXPECT_THAT(tokenizer.message(), HasSubstr(test.message));
  }
  GGUFBuilder odd;
  odd.text("tokenizer.ggml.model", "gpt2").text("tokenizer.ggml.pre", "odd");
  texts(odd, "tokenizer.ggml.tokens", {"a"});
  StatusOr<artifact::Tokenizer> tokenizer = read(odd);
  ASSERT_FALSE(tokenizer.isOk());
  EXPECT_THAT(tokenizer.message(), HasSubstr("is 'odd'"));
}
