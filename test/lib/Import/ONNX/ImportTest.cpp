//===- ImportTest.cpp - What becomes of a model ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Import/ONNX/ModelBuilder.h"

#include <gmock/gmock.h>

using namespace weft::onnx;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string irOf(const ModelBuilder &builder) {
  Imported imported = importBytes(builder.bytes());
  EXPECT_TRUE(imported.errors.empty())
      << (imported.errors.empty() ? "" : imported.errors[0]);
  return imported.ir;
}

TEST(Import, NamesSizesAndTheFunction) {
  ModelBuilder builder;
  builder.graph().clear_name();
  ValueInfoProto &x = builder.input("x", {0, 0, 3});
  auto &shape = *x.mutable_type()->mutable_tensor_type()->mutable_shape();
  shape.mutable_dim(0)->set_dim_param("batch size");
  shape.mutable_dim(1)->clear_value();
  builder.node("Relu", {"x"}, {"y"});
  builder.output("y");
  std::string ir = irOf(builder);
  EXPECT_THAT(ir, HasSubstr("llm.size @batch_size range(1, 2147483647)"));
  EXPECT_THAT(ir, HasSubstr("llm.size @x_dim1 "));
  EXPECT_THAT(ir, HasSubstr("func.func @main("));
  EXPECT_THAT(ir, HasSubstr("llm.name = \"x\""));
  EXPECT_THAT(ir, HasSubstr("#llm.sizes<[batch_size, x_dim1, 3]>"));
  EXPECT_THAT(ir, HasSubstr("{llm.name = \"y\"}"));
}

TEST(Import, NamesMadeUpWeightsAfterTheirNode) {
  ModelBuilder builder;
  builder.input("x", {0, 1024});
  builder.tensor("onnx::MatMul_7", {1024, 2}, TensorProto::FLOAT,
                 std::string(8192, '\0'));
  builder.tensor("layer.bias", {2048}, TensorProto::FLOAT,
                 std::string(8192, '\0'));
  builder.node("MatMul", {"x", "onnx::MatMul_7"}, {"y"})
      .set_name("/encoder/layer.0/query/MatMul");
  builder.node("Add", {"layer.bias", "layer.bias"}, {"z"});
  builder.output("y");
  builder.output("z");
  std::string ir = irOf(builder);
  EXPECT_THAT(ir, HasSubstr("llm.weight @encoder.layer.0.query.weight"));
  EXPECT_THAT(ir, HasSubstr("llm.weight @layer.bias"));
}

TEST(Import, RefersToFloatsInTheirField) {
  ModelBuilder builder;
  builder.input("x", {2048});
  TensorProto &w = builder.tensor("w", {2048}, TensorProto::FLOAT, "");
  w.clear_raw_data();
  for (int i = 0; i != 2048; ++i)
    w.add_float_data(1.5f);
  builder.node("Add", {"x", "w"}, {"y"});
  builder.output("y");
  float number = 1.5f;
  size_t offset = builder.bytes().find(
      std::string(reinterpret_cast<const char *>(&number), 4));
  EXPECT_THAT(irOf(builder),
              HasSubstr("in \"model.onnx\" at " + std::to_string(offset)));
}

TEST(Import, DecodesVarints) {
  ModelBuilder builder;
  builder.input("x", {2}, TensorProto::INT64);
  TensorProto &w = builder.integers("w", {1, 2});
  w.clear_raw_data();
  w.add_int64_data(-7);
  w.add_int64_data(1000);
  builder.node("Mul", {"x", "w"}, {"y"});
  builder.output("y");
  EXPECT_THAT(irOf(builder), HasSubstr("dense<[-7, 1000]> : tensor<2xi64>"));
}

TEST(Import, ReadsBooleansAsBytes) {
  ModelBuilder builder;
  builder.input("x", {5000}, TensorProto::BOOL);
  builder.tensor("w", {5000}, TensorProto::BOOL, std::string(5000, '\1'));
  builder.node("And", {"x", "w"}, {"y"});
  builder.output("y");
  std::string ir = irOf(builder);
  EXPECT_THAT(ir, HasSubstr("llm.weight @w : tensor<5000xui8>"));
  EXPECT_THAT(ir, HasSubstr("tensor<5000xui8> -> tensor<5000xi1>"));
}

TEST(Import, LearnsTheLongestSequence) {
  ModelBuilder builder;
  builder.input("x", {0, -1, 4});
  builder.tensor("table", {1, 8, 4}, TensorProto::FLOAT,
                 std::string(128, '\1'));
  builder.integers("zero", {0});
  builder.integers("one", {1});
  builder.node("Shape", {"x"}, {"shape"});
  builder.node("Gather", {"shape", "one"}, {"length"});
  builder.node("Slice", {"table", "zero", "length", "one"}, {"rows"});
  builder.node("Add", {"x", "rows"}, {"y"});
  builder.output("y");
  std::string ir = irOf(builder);
  EXPECT_THAT(ir, HasSubstr("llm.size @n1 range(1, 8)"));
  EXPECT_THAT(ir, HasSubstr("sizes [1, n1, 4]"));
}

TEST(Import, DecidesComparisonsOfSizes) {
  // What torch exports for x.expand(shape).
  ModelBuilder builder;
  builder.input("x", {1, 4});
  builder.input("like", {0, 4});
  builder.integers("minus", {-1});
  builder.integers("ones", {1, 1});
  builder.node("Shape", {"like"}, {"shape"});
  builder.node("Equal", {"shape", "minus"}, {"isMinus"});
  builder.node("Where", {"isMinus", "ones", "shape"}, {"target"});
  builder.node("Expand", {"x", "target"}, {"y"});
  builder.output("y");
  std::string ir = irOf(builder);
  EXPECT_THAT(ir, HasSubstr("llm.expand %arg0 to [n0, 4]"));
  EXPECT_THAT(ir, Not(HasSubstr("llm.select")));
}

TEST(Import, ReadsSizesAsData) {
  ModelBuilder builder;
  builder.input("x", {0, -1});
  builder.node("Shape", {"x"}, {"shape"});
  NodeProto &cast = builder.node("Cast", {"shape"}, {"y"});
  ModelBuilder::attribute(cast, "to", TensorProto::FLOAT);
  builder.output("y");
  EXPECT_THAT(irOf(builder),
              HasSubstr("llm.sizes_to_tensor [n0, n1] : tensor<2xi64>"));
}

TEST(Import, TakesIndicesInOrderForTheWhole) {
  // mask[b, s] with b and s from counts, as exporters pick masks.
  ModelBuilder builder(18);
  builder.input("mask", {0, -1}, TensorProto::BOOL);
  builder.integers("zero", {0}).clear_dims();
  builder.integers("one", {1}).clear_dims();
  builder.integers("axes", {1, 2, 3});
  builder.integers("others", {0, 1, 3});
  builder.integers("last", {-1});
  builder.node("Shape", {"mask"}, {"shape"});
  builder.node("Gather", {"shape", "zero"}, {"b"});
  builder.node("Gather", {"shape", "one"}, {"s"});
  builder.node("Range", {"zero", "b", "one"}, {"rows"});
  builder.node("Range", {"zero", "s", "one"}, {"columns"});
  builder.node("Unsqueeze", {"rows", "axes"}, {"r"});
  builder.node("Unsqueeze", {"columns", "others"}, {"c"});
  builder.node("Max", {"r", "c"}, {"both"});
  builder.node("Shape", {"both"}, {"size"});
  builder.node("Expand", {"r", "size"}, {"r2"});
  builder.node("Expand", {"c", "size"}, {"c2"});
  builder.node("Unsqueeze", {"r2", "last"}, {"r3"});
  builder.node("Unsqueeze", {"c2", "last"}, {"c3"});
  ModelBuilder::attribute(builder.node("Concat", {"r3", "c3"}, {"i"}), "axis",
                          -1);
  builder.node("GatherND", {"mask", "i"}, {"picked"});
  builder.node("GreaterOrEqual", {"c", "zero"}, {"always"});
  builder.node("And", {"always", "picked"}, {"y"});
  builder.output("y");
  std::string ir = irOf(builder);
  for (const char *op : {"gather", "iota", "concat", "compare", "and "})
    EXPECT_THAT(ir, Not(HasSubstr(std::string("llm.") + op)));
}

TEST(Import, ReplacesCallsByBodies) {
  ModelBuilder builder;
  FunctionProto &function = *builder.model.add_functions();
  function.set_name("Half");
  function.set_domain("mine");
  function.add_input("x");
  function.add_output("y");
  function.add_attribute("slope");
  NodeProto &node = *function.add_node();
  node.set_op_type("LeakyRelu");
  node.set_name("inner");
  node.add_input("x");
  node.add_output("y");
  AttributeProto &reference = *node.add_attribute();
  reference.set_name("alpha");
  reference.set_type(AttributeProto::FLOAT);
  reference.set_ref_attr_name("slope");
  builder.input("x", {2});
  NodeProto &call = builder.node("Half", {"x"}, {"y"});
  call.set_domain("mine");
  AttributeProto &slope = *call.add_attribute();
  slope.set_name("slope");
  slope.set_type(AttributeProto::FLOAT);
  slope.set_f(0.25);
  builder.output("y");
  EXPECT_THAT(irOf(builder), HasSubstr("dense<2.500000e-01>"));
}

} // namespace
