//===- RopeTest.cpp - Frequencies of rotary position embeddings -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/DecoderConfig.h"
#include "test/lib/Import/GGUF/GGUFBuilder.h"

#include <gmock/gmock.h>

using namespace weft;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Rope, FallsByTheBase) {
  auto table = computeRope(10000, 4, {});
  ASSERT_TRUE(table) << table.message();
  EXPECT_THAT(table->frequencies, ElementsAre(1, DoubleNear(0.01, 1e-12)));
  EXPECT_EQ(table->attentionFactor, 1);
}

TEST(Rope, ScalesAllLinearly) {
  RopeScaling scaling;
  scaling.kind = RopeScaling::Kind::Linear;
  scaling.factor = 4;
  auto table = computeRope(10000, 4, scaling);
  ASSERT_TRUE(table) << table.message();
  EXPECT_THAT(table->frequencies, ElementsAre(0.25, DoubleNear(0.0025, 1e-12)));
}

TEST(Rope, Llama3KeepsHighFrequencies) {
  RopeScaling scaling;
  scaling.kind = RopeScaling::Kind::Llama3;
  scaling.factor = 8;
  scaling.originalContext = 8192;
  auto table = computeRope(500000, 128, scaling);
  ASSERT_TRUE(table) << table.message();
  auto plain = computeRope(500000, 128, {});
  EXPECT_EQ(table->frequencies.front(), plain->frequencies.front());
  EXPECT_DOUBLE_EQ(table->frequencies.back(), plain->frequencies.back() / 8);
}

TEST(Rope, YarnDerivesTheAttentionFactor) {
  RopeScaling scaling;
  scaling.kind = RopeScaling::Kind::Yarn;
  scaling.factor = 4;
  scaling.originalContext = 32768;
  auto table = computeRope(1000000, 128, scaling);
  ASSERT_TRUE(table) << table.message();
  EXPECT_NEAR(table->attentionFactor, 1.1386294361119891, 1e-12);
  EXPECT_EQ(table->frequencies.front(), 1);
}

TEST(Rope, GGUFFilesMultiplyTheAttentionFactor) {
  std::string content = gguf::GGUFBuilder()
                            .text("general.architecture", "llama")
                            .integer("llama.block_count", 1)
                            .integer("llama.embedding_length", 64)
                            .integer("llama.context_length", 128)
                            .integer("llama.feed_forward_length", 64)
                            .integer("llama.attention.head_count", 2)
                            .number("llama.attention.layer_norm_rms_epsilon", 1)
                            .text("llama.rope.scaling.type", "yarn")
                            .number("llama.rope.scaling.factor", 4)
                            .number("llama.rope.scaling.attn_factor", 2)
                            .tensor("w", {1}, 0, std::string(4, '\0'))
                            .build();
  auto file = gguf::readGGUF(content);
  ASSERT_TRUE(file) << file.message();
  gguf::ModelPart part{"model.gguf", std::move(*file)};
  auto checkpoint = Checkpoint::ofGGUF({&part, 1});
  ASSERT_TRUE(checkpoint) << checkpoint.message();
  auto config = readGGUFConfig(part.file, *checkpoint, std::nullopt);
  ASSERT_TRUE(config) << config.message();
  EXPECT_NEAR(config->ropes.front().attentionFactor, 2 * 1.1386294361119891,
              1e-12);
}

TEST(Rope, RefusesNumbersWithoutSense) {
  RopeScaling scaling;
  scaling.kind = RopeScaling::Kind::Divisors;
  scaling.divisors = {1};
  EXPECT_THAT(computeRope(10000, 4, scaling).message(),
              HasSubstr("has 1 divisors; expected 2"));
  scaling.divisors = {1, 0};
  EXPECT_THAT(computeRope(10000, 4, scaling).message(),
              HasSubstr("a divisor of the rotary embedding is 0"));
  scaling = {};
  scaling.attentionFactor = -1;
  EXPECT_THAT(computeRope(10000, 4, scaling).message(),
              HasSubstr("attention factor of the rotary embedding is -1"));
  scaling = {};
  scaling.kind = RopeScaling::Kind::Yarn;
  EXPECT_THAT(computeRope(10000, 4, scaling).message(),
              HasSubstr("scaling make no sense"));
}
