//===- CacheTest.cpp - Kernels on disk ------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/emit/Runner.h"

#include <filesystem>
#include <unistd.h>

namespace weft::cusim {
namespace {

std::string textThatAdds(int number) {
  return ".version 8.0\n.target sm_80\n.address_size 64\n"
         ".visible .entry k(.param .u64 out) {\n"
         ".reg .b32 %r<4>;\n.reg .b64 %rd<4>;\n"
         "ld.param.u64 %rd0, [out];\n"
         "ld.global.u32 %r0, [%rd0];\n"
         "add.u32 %r0, %r0, " +
         std::to_string(number) + ";\nst.global.u32 [%rd0], %r0;\nret;\n}\n";
}

class CacheTest : public testing::Test {
protected:
  void SetUp() override {
    folder = testing::TempDir() + "cusim-cache-" + std::to_string(getpid());
    std::filesystem::remove_all(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  uint32_t run(int number, unsigned width = 32) {
    CompileOptions options;
    options.width = width;
    AddressSpace addresses(1);
    Device device(0, addresses, {.threads = 1});
    auto module = CompiledModule::create(textThatAdds(number), options, folder);
    EXPECT_TRUE(module) << module.message();
    auto loaded = device.load(*module);
    auto kernel = (*module)->kernel("k");
    EXPECT_TRUE(kernel) << kernel.message();
    uint64_t memory = *addresses.allocate(0, 4);
    auto *value =
        reinterpret_cast<uint32_t *>(AddressSpace::hostPointer(memory));
    *value = 1;
    LaunchParameters parameters;
    parameters.parameters = &memory;
    EXPECT_FALSE(device.launch(**loaded, **kernel, parameters).isFaulted);
    return *value;
  }

  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> result;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
      result.push_back(entry.path());
    return result;
  }

  std::string folder;
};

TEST_F(CacheTest, KeepsAFileForAKernelAndItsOptions) {
  // The warp has one lane: the code for whole warps and for others.
  EXPECT_EQ(run(5), 6u);
  ASSERT_EQ(files().size(), 2u);
  auto written = std::filesystem::last_write_time(files()[0]);
  EXPECT_EQ(run(5), 6u);
  EXPECT_EQ(files().size(), 2u);
  EXPECT_EQ(std::filesystem::last_write_time(files()[0]), written);
  EXPECT_EQ(run(7), 8u);
  EXPECT_EQ(run(5, 1), 6u);
  EXPECT_EQ(files().size(), 5u);
}

TEST_F(CacheTest, CompilesAnewWhatIsDamagedOrForeign) {
  EXPECT_EQ(run(5), 6u);
  std::filesystem::path first = files()[0];
  std::string good = readText(first);
  auto replace = [&](const std::string &bytes) {
    std::ofstream(first, std::ios::binary) << bytes;
  };
  std::string flipped = good;
  flipped[good.size() / 2] ^= 1;
  for (const std::string &bytes :
       {std::string(), good.substr(0, 20), good.substr(0, good.size() - 1),
        good + "x", flipped, std::string("no object at all")}) {
    replace(bytes);
    EXPECT_EQ(run(5), 6u);
    EXPECT_EQ(readText(first), good) << "is written again";
  }
  // Another kernel's file under this one's name.
  EXPECT_EQ(run(7), 8u);
  for (const std::filesystem::path &path : files())
    if (path != first)
      std::filesystem::copy_file(
          path, first, std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(run(5), 6u);
}

TEST_F(CacheTest, WorksWithoutAFolderToWriteTo) {
  folder = "/proc/no such folder";
  EXPECT_EQ(run(5), 6u);
}

} // namespace
} // namespace weft::cusim
