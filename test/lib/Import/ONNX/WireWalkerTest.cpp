//===- WireWalkerTest.cpp - The wire walker -------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/WireWalker.h"
#include "test/lib/Import/ONNX/ModelBuilder.h"

#include <gmock/gmock.h>

using namespace weft;
using namespace weft::onnx;
using testing::HasSubstr;

namespace {

ModelProto walk(const std::string &file) {
  ModelProto model;
  StatusOr<std::string> graph = withoutTensorData(file);
  EXPECT_TRUE(graph.isOk());
  EXPECT_TRUE(model.ParseFromString(*graph));
  return model;
}

std::string errorOf(const std::string &file) {
  StatusOr<std::string> graph = withoutTensorData(file);
  return graph ? "" : graph.message();
}

TEST(WireWalker, TakesRawDataOut) {
  ModelBuilder builder;
  builder.tensor("w", {1000}, TensorProto::FLOAT, std::string(4000, 'x'));
  std::string file = builder.bytes();
  StatusOr<std::string> graph = withoutTensorData(file);
  ASSERT_TRUE(graph.isOk());
  EXPECT_LT(graph->size(), 100u);
  TensorProto tensor = walk(file).graph().initializer(0);
  EXPECT_EQ(tensor.name(), "w");
  EXPECT_EQ(tensor.file_offset(), file.find("xxxx"));
  EXPECT_EQ(tensor.file_length(), 4000u);
  EXPECT_EQ(tensor.file_field(), 9u);
}

TEST(WireWalker, TakesPackedFloatsOut) {
  ModelBuilder builder;
  TensorProto &tensor = builder.tensor("w", {2}, TensorProto::FLOAT, "");
  tensor.clear_raw_data();
  tensor.add_float_data(1);
  tensor.add_float_data(2);
  TensorProto walked = walk(builder.bytes()).graph().initializer(0);
  EXPECT_EQ(walked.file_field(), 4u);
  EXPECT_EQ(walked.file_length(), 8u);
  EXPECT_EQ(walked.float_data_size(), 0);
}

TEST(WireWalker, DropsForgedFields) {
  ModelBuilder builder;
  TensorProto &tensor = builder.integers("w", {1});
  tensor.set_file_offset(uint64_t(1) << 60);
  tensor.set_file_length(7);
  TensorProto walked = walk(builder.bytes()).graph().initializer(0);
  EXPECT_LT(walked.file_offset(), 100u);
  EXPECT_EQ(walked.file_length(), 8u);
}

TEST(WireWalker, NamesTheByte) {
  // Field 7, the graph, claims 100 bytes.
  EXPECT_EQ(
      errorOf(std::string("\x3a\x64\x00", 3)),
      "not a valid ONNX file: at byte 0 a field of 100 bytes does not fit "
      "the 1 bytes that are left");
  EXPECT_THAT(errorOf("\x08"), HasSubstr("at byte 1 a number is cut off"));
  EXPECT_THAT(errorOf("\x08" + std::string(11, '\xff')),
              HasSubstr("longer than 64 bits"));
  EXPECT_THAT(errorOf("\x0b"), HasSubstr("unknown wire type 3"));
  EXPECT_THAT(errorOf(std::string("\x38\x01", 2)),
              HasSubstr("field 7 is no message"));
}

TEST(WireWalker, BoundsNesting) {
  // Graphs in attributes of nodes of graphs.
  std::string graph;
  auto wrap = [](int field, const std::string &body) {
    std::string out(1, char(field << 3 | 2));
    for (size_t size = body.size();; size >>= 7) {
      out += char(size < 0x80 ? size : size | 0x80);
      if (size < 0x80)
        return out + body;
    }
  };
  for (int i = 0; i != 100; ++i)
    graph = wrap(1, wrap(5, wrap(6, graph)));
  EXPECT_THAT(errorOf(wrap(7, graph)), HasSubstr("nested more than 64 deep"));
}

TEST(WireWalker, BoundsMessages) {
  // Empty nodes take two bytes each.
  std::string nodes;
  for (int i = 0; i != 2'000'001; ++i)
    nodes += std::string("\x0a\x00", 2);
  std::string file = "\x3a";
  for (size_t size = nodes.size();; size >>= 7) {
    file += char(size < 0x80 ? size : size | 0x80);
    if (size < 0x80)
      break;
  }
  EXPECT_THAT(errorOf(file + nodes), HasSubstr("more than 2000000 messages"));
}

} // namespace
