//===- HostileModelsTest.cpp - What bad models get ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Import/ONNX/ModelBuilder.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <numeric>
#include <random>
#include <sys/stat.h>

using namespace weft::onnx;
using testing::HasSubstr;

namespace {

/// Something of everything: shape arithmetic, weights, several operators.
ModelBuilder makeEncoder() {
  ModelBuilder builder;
  builder.input("x", {0, -1, 4});
  builder.tensor("w", {4, 4}, TensorProto::FLOAT, std::string(64, '\1'));
  builder.tensor("big", {4, 512}, TensorProto::FLOAT, std::string(8192, '\1'));
  builder.integers("target", {0, -1, 2, 2});
  builder.integers("zero", {0});
  builder.node("MatMul", {"x", "w"}, {"y"});
  builder.node("Reshape", {"y", "target"}, {"heads"});
  builder.node("Shape", {"heads"}, {"shape"});
  builder.node("Gather", {"shape", "zero"}, {"batch"});
  builder.node("Concat", {"batch", "zero"}, {"pair"})
      .add_attribute()
      ->set_name("axis");
  builder.node("MatMul", {"x", "big"}, {"wide"});
  builder.node("Softmax", {"wide"}, {"softmax"});
  builder.node("Transpose", {"heads"}, {"transposed"});
  for (const char *name : {"softmax", "transposed", "pair"})
    builder.output(name);
  return builder;
}

/// One message of one line, and no module.
void expectOneError(const Imported &imported, const std::string &what) {
  EXPECT_TRUE(imported.ir.empty()) << what;
  ASSERT_EQ(imported.errors.size(), 1u) << what;
  EXPECT_EQ(imported.errors[0].find('\n'), std::string::npos) << what;
  EXPECT_LT(imported.errors[0].size(), 4000u) << what;
}

std::string errorOf(const ModelBuilder &builder) {
  Imported imported = importBytes(builder.bytes());
  expectOneError(imported, "");
  return imported.errors.empty() ? "" : imported.errors[0];
}

TEST(HostileModels, TheModelItselfIsGood) {
  Imported imported = importBytes(makeEncoder().bytes());
  EXPECT_TRUE(imported.errors.empty()) << imported.errors[0];
  EXPECT_THAT(imported.ir, HasSubstr("llm.softmax"));
}

TEST(HostileModels, EveryTruncation) {
  std::string whole = makeEncoder().bytes();
  // Within the 8 KiB of weights one cut is as good as another.
  for (size_t size = 0; size < whole.size();
       size += size > 300 && size < whole.size() - 1200 ? 97 : 1)
    expectOneError(importBytes(whole.substr(0, size)),
                   "cut after " + std::to_string(size));
}

TEST(HostileModels, FlippedBytes) {
  ModelBuilder builder = makeEncoder();
  builder.graph().mutable_initializer()->DeleteSubrange(1, 1);
  builder.graph().mutable_initializer(0)->set_name("big");
  builder.integers("w", {1, 2});
  std::string whole = builder.bytes();
  std::mt19937 random(1);
  for (int i = 0; i != 3000; ++i) {
    std::string bytes = whole;
    for (int flips = 1 + i % 3; flips-- != 0;)
      bytes[random() % bytes.size()] = char(random());
    Imported imported = importBytes(bytes);
    if (imported.ir.empty())
      expectOneError(imported, "flip " + std::to_string(i));
  }
}

TEST(HostileModels, SplicedRecords) {
  // Pieces of the file in other places: lengths and tags that are right
  // elsewhere.
  std::string whole = makeEncoder().bytes();
  whole.erase(whole.find(std::string(64, '\1')), 64);
  std::mt19937 random(2);
  for (int i = 0; i != 500; ++i) {
    std::string bytes = whole;
    size_t from = random() % bytes.size(), to = random() % bytes.size();
    bytes.insert(to, bytes.substr(from, random() % 64));
    Imported imported = importBytes(bytes);
    if (imported.ir.empty())
      expectOneError(imported, "splice " + std::to_string(i));
  }
}

TEST(HostileModels, Names) {
  ModelBuilder cycle;
  cycle.input("x", {2});
  cycle.node("Add", {"x", "b"}, {"a"});
  cycle.node("Add", {"x", "a"}, {"b"});
  cycle.output("b");
  EXPECT_THAT(errorOf(cycle),
              HasSubstr("reads \"b\", which nothing before it"));

  ModelBuilder twice;
  twice.input("x", {2});
  twice.node("Relu", {"x"}, {"y"});
  twice.node("Relu", {"y"}, {"y"});
  twice.output("y");
  EXPECT_THAT(errorOf(twice), HasSubstr("two values are named \"y\""));

  ModelBuilder missing;
  missing.input("x", {2});
  missing.output("y");
  EXPECT_THAT(errorOf(missing), HasSubstr("reads \"y\""));

  ModelBuilder odd;
  odd.input("x", {2});
  odd.node("Relu", {"x", "\n\"\x01"}, {"y"});
  odd.output("y");
  EXPECT_THAT(errorOf(odd), HasSubstr("\\0A\\22\\01"));

  ModelBuilder inputs;
  inputs.input("x", {2});
  inputs.input("x", {2});
  inputs.output("x");
  EXPECT_THAT(errorOf(inputs), HasSubstr("two inputs are named \"x\""));
}

TEST(HostileModels, Shapes) {
  ModelBuilder negative;
  negative.input("x", {2});
  negative.integers("w", {1}).set_dims(0, -5);
  negative.node("Add", {"x", "w"}, {"y"});
  negative.output("y");
  EXPECT_THAT(errorOf(negative), HasSubstr("dimension of size -5"));

  ModelBuilder giant;
  giant.input("x", {2});
  TensorProto &tensor = giant.integers("w", {1});
  for (int i = 0; i != 8; ++i)
    tensor.add_dims(int64_t(1) << 40);
  giant.node("Add", {"x", "w"}, {"y"});
  giant.output("y");
  EXPECT_THAT(errorOf(giant), HasSubstr("more than 2^50 bytes"));

  ModelBuilder expanded;
  expanded.input("x", {1});
  expanded.integers("shape", {int64_t(1) << 40, int64_t(1) << 40});
  expanded.node("Expand", {"x", "shape"}, {"y"});
  expanded.output("y");
  EXPECT_THAT(errorOf(expanded), HasSubstr("more than 2^50 bytes"));

  ModelBuilder broadcast;
  broadcast.input("x", {2, 3});
  broadcast.input("y", {2, 4});
  broadcast.node("Add", {"x", "y"}, {"z"});
  broadcast.output("z");
  EXPECT_THAT(errorOf(broadcast),
              HasSubstr("dimension 1 has size 3 in one operand and 4"));

  ModelBuilder unrelated;
  unrelated.input("x", {0});
  unrelated.input("y", {-1});
  unrelated.node("Add", {"x", "y"}, {"z"});
  unrelated.output("z");
  EXPECT_THAT(errorOf(unrelated), HasSubstr("export the model with one name"));

  ModelBuilder reshape;
  reshape.input("x", {6});
  reshape.integers("shape", {4, -1});
  reshape.node("Reshape", {"x", "shape"}, {"y"});
  reshape.output("y");
  EXPECT_THAT(errorOf(reshape), HasSubstr("divides 6 elements"));

  ModelBuilder rank;
  rank.input("x", {6});
  ModelBuilder::attribute(rank.node("Softmax", {"x"}, {"y"}), "axis", 3);
  rank.output("y");
  EXPECT_THAT(errorOf(rank), HasSubstr("axis 3"));

  ModelBuilder index;
  index.integers("sizes", {5, 6});
  index.integers("i", {2});
  index.node("Gather", {"sizes", "i"}, {"y"});
  index.output("y");
  EXPECT_THAT(errorOf(index), HasSubstr("index 2 is none of 2 elements"));

  ModelBuilder inputs;
  inputs.input("x", {6});
  inputs.node("Add", {"x"}, {"y"});
  inputs.output("y");
  EXPECT_THAT(errorOf(inputs), HasSubstr("has 1 inputs instead of 2"));
}

TEST(HostileModels, Unsupported) {
  ModelBuilder builder;
  builder.input("x", {0, 3});
  builder.node("NonZero", {"x"}, {"a"});
  builder.node("NonZero", {"x"}, {"b"});
  builder.node("Bogus", {"a"}, {"c"}).set_domain("com.example");
  builder.node("Det", {"x"}, {"d"});
  builder.node("Reshape", {"x", "x"}, {"e"});
  builder.node("NotAsked", {"x"}, {"f"});
  for (const char *name : {"b", "c", "d", "e"})
    builder.output(name);
  std::string error = errorOf(builder);
  EXPECT_THAT(error,
              HasSubstr("cannot import 4 nodes: NonZero is not supported "
                        "(2 nodes: \"node_a\", \"node_b\")"));
  EXPECT_THAT(error, HasSubstr("Det is not supported (1 node: \"node_d\")"));
  EXPECT_THAT(error, HasSubstr("Reshape: input 1 decides a shape"));
  EXPECT_EQ(error.find("NotAsked"), std::string::npos);
}

TEST(HostileModels, WastedTime) {
  // Each node doubles a list, or squares a size.
  ModelBuilder lists;
  lists.input("x", {0});
  lists.node("Shape", {"x"}, {"list0"});
  for (int i = 0; i != 70; ++i) {
    std::string from = "list" + std::to_string(i);
    ModelBuilder::attribute(
        lists.node("Concat", {from, from}, {"list" + std::to_string(i + 1)}),
        "axis", 0);
  }
  lists.output("list70");
  EXPECT_THAT(errorOf(lists), HasSubstr("2^50 bytes"));

  ModelBuilder sizes;
  sizes.input("x", {0, -1, -2});
  sizes.node("Shape", {"x"}, {"s0"});
  for (int i = 0; i != 200; ++i) {
    std::string from = "s" + std::to_string(i);
    std::string sum = "sum" + std::to_string(i);
    sizes.node("ReduceSum", {from}, {sum});
    sizes.node("Mul", {from, sum}, {"s" + std::to_string(i + 1)});
  }
  sizes.node("ConstantOfShape", {"s200"}, {"y"});
  sizes.output("y");
  EXPECT_THAT(errorOf(sizes), HasSubstr("decides a shape"));

  ModelBuilder ranks;
  ranks.input("x", {2});
  std::vector<int64_t> axes(500);
  std::iota(axes.begin(), axes.end(), 0);
  ranks.integers("many", axes);
  ranks.node("Unsqueeze", {"x", "many"}, {"y"});
  ranks.output("y");
  EXPECT_THAT(errorOf(ranks), HasSubstr("501 dimensions"));
}

/// The graphs of real exporters, with some bytes changed.
TEST(HostileModels, MutatedEncoders) {
  namespace fs = std::filesystem;
  fs::path folder = fs::path(testing::TempDir()) /
                    ("weft-mutated-" + std::to_string(getpid()));
  fs::create_directories(folder);
  std::ofstream(folder / "model.safetensors").flush();
  fs::resize_file(folder / "model.safetensors", 90'868'376);
  std::vector<fs::path> graphs;
  for (const auto &entry :
       fs::directory_iterator(WEFT_SOURCE_DIR "/test/models/minilm"))
    if (entry.path().extension() == ".onnx")
      graphs.push_back(entry.path());
  std::sort(graphs.begin(), graphs.end());
  ASSERT_FALSE(graphs.empty());
  std::mt19937 random(3);
  std::string path = folder / "model.onnx";
  for (size_t i = 0; i != 20 * graphs.size(); ++i) {
    std::ifstream file(graphs[i % graphs.size()], std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), {});
    for (size_t flips = 1 + i % 4; flips-- != 0;)
      bytes[random() % bytes.size()] = char(random());
    std::ofstream(path, std::ios::binary) << bytes;
    Imported imported = importFrom(llvm::StringRef(path));
    if (imported.ir.empty())
      expectOneError(imported, "mutation " + std::to_string(i));
  }
  fs::remove_all(folder);
}

TEST(HostileModels, RecursiveFunctions) {
  ModelBuilder builder;
  FunctionProto &function = *builder.model.add_functions();
  function.set_name("F");
  function.set_domain("d");
  function.add_input("x");
  function.add_output("y");
  for (const char *output : {"a", "y"}) {
    NodeProto &call = *function.add_node();
    call.set_op_type("F");
    call.set_domain("d");
    call.add_input("x");
    call.add_output(output);
  }
  builder.input("x", {2});
  builder.node("F", {"x"}, {"y"}).set_domain("d");
  builder.output("y");
  EXPECT_THAT(errorOf(builder), HasSubstr("more than 32 deep"));
}

/// A folder with a model whose weight lies outside of it.
class ExternalData : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::path(testing::TempDir()) /
             ("weft-external-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder / "model");
    std::ofstream(folder / "secret.bin") << std::string(8192, 's');
    std::ofstream(folder / "model" / "data.bin") << std::string(8192, 'd');
    std::filesystem::create_symlink("../secret.bin", folder / "model/link.bin");
    std::filesystem::create_symlink("..", folder / "model/up");
    std::filesystem::create_symlink("data.bin", folder / "model/near.bin");
    mkfifo((folder / "model/pipe").c_str(), 0600);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  Imported import(const std::string &location, int64_t offset = 0,
                  std::vector<int64_t> shape = {2048},
                  const std::string &length = "") {
    ModelBuilder builder;
    builder.input("x", {2048});
    TensorProto &w = builder.external("w", shape, location, offset);
    if (!length.empty())
      ModelBuilder::entry(w, "length", length);
    builder.external("tied", shape, location, offset);
    builder.node("Add", {"x", "w"}, {"y"});
    builder.node("Add", {"y", "tied"}, {"z"});
    builder.output("z");
    std::string path = folder / "model/model.onnx";
    std::ofstream(path, std::ios::binary) << builder.bytes();
    return importFrom(llvm::StringRef(path));
  }
  std::string error(const Imported &imported) {
    expectOneError(imported, "");
    return imported.errors.empty() ? "" : imported.errors[0];
  }

  std::filesystem::path folder;
};

TEST_F(ExternalData, StaysInItsFile) {
  Imported imported = import("data.bin");
  EXPECT_THAT(imported.ir, HasSubstr("in \"data.bin\" at 0"));
  EXPECT_THAT(imported.ir, HasSubstr("@tied"));
  EXPECT_THAT(import("./near.bin").ir, HasSubstr("in \"near.bin\""));
}

TEST_F(ExternalData, MayNotLeaveTheFolder) {
  EXPECT_THAT(error(import("../secret.bin")), HasSubstr("no path within"));
  EXPECT_THAT(error(import((folder / "secret.bin").string())),
              HasSubstr("no path within"));
  EXPECT_THAT(error(import("link.bin")), HasSubstr("links to a place outside"));
  EXPECT_THAT(error(import("up/secret.bin")),
              HasSubstr("links to a place outside"));
  EXPECT_THAT(error(import("")), HasSubstr("no path within"));
  EXPECT_THAT(error(import(std::string("data.bin\0x", 10))),
              HasSubstr("no path within"));
  EXPECT_THAT(error(import("up/model/../secret.bin")),
              HasSubstr("no path within"));
}

TEST_F(ExternalData, MustBeAFileThatHoldsIt) {
  EXPECT_THAT(error(import("absent.bin")), HasSubstr("cannot be opened"));
  EXPECT_THAT(error(import("pipe")), HasSubstr("not a regular file"));
  EXPECT_THAT(error(import("data.bin", 4)), HasSubstr("only 8192 bytes"));
  EXPECT_THAT(error(import("data.bin", INT64_MAX)),
              HasSubstr("only 8192 bytes"));
  EXPECT_THAT(error(import("data.bin", -1)), HasSubstr("no number"));
  EXPECT_THAT(error(import("data.bin", 0, {2048}, "4096")),
              HasSubstr("have 4096 bytes but the shape needs 8192"));
  EXPECT_THAT(error(import("data.bin", 0, {2048}, "99999999999999999999999")),
              HasSubstr("no number"));
  EXPECT_THAT(error(import("data.bin", 0, {int64_t(1) << 45})),
              HasSubstr("only 8192 bytes"));
}

TEST_F(ExternalData, IsNotReadFromMemory) {
  ModelBuilder builder;
  builder.input("x", {2});
  builder.external("w", {2}, "data.bin", 0);
  builder.node("Add", {"x", "w"}, {"y"});
  builder.output("y");
  EXPECT_THAT(errorOf(builder), HasSubstr("a model in memory"));
}

} // namespace
