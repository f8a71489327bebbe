//===- GGUFFileTest.cpp - What GGUF files hold ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Import/GGUF/GGUFBuilder.h"

#include <gmock/gmock.h>

using namespace weft;
using namespace weft::gguf;
using testing::ElementsAre;
using testing::HasSubstr;

static std::string bytes(auto... values) {
  return (GGUFBuilder::bytesOf(values) + ... + std::string());
}

TEST(GGUFFile, ReadsValuesOfEveryType) {
  std::string content =
      GGUFBuilder()
          .raw("u8", 0, bytes(uint8_t(200)))
          .raw("i8", 1, bytes(int8_t(-3)))
          .raw("u16", 2, bytes(uint16_t(60000)))
          .raw("i16", 3, bytes(int16_t(-300)))
          .integer("u32", 4000000000u)
          .raw("i32", 5, bytes(int32_t(-70000)))
          .number("f32", 0.5f)
          .raw("bool", 7, bytes(uint8_t(1)))
          .text("string", "Hello")
          .raw("u64", 10, bytes(uint64_t(1) << 40))
          .raw("i64", 11, bytes(int64_t(-5)))
          .raw("f64", 12, bytes(-0.25))
          .array("strings", ValueType::String, 2, bytes("a", "bc"))
          .array("numbers", ValueType::F32, 2, bytes(1.5f, -2.0f))
          .array("flags", ValueType::Bool, 2, bytes(uint8_t(0), uint8_t(1)))
          .array("ids", ValueType::I32, 2, bytes(int32_t(7), int32_t(-1)))
          .array("nested", ValueType::Array, 1,
                 bytes(uint32_t(ValueType::U8), uint64_t(1), uint8_t(9)))
          .build();
  StatusOr<GGUFFile> file = readGGUF(content);
  ASSERT_TRUE(file) << file.message();
  EXPECT_EQ(*file->require<int64_t>("u8"), 200);
  EXPECT_EQ(*file->require<int64_t>("i8"), -3);
  EXPECT_EQ(*file->require<int64_t>("u16"), 60000);
  EXPECT_EQ(*file->require<int64_t>("i16"), -300);
  EXPECT_EQ(*file->require<int64_t>("u32"), 4000000000);
  EXPECT_EQ(*file->require<int64_t>("i32"), -70000);
  EXPECT_EQ(*file->require<double>("f32"), 0.5);
  EXPECT_EQ(*file->require<double>("i8"), -3.0);
  EXPECT_EQ(*file->require<bool>("bool"), true);
  EXPECT_EQ(*file->require<std::string_view>("string"), "Hello");
  EXPECT_EQ(*file->require<int64_t>("u64"), int64_t(1) << 40);
  EXPECT_EQ(*file->require<int64_t>("i64"), -5);
  EXPECT_EQ(*file->require<double>("f64"), -0.25);
  EXPECT_THAT(*file->require<std::vector<std::string_view>>("strings"),
              ElementsAre("a", "bc"));
  EXPECT_THAT(*file->require<std::vector<double>>("numbers"),
              ElementsAre(1.5, -2.0));
  EXPECT_THAT(*file->require<std::vector<bool>>("flags"),
              ElementsAre(false, true));
  EXPECT_THAT(*file->require<std::vector<int64_t>>("ids"), ElementsAre(7, -1));
  EXPECT_TRUE(file->find("nested")->isArray());
  EXPECT_EQ(*file->get<int64_t>("missing"), std::nullopt);
}

TEST(GGUFFile, NamesKeysThatAreMissingOrOfAnotherType) {
  std::string content = GGUFBuilder().text("layers", "three").build();
  StatusOr<GGUFFile> file = readGGUF(content);
  ASSERT_TRUE(file) << file.message();
  EXPECT_EQ(file->get<int64_t>("layers").message(),
            "metadata key 'layers' is of type string; expected an integer");
  EXPECT_EQ(file->get<std::vector<int64_t>>("layers").message(),
            "metadata key 'layers' is of type string; expected an array of "
            "integers");
  EXPECT_EQ(file->require<double>("scale").message(),
            "the file lacks the metadata key 'scale'; expected a number");
}

TEST(GGUFFile, PlacesTensorsOfEveryType) {
  for (uint32_t version : {2u, 3u}) {
    GGUFBuilder builder;
    builder.version = version;
    std::string content =
        builder.tensor("norm", {3}, 0, std::string(12, '\1'))
            .tensor("weight", {64, 2}, 3, std::string(2 * 2 * 20, '\2'))
            .tensor("experts", {256, 3, 2}, 12, std::string(6 * 144, '\3'))
            .build();
    StatusOr<GGUFFile> file = readGGUF(content);
    ASSERT_TRUE(file) << file.message();
    ASSERT_EQ(file->getTensors().size(), 3u);
    const GGUFFile::Tensor *weight = file->findTensor("weight");
    ASSERT_NE(weight, nullptr);
    EXPECT_THAT(weight->shape, ElementsAre(2, 64));
    EXPECT_EQ(weight->type->format, BlockFormat::Q4_1);
    EXPECT_EQ(file->findTensor("norm")->type->scalar, DataType::F32);
    EXPECT_EQ(weight->bytes, 80u);
    EXPECT_EQ(weight->offset % 32, 0u);
    EXPECT_EQ(content.substr(weight->offset, weight->bytes),
              std::string(80, '\2'));
    EXPECT_THAT(file->findTensor("experts")->shape, ElementsAre(2, 3, 256));
    EXPECT_EQ(file->findTensor("bias"), nullptr);
  }
}

TEST(GGUFFile, TakesTheAlignmentOfTheFile) {
  GGUFBuilder builder;
  builder.alignment = 256;
  std::string content = builder.integer("general.alignment", 256)
                            .tensor("a", {1}, 0, std::string(4, '\1'))
                            .tensor("b", {1}, 0, std::string(4, '\2'))
                            .build();
  StatusOr<GGUFFile> file = readGGUF(content);
  ASSERT_TRUE(file) << file.message();
  EXPECT_EQ(file->findTensor("b")->offset, 512u);
}

TEST(GGUFFile, OpensOnlyFiles) {
  EXPECT_THAT(GGUFFile::open("/no/such/file.gguf").message(),
              HasSubstr("cannot open '/no/such/file.gguf'"));
  EXPECT_THAT(GGUFFile::open("/").message(),
              HasSubstr("is not a regular file"));
}
