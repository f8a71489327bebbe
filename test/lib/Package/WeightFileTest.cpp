//===- WeightFileTest.cpp - Weight files in bounded memory ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Package/WeightFile.h"
#include "runtime/artifact/Safetensors.h"
#include "runtime/base/MappedFile.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace weft;
namespace fs = std::filesystem;

namespace {

class WeightFileTest : public testing::Test {
protected:
  void SetUp() override {
    folder = fs::temp_directory_path() /
             ("weft-weight-file-" + std::to_string(getpid()));
    fs::create_directory(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  /// A tensor of bytes, its element i a function of seed and i.
  static PackagedTensor makeTensor(std::string name, uint64_t bytes,
                                   uint64_t seed, uint64_t chunk = 1) {
    PackagedTensor tensor;
    tensor.name = std::move(name);
    tensor.type = "U8";
    tensor.shape = {static_cast<int64_t>(bytes)};
    tensor.bytes = bytes;
    tensor.prepare = [bytes, seed, chunk]() -> StatusOr<TensorFill> {
      TensorFill fill;
      fill.items = bytes;
      fill.chunk = chunk;
      fill.run = [=](uint8_t *tensor, uint64_t begin, uint64_t end) {
        EXPECT_EQ(begin % chunk, 0u);
        for (uint64_t i = begin; i != end; ++i)
          tensor[i] = element(seed, i);
        return Status::ok();
      };
      return fill;
    };
    return tensor;
  }
  static uint8_t element(uint64_t seed, uint64_t index) {
    return static_cast<uint8_t>((index + seed) * 2654435761u >> 13);
  }

  /// Of a file in a folder of its own.
  WeightFileWriter writer(const char *subfolder, uint64_t memory) const {
    fs::create_directory(folder / subfolder);
    return WeightFileWriter(folder / subfolder, "weights", memory);
  }
  std::string path(const char *subfolder) const {
    return folder / subfolder / "weights";
  }

  fs::path folder;
};

TEST_F(WeightFileTest, AlignsAndPads) {
  std::vector<PackagedTensor> tensors;
  tensors.push_back(makeTensor("odd", 3, 1));
  tensors.push_back(makeTensor("next", 65, 2));
  tensors.push_back(makeTensor("last", 64, 3));
  tensors[1].layout = "panel16";
  auto written = writer("w", 1 << 20).write(tensors);
  ASSERT_TRUE(written.isOk()) << written.message();

  auto file = MappedFile::open(path("w"));
  ASSERT_TRUE(file.isOk());
  EXPECT_EQ(file->bytes().size(), written->bytes);
  EXPECT_EQ(sha256(file->bytes()), written->hash);
  auto header = readSafetensors(file->bytes());
  ASSERT_TRUE(header.isOk()) << header.message();
  uint64_t length;
  std::memcpy(&length, file->bytes().data(), sizeof(length));
  EXPECT_EQ((length + 8) % 4096, 0u);
  EXPECT_EQ(header->metadata.at("file"), "weights");
  EXPECT_EQ(header->metadata.at("layout.next"), "panel16");
  EXPECT_FALSE(header->metadata.contains("layout.odd"));
  for (const PackagedTensor &tensor : tensors)
    EXPECT_EQ(header->tensors.at(tensor.name).offset % 64, 0u) << tensor.name;
  EXPECT_EQ(header->tensors.at("__pad0").bytes, 61u);
  EXPECT_EQ(header->tensors.at("__pad1").bytes, 63u);
  const auto &next = header->tensors.at("next");
  for (uint64_t i = 0; i != next.bytes; ++i)
    ASSERT_EQ(file->bytes()[next.offset + i], element(2, i));
}

TEST_F(WeightFileTest, WritesMoreThanMemoryInSlicesOfWholeChunks) {
  std::vector<PackagedTensor> tensors;
  tensors.push_back(makeTensor("big", 1'000'003, 7, 48));
  auto small = writer("small", 10'000).write(tensors);
  auto large = writer("large", 1 << 30).write(tensors);
  ASSERT_TRUE(small.isOk() && large.isOk());
  EXPECT_EQ(small->hash, large->hash);
  auto file = MappedFile::open(path("small"));
  auto header = readSafetensors(file->bytes());
  const auto &big = header->tensors.at("big");
  for (uint64_t i = 0; i != big.bytes; ++i)
    ASSERT_EQ(file->bytes()[big.offset + i], element(7, i)) << i;
  EXPECT_EQ(sha256(file->bytes()), small->hash);
}

TEST_F(WeightFileTest, IsTheSameTwice) {
  std::vector<PackagedTensor> tensors;
  for (int i = 0; i != 20; ++i)
    tensors.push_back(makeTensor("t" + std::to_string(i), 1000 + 37 * i, i));
  auto first = writer("first", 4096).write(tensors);
  auto second = writer("second", 4096).write(tensors);
  ASSERT_TRUE(first.isOk() && second.isOk());
  EXPECT_EQ(first->hash, second->hash);
}

TEST_F(WeightFileTest, ReportsWhatAFillReports) {
  std::vector<PackagedTensor> tensors = {makeTensor("bad", 100, 0)};
  tensors[0].prepare = []() -> StatusOr<TensorFill> {
    TensorFill fill;
    fill.items = 1;
    fill.run = [](uint8_t *, uint64_t, uint64_t) {
      return Status::error("the file became shorter");
    };
    return fill;
  };
  auto written = writer("w", 4096).write(tensors);
  ASSERT_FALSE(written.isOk());
  EXPECT_EQ(written.message(), "the file became shorter");
}

TEST_F(WeightFileTest, RefusesMoreThanTheDiskHolds) {
  std::vector<PackagedTensor> tensors = {
      makeTensor("huge", uint64_t(1) << 60, 0)};
  auto written = writer("w", 4096).write(tensors);
  ASSERT_FALSE(written.isOk());
  EXPECT_THAT(written.message(), testing::HasSubstr("cannot reserve"));
}

} // namespace
