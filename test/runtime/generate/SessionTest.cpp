//===- SessionTest.cpp - Block tables, shared prefixes, chunks, capacity --===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/Session.h"
#include "test/runtime/generate/FakeModel.h"

#include <gmock/gmock.h>

#include <random>

using namespace weft;
using namespace weft::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

using Tokens = std::vector<int32_t>;

class SessionTest : public testing::Test {
protected:
  StepCapacity capacity{.blockSize = 4,
                        .blocks = 24,
                        .context = 30,
                        .maxSequences = 3,
                        .maxTokens = 7,
                        .vocabulary = 97};
  FakeModel model{capacity};
  Session session{model};

  void TearDown() override { EXPECT_THAT(model.problems, IsEmpty()); }

  /// Tokens 0, 1, 2, ... of a text of its own.
  Tokens text(size_t length, int32_t seed = 0) {
    Tokens tokens;
    for (size_t i = 0; i != length; ++i)
      tokens.push_back(static_cast<int32_t>((i * 31 + 7 * seed) % 97));
    return tokens;
  }

  static int32_t best(std::span<const float> logits) {
    return static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) -
                                logits.begin());
  }

  /// The token after `tokens` were appended.
  int32_t append(Session::Id id, const Tokens &tokens) {
    int32_t next = -1;
    Session::Work works[] = {{id, tokens}};
    Status status = session.run(works, [&](const Session::Row &row) {
      EXPECT_EQ(next, -1) << "one row was asked for";
      next = best(row.logits);
      return Status::ok();
    });
    EXPECT_TRUE(status.isOk()) << status.message();
    return next;
  }

  int32_t expected(Session::Id id) { return nextOf(session.tokens(id), 97); }

  std::string error(std::vector<Session::Work> works) {
    Status status =
        session.run(works, [](const Session::Row &) { return Status::ok(); });
    EXPECT_FALSE(status.isOk());
    return status ? "" : status.message();
  }
};

TEST_F(SessionTest, CutsAPromptIntoStepsAndGoesOn) {
  Session::Id id = session.open();
  EXPECT_EQ(append(id, text(17)), expected(id));
  EXPECT_EQ(session.stepCount(), 3u);
  EXPECT_EQ(session.tokens(id).size(), 17u);
  for (int i = 0; i != 13; ++i)
    EXPECT_EQ(append(id, {expected(id)}), expected(id));
  EXPECT_EQ(session.freeBlocks(), 3u * 8 - 8);
  EXPECT_TRUE(session.close(id).isOk());
  EXPECT_EQ(session.freeBlocks(), 3u * 8);
}

TEST_F(SessionTest, MixesPromptsAndNextTokens) {
  Session::Id first = session.open(), second = session.open(),
              third = session.open(), fourth = session.open();
  append(first, text(5, 1));
  append(second, text(9, 2));
  Tokens one = {3}, prompt = text(6, 3), other = text(2, 4);
  std::vector<int32_t> found(4, -1);
  Session::Work works[] = {
      {third, prompt}, {first, one}, {second, one}, {fourth, other}};
  uint64_t before = session.stepCount();
  Status status = session.run(works, [&](const Session::Row &row) {
    found[row.work] = best(row.logits);
    return Status::ok();
  });
  ASSERT_TRUE(status.isOk()) << status.message();
  EXPECT_THAT(found, ElementsAre(expected(third), expected(first),
                                 expected(second), expected(fourth)));
  // 3 sequences and 7 tokens at most: both next tokens and 5 of the prompt,
  // then the rest.
  EXPECT_EQ(session.stepCount() - before, 2u);
}

TEST_F(SessionTest, GivesLogitsOfEveryTokenInOrder) {
  Session::Id id = session.open();
  append(id, text(3));
  Tokens more = text(15, 5);
  Session::Work works[] = {{id, more, Session::Logits::All}};
  uint32_t position = 3;
  Status status = session.run(works, [&](const Session::Row &row) {
    EXPECT_EQ(row.position, position++);
    EXPECT_EQ(best(row.logits), nextOf(session.tokens(id).first(position), 97));
    return Status::ok();
  });
  EXPECT_TRUE(status.isOk()) << status.message();
  EXPECT_EQ(position, 18u);
  Tokens last = {1};
  Session::Work silent[] = {{id, last, Session::Logits::None}};
  EXPECT_TRUE(session
                  .run(silent,
                       [](const Session::Row &) {
                         return Status::error("no row was asked for");
                       })
                  .isOk());
}

TEST_F(SessionTest, KeepsLogitsOfAGreatVocabularySmall) {
  StepCapacity wide = capacity;
  wide.vocabulary = 6u << 20; // 24 MB a row: two rows of 64 MB
  FakeModel wideModel(wide);
  Session wideSession(wideModel);
  Session::Id id = wideSession.open();
  Tokens tokens = text(5);
  Session::Work works[] = {{id, tokens, Session::Logits::All}};
  int rows = 0;
  EXPECT_TRUE(wideSession
                  .run(works,
                       [&](const Session::Row &) {
                         ++rows;
                         return Status::ok();
                       })
                  .isOk());
  EXPECT_EQ(rows, 5);
  EXPECT_EQ(wideSession.stepCount(), 3u);
  EXPECT_THAT(wideModel.problems, IsEmpty());
}

TEST_F(SessionTest, RewindsAndWritesAnotherEnd) {
  Session::Id id = session.open();
  append(id, text(11));
  ASSERT_TRUE(session.rewind(id, 6).isOk());
  EXPECT_EQ(session.freeBlocks(), 3u * 8 - 2);
  EXPECT_EQ(append(id, {50, 51}), expected(id));
  EXPECT_EQ(session.tokens(id).size(), 8u);
  ASSERT_TRUE(session.rewind(id, 0).isOk());
  EXPECT_EQ(session.freeBlocks(), 3u * 8);
  EXPECT_EQ(append(id, text(4, 9)), expected(id));
  EXPECT_THAT(session.rewind(id, 5).message(), HasSubstr("it has 4"));
}

TEST_F(SessionTest, SharesWholeBlocksOfAPrefix) {
  Session::Id id = session.open();
  append(id, text(10));
  uint64_t computed = model.tokens;
  StatusOr<Session::Id> copy = session.fork(id, 10);
  ASSERT_TRUE(copy.isOk());
  EXPECT_EQ(session.freeBlocks(), 24u - 3) << "nothing new is used yet";
  EXPECT_EQ(append(*copy, {60}), expected(*copy));
  EXPECT_EQ(model.tokens - computed, 3u)
      << "two tokens of the third block, one new";
  EXPECT_EQ(session.freeBlocks(), 24u - 4);
  // The source goes on undisturbed, and may end.
  EXPECT_EQ(append(id, {61}), expected(id));
  EXPECT_TRUE(session.close(id).isOk());
  EXPECT_EQ(session.freeBlocks(), 24u - 3);
  EXPECT_EQ(append(*copy, {62}), expected(*copy));
}

TEST_F(SessionTest, NeverWritesIntoASharedBlock) {
  Session::Id id = session.open();
  append(id, text(8));
  StatusOr<Session::Id> copy = session.fork(id, 8);
  ASSERT_TRUE(session.rewind(id, 6).isOk());
  EXPECT_EQ(append(id, {70, 71, 72}), expected(id));
  EXPECT_EQ(append(*copy, {73}), expected(*copy));
  EXPECT_EQ(session.tokens(*copy)[7], text(8)[7]);
}

TEST_F(SessionTest, FindsAPrefixThatAnotherSequenceHas) {
  Session::Id id = session.open();
  append(id, text(13));
  Tokens prompt = text(13);
  prompt[9] = 0;
  Session::Id other = session.openSharing(prompt);
  EXPECT_EQ(session.tokens(other).size(), 8u);
  // A whole prompt leaves its last token, whose logits are asked for.
  Session::Id same = session.openSharing(text(12));
  EXPECT_EQ(session.tokens(same).size(), 8u);
  EXPECT_EQ(
      append(same, {text(12)[8], text(12)[9], text(12)[10], text(12)[11]}),
      expected(same));
  EXPECT_TRUE(session.tokens(session.openSharing({})).empty());
}

TEST_F(SessionTest, SaysWhatToDoWhereItDoesNotFit) {
  Session::Id id = session.open();
  Tokens longText = text(31), token = {1}, foreign = {97}, negative = {-1};
  EXPECT_THAT(error({{id, longText}}),
              HasSubstr("would have 31 tokens, but the model was compiled for "
                        "a context of 30: shorten it, or compile with a "
                        "greater --context"));
  EXPECT_THAT(error({{id, foreign}}),
              HasSubstr("outside the vocabulary of 97"));
  EXPECT_THAT(error({{id, negative}}), HasSubstr("token -1"));
  EXPECT_THAT(error({{id, token}, {id, token}}), HasSubstr("named twice"));
  EXPECT_THAT(error({{id, {}}}), HasSubstr("given no token"));
  EXPECT_THAT(error({{99, token}}), HasSubstr("no sequence 99"));
  for (int i = 0; i != 3; ++i)
    append(session.open(), text(30, i + 1));
  EXPECT_THAT(error({{id, token}}),
              HasSubstr("1 more blocks of 4 tokens are needed, 0 of 24 are "
                        "free; close or shorten a sequence, or compile with a "
                        "greater --max-sequences or --context"));
  EXPECT_TRUE(session.tokens(id).empty());
}

TEST_F(SessionTest, AFailureLeavesWhatWasComputed) {
  Session::Id id = session.open();
  Tokens prompt = text(20);
  model.failAt = 3;
  EXPECT_THAT(error({{id, prompt}}), HasSubstr("failed"));
  EXPECT_EQ(session.tokens(id).size(), 14u);
  EXPECT_EQ(session.freeBlocks(), 24u - 4);
  EXPECT_EQ(append(id, {5}), expected(id));
  std::atomic<bool> cancel = true;
  Session::Work works[] = {{id, prompt}};
  prompt.resize(3);
  works[0].tokens = prompt;
  Status status = session.run(
      works, [](const Session::Row &) { return Status::ok(); }, &cancel);
  EXPECT_THAT(status.message(), HasSubstr("cancelled"));
  EXPECT_EQ(session.tokens(id).size(), 15u);
}

TEST_F(SessionTest, SurvivesRandomUse) {
  std::mt19937 random(11);
  auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  std::vector<Session::Id> ids;
  for (int round = 0; round != 3000; ++round) {
    size_t action = below(10);
    if (ids.empty() || (action == 0 && ids.size() < 6)) {
      ids.push_back(session.openSharing(text(below(30), 1)));
    } else if (action == 1) {
      Session::Id id = ids[below(ids.size())];
      auto copy = session.fork(
          id, static_cast<uint32_t>(below(session.tokens(id).size() + 1)));
      ASSERT_TRUE(copy.isOk());
      ids.push_back(*copy);
    } else if (action == 2 || ids.size() > 6) {
      size_t i = below(ids.size());
      ASSERT_TRUE(session.close(ids[i]).isOk());
      ids.erase(ids.begin() + static_cast<ptrdiff_t>(i));
    } else if (action == 3) {
      Session::Id id = ids[below(ids.size())];
      ASSERT_TRUE(session
                      .rewind(id, static_cast<uint32_t>(
                                      below(session.tokens(id).size() + 1)))
                      .isOk());
    } else {
      std::vector<Tokens> tokens;
      std::vector<Session::Work> works;
      for (Session::Id id : ids)
        if (below(2)) {
          size_t from = session.tokens(id).size();
          Tokens all = text(from + 1 + below(9), 1);
          tokens.emplace_back(all.begin() + static_cast<ptrdiff_t>(from),
                              all.end());
          works.push_back(
              {id,
               {},
               below(2) ? Session::Logits::All : Session::Logits::Last});
        }
      for (size_t i = 0; i != works.size(); ++i)
        works[i].tokens = tokens[i];
      Status status = session.run(works, [&](const Session::Row &row) {
        auto held = session.tokens(works[row.work].sequence);
        EXPECT_EQ(best(row.logits), nextOf(held.first(row.position + 1), 97));
        return Status::ok();
      });
      if (!status)
        ASSERT_THAT(
            status.message(),
            testing::AnyOf(HasSubstr("--context"), HasSubstr("cache is full")));
    }
    ASSERT_THAT(model.problems, IsEmpty()) << "round " << round;
  }
  for (Session::Id id : ids)
    ASSERT_TRUE(session.close(id).isOk());
  EXPECT_EQ(session.freeBlocks(), 24u) << "no block is lost";
}

} // namespace
