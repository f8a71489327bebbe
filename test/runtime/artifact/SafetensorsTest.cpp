//===- SafetensorsTest.cpp - Weight files, sound and hostile --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/Safetensors.h"

#include <gmock/gmock.h>

using namespace weft;
using testing::HasSubstr;

namespace {

std::string file(std::string header, size_t dataBytes) {
  uint64_t length = header.size();
  return std::string(reinterpret_cast<const char *>(&length), 8) + header +
         std::string(dataBytes, '\1');
}

StatusOr<SafetensorsHeader> read(const std::string &content) {
  return readSafetensors(
      {reinterpret_cast<const uint8_t *>(content.data()), content.size()});
}

std::string error(const std::string &header, size_t dataBytes) {
  StatusOr<SafetensorsHeader> result = read(file(header, dataBytes));
  EXPECT_FALSE(result.isOk()) << header;
  return result.isOk() ? "" : result.message();
}

std::string tensor(const char *name, const char *type, const char *shape,
                   const char *offsets) {
  return std::string("\"") + name + "\":{\"dtype\":\"" + type +
         "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

TEST(Safetensors, ReadsTensorsInAnyOrder) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\",\"a\":\"b\"}," +
                       tensor("b", "I64", "[]", "[24,32]") + "," +
                       tensor("a", "F32", "[2,3]", "[0,24]") + "," +
                       tensor("empty", "F16", "[4,0]", "[24,24]") + "}   ";
  auto result = read(file(header, 32));
  ASSERT_TRUE(result.isOk()) << result.message();
  EXPECT_EQ(result->tensors.size(), 3u);
  const auto &a = result->tensors.at("a");
  EXPECT_EQ(a.type, DataType::F32);
  EXPECT_THAT(a.shape, testing::ElementsAre(2, 3));
  EXPECT_EQ(a.offset, 8 + header.size());
  EXPECT_EQ(a.bytes, 24u);
  EXPECT_EQ(result->tensors.at("b").offset, 8 + header.size() + 24);
  EXPECT_EQ(result->metadata.at("format"), "pt");
  EXPECT_TRUE(read(file("{}", 0)).isOk());
}

TEST(Safetensors, RefusesHostileHeaders) {
  auto one = [](const char *type, const char *shape, const char *offsets) {
    return "{" + tensor("a", type, shape, offsets) + "}";
  };
  EXPECT_THAT(error(one("F32", "[2]", "[0,4]"), 4), HasSubstr("ask for 8"));
  EXPECT_THAT(error(one("F32", "[2]", "[0,8]"), 4),
              HasSubstr("the file has 4"));
  EXPECT_THAT(error(one("F32", "[2]", "[8,0]"), 8), HasSubstr("bytes 8 to 0"));
  EXPECT_THAT(error(one("F32", "[2]", "[0,8]"), 12),
              HasSubstr("the tensors end at byte 8; the file has 12"));
  EXPECT_THAT(error(one("F32", "[2]", "[4,12]"), 12),
              HasSubstr("starts at byte 4; the one before it ends at 0"));
  EXPECT_THAT(error(one("F32", "[-2]", "[0,8]"), 8), HasSubstr("JSON"));
  EXPECT_THAT(error(one("F32", "[2.0]", "[0,8]"), 8), HasSubstr("JSON"));
  EXPECT_THAT(error(one("F32", "[18446744073709551615]", "[0,8]"), 8),
              HasSubstr("63 bits"));
  EXPECT_THAT(
      error(one("F32", "[4611686018427387904,4611686018427387904]", "[0,0]"),
            0),
      HasSubstr("more than 2^64 bytes"));
  EXPECT_THAT(error(one("F32", "[2]", "[0,18446744073709551615]"), 8),
              HasSubstr("the file has 8"));
  EXPECT_THAT(error(one("F99", "[2]", "[0,8]"), 8), HasSubstr("type 'F99'"));
  EXPECT_THAT(error(one("F32", "[2]", "[0]"), 8), HasSubstr("two offsets"));
  EXPECT_THAT(error(one("F32", "[2]", "[0,8,8]"), 8), HasSubstr("JSON"));
  EXPECT_THAT(error(one("F32", "[[2]]", "[0,8]"), 8), HasSubstr("JSON"));
  EXPECT_THAT(error(one("F32", "{}", "[0,8]"), 8), HasSubstr("JSON"));
  EXPECT_THAT(error(one("F32", "null", "[0,8]"), 8), HasSubstr("JSON"));
  std::string ranks = "[1";
  for (int i = 0; i != 40; ++i)
    ranks += ",1";
  EXPECT_THAT(error(one("F32", (ranks + "]").c_str(), "[0,4]"), 4),
              HasSubstr("32 dimensions"));

  std::string a = tensor("a", "F32", "[2]", "[0,8]");
  std::string overlapping = tensor("b", "F32", "[2]", "[4,12]");
  EXPECT_THAT(error("{" + a + "," + a + "}", 8), HasSubstr("appears twice"));
  EXPECT_THAT(error("{" + a + "," + overlapping + "}", 12),
              HasSubstr("starts at byte 4; the one before it ends at 8"));
  EXPECT_THAT(
      error("{" + a + "," + tensor("b", "F32", "[2]", "[0,8]") + "}", 8),
      HasSubstr("starts at byte 0"));

  for (const char *header : {"",
                             " {}",
                             "[]",
                             "{",
                             "{}}",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\":1}",
                             "{\"a\":null}",
                             "{\"a\":[]}",
                             "{\"a\":{}}",
                             "{\"a\":{\"dtype\":1}}",
                             "{\"a\":{\"shape\":[]}}",
                             "{\"a\":{\"x\":1}}",
                             "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}",
                             "{\"a\":{\"dtype\":[\"F32\"]}}",
                             "{\"a\":{\"dtype\":{\"a\":1}}}",
                             "{\"__metadata__\":[]}",
                             "{\"__metadata__\":{\"a\":1}}",
                             "{\"__metadata__\":{\"a\":{}}}",
                             "{\"__metadata__\":{},"
                             "\"__metadata__\":{}}",
                             "{\"__metadata__\":{\"a\":\"b\",\"a\":\"c\"}}",
                             "{\"a\":true}",
                             "{\"a\":\"b\"}",
                             "{\"a\":1e400}",
                             "{'a':1}",
                             "{\xff}",
                             "{\"\xff\":1}",
                             "{\"a\":{\"dtype\":\"F32\",\"shape\":[],"
                             "\"data_offsets\":[0,4]},}"})
    EXPECT_FALSE(read(file(header, 4)).isOk()) << header;
  EXPECT_FALSE(read(file(std::string(100000, '{'), 0)).isOk());
  EXPECT_FALSE(read(file("{\"a\":" + std::string(1000000, '['), 0)).isOk());
}

TEST(Safetensors, RefusesWrongLengths) {
  EXPECT_FALSE(read("").isOk());
  EXPECT_FALSE(read("1234567").isOk());
  for (uint64_t length :
       {uint64_t(3), uint64_t(1) << 32, UINT64_MAX, UINT64_MAX - 7}) {
    std::string content(reinterpret_cast<const char *>(&length), 8);
    StatusOr<SafetensorsHeader> result = read(content + "{}");
    ASSERT_FALSE(result.isOk());
    EXPECT_THAT(result.message(), HasSubstr("safetensors header of"));
  }
}

} // namespace
