//===- TokenizerTest.cpp - Encoding and decoding --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/Tokenizer.h"

#include "runtime/generate/tokenizer/MergeTable.h"
#include "runtime/generate/tokenizer/Regex.h"
#include "runtime/generate/tokenizer/Utf8.h"
#include "weft/tokenizer.pb.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <thread>

using namespace weft;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// Byte-level BPE over 'a', 'b', ' ' and the four bytes of U+1F600, with a
/// merge of "ab" and a special token.
artifact::Tokenizer smallTokenizer() {
  artifact::Tokenizer description;
  description.set_format_version(1);
  artifact::TokenModel &model = *description.mutable_model();
  model.set_kind(artifact::TokenModel::BPE);
  model.set_byte_level(true);
  for (const char *piece : {"a", "b", "Ġ", "ab", "ð", "Ł", "ĺ", "Ģ", "aa"})
    model.add_pieces(piece);
  for (uint32_t id : {0, 1, 0, 0})
    model.add_merges(id);
  artifact::AddedToken &end = *description.add_added_tokens();
  end.set_content("<end>");
  end.set_id(9);
  end.set_special(true);
  description.add_decoders()->set_byte_level(true);
  description.set_eos(9);
  description.add_stops(9);
  return description;
}

StatusOr<Tokenizer> load(const artifact::Tokenizer &description) {
  return Tokenizer::load(description);
}

std::vector<int32_t> encode(const Tokenizer &tokenizer, std::string_view text,
                            EncodeOptions options = {}) {
  StatusOr<std::vector<int32_t>> ids = tokenizer.encode(text, options);
  EXPECT_TRUE(ids.isOk()) << (ids ? "" : ids.message());
  return ids ? *ids : std::vector<int32_t>();
}

} // namespace

TEST(Tokenizer, MergesAndFindsAddedTokens) {
  StatusOr<Tokenizer> tokenizer = load(smallTokenizer());
  ASSERT_TRUE(tokenizer.isOk()) << tokenizer.message();
  EXPECT_THAT(encode(*tokenizer, "abba<end>a"), ElementsAre(3, 1, 0, 9, 0));
  EXPECT_EQ(tokenizer->size(), 10);
  EXPECT_EQ(tokenizer->token(2), "Ġ");
  EXPECT_EQ(tokenizer->token(-1), "");
  EXPECT_EQ(tokenizer->token(10), "");
  EXPECT_EQ(tokenizer->find("<end>"), 9);
  EXPECT_EQ(tokenizer->find("c"), std::nullopt);
  EXPECT_TRUE(tokenizer->isSpecial(9));
  EXPECT_FALSE(tokenizer->isSpecial(0));
  EXPECT_EQ(tokenizer->eos(), 9);
  EXPECT_THAT(tokenizer->stops(), ElementsAre(9));
  EXPECT_EQ(tokenizer->chatTemplate(), nullptr);
}

TEST(Tokenizer, LeavesSpecialTokensAloneInUntrustedText) {
  artifact::Tokenizer description = smallTokenizer();
  description.mutable_added_tokens(0)->set_content("ab");
  StatusOr<Tokenizer> tokenizer = load(description);
  ASSERT_TRUE(tokenizer.isOk());
  EXPECT_THAT(encode(*tokenizer, "aab"), ElementsAre(0, 9));
  // The merge of "ab" comes before that of "aa".
  EXPECT_THAT(encode(*tokenizer, "aab", {.matchSpecial = false}),
              ElementsAre(0, 3));
}

TEST(Tokenizer, PutsTheTemplateAround) {
  artifact::Tokenizer description = smallTokenizer();
  description.add_prefix(0);
  description.add_suffix(9);
  StatusOr<Tokenizer> tokenizer = load(description);
  ASSERT_TRUE(tokenizer.isOk());
  EXPECT_THAT(encode(*tokenizer, "b"), ElementsAre(0, 1, 9));
  EXPECT_THAT(encode(*tokenizer, "b", {.addSpecial = false}), ElementsAre(1));
}

TEST(Tokenizer, DecodesBrokenBytesAsReplacementCharacters) {
  StatusOr<Tokenizer> tokenizer = load(smallTokenizer());
  ASSERT_TRUE(tokenizer.isOk());
  std::vector<int32_t> emoji = {4, 5, 6, 7}, cut = {0, 4, 5, 0, 9, 77};
  EXPECT_EQ(tokenizer->decode(emoji), "😀");
  EXPECT_EQ(tokenizer->decode(cut), "a\ufffda");
  EXPECT_EQ(tokenizer->decode(cut, /*skipSpecial=*/false), "a\ufffda<end>");
}

TEST(StreamingDecoder, NeverEndsInsideACharacter) {
  StatusOr<Tokenizer> tokenizer = load(smallTokenizer());
  ASSERT_TRUE(tokenizer.isOk());
  std::mt19937 random(3);
  for (int round = 0; round != 500; ++round) {
    std::vector<int32_t> ids;
    for (int i = 0; i != 12; ++i)
      ids.push_back(static_cast<int32_t>(random() % 10));
    StreamingDecoder decoder(*tokenizer);
    std::string text;
    for (int32_t id : ids) {
      std::string part = decoder.push(id);
      EXPECT_TRUE(isUtf8(part));
      text += part;
    }
    EXPECT_EQ(text + decoder.finish(), tokenizer->decode(ids));
  }
}

TEST(StreamingDecoder, SaysWhatIsCertainAtOnce) {
  StatusOr<Tokenizer> tokenizer = load(smallTokenizer());
  ASSERT_TRUE(tokenizer.isOk());
  StreamingDecoder decoder(*tokenizer);
  std::vector<std::string> parts;
  for (int32_t id : {0, 4, 5, 6, 7, 4, 0})
    parts.push_back(decoder.push(id));
  EXPECT_THAT(parts, ElementsAre("a", "", "", "", "😀", "", "\ufffda"));
  EXPECT_EQ(decoder.finish(), "");
}

TEST(Tokenizer, ServesManyThreads) {
  StatusOr<Tokenizer> tokenizer = load(smallTokenizer());
  ASSERT_TRUE(tokenizer.isOk());
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int i = 0; i != 4; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round != 200; ++round) {
        std::string text(static_cast<size_t>(round % 7 + 1), 'a');
        auto ids = tokenizer->encode(text + "b");
        wrong[static_cast<size_t>(i)] +=
            !ids || tokenizer->decode(*ids) != text + "b";
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_THAT(wrong, testing::Each(0));
}

/// The heap of long words does as looking at all pairs does.
TEST(MergeTable, MergesLongWordsAsShortOnes) {
  std::mt19937 random(5);
  for (int round = 0; round != 200; ++round) {
    MergeTable merges(40);
    std::map<std::pair<uint32_t, uint32_t>, MergeTable::Merge> all;
    for (uint32_t i = 0; i != 40; ++i) {
      std::pair<uint32_t, uint32_t> pair(random() % 8, random() % 8);
      MergeTable::Merge merge = {i, 8 + i};
      if (!all.emplace(pair, merge).second)
        continue;
      merges.insert(pair.first, pair.second, merge);
    }
    std::vector<uint32_t> symbols;
    for (int i = 0; i != 200; ++i)
      symbols.push_back(random() % 8);
    std::vector<uint32_t> expected = symbols;
    while (true) {
      size_t best = SIZE_MAX;
      MergeTable::Merge merge = {UINT32_MAX, 0};
      for (size_t i = 0; i + 1 < expected.size(); ++i) {
        auto found = all.find({expected[i], expected[i + 1]});
        if (found != all.end() && found->second.rank < merge.rank) {
          merge = found->second;
          best = i;
        }
      }
      if (best == SIZE_MAX)
        break;
      expected[best] = merge.id;
      expected.erase(expected.begin() + static_cast<ptrdiff_t>(best) + 1);
    }
    merges.apply(symbols);
    EXPECT_EQ(symbols, expected);
  }
}

/// A megabyte of one character: the time is that of a sort, not of a square.
TEST(Tokenizer, EncodesLongRunsQuickly) {
  for (const char *expression : {"a+| ?\\p{L}+|\\s+(?!\\S)|\\s+", ""}) {
    artifact::Tokenizer description = smallTokenizer();
    if (*expression) {
      auto &split = *description.add_pre_tokenizers()->mutable_split();
      split.mutable_pattern()->set_expression(expression);
      split.set_behavior(artifact::ISOLATED);
    }
    StatusOr<Tokenizer> tokenizer = load(description);
    ASSERT_TRUE(tokenizer.isOk());
    for (char c : {'a', ' '}) {
      std::vector<int32_t> ids =
          encode(*tokenizer, std::string(1 << 20, c) + "b");
      EXPECT_EQ(tokenizer->decode(ids), std::string(1 << 20, c) + "b");
    }
  }
}

TEST(Regex, TranslatesOniguruma) {
  struct {
    const char *expression, *text;
    std::vector<size_t> ends;
  } cases[] = {
      // A Mongolian vowel separator is no white space, a mark is of a word.
      {"\\s+", "a \u180e", {1, 2, 5}},
      {"[^\\s]+", " \u180e", {1, 4}},
      {"[\\s\\S]", "\u180e", {3}},
      {"\\w+", "e\u0301-", {3, 4}},
      {"\\h+", "xfFg", {1, 3, 4}},
      {"[[:punct:]]+", "a$+b", {1, 3, 4}},
      {"(?m).+", "a\nb", {3}},
      {".+", "a\nb", {1, 2, 3}},
      {"^b$", "a\nb\nc", {2, 3, 5}},
      {"\\u00e9", "xéx", {1, 3, 4}},
      {"(?i:'LL)", "i'll", {1, 4}},
      // A square of Chinese characters is used with them, but is no Han.
      {"\\p{Han}+", "株㍻", {3, 6}},
      {"\\p{^Lu}+", "aA", {1, 2}},
      // Empty matches do not follow a match.
      {"x*", "axb", {0, 1, 2, 3, 3}},
  };
  for (auto &test : cases) {
    StatusOr<Regex> regex = Regex::compile(test.expression);
    ASSERT_TRUE(regex.isOk()) << regex.message();
    std::vector<Span> spans;
    ASSERT_TRUE(regex->find(test.text, spans).isOk());
    std::vector<size_t> ends;
    for (const Span &span : spans)
      ends.push_back(span.end);
    EXPECT_EQ(ends, test.ends) << test.expression;
  }
}

TEST(Regex, RefusesWhatItCannotTranslate) {
  for (auto [expression, message] :
       {std::pair("[a&&b]", "an intersection of classes"),
        {"[a[b]]", "a class inside a class"},
        {"(*UCP)a", "'(*'"},
        {"(?{1})", "a kind of group"},
        {"a{2}+", "a '+' after a counted repetition"},
        {"a\\", "a backslash at its end"},
        {"[\\W]", "\\W inside a class"},
        {"[a", "a class without end"},
        {"(a", "does not compile: missing closing parenthesis"},
        {"(?:(?:ab){999}){999}", "does not compile"},
        {"\xff", "not valid UTF-8"}}) {
    StatusOr<Regex> regex = Regex::compile(expression);
    ASSERT_FALSE(regex.isOk()) << expression;
    EXPECT_THAT(regex.message(), HasSubstr(message));
  }
  EXPECT_FALSE(Regex::compile(std::string(20000, 'a')).isOk());
}

TEST(Regex, GivesUpOnCatastrophes) {
  StatusOr<Regex> regex = Regex::compile("(a|aa)+$");
  ASSERT_TRUE(regex.isOk());
  std::vector<Span> spans;
  Status status = regex->find(std::string(200, 'a') + "b", spans);
  ASSERT_FALSE(status.isOk());
  EXPECT_THAT(status.message(), HasSubstr("fails on this text"));
}
