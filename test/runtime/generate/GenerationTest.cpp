//===- GenerationTest.cpp - Texts: stops, limits, what is kept ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/Generation.h"
#include "runtime/generate/StopText.h"
#include "test/runtime/generate/FakeModel.h"

#include <gmock/gmock.h>

using namespace weft;
using namespace weft::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

using End = Generated::End;

TEST(StopText, HoldsBackWhatMayBecomeOne) {
  StopText stop({"<end>", "\n\n", ""});
  EXPECT_EQ(stop.push("ab<e"), "ab");
  EXPECT_EQ(stop.push("x"), "<ex");
  EXPECT_EQ(stop.push("\n"), "");
  EXPECT_EQ(stop.push("y<"), "\ny");
  EXPECT_EQ(stop.push("en"), "");
  EXPECT_EQ(stop.push("d>z"), "");
  EXPECT_TRUE(stop.isFound());
  EXPECT_EQ(stop.push("more"), "");
  EXPECT_EQ(stop.finish(), "");
}

TEST(StopText, FindsTheFirstOfSeveral) {
  StopText stop({"bc", "abc"});
  EXPECT_EQ(stop.push("xa"), "x");
  EXPECT_EQ(stop.push("bcd"), "");
  EXPECT_TRUE(stop.isFound());
  StopText repeated({"aab"});
  EXPECT_EQ(repeated.push("aa"), "");
  EXPECT_EQ(repeated.push("a"), "a");
  EXPECT_EQ(repeated.push("b!"), "");
  EXPECT_TRUE(repeated.isFound());
  StopText never({"xyz"});
  EXPECT_EQ(never.push("xy"), "");
  EXPECT_EQ(never.finish(), "xy");
  EXPECT_FALSE(never.isFound());
}

/// Token 65 is "A", and so on; 97 tokens, so that no character is beyond '`'.
class Letters : public TokenText {
public:
  bool isStop(int32_t token) const override { return token == stop; }
  std::string push(int32_t token) override {
    return std::string(1, static_cast<char>(token));
  }
  std::string finish() override { return end; }
  int32_t stop = -1;
  std::string end;
};

class GenerationTest : public testing::Test {
protected:
  StepCapacity capacity{.blockSize = 4,
                        .blocks = 8,
                        .context = 30,
                        .maxSequences = 1,
                        .maxTokens = 7,
                        .vocabulary = 97};
  FakeModel model{capacity};
  Session session{model};
  Session::Id id = session.open();
  Letters letters;
  std::vector<int32_t> prompt = {1, 2, 3, 4, 5, 6, 7, 8, 9};

  void TearDown() override { EXPECT_THAT(model.problems, IsEmpty()); }

  Generated generate(const GenerateOptions &options) {
    StatusOr<Generated> result =
        generateText(session, id, prompt, options, letters);
    EXPECT_TRUE(result.isOk()) << (result ? "" : result.message());
    return result ? std::move(*result) : Generated();
  }

  std::string error(const GenerateOptions &options = {}) {
    StatusOr<Generated> result =
        generateText(session, id, prompt, options, letters);
    EXPECT_FALSE(result.isOk());
    return result ? "" : result.message();
  }

  /// What the fake model says after the prompt.
  std::vector<int32_t> expected(size_t count) {
    std::vector<int32_t> text = prompt;
    for (size_t i = 0; i != count; ++i)
      text.push_back(nextOf(text, 97));
    return {text.begin() + static_cast<ptrdiff_t>(prompt.size()), text.end()};
  }
};

TEST_F(GenerationTest, EndsAtTheNumberOfTokens) {
  std::string streamed;
  Generated result =
      generate({.maxTokens = 5,
                .onText = [&](std::string_view piece) { streamed += piece; }});
  EXPECT_EQ(result.tokens, expected(5));
  EXPECT_EQ(result.end, End::MaxTokens);
  EXPECT_EQ(result.text, streamed);
  EXPECT_EQ(result.text.size(), 5u);
  EXPECT_EQ(result.promptTokens, 9u);
  EXPECT_EQ(result.cachedTokens, 0u);
}

TEST_F(GenerationTest, EndsWithTheContext) {
  Generated result = generate({});
  EXPECT_EQ(result.end, End::Context);
  // The last token needs no place: it is not computed.
  EXPECT_EQ(result.tokens, expected(30 - 9 + 1));
}

TEST_F(GenerationTest, EndsAtAStopToken) {
  letters.stop = expected(4)[3];
  letters.end = "!";
  Generated result = generate({});
  EXPECT_EQ(result.end, End::StopToken);
  EXPECT_EQ(result.tokens, expected(3));
  EXPECT_TRUE(result.text.ends_with("!"));
}

TEST_F(GenerationTest, EndsAtAStopTextOfSeveralTokens) {
  std::vector<int32_t> tokens = expected(6);
  std::string stop = {static_cast<char>(tokens[3]),
                      static_cast<char>(tokens[4])};
  std::string streamed;
  Generated result =
      generate({.stops = {stop},
                .onText = [&](std::string_view piece) { streamed += piece; }});
  EXPECT_EQ(result.end, End::StopText);
  EXPECT_EQ(result.tokens.size(), 5u);
  EXPECT_EQ(result.text.size(), 3u);
  EXPECT_EQ(streamed, result.text);
}

TEST_F(GenerationTest, KeepsWhatPromptsHaveInCommon) {
  Generated first = generate({.maxTokens = 3});
  // The next turn of a conversation: the same, and more.
  prompt.insert(prompt.end(), first.tokens.begin(), first.tokens.end());
  prompt.push_back(50);
  uint64_t computed = model.tokens;
  Generated second = generate({.maxTokens = 1});
  EXPECT_EQ(second.tokens, expected(1));
  EXPECT_EQ(second.cachedTokens, 11u) << "the last token was not computed";
  EXPECT_EQ(model.tokens - computed, 2u);
  // The same again: its last token is computed for the logits.
  EXPECT_EQ(generate({.maxTokens = 1}).cachedTokens, 12u);
  // Another one, shorter.
  prompt = {1, 2, 9};
  Generated third = generate({.maxTokens = 2});
  EXPECT_EQ(third.tokens, expected(2));
  EXPECT_EQ(third.cachedTokens, 2u);
}

TEST_F(GenerationTest, EndsWhenCancelled) {
  std::atomic<bool> cancel = false;
  Generated result =
      generate({.onText = [&](std::string_view) { cancel = model.calls == 5; },
                .cancel = &cancel});
  EXPECT_EQ(result.end, End::Cancelled);
  // The prompt took two steps.
  EXPECT_EQ(result.tokens, expected(4));
  EXPECT_EQ(result.text.size(), 4u);
}

TEST_F(GenerationTest, SaysWhatIsWrong) {
  prompt.clear();
  EXPECT_THAT(error(), HasSubstr("the prompt is empty"));
  prompt.assign(31, 1);
  EXPECT_THAT(error(),
              HasSubstr("the prompt has 31 tokens, but the model was compiled "
                        "for a context of 30: shorten it, or compile with a "
                        "greater --context"));
  prompt = {1};
  EXPECT_THAT(error({.sampling = {.temperature = -1}}),
              HasSubstr("temperature"));
  model.failAt = 2;
  EXPECT_THAT(error(), HasSubstr("the fake model failed"));
}

} // namespace
