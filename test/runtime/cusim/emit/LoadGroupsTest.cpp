//===- LoadGroupsTest.cpp - Loads that read a row of each lane ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LoadGroups.h"

#include "runtime/cusim/ptx/Parser.h"
#include "test/runtime/cusim/emit/Runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>

namespace weft::cusim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A kernel of %r (b32) and %a (b64) registers; %a0 is
/// the output's address, %a1 the input's, %r0 the number of the thread.
std::string kernelOf(const std::string &body) {
  return ".version 8.0\n.target sm_80\n.address_size 64\n"
         ".visible .entry k(.param .u64 out, .param .u64 in) {\n"
         ".reg .b32 %r<9>;\n.reg .b64 %a<9>;\n.reg .pred %p0;\n" +
         body + "ret;\n}\n";
}

std::vector<LoadGroup> groupsOf(const std::string &body) {
  StatusOr<ptx::Module> parsed = ptx::parse(kernelOf(body));
  EXPECT_TRUE(parsed.isOk()) << parsed.message();
  const ptx::Function &function = parsed->functions[0];
  return findLoadGroups(function, 0, function.instructions.size());
}

TEST(LoadGroups, AreNeighboursInAnyOrder) {
  EXPECT_THAT(groupsOf("ld.global.u32 %r1, [%a1+8];\n"
                       "add.u32 %r5, %r1, %r1;\n"
                       "ld.global.u32 %r2, [%a1];\n"
                       "ld.global.u32 %r3, [%a1+12];\n"
                       "ld.global.u32 %r4, [%a1+4];\n"),
              ElementsAre(ElementsAre(2, 4, 0, 3)));
}

TEST(LoadGroups, EndWhereMemoryOrTheAddressChanges) {
  auto between = [](const std::string &code) {
    return groupsOf("ld.global.u32 %r1, [%a1];\n"
                    "ld.global.u32 %r2, [%a1+4];\n" +
                    code +
                    "ld.global.u32 %r3, [%a1+8];\n"
                    "ld.global.u32 %r4, [%a1+12];\n");
  };
  EXPECT_EQ(between("").size(), 1u);
  EXPECT_EQ(between("ld.global.u32 %r5, [%a2];\n").size(), 1u);
  for (const char *code :
       {"st.global.u32 [%a2], %r1;\n", "bar.sync 0;\n",
        "add.u64 %a1, %a1, %a2;\n", "ld.global.u64 %a1, [%a2];\n",
        "ld.acquire.gpu.global.u32 %r5, [%a2];\n", "membar.gl;\n",
        "atom.global.add.u32 %r5, [%a2], 1;\n"})
    EXPECT_THAT(between(code), IsEmpty()) << code;
  EXPECT_THAT(groupsOf("ld.global.u32 %r1, [%a1];\n"
                       "ld.global.u32 %r2, [%a1+4];\n"
                       "ld.global.u32 %r3, [%a1+12];\n"
                       "ld.global.u32 %r4, [%a1+16];\n"),
              IsEmpty());
}

/// Each thread adds up four words; threads are `stride` bytes apart, and
/// some of the lanes do not load.
std::string sumOf(unsigned stride) {
  return kernelOf("mov.u32 %r0, %tid.x;\n"
                  "ld.param.u64 %a0, [out];\n"
                  "ld.param.u64 %a1, [in];\n"
                  "mul.wide.u32 %a2, %r0, 4;\n"
                  "add.u64 %a0, %a0, %a2;\n"
                  "mul.wide.u32 %a2, %r0, " +
                  std::to_string(stride) +
                  ";\n"
                  "add.u64 %a1, %a1, %a2;\n"
                  "mov.u32 %r5, 0;\n"
                  "and.b32 %r6, %r0, 44;\n"
                  "setp.eq.u32 %p0, %r6, 40;\n"
                  "@%p0 bra END;\n"
                  "ld.global.u32 %r1, [%a1+4];\n"
                  "ld.global.u32 %r2, [%a1];\n"
                  "ld.global.u32 %r3, [%a1+8];\n"
                  "ld.global.u32 %r4, [%a1+12];\n"
                  "shl.b32 %r2, %r2, 1;\n"
                  "add.u32 %r5, %r1, %r2;\n"
                  "shl.b32 %r3, %r3, 8;\n"
                  "add.u32 %r5, %r5, %r3;\n"
                  "shl.b32 %r4, %r4, 16;\n"
                  "add.u32 %r5, %r5, %r4;\n"
                  "END: st.global.u32 [%a0], %r5;\n");
}

TEST(LoadGroups, LoadWhatEachLoadWould) {
  constexpr uint32_t Threads = 48; // the second warp is a half
  for (uint32_t stride : {0u, 4u, 12u, 16u, 20u, 32u})
    for (unsigned width : {1u, 32u}) {
      CompileOptions options;
      options.width = width;
      Runner runner(sumOf(stride), options);
      ASSERT_EQ(runner.error, "");
      // The last thread reads to the very end.
      std::vector<uint32_t> input((Threads - 1) * stride / 4 + 4);
      std::iota(input.begin(), input.end(), 1u);
      uint64_t in = runner.upload(input);
      for (int turn = 0; turn < 2; ++turn) {
        uint64_t out = runner.upload(std::vector<uint32_t>(Threads));
        LaunchReport report = runner.launch("k", 1, Threads, 0, out, in);
        EXPECT_EQ(findings(report), "");
        std::vector<uint32_t> sums = runner.download<uint32_t>(out, Threads);
        for (uint32_t i = 0; i < Threads; ++i) {
          const uint32_t *four = &input[i * stride / 4];
          uint32_t expected =
              four[1] + (four[0] << 1) + (four[2] << 8) + (four[3] << 16);
          ASSERT_EQ(sums[i], (i & 44) == 40 ? 0 : expected)
              << "thread " << i << ", stride " << stride << ", width " << width;
        }
      }
    }
}

TEST(LoadGroups, ReportTheLoadThatIsOutOfBounds) {
  constexpr uint32_t Threads = 32;
  CompileOptions options;
  options.width = 32;
  Runner runner(sumOf(16), options);
  ASSERT_EQ(runner.error, "");
  uint64_t out = runner.upload(std::vector<uint32_t>(Threads));
  // The last thread's last word is missing.
  uint64_t in = runner.upload(std::vector<uint32_t>(Threads * 4 - 1));
  LaunchReport report = runner.launch("k", 1, Threads, 0, out, in);
  EXPECT_TRUE(report.isFaulted);
  EXPECT_THAT(findings(report),
              testing::HasSubstr("ld.global.u32 %r4, [%a1+12]"));
  EXPECT_THAT(findings(report), testing::HasSubstr("by thread (31,0,0)"));
}

} // namespace
} // namespace weft::cusim
