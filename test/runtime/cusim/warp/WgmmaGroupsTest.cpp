//===- WgmmaGroupsTest.cpp - Products that nobody waited for --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/emit/Runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::cusim {
namespace {

using testing::Each;
using testing::HasSubstr;

constexpr uint32_t Threads = 128;

/// Products of ones, 16 of them, in registers %f0 to %f3; `after` comes behind
/// the instruction, and what it leaves in %f0 goes to memory.
std::string kernelOf(const std::string &after) {
  return R"(
.version 8.0
.target sm_90a
.address_size 64
.visible .entry product(.param .u64 out) {
.reg .f32 %f<8>;
.reg .b32 %r<8>;
.reg .b64 %d<8>;
.reg .pred %p<2>;
.shared .align 1024 .b8 tiles[4096];
mov.u32 %r0, %tid.x;
mov.u32 %r2, tiles;
shl.b32 %r1, %r0, 5;
add.u32 %r1, %r1, %r2;
mov.u32 %r3, 0x3c003c00;
st.shared.v4.b32 [%r1], {%r3, %r3, %r3, %r3};
st.shared.v4.b32 [%r1+16], {%r3, %r3, %r3, %r3};
bar.sync 0;
cvt.u64.u32 %d0, %r2;
shr.u64 %d0, %d0, 4;
or.b64 %d1, %d0, 0x1000080000;
add.u64 %d2, %d1, 128;
mov.f32 %f0, 0f00000000;
mov.f32 %f1, %f0;
mov.f32 %f2, %f0;
mov.f32 %f3, %f0;
setp.eq.u32 %p0, %r2, %r2;
wgmma.fence.sync.aligned;
wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%f0, %f1, %f2, %f3}, %d1, %d2, %p0, 1, 1, 0, 0;
)" + after +
         R"(
ld.param.u64 %d3, [out];
mul.wide.u32 %d4, %r0, 4;
add.u64 %d3, %d3, %d4;
st.global.f32 [%d3], %f0;
ret;
}
)";
}

const char *const Commit = "wgmma.commit_group.sync.aligned;\n";
const char *const Wait = "wgmma.wait_group.sync.aligned 0;\n";
const char *const Overwrite = "st.shared.b32 [%r1], %r0;\n";

class WgmmaGroupsTest : public testing::TestWithParam<unsigned> {
protected:
  std::string findingsOf(const std::string &after) {
    CompileOptions options;
    options.width = GetParam();
    Runner runner(kernelOf(after), options);
    EXPECT_EQ(runner.error, "");
    uint64_t out = runner.upload(std::vector<float>(Threads));
    LaunchReport report = runner.launch("product", 1, Threads, 0, out);
    values = runner.download<float>(out, Threads);
    return findings(report);
  }
  std::vector<float> values;
};

TEST_P(WgmmaGroupsTest, MayBeWaitedForAndThenOverwritten) {
  EXPECT_EQ(
      findingsOf(std::string(Commit) + Wait + "bar.sync 0;\n" + Overwrite), "");
  EXPECT_THAT(values, Each(16));
}

TEST_P(WgmmaGroupsTest, MayBeCopiedBeforeTheWait) {
  EXPECT_EQ(findingsOf(std::string("mov.f32 %f4, %f0;\n") + Commit + Wait +
                       "add.f32 %f0, %f4, 0f3f800000;\n"),
            "");
  EXPECT_THAT(values, Each(17));
}

TEST_P(WgmmaGroupsTest, FindsSumsThatAreReadWithoutAWait) {
  EXPECT_THAT(findingsOf(Commit),
              HasSubstr("its sums are read in line 35 before a "
                        "wgmma.wait_group waited for them"));
}

TEST_P(WgmmaGroupsTest, FindsSumsThatAreReadBeforeTheWait) {
  std::string text =
      findingsOf(std::string(Commit) + "add.f32 %f4, %f1, %f1;\n" + Wait);
  EXPECT_THAT(text, HasSubstr("its sums are read in line 31"));
  EXPECT_THAT(text, HasSubstr("(line 29: wgmma.mma_async"));
}

TEST_P(WgmmaGroupsTest, FindsAWaitThatLeavesTheGroup) {
  EXPECT_THAT(
      findingsOf(std::string(Commit) + "wgmma.wait_group.sync.aligned 1;\n"),
      HasSubstr("its sums are read"));
}

TEST_P(WgmmaGroupsTest, FindsAGroupThatIsNotClosed) {
  EXPECT_THAT(findingsOf(Wait), HasSubstr("its sums are read"));
}

TEST_P(WgmmaGroupsTest, FindsMatricesThatAreOverwrittenBeforeTheWait) {
  EXPECT_THAT(findingsOf(std::string(Commit) + Overwrite + Wait),
              HasSubstr("the matrices that it reads were written before a "
                        "wgmma.wait_group waited for it"));
}

INSTANTIATE_TEST_SUITE_P(Widths, WgmmaGroupsTest, testing::Values(1u, 32u));

} // namespace
} // namespace weft::cusim
