//===- NpyTest.cpp - numpy's files, sound and hostile ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Npy.h"

#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>

using namespace weft;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::string file(std::string header, size_t dataBytes, char version = 1) {
  std::string text = "\x93NUMPY";
  text += version;
  text += '\0';
  for (int i = 0; i != (version == 1 ? 2 : 4); ++i)
    text += static_cast<char>(header.size() >> 8 * i);
  return text + header + std::string(dataBytes, '\1');
}

StatusOr<NpyHeader> read(const std::string &content) {
  return readNpyHeader(
      {reinterpret_cast<const uint8_t *>(content.data()), content.size()});
}

std::string error(const std::string &content) {
  StatusOr<NpyHeader> header = read(content);
  EXPECT_FALSE(header.isOk()) << content;
  return header.isOk() ? "" : header.message();
}

TEST(Npy, ReadsWhatNumpyWrites) {
  for (char version : {1, 2, 3}) {
    auto header = read(file("{'descr': '<f4', 'fortran_order': False, "
                            "'shape': (2, 3), }       \n",
                            24, version));
    ASSERT_TRUE(header.isOk()) << header.message();
    EXPECT_EQ(header->type, DataType::F32);
    EXPECT_THAT(header->shape, ElementsAre(2, 3));
    EXPECT_EQ(header->dataBytes, 24u);
  }
  auto scalar =
      read(file("{'shape':(),'fortran_order':False,'descr':'<i8'}", 8));
  ASSERT_TRUE(scalar.isOk()) << scalar.message();
  EXPECT_TRUE(scalar->shape.empty());
  auto one = read(file("{\"descr\": \"|b1\", \"fortran_order\": False, "
                       "\"shape\": (5,)}",
                       5));
  ASSERT_TRUE(one.isOk()) << one.message();
  EXPECT_EQ(one->type, DataType::Bool);
  EXPECT_THAT(one->shape, ElementsAre(5));
  EXPECT_TRUE(
      read(file("{'descr':'<f8','fortran_order':False,'shape':(0,7)}", 0))
          .isOk());
}

TEST(Npy, RefusesHostileFiles) {
  auto shaped = [](const std::string &shape) {
    return "{'descr':'<f4','fortran_order':False,'shape':" + shape + "}";
  };
  EXPECT_THAT(error(file(shaped("(2,)"), 7)), HasSubstr("asks for 8"));
  EXPECT_THAT(error(file(shaped("(2,)"), 9)), HasSubstr("asks for 8"));
  EXPECT_THAT(error(file(shaped("(4294967296,4294967296)"), 8)),
              HasSubstr("2^64"));
  EXPECT_THAT(error(file(shaped("(9223372036854775808,)"), 8)),
              HasSubstr("64-bit"));
  EXPECT_THAT(error(file(shaped("(-1,)"), 8)), HasSubstr("non-negative"));
  EXPECT_THAT(error(file(shaped("(1.5,)"), 8)), HasSubstr("shape"));
  EXPECT_THAT(error(file(shaped("[2]"), 8)), HasSubstr("parentheses"));
  EXPECT_THAT(error(file(shaped("(2"), 8)), HasSubstr("shape"));
  EXPECT_THAT(error(file(shaped("(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
                                "1,1,1,1,1,1,1,1,1,1,1)"),
                         4)),
              HasSubstr("32 dimensions"));
  EXPECT_THAT(
      error(file("{'descr':'<f4','fortran_order':True,'shape':(2,)}", 8)),
      HasSubstr("column-major"));
  for (const char *type : {">f4", "<c8", "|O", "<U5", "f4", "", "|S3", "<f16"})
    EXPECT_THAT(error(file(std::string("{'descr':'") + type +
                               "','fortran_order':False,'shape':(2,)}",
                           8)),
                HasSubstr("is not supported"));
  EXPECT_THAT(error(file("{'descr':[('a','<f4')],'fortran_order':False,"
                         "'shape':(2,)}",
                         8)),
              HasSubstr("is not supported"));
  for (const char *header :
       {"", "{", "{}", "[]", "{'shape':(2,)}", "{'descr':'<f4'",
        "{'descr':'<f4','descr':'<f4','fortran_order':False,'shape':(2,)}",
        "{'x':1,'descr':'<f4','fortran_order':False,'shape':(2,)}",
        "{'descr':'<f4','fortran_order':False,'shape':(2,)} x",
        "{'descr':'<f4' 'fortran_order':False,'shape':(2,)}",
        "{'descr':'<f4','fortran_order':0,'shape':(2,)}",
        "{'descr':'<f4,'fortran_order':False,'shape':(2,)}",
        "__import__('os')"})
    error(file(header, 8));
  EXPECT_THAT(error(""), HasSubstr("not an npy file"));
  EXPECT_THAT(error("PK\3\4aaaaaaaaaa"), HasSubstr("not an npy file"));
  EXPECT_THAT(error(file(shaped("(2,)"), 8, 9)), HasSubstr("npy version 9"));
  std::string cut = file(shaped("(2,)"), 0);
  for (size_t kept = 0; kept != cut.size(); ++kept)
    error(cut.substr(0, kept));
  EXPECT_THAT(error(std::string("\x93NUMPY\x02\0\xff\xff\xff\xff{}", 14)),
              HasSubstr("header of 4294967295 bytes"));
}

TEST(Npy, WritesAndReadsEveryType) {
  std::string path =
      (std::filesystem::temp_directory_path() / "weft-npy-test.npy").string();
  std::vector<int64_t> data(6, 0x0102030405060708), shape = {3, 1, 2};
  for (int type = 1; type != 14; ++type) {
    auto dataType = static_cast<DataType>(type);
    ASSERT_TRUE(writeNpy(path, dataType, shape, data.data()).isOk());
    StatusOr<NpyArray> array = readNpy(path);
    ASSERT_TRUE(array.isOk()) << array.message();
    EXPECT_EQ(array->header.type, dataType);
    EXPECT_EQ(array->header.shape, shape);
    EXPECT_EQ(array->header.dataOffset % 64, 0u);
    EXPECT_EQ(std::memcmp(array->data(), data.data(), array->header.dataBytes),
              0);
  }
  ASSERT_TRUE(writeNpy(path, DataType::F32, {}, data.data()).isOk());
  EXPECT_TRUE(readNpy(path)->header.shape.empty());
  std::filesystem::remove(path);
  EXPECT_THAT(readNpy(path).message(), HasSubstr("weft-npy-test.npy"));
}

} // namespace
