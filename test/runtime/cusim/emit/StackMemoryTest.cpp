//===- StackMemoryTest.cpp - alloca, stacksave and stackrestore -----------===//
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

/// f(n) adds up 0 to n - 1 by way of an array; a kernel that runs `body`, with
/// the number of the thread in %r0, and stores %r1.
std::string kernelOf(const std::string &body) {
  return R"(
.version 8.0
.target sm_80
.address_size 64
.func (.param .b32 sum) f(.param .b32 count) {
.reg .b32 %r<9>;
.reg .b64 %d<9>;
.reg .pred %p<2>;
ld.param.b32 %r0, [count];
mul.wide.u32 %d0, %r0, 4;
alloca.u64 %d1, %d0, 16;
mov.u32 %r2, 0;
FILL: mul.wide.u32 %d2, %r2, 4;
add.u64 %d3, %d1, %d2;
st.local.u32 [%d3], %r2;
add.u32 %r2, %r2, 1;
setp.lt.u32 %p0, %r2, %r0;
@%p0 bra FILL;
mov.u32 %r3, 0;
mov.u32 %r2, 0;
cvta.local.u64 %d4, %d1;
ADD: mul.wide.u32 %d2, %r2, 4;
add.u64 %d3, %d4, %d2;
ld.u32 %r4, [%d3];
add.u32 %r3, %r3, %r4;
add.u32 %r2, %r2, 1;
setp.lt.u32 %p0, %r2, %r0;
@%p0 bra ADD;
st.param.b32 [sum], %r3;
ret;
}
.visible .entry k(.param .u64 out) {
.reg .b32 %r<9>;
.reg .b64 %d<9>;
.reg .pred %p<2>;
mov.u32 %r0, %tid.x;
mov.u32 %r1, 0;
)" + body +
         R"(
ld.param.u64 %d7, [out];
mul.wide.u32 %d8, %r0, 4;
add.u64 %d7, %d7, %d8;
st.global.u32 [%d7], %r1;
ret;
}
)";
}

class StackMemoryTest : public testing::TestWithParam<unsigned> {
protected:
  static constexpr uint32_t Threads = 40;
  std::string findingsOf(const std::string &body) {
    CompileOptions options;
    options.width = GetParam();
    Runner runner(kernelOf(body), options);
    EXPECT_EQ(runner.error, "");
    uint64_t out = runner.upload(std::vector<uint32_t>(Threads));
    LaunchReport report = runner.launch("k", 2, Threads, 0, out);
    values = runner.download<uint32_t>(out, Threads);
    return findings(report);
  }
  std::vector<uint32_t> values;
};

TEST_P(StackMemoryTest, BelongsToALaneAndEndsWithTheCall) {
  // 500 calls would need more than there is if each kept its array.
  EXPECT_EQ(findingsOf(R"(
alloca.u64 %d0, 4;
st.local.u32 [%d0], %r0;
add.u32 %r2, %r0, 1;
mov.u32 %r3, 500;
AGAIN: {
.param .b32 argument;
.param .b32 result;
st.param.b32 [argument], %r2;
call (result), f, (argument);
ld.param.b32 %r4, [result];
}
add.u32 %r1, %r1, %r4;
sub.u32 %r3, %r3, 1;
setp.ne.u32 %p0, %r3, 0;
@%p0 bra AGAIN;
ld.local.u32 %r4, [%d0];
add.u32 %r1, %r1, %r4;
)"),
            "");
  for (uint32_t i = 0; i < Threads; ++i)
    EXPECT_EQ(values[i], 500 * (i * (i + 1) / 2) + i) << "thread " << i;
}

TEST_P(StackMemoryTest, IsGivenBackByStackrestore) {
  EXPECT_EQ(findingsOf(R"(
mov.u32 %r3, 100;
AGAIN: stacksave.u64 %d1;
alloca.u64 %d0, 1000, 256;
st.local.u32 [%d0+996], %r0;
ld.local.u32 %r1, [%d0+996];
stackrestore.u64 %d1;
sub.u32 %r3, %r3, 1;
setp.ne.u32 %p0, %r3, 0;
@%p0 bra AGAIN;
and.b64 %d0, %d0, 255;
cvt.u32.u64 %r4, %d0;
add.u32 %r1, %r1, %r4;
)"),
            "");
  for (uint32_t i = 0; i < Threads; ++i)
    EXPECT_EQ(values[i], i);
}

TEST_P(StackMemoryTest, IsNotEndless) {
  EXPECT_THAT(findingsOf("AGAIN: alloca.u64 %d0, 1000;\nbra AGAIN;"),
              testing::HasSubstr("1000 bytes, of "));
  EXPECT_THAT(findingsOf("alloca.u64 %d0, -8;"),
              testing::HasSubstr("that are left of the thread's stack"));
  EXPECT_THAT(findingsOf("mov.u64 %d1, 4096;\nstackrestore.u64 %d1;"),
              testing::HasSubstr("a value that no stacksave gave"));
}

INSTANTIATE_TEST_SUITE_P(Widths, StackMemoryTest, testing::Values(1u, 32u));

} // namespace
} // namespace weft::cusim
