//===- HostileGGUFTest.cpp - GGUF files that lie --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Import/GGUF/GGUFBuilder.h"

#include <gmock/gmock.h>

using namespace weft;
using namespace weft::gguf;
using testing::HasSubstr;

static std::string bytes(auto... values) {
  return (GGUFBuilder::bytesOf(values) + ... + std::string());
}

static std::string errorOf(const std::string &content) {
  StatusOr<GGUFFile> file = readGGUF(content);
  return file ? "" : file.message();
}

static std::string soundFile() {
  return GGUFBuilder()
      .text("general.architecture", "llama")
      .integer("llama.block_count", 2)
      .array("names", ValueType::String, 2, bytes("a", "bc"))
      .array("nested", ValueType::Array, 1,
             bytes(uint32_t(ValueType::U8), uint64_t(2), uint16_t(9)))
      .tensor("norm", {3}, 0, std::string(12, '\1'))
      .tensor("weight", {64, 2}, 3, std::string(80, '\2'))
      .build();
}

/// What is given for a sound file stays within it.
static void checkTensors(const GGUFFile &file) {
  for (const GGUFFile::Tensor &tensor : file.getTensors()) {
    ASSERT_LE(tensor.offset, file.bytes().size());
    ASSERT_LE(tensor.bytes, file.bytes().size() - tensor.offset);
  }
}

TEST(HostileGGUF, EveryPrefixIsAnError) {
  std::string content = soundFile();
  ASSERT_EQ(errorOf(content), "");
  for (size_t size = 0; size != content.size(); ++size)
    EXPECT_NE(errorOf(content.substr(0, size)), "") << size;
}

TEST(HostileGGUF, EveryByteMayChange) {
  std::string content = soundFile();
  for (size_t i = 0; i != content.size(); ++i)
    for (unsigned char change : {0x01, 0x7f, 0x80, 0xff}) {
      std::string changed = content;
      changed[i] = static_cast<char>(changed[i] ^ change);
      if (StatusOr<GGUFFile> file = readGGUF(changed))
        checkTensors(*file);
    }
}

TEST(HostileGGUF, LengthsAreCheckedBeforeMemoryIsTaken) {
  constexpr uint64_t huge[] = {uint64_t(1) << 32, uint64_t(1) << 61, INT64_MAX,
                               UINT64_MAX};
  for (uint64_t count : huge) {
    GGUFBuilder tensors, values;
    tensors.moreTensors = values.moreValues = count;
    EXPECT_THAT(errorOf(tensors.build()), HasSubstr("more than fit it"));
    EXPECT_THAT(errorOf(values.build()), HasSubstr("more than fit it"));
    EXPECT_THAT(errorOf(GGUFBuilder().raw("key", 8, bytes(count)).build()),
                HasSubstr("key 'key': the file ends within it"));
    for (uint32_t type = 0; type != numValueTypes; ++type)
      EXPECT_THAT(
          errorOf(
              GGUFBuilder().array("key", ValueType(type), count, "").build()),
          HasSubstr("more than fit the file"));
    EXPECT_NE(errorOf(GGUFBuilder().tensorAt("w", {count}, 0, 0).build()), "");
    EXPECT_NE(
        errorOf(GGUFBuilder().tensorAt("w", {32, count, count}, 8, 0).build()),
        "");
    EXPECT_NE(
        errorOf(GGUFBuilder().tensorAt("w", {1}, 0, count & ~31ull).build()),
        "");
  }
}

TEST(HostileGGUF, SaysWhatIsWrong) {
  auto expect = [](const GGUFBuilder &builder, const char *message) {
    EXPECT_THAT(errorOf(builder.build()), HasSubstr(message));
  };
  EXPECT_THAT(errorOf("GGML and more"), HasSubstr("not a GGUF file"));
  GGUFBuilder version;
  version.version = 1;
  expect(version, "the file has GGUF version 1; versions 2 and 3");
  version.version = 3u << 24;
  expect(version, "big-endian");
  expect(GGUFBuilder().raw("key", 13, ""), "has the unknown type 13");
  expect(GGUFBuilder().integer("key", 1).integer("key", 1),
         "metadata key 'key' appears twice");
  expect(GGUFBuilder().raw("key", 7, bytes(uint8_t(2))),
         "is a bool of value 2");
  expect(GGUFBuilder().integer("general.alignment", 24),
         "'general.alignment' is 24; expected a power of two");
  expect(GGUFBuilder().integer("general.alignment", 0), "is 0; expected");
  expect(GGUFBuilder().text("general.alignment", "32"), "expected an integer");
  expect(GGUFBuilder().tensorAt("w", {}, 0, 0), "has 0 dimensions");
  expect(GGUFBuilder().tensorAt("w", {1, 1, 1, 1, 1}, 0, 0),
         "has 5 dimensions; expected 1 to 4");
  expect(GGUFBuilder().tensorAt("w", {0}, 0, 0), "a dimension of size 0");
  expect(GGUFBuilder().tensorAt("w", {1}, 5, 0),
         "tensor 'w': has the unknown type 5");
  expect(GGUFBuilder().tensorAt("w", {48}, 8, 0),
         "has rows of 48 elements; type q8_0 has blocks of 32");
  expect(GGUFBuilder().tensorAt("w", {1}, 0, 8), "multiple of the alignment");
  expect(GGUFBuilder().tensorAt("w", {8}, 0, 0), "is the file cut short?");
  std::string floats(64, '\1');
  expect(GGUFBuilder().tensor("w", {16}, 0, floats).tensorAt("w", {1}, 0, 0),
         "tensor 'w' appears twice");
  expect(GGUFBuilder().tensor("v", {16}, 0, floats).tensorAt("w", {1}, 0, 32),
         "tensors 'v' and 'w' overlap");
}

TEST(HostileGGUF, NestingIsBounded) {
  std::string nested;
  for (int i = 0; i != 10000; ++i)
    nested += bytes(uint32_t(ValueType::Array), uint64_t(1));
  EXPECT_THAT(
      errorOf(GGUFBuilder().array("key", ValueType::Array, 1, nested).build()),
      HasSubstr("more than 8 deep"));
}
