//===- RefusalTest.cpp - What is no tokenizer -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/Tokenizer.h"

#include "weft/tokenizer.pb.h"

#include <gmock/gmock.h>

#include <functional>

using namespace weft;
using testing::HasSubstr;

namespace {

artifact::Tokenizer sound() {
  artifact::Tokenizer description;
  description.set_format_version(1);
  artifact::TokenModel &model = *description.mutable_model();
  model.set_kind(artifact::TokenModel::BPE);
  for (const char *piece : {"a", "b", "ab"})
    model.add_pieces(piece);
  model.add_merges(0);
  model.add_merges(1);
  return description;
}

struct Forgery {
  const char *message;
  std::function<void(artifact::Tokenizer &)> forge;
};

} // namespace

TEST(Tokenizer, RefusesForgedDescriptions) {
  using T = artifact::Tokenizer;
  ASSERT_TRUE(Tokenizer::load(sound()).isOk());
  Forgery forgeries[] = {
      {"format version 0", [](T &t) { t.set_format_version(0); }},
      {"format version 2", [](T &t) { t.set_format_version(2); }},
      {"half a merge", [](T &t) { t.mutable_model()->add_merges(0); }},
      {"merge 0 joins token 7",
       [](T &t) { t.mutable_model()->set_merges(0, 7); }},
      {"merge 0 makes 'aa', which is no token",
       [](T &t) { t.mutable_model()->set_merges(1, 0); }},
      {"has 1 merges but ranks for 2",
       [](T &t) {
         t.mutable_model()->add_merge_ranks(0);
         t.mutable_model()->add_merge_ranks(1);
       }},
      {"merge 0 has no valid rank",
       [](T &t) { t.mutable_model()->add_merge_ranks(UINT32_MAX); }},
      {"kind 0", [](T &t) { t.mutable_model()->clear_kind(); }},
      {"the unknown token is 3",
       [](T &t) { t.mutable_model()->set_unknown(3); }},
      {"token 1 of the tokenizer is not valid UTF-8",
       [](T &t) { t.mutable_model()->set_pieces(1, "\xff"); }},
      {"3 tokens but 0 scores",
       [](T &t) {
         t.mutable_model()->set_kind(artifact::TokenModel::UNIGRAM);
       }},
      {"score of token 2 is not a finite number",
       [](T &t) {
         t.mutable_model()->set_kind(artifact::TokenModel::UNIGRAM);
         for (double score : {0.0, 0.0, 1 / 0.0})
           t.mutable_model()->add_scores(score);
       }},
      {"needs an unknown token",
       [](T &t) {
         t.mutable_model()->set_kind(artifact::TokenModel::WORD_PIECE);
       }},
      {"names token 3", [](T &t) { t.add_prefix(3); }},
      {"names token 4", [](T &t) { t.set_eos(4); }},
      {"names token 5", [](T &t) { t.add_stops(5); }},
      {"added token 0 is empty", [](T &t) { t.add_added_tokens(); }},
      {"far beyond the 3 tokens",
       [](T &t) {
         t.add_added_tokens()->set_content("x");
         t.mutable_added_tokens(0)->set_id(4000000000);
       }},
      {"longer than 1024 bytes",
       [](T &t) { t.add_added_tokens()->set_content(std::string(1025, 'x')); }},
      {"65 steps of a kind",
       [](T &t) {
         for (int i = 0; i != 65; ++i)
           t.add_decoders()->set_fuse(true);
       }},
      {"unknown normalizer", [](T &t) { t.add_normalizers(); }},
      {"a pattern of the tokenizer is empty",
       [](T &t) {
         t.add_normalizers()->mutable_replace()->mutable_pattern()->set_literal(
             "");
       }},
      {"a replacement of the tokenizer is longer than 256 bytes",
       [](T &t) {
         auto &replace = *t.add_normalizers()->mutable_replace();
         replace.mutable_pattern()->set_literal("a");
         replace.set_content(std::string(257, 'a'));
       }},
      {"precompiled map of characters",
       [](T &t) {
         t.add_normalizers()->set_characters_map("\xff\xff\xff\xff....");
       }},
      {"unknown pre-tokenizer", [](T &t) { t.add_pre_tokenizers(); }},
      {"unknown behaviour",
       [](T &t) {
         t.add_pre_tokenizers()
             ->mutable_split()
             ->mutable_pattern()
             ->set_literal("a");
       }},
      {"not one character",
       [](T &t) {
         t.add_pre_tokenizers()->mutable_metaspace()->set_replacement("ab");
       }},
      {"does not compile",
       [](T &t) {
         t.add_pre_tokenizers()
             ->mutable_split()
             ->mutable_pattern()
             ->set_expression("(");
       }},
      {"unknown decoder", [](T &t) { t.add_decoders(); }},
      {"follows one that joins all tokens",
       [](T &t) {
         t.add_decoders()->set_fuse(true);
         t.add_decoders()->set_byte_fallback(true);
       }},
      {"only literal text is supported",
       [](T &t) {
         t.add_decoders()->mutable_replace()->mutable_pattern()->set_expression(
             "a+");
       }},
  };
  for (const Forgery &forgery : forgeries) {
    artifact::Tokenizer description = sound();
    forgery.forge(description);
    StatusOr<Tokenizer> tokenizer = Tokenizer::load(description);
    ASSERT_FALSE(tokenizer.isOk()) << forgery.message;
    EXPECT_THAT(tokenizer.message(), HasSubstr(forgery.message));
  }
}

TEST(Tokenizer, BoundsWhatNormalizersMake) {
  artifact::Tokenizer description = sound();
  for (int i = 0; i != 8; ++i) {
    auto &replace = *description.add_normalizers()->mutable_replace();
    replace.mutable_pattern()->set_literal("a");
    replace.set_content(std::string(200, 'a'));
  }
  StatusOr<Tokenizer> tokenizer = Tokenizer::load(description);
  ASSERT_TRUE(tokenizer.isOk());
  auto ids = tokenizer->encode("aaaa");
  ASSERT_FALSE(ids.isOk());
  EXPECT_THAT(ids.message(), HasSubstr("of a much shorter text"));
}

TEST(Tokenizer, SaysWhichFileIsNoTokenizer) {
  StatusOr<Tokenizer> tokenizer = Tokenizer::read("/nonexistent/tokenizer.pb");
  ASSERT_FALSE(tokenizer.isOk());
  EXPECT_THAT(tokenizer.message(), HasSubstr("/nonexistent/tokenizer.pb"));
}
