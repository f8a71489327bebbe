//===- OutputTest.cpp - printf, assert and trap ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulator.h"
#include "runtime/cusim/machine/Printf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

namespace weft::cusim::testing {
namespace {

using ::testing::HasSubstr;

/// Arguments at address 0; strings wherever they were put.
class Arguments final : public PrintfMemory {
public:
  void add(uint64_t value, uint32_t size) {
    bytes.resize((bytes.size() + size - 1) / size * size);
    for (uint32_t i = 0; i < size; ++i)
      bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
  uint64_t load(uint64_t address, uint32_t size) override {
    uint64_t value = 0;
    for (uint32_t i = 0; i < size && address + i < bytes.size(); ++i)
      value |= uint64_t(bytes[address + i]) << (8 * i);
    return value;
  }
  std::vector<uint8_t> bytes;
};

std::string format(const char *text, Arguments arguments = {},
                   uint32_t expectedCount = 0) {
  uint32_t count = 0;
  std::string result = formatPrintf(text, 0, arguments, count);
  EXPECT_EQ(count, expectedCount) << text;
  return result;
}

TEST(PrintfTest, Formats) {
  Arguments mixed;
  mixed.add(static_cast<uint32_t>(-7), 4);
  mixed.add(std::bit_cast<uint64_t>(2.5), 8);
  mixed.add('x', 4);
  mixed.add(static_cast<uint64_t>(-5000000000), 8);
  EXPECT_EQ(format("%d|%8.3f|%c|%lld", mixed, 4), "-7|   2.500|x|-5000000000");
  Arguments unsignedWord;
  unsignedWord.add(0xfffffff0, 4);
  EXPECT_EQ(format("%u", unsignedWord, 1), "4294967280");
  EXPECT_EQ(format("%#010x", unsignedWord, 1), "0xfffffff0");
  EXPECT_EQ(format("%hhd", unsignedWord, 1), "-16");
  EXPECT_EQ(format("%hu", unsignedWord, 1), "65520");
  Arguments star;
  star.add(6, 4);
  star.add(2, 4);
  star.add(std::bit_cast<uint64_t>(1.239), 8);
  EXPECT_EQ(format("[%*.*f]", star, 3), "[  1.24]");
  EXPECT_EQ(format("100%%"), "100%");
  Arguments word;
  word.add(8, 8);
  for (char character : std::string("text"))
    word.bytes.push_back(static_cast<uint8_t>(character));
  word.bytes.push_back(0);
  EXPECT_EQ(format("%6s|%p", word, 2).substr(0, 7), "  text|");
  EXPECT_EQ(format("%.2s", word, 1), "te");
}

TEST(PrintfTest, TrustsNoFormat) {
  Arguments arguments;
  arguments.add(3, 4);
  EXPECT_EQ(format("%n"), "%n");
  EXPECT_EQ(format("%y %d", arguments, 1), "%y 3");
  EXPECT_EQ(format("%"), "%");
  EXPECT_EQ(format("%-"), "%-");
  EXPECT_EQ(format("%99999999999d", arguments, 1).size(), 4096u);
  EXPECT_EQ(format("%s", {}, 1), "(null)");
}

uint64_t uploadText(Simulator &simulator, const char *text) {
  return simulator.upload(std::vector<char>(text, text + strlen(text) + 1));
}

/// Each thread prints its block and number, from local memory.
void printKernel(Strand *strand) {
  uint64_t formats[WarpSize], arguments[WarpSize];
  uint32_t results[WarpSize];
  uint32_t values[2 * WarpSize];
  for (unsigned lane = 0; lane < strand->width; ++lane) {
    formats[lane] = parameter(strand, 0);
    arguments[lane] = LocalTag << TagShift;
    values[lane] = strand->ctaid[0];
    values[strand->width + lane] = threadIndex(strand, lane);
  }
  cusim_scatter(strand, strand->live, arguments, values, 4, 2, 1, 1);
  cusim_vprintf(strand, strand->live, formats, arguments, results, 2);
}

TEST(OutputTest, PrintsInTheOrderOfBlocks) {
  for (unsigned width : {1u, 32u}) {
    Options options = ofWidth(width);
    options.localBytes = 8;
    options.schedule.threads = 2;
    Simulator simulator(printKernel, options);
    uint64_t text = uploadText(simulator, "%d.%d ");
    EXPECT_FALSE(simulator.launch(40, 3, {text}).isFaulted);
    std::string expected;
    for (int block = 0; block < 40; ++block)
      for (int thread = 0; thread < 3; ++thread)
        expected += std::to_string(block) + "." + std::to_string(thread) + " ";
    EXPECT_EQ(simulator.output, expected);
  }
}

void assertKernel(Strand *strand) {
  for (unsigned lane = 0; lane < strand->width; ++lane)
    if (threadIndex(strand, lane) == 5 && strand->ctaid[0] == 1)
      cusim_assert_fail(strand, 1u << lane, parameter(strand, 0),
                        parameter(strand, 1), 42, parameter(strand, 2), 6);
}

TEST(OutputTest, ReportsAssertions) {
  for (unsigned width : {1u, 32u}) {
    Simulator simulator(assertKernel, ofWidth(width));
    LaunchReport report = simulator.launch(2, 32,
                                           {uploadText(simulator, "x > 0"),
                                            uploadText(simulator, "file.cu"),
                                            uploadText(simulator, "f(int)")});
    EXPECT_TRUE(report.isFaulted);
    EXPECT_THAT(textOf(report),
                HasSubstr("Assertion failed\n    at kernel (line 7: site6)\n"
                          "    by thread (5,0,0) in block (1,0,0)\n"
                          "    file.cu:42: f(int): assertion `x > 0` failed"));
  }
}

void trapKernel(Strand *strand) { cusim_trap(strand, strand->live, 3); }

TEST(OutputTest, EndsTheGridAtATrap) {
  Simulator simulator(trapKernel, ofWidth(1));
  LaunchReport report = simulator.launch(8, 32, {});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, Report::Kind::Trap);
}

} // namespace
} // namespace weft::cusim::testing
