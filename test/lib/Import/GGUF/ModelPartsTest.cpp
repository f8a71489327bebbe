//===- ModelPartsTest.cpp - Models in several GGUF files ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/GGUF/ModelParts.h"
#include "test/lib/Import/GGUF/GGUFBuilder.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

using namespace weft;
using namespace weft::gguf;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

/// A part with one tensor, and what others add.
GGUFBuilder part(uint32_t number, uint32_t count, const char *tensor,
                 uint32_t total = 3) {
  return GGUFBuilder()
      .integer("split.no", number)
      .integer("split.count", count)
      .integer("split.tensors.count", total)
      .tensor(tensor, {1}, 0, std::string(4, char('0' + number)));
}

class ModelPartsTest : public testing::Test {
protected:
  void SetUp() override {
    folder =
        fs::path(testing::TempDir()) /
        ("weft-parts-" +
         std::string(
             testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder);
    fs::create_directories(folder);
    for (uint32_t i = 0; i != 3; ++i)
      write(nameOf(i), part(i, 3, names[i]));
  }
  void TearDown() override { fs::remove_all(folder); }

  static std::string nameOf(uint32_t number) {
    return "m-0000" + std::to_string(number + 1) + "-of-00003.gguf";
  }
  void write(const std::string &name, const GGUFBuilder &file) {
    std::ofstream(folder / name, std::ios::binary) << file.build();
  }
  std::string errorOf(const std::string &name) {
    auto parts = openParts((folder / name).string());
    return parts ? "" : parts.message();
  }

  static constexpr const char *names[] = {"a", "b", "c"};
  fs::path folder;
};

} // namespace

TEST_F(ModelPartsTest, AreFoundBesideTheFirst) {
  auto parts = openParts((folder / nameOf(0)).string());
  ASSERT_TRUE(parts) << parts.message();
  ASSERT_EQ(parts->size(), 3u);
  for (uint32_t i = 0; i != 3; ++i) {
    const ModelPart &found = (*parts)[i];
    EXPECT_EQ(found.name, nameOf(i));
    const GGUFFile::Tensor *tensor = found.file.findTensor(names[i]);
    ASSERT_TRUE(tensor);
    EXPECT_EQ(found.file.bytes()[tensor->offset], '0' + i);
  }
}

TEST_F(ModelPartsTest, OneFileIsAllOfAModel) {
  for (uint32_t count : {0, 1}) {
    write("one.gguf", part(0, count, "a", 1));
    auto parts = openParts((folder / "one.gguf").string());
    ASSERT_TRUE(parts) << parts.message();
    EXPECT_EQ(parts->size(), 1u);
  }
  write("plain.gguf", GGUFBuilder().tensor("a", {1}, 0, "abcd"));
  EXPECT_EQ(errorOf("plain.gguf"), "");
}

TEST_F(ModelPartsTest, OnlyTheFirstIsGiven) {
  EXPECT_THAT(errorOf(nameOf(1)),
              HasSubstr("the file is part 2 of 3 of a model; give the first, "
                        "whose name ends in '-00001-of-00003.gguf'"));
  fs::rename(folder / nameOf(0), folder / "renamed.gguf");
  EXPECT_THAT(errorOf("renamed.gguf"),
              HasSubstr("its name needs to end in '-00001-of-00003.gguf'"));
}

TEST_F(ModelPartsTest, NoneIsMissing) {
  fs::remove(folder / nameOf(2));
  EXPECT_THAT(errorOf(nameOf(0)), HasSubstr("part 3 of 3, '" + nameOf(2)));
  fs::create_directory(folder / nameOf(2));
  EXPECT_THAT(errorOf(nameOf(0)), HasSubstr("part 3 of 3, '" + nameOf(2)));
  fs::remove(folder / nameOf(2));
  std::ofstream(folder / nameOf(2)) << "GGUF";
  EXPECT_THAT(errorOf(nameOf(0)), HasSubstr("ends within the header"));
}

TEST_F(ModelPartsTest, CountsAgree) {
  write(nameOf(1), part(1, 4, "b"));
  EXPECT_THAT(errorOf(nameOf(0)),
              HasSubstr("'" + nameOf(1) +
                        "': metadata key 'split.count' is 4 but 3 in the "
                        "first part"));
  write(nameOf(1), part(2, 3, "b"));
  EXPECT_THAT(errorOf(nameOf(0)),
              HasSubstr("metadata key 'split.no' is 2; expected 1"));
  write(nameOf(1), part(1, 3, "b"));
  write(nameOf(0), part(0, 3, "a", 4));
  EXPECT_THAT(errorOf(nameOf(0)),
              HasSubstr("'split.tensors.count' is 4 but the 3 parts have 3"));
  write(nameOf(0), GGUFBuilder()
                       .integer("split.count", 3)
                       .integer("split.no", 0)
                       .tensor("a", {1}, 0, "abcd"));
  EXPECT_EQ(errorOf(nameOf(0)), "");
}

TEST_F(ModelPartsTest, CountsMakeSense) {
  auto first = [&](uint32_t type, const std::string &count) {
    write(nameOf(0), GGUFBuilder()
                         .raw("split.count", type, count)
                         .integer("split.no", 0)
                         .tensor("a", {1}, 0, "abcd"));
    return errorOf(nameOf(0));
  };
  EXPECT_THAT(
      first(uint32_t(ValueType::I64), GGUFBuilder::bytesOf(int64_t(-1))),
      HasSubstr("'split.count' is -1; expected 1 to 99999"));
  EXPECT_THAT(first(uint32_t(ValueType::U32),
                    GGUFBuilder::bytesOf(uint32_t(4000000000))),
              HasSubstr("'split.count' is 4000000000; expected 1 to 99999"));
  EXPECT_THAT(first(uint32_t(ValueType::F32), GGUFBuilder::bytesOf(3.0f)),
              HasSubstr("expected an integer"));
  // As many as names can count, of which none is there.
  EXPECT_THAT(
      first(uint32_t(ValueType::U32), GGUFBuilder::bytesOf(uint32_t(99999))),
      HasSubstr("its name needs to end in '-00001-of-99999.gguf'"));
}

TEST_F(ModelPartsTest, KeysAreThere) {
  write(nameOf(0),
        GGUFBuilder().integer("split.count", 3).tensor("a", {1}, 0, "abcd"));
  EXPECT_THAT(errorOf(nameOf(0)), HasSubstr("lacks the metadata key "
                                            "'split.no'"));
  write(nameOf(0), part(0, 3, "a"));
  write(nameOf(2), GGUFBuilder().tensor("c", {1}, 0, "abcd"));
  EXPECT_THAT(errorOf(nameOf(0)),
              HasSubstr("'" + nameOf(2) + "': the file lacks the metadata"));
}

TEST_F(ModelPartsTest, TensorsAreInOnePart) {
  write(nameOf(2), part(2, 3, "a"));
  EXPECT_THAT(errorOf(nameOf(0)),
              HasSubstr("tensor 'a' is in both '" + nameOf(0) + "' and '" +
                        nameOf(2) + "'"));
}

TEST_F(ModelPartsTest, LinksStayInTheFolder) {
  fs::path outside = folder / "outside.gguf", inside = folder / "inside";
  fs::create_directory(inside);
  fs::rename(folder / nameOf(1), outside);
  for (uint32_t i : {0, 2})
    fs::rename(folder / nameOf(i), inside / nameOf(i));
  fs::create_symlink(outside, inside / nameOf(1));
  EXPECT_THAT(errorOf("inside/" + nameOf(0)),
              HasSubstr("part 2 of 3, '" + nameOf(1)));
}
