//===- RanksTest.cpp - Artifacts of several ranks -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AllocationCount.h"
#include "test/runtime/support/TestArtifact.h"
#include "weft/Runtime.h"

#include <gmock/gmock.h>

#include <cstring>
#include <map>

using namespace weft;
using namespace weft::test;
using artifact::Buffer;
using artifact::Collective;
using artifact::Manifest;
using testing::HasSubstr;

namespace {

/// The text of "how many elements of `size` a rank has", and of where its block
/// starts.
std::string blockSize(const std::string &axis, uint64_t devices,
                      const std::string &size) {
  std::string step = "ceildiv(" + size + ", " + std::to_string(devices) + ")";
  std::string place = "coord(\"" + axis + "\")";
  return "(min((" + place + " + 1)*" + step + ", " + size + ") - min(" + place +
         "*" + step + ", " + size + "))";
}
std::string blockBegin(const std::string &axis, uint64_t devices,
                       const std::string &size) {
  return "min(coord(\"" + axis + "\")*ceildiv(" + size + ", " +
         std::to_string(devices) + "), " + size + ")";
}

/// output[batch, 8] = 2 * (table[ids] W^T), the batch split over dp and the
/// depth of 4 over tp: each rank has some columns of the table and of W, and
/// the partial products are summed over tp.
class RanksTest : public testing::Test {
protected:
  TemporaryFolder folder;

  void write(uint64_t dp, uint64_t tp) {
    Manifest manifest = emptyManifest();
    setMesh(manifest, {{"dp", dp}, {"tp", tp}});
    artifact::EntryPoint &entry = *manifest.add_entries();
    entry.set_name("main");
    *entry.add_inputs() = tensorInfo("ids", artifact::I64, {"batch"});
    *entry.add_outputs() = tensorInfo("output", artifact::F32, {"batch", "8"});
    artifact::Variant &variant =
        *manifest.mutable_stages(0)->add_programs()->add_variants();
    variant.set_queues(1);
    std::string rows = blockSize("dp", dp, "batch");
    std::string first = blockBegin("dp", dp, "batch");
    std::string depth = blockSize("tp", tp, "4");
    addBuffer(variant, Buffer::INPUT, "8*batch");
    addBuffer(variant, Buffer::WEIGHT, "40*" + depth, 0, "table");
    addBuffer(variant, Buffer::WEIGHT, "32*" + depth, 0, "w");
    addBuffer(variant, Buffer::TEMPORARY, "8*" + rows);               // 3 ids
    addBuffer(variant, Buffer::TEMPORARY, "4*" + rows + "*" + depth); // 4 x
    addBuffer(variant, Buffer::TEMPORARY, "32*" + rows);              // 5 y
    addBuffer(variant, Buffer::TEMPORARY, "32*" + rows);              // 6 2y
    // Rank 0 of each tp group writes its rows.
    addBuffer(variant, Buffer::OUTPUT, "32*batch")
        .set_owner("1 - min(coord(\"tp\"), 1)");
    addCopy(variant, 0, 3, "8*" + rows, "8*" + first, "0");
    addLaunch(variant, "embeddings/Gather", 2, {3, 1, 4}, {rows, depth, "10"});
    addLaunch(variant, "layer/MatMul", 1, {4, 2, 5}, {rows, "8", depth});
    addCollective(variant, "layer/MatMul", Collective::ALL_REDUCE, {"tp"}, 5, 5,
                  {rows, "8"});
    addLaunch(variant, "layer/Add", 0, {5, 5, 6}, {"8*" + rows});
    addCopy(variant, 6, 7, "32*" + rows, "0", "32*" + first);
    writeShards(manifest, tp);
  }

  static void addCopy(artifact::Variant &variant, uint32_t source,
                      uint32_t destination, std::string bytes, std::string from,
                      std::string to) {
    artifact::Copy &copy = *variant.add_commands()->mutable_copy();
    copy.set_source(source);
    copy.set_destination(destination);
    copy.set_source_offset(std::move(from));
    copy.set_destination_offset(std::move(to));
    copy.set_bytes(std::move(bytes));
  }

  /// weights/tp0.safetensors, ...: columns of table[10, 4] and w[8, 4].
  void writeShards(Manifest manifest, uint64_t tp) {
    addFile(folder.path(), manifest, "stage0.so", kernelObject());
    uint64_t step = (4 + tp - 1) / tp;
    std::map<std::string, std::vector<std::string>> files;
    for (uint64_t place = 0; place != tp; ++place) {
      uint64_t begin = std::min<uint64_t>(place * step, 4);
      uint64_t end = std::min<uint64_t>(begin + step, 4);
      std::vector<float> table, weight;
      for (uint64_t column = 0; column != 40; ++column)
        if (column % 4 >= begin && column % 4 < end)
          table.push_back(static_cast<float>(column));
      for (uint64_t column = 0; column != 32; ++column)
        if (column % 4 >= begin && column % 4 < end)
          weight.push_back(static_cast<float>(column % 5) - 2);
      addFile(folder.path(), manifest,
              "weights/tp" + std::to_string(place) + ".safetensors",
              safetensors({{"table", table}, {"w", weight}}));
    }
    for (const char *name : {"table", "w"})
      for (uint64_t place = 0; place != tp; ++place) {
        artifact::Weight &weight = *manifest.add_weights();
        weight.set_name(name);
        weight.set_file("weights/tp" + std::to_string(place) + ".safetensors");
        weight.set_layout("row_major");
        for (int rank = 0; rank != manifest.ranks_size(); ++rank)
          if (manifest.ranks(rank).coordinates(1) == place)
            weight.add_ranks(static_cast<uint32_t>(rank));
      }
    writeManifest(folder.path(), manifest);
  }

  Model load(const LoadOptions &options = {}) {
    StatusOr<Model> model = Model::load(folder.path(), options);
    EXPECT_TRUE(model.isOk()) << (model.isOk() ? "" : model.message());
    return std::move(*model);
  }

  static StatusOr<std::vector<float>> run(Model &model,
                                          const std::vector<int64_t> &ids,
                                          const RunOptions &options = {}) {
    std::vector<int64_t> shape = {static_cast<int64_t>(ids.size())};
    TensorView inputs[] = {{"ids", DataType::I64, shape, ids.data()}};
    auto outputs = model.run(inputs, options);
    if (!outputs)
      return outputs.status();
    std::span<float> values = (*outputs)[0].values<float>();
    return std::vector<float>(values.begin(), values.end());
  }
};

TEST_F(RanksTest, ComputeTogether) {
  for (auto [dp, tp] :
       {std::pair(1, 2), {2, 1}, {2, 2}, {1, 3}, {3, 2}, {1, 5}}) {
    write(static_cast<uint64_t>(dp), static_cast<uint64_t>(tp));
    for (unsigned threads : {0u, 1u, 7u}) {
      Model model = load(
          {.devices = {}, .threads = threads, .copiesWeights = threads == 7});
      EXPECT_GE(model.threads(), static_cast<unsigned>(dp * tp));
      for (size_t batch : {1, 2, 5, 100, 3, 1}) {
        std::vector<int64_t> ids = someIds(batch);
        auto values = run(model, ids);
        ASSERT_TRUE(values.isOk()) << values.message();
        EXPECT_EQ(*values, encoderReference(ids))
            << dp << " x " << tp << ", batch " << batch;
      }
    }
  }
}

TEST_F(RanksTest, WriteTheCallersUnalignedMemory) {
  write(2, 2);
  Model model = load();
  std::vector<int64_t> ids = someIds(5), shape = {5}, outputShape = {5, 8};
  std::vector<char> input(5 * 8 + 1), output(40 * 4 + 3);
  std::memcpy(input.data() + 1, ids.data(), 40);
  TensorView inputs[] = {{"ids", DataType::I64, shape, input.data() + 1}};
  MutableTensorView outputs[] = {
      {"output", DataType::F32, outputShape, output.data() + 3}};
  Status status = model.run(inputs, outputs);
  ASSERT_TRUE(status.isOk()) << status.message();
  std::vector<float> values(40);
  std::memcpy(values.data(), output.data() + 3, 160);
  EXPECT_EQ(values, encoderReference(ids));
  EXPECT_TRUE(model.run(inputs, std::span<const MutableTensorView>()).isOk());
}

TEST_F(RanksTest, AllocateNothingWhenAPlanIsKnown) {
  write(1, 2);
  Model model = load();
  std::vector<int64_t> ids = someIds(64), shape = {64}, outputShape = {64, 8};
  std::vector<float> values(512);
  TensorView inputs[] = {{"ids", DataType::I64, shape, ids.data()}};
  MutableTensorView outputs[] = {
      {"output", DataType::F32, outputShape, values.data()}};
  ASSERT_TRUE(model.run(inputs, outputs).isOk());
  uint64_t before = allocationCount();
  for (int i = 0; i != 10; ++i)
    ASSERT_TRUE(model.run(inputs, outputs).isOk());
  EXPECT_EQ(allocationCount() - before, 0u);
  EXPECT_EQ(values, encoderReference(ids));
}

TEST_F(RanksTest, ReportTheirCommandsOneAtATime) {
  write(1, 2);
  Model model = load();
  std::map<std::string, std::vector<std::string>> rows;
  RunOptions options;
  options.onCommand = [&](const CommandRecord &record) {
    std::string name(record.name);
    if (record.family == "collective")
      name += " " + std::to_string(record.bytes);
    rows[std::string(record.device)].push_back(name);
  };
  ASSERT_TRUE(run(model, someIds(3), options).isOk());
  auto expected = testing::ElementsAre("copy", "gather", "linear",
                                       "all_reduce 96", "add", "copy");
  EXPECT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows["cpu:0"], expected);
  EXPECT_THAT(rows["cpu:1"], expected);
}

TEST_F(RanksTest, NameTheOneThatFails) {
  write(2, 2);
  Model model = load();
  for (int round = 0; round != 20; ++round) {
    // The last id is in the second half.
    auto values = run(model, {1, 2, 3, 77});
    ASSERT_FALSE(values.isOk());
    EXPECT_THAT(values.message(),
                testing::MatchesRegex(
                    "rank [23] \\(dp=1, tp=[01]\\): node 'embeddings/Gather': "
                    "an index in the input data is out of range"));
    EXPECT_TRUE(run(model, {1, 2, 3, 4}).isOk()) << "the model still works";
  }
}

TEST_F(RanksTest, NeedADeviceEach) {
  write(1, 2);
  auto loadError = [&](std::vector<std::string> devices) {
    StatusOr<Model> model =
        Model::load(folder.path(), {.devices = std::move(devices)});
    EXPECT_FALSE(model.isOk());
    return model.isOk() ? "" : model.message();
  };
  EXPECT_THAT(loadError({"cpu:0"}),
              HasSubstr("it has 2 ranks, but 1 devices are given; name one for "
                        "each rank, or none"));
  EXPECT_THAT(loadError({"cpu:0", "cpu:1", "cpu:2"}),
              HasSubstr("it has 2 ranks, but 3 devices are given"));
  EXPECT_THAT(loadError({"cpu:0", "cpu:0"}),
              HasSubstr("device 'cpu:0' is given to two ranks"));
  EXPECT_TRUE(
      Model::load(folder.path(), {.devices = {"cpu:7", "cpu:3"}}).isOk());
  StatusOr<Model> none =
      Model::load(folder.path(), {.devices = {"null:0", "null:1"}});
  ASSERT_TRUE(none.isOk());
  EXPECT_TRUE(run(*none, {1, 2}).isOk());
}

} // namespace
