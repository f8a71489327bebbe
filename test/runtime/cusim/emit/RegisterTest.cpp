//===- RegisterTest.cpp - Registers, guards and memory in small texts -----===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/emit/Runner.h"

#include <gmock/gmock.h>

#include <functional>

namespace weft::cusim {
namespace {
using testing::HasSubstr;

std::string kernelText(const std::string &body,
                       const std::string &before = "") {
  return ".version 8.0\n.target sm_80\n.address_size 64\n" + before +
         ".visible .entry k(.param .u64 out, .param .u64 in) {\n"
         ".reg .b16 %h<20>;\n.reg .b32 %r<40>;\n.reg .b64 %rd<40>;\n"
         ".reg .f32 %f<20>;\n.reg .f64 %d<20>;\n.reg .pred %p<20>;\n"
         "ld.param.u64 %rd0, [out];\nld.param.u64 %rd1, [in];\n"
         "mov.u32 %r0, %tid.x;\nmul.wide.u32 %rd2, %r0, 4;\n"
         "add.u64 %rd3, %rd0, %rd2;\nadd.u64 %rd4, %rd1, %rd2;\n" +
         body + "\nret;\n}\n";
}

constexpr int Threads = 40; // a full warp and one of eight lanes

/// out[thread] for in[thread] = 3 * thread + 1, the same at both widths.
std::vector<uint32_t> runText(const std::string &text) {
  std::vector<uint32_t> results[2];
  for (unsigned width : {1u, 32u}) {
    CompileOptions options;
    options.width = width;
    Runner runner(text, options);
    std::vector<uint32_t> input(Threads);
    for (int i = 0; i < Threads; ++i)
      input[i] = 3 * i + 1;
    uint64_t in = runner.upload(input);
    uint64_t out = runner.upload(std::vector<uint32_t>(4 * Threads, 0));
    LaunchReport report = runner.launch("k", 1, Threads, 0, out, in);
    EXPECT_FALSE(report.isFaulted) << findings(report);
    results[width == 32] = runner.download<uint32_t>(out, 4 * Threads);
  }
  EXPECT_EQ(results[0], results[1]);
  results[0].resize(Threads);
  return results[0];
}

void expectEach(const std::string &body,
                const std::function<uint32_t(uint32_t)> &expected,
                const std::string &before = "") {
  std::vector<uint32_t> result = runText(kernelText(body, before));
  for (uint32_t i = 0; i < Threads; ++i)
    EXPECT_EQ(result[i], expected(i)) << "thread " << i;
}

TEST(Registers, HoldWhateverTheInstructionSays) {
  // As LLVM writes them: f32 in .b32 registers.
  expectEach("cvt.rn.f32.u32 %r1, %r0;\n"
             "add.f32 %r2, %r1, 0f3F800000;\n"
             "mov.b32 %f1, %r2;\n"
             "mul.f32 %r3, %f1, %r2;\n"
             "cvt.rzi.u32.f32 %r4, %r3;\n"
             "st.global.b32 [%rd3], %r4;",
             [](uint32_t i) { return (i + 1) * (i + 1); });
}

TEST(Registers, ReadAsZeroBeforeTheyAreWritten) {
  expectEach("add.u32 %r5, %r7, %r0;\n"
             "@%p3 add.u32 %r5, %r5, 100;\n"
             "st.global.u32 [%rd3], %r5;",
             [](uint32_t i) { return i; });
}

TEST(Registers, PackAndUnpack) {
  expectEach("cvt.u16.u32 %h1, %r0;\n"
             "mov.u16 %h2, 7;\n"
             "mov.b32 %r1, {%h1, %h2};\n"
             "mov.b64 %rd5, {%r1, %r0};\n"
             "mov.b64 {%h3, %h4, %h5, %h6}, %rd5;\n"
             "mov.b64 {_, %r2}, %rd5;\n"
             "mov.b32 %r3, {%h4, %h5};\n"
             "add.u32 %r3, %r3, %r2;\n"
             "st.global.u32 [%rd3], %r3;",
             [](uint32_t i) { return (7 | i << 16) + i; });
}

TEST(Guards, SparesWhatTheyExclude) {
  expectEach("and.b32 %r1, %r0, 3;\n"
             "setp.eq.u32 %p1, %r1, 1;\n"
             "mov.u32 %r2, 5;\n"
             "@%p1 mov.u32 %r2, 6;\n"
             "@!%p1 ld.global.u32 %r2, [%rd4];\n"
             "@%p1 setp.ne.u32 %p1, %r0, %r0;\n"
             "@%p1 add.u32 %r2, %r2, 1000;\n"
             "@!%p1 st.global.u32 [%rd3], %r2;",
             [](uint32_t i) { return i % 4 == 1 ? 6 : 3 * i + 1; });
}

TEST(Guards, MayExcludeAll) {
  // The address is bad, and nobody goes there.
  expectEach("setp.eq.u32 %p1, %r0, 1000;\n"
             "mov.u64 %rd5, 16;\n"
             "@%p1 st.global.u32 [%rd5], %r0;\n"
             "st.global.u32 [%rd3], %r0;",
             [](uint32_t i) { return i; });
}

TEST(Memory, ExtendsByTheTypeOfTheLoad) {
  expectEach("ld.global.s8 %r1, [%rd4];\n"
             "ld.global.u8 %r2, [%rd4];\n"
             "ld.global.s8 %rd5, [%rd4];\n"
             "shr.u64 %rd6, %rd5, 60;\n"
             "cvt.u32.u64 %r3, %rd6;\n"
             "add.u32 %r1, %r1, %r2;\n"
             "add.u32 %r1, %r1, %r3;\n"
             "st.global.u32 [%rd3], %r1;",
             [](uint32_t i) {
               uint32_t byte = (3 * i + 1) & 255;
               return uint32_t(int8_t(byte)) + byte + (byte & 128 ? 15u : 0u);
             });
}

TEST(Memory, StoresTheLastOfLanesThatMeet) {
  expectEach(
      "mov.u32 %r5, 0;\n"
      "st.shared.u32 [buffer], %r0;\n"
      "st.shared.v2.u32 [buffer+8], {%r0, %r5};\n"
      "bar.sync 0;\n"
      "ld.shared.u32 %r1, [buffer];\n"
      "ld.shared.u32 %r2, [buffer+8];\n"
      "add.u32 %r1, %r1, %r2;\n"
      "st.global.u32 [%rd3], %r1;",
      [](uint32_t) { return 2 * (Threads - 1); },
      ".shared .align 16 .b8 buffer[64];\n");
}

TEST(Memory, GathersFromSharedMemory) {
  expectEach(
      "shl.b32 %r1, %r0, 2;\n"
      "mov.u32 %r2, buffer;\n"
      "add.u32 %r3, %r1, %r2;\n"
      "st.shared.u32 [%r3], %r0;\n"
      "bar.sync 0;\n"
      "mul.lo.u32 %r4, %r0, 7;\n"
      "rem.u32 %r4, %r4, 40;\n"
      "shl.b32 %r4, %r4, 2;\n"
      "add.u32 %r4, %r4, %r2;\n"
      "ld.shared.u32 %r5, [%r4];\n"
      "and.b32 %r6, %r0, 1;\n"
      "setp.eq.u32 %p1, %r6, 0;\n"
      "@%p1 ld.shared.u32 %r5, [%r3];\n"
      "st.global.u32 [%rd3], %r5;",
      [](uint32_t i) { return i % 2 ? i * 7 % 40 : i; },
      ".shared .align 4 .b8 buffer[160];\n");
}

TEST(Control, JumpsByIndex) {
  std::string body = "and.b32 %r1, %r0, 3;\n"
                     "mov.u32 %r2, 0;\n"
                     "T: .branchtargets A, B, C, B;\n"
                     "brx.idx %r1, T;\n"
                     "A: add.u32 %r2, %r2, 10;\n"
                     "B: add.u32 %r2, %r2, 100;\n"
                     "bra.uni D;\n"
                     "C: mov.u32 %r2, 7;\n"
                     "D: add.u32 %r2, %r2, %r0;\n"
                     "st.global.u32 [%rd3], %r2;";
  expectEach(body, [](uint32_t i) {
    static const uint32_t Values[] = {110, 100, 7, 100};
    return Values[i % 4] + i;
  });
}

TEST(Control, RunsIrreducibleLoops) {
  expectEach("mov.u32 %r1, 0;\n"
             "mov.u32 %r2, %r0;\n"
             "and.b32 %r3, %r0, 1;\n"
             "setp.eq.u32 %p1, %r3, 1;\n"
             "@%p1 bra B;\n"
             "A: add.u32 %r1, %r1, 1;\n"
             "B: add.u32 %r1, %r1, 100;\n"
             "setp.eq.u32 %p2, %r2, 0;\n"
             "@%p2 bra OUT;\n"
             "sub.u32 %r2, %r2, 1;\n"
             "and.b32 %r4, %r2, 2;\n"
             "setp.eq.u32 %p3, %r4, 2;\n"
             "@%p3 bra B;\n"
             "bra A;\n"
             "OUT: st.global.u32 [%rd3], %r1;",
             [](uint32_t i) {
               uint32_t sum = 0, left = i;
               bool isA = i % 2 == 0;
               for (;;) {
                 sum += (isA ? 1 : 0) + 100;
                 if (left == 0)
                   return sum;
                 --left;
                 isA = (left & 2) == 0;
               }
             });
}

TEST(Control, ExitsFromFunctions) {
  expectEach(
      "{ .param .b32 a; .param .b32 r;\n"
      "st.global.u32 [%rd3], 5;\n"
      "st.param.b32 [a], %r0;\n"
      "call (r), f, (a);\n"
      "ld.param.b32 %r1, [r]; }\n"
      "st.global.u32 [%rd3], %r1;",
      [](uint32_t i) { return i % 3 == 0 ? 5 : i + 1; },
      ".func (.param .b32 r) f(.param .b32 a) {\n"
      ".reg .b32 %x<4>; .reg .pred %q<2>;\n"
      "ld.param.b32 %x0, [a];\n"
      "rem.u32 %x1, %x0, 3;\n"
      "setp.eq.u32 %q0, %x1, 0;\n"
      "@%q0 exit;\n"
      "add.u32 %x2, %x0, 1;\n"
      "st.param.b32 [r], %x2;\n"
      "ret;\n}\n");
}

TEST(Control, RunsWarpsOfFewLanesByCodeOfTheirOwn) {
  // No lane returns early and none are apart: only the second warp is partial.
  expectEach("ld.global.u32 %r1, [%rd4];\n"
             "mov.u32 %r2, 0;\n"
             "mov.u32 %r3, 0;\n"
             "L: add.u32 %r2, %r2, %r1;\n"
             "add.u32 %r3, %r3, 1;\n"
             "setp.lt.u32 %p1, %r3, 10;\n"
             "@%p1 bra L;\n"
             "bar.sync 0;\n"
             "st.global.u32 [%rd3], %r2;",
             [](uint32_t i) { return 10 * (3 * i + 1); });
}

TEST(Addresses, KnowTheirSpace) {
  expectEach(
      "mov.u32 %r1, buffer;\n"
      "cvt.u64.u32 %rd5, %r1;\n"
      "cvta.shared.u64 %rd6, %rd5;\n"
      "isspacep.shared %p1, %rd6;\n"
      "isspacep.global %p2, %rd6;\n"
      "isspacep.global %p3, %rd0;\n"
      "selp.u32 %r2, 1, 0, %p1;\n"
      "selp.u32 %r3, 2, 0, %p2;\n"
      "selp.u32 %r4, 4, 0, %p3;\n"
      "or.b32 %r2, %r2, %r3;\n"
      "or.b32 %r2, %r2, %r4;\n"
      "st.u32 [%rd6], %r2;\n"
      "ld.shared.u32 %r5, [buffer];\n"
      "cvta.to.shared.u64 %rd7, %rd6;\n"
      "ld.shared.u32 %r6, [%rd7];\n"
      "add.u32 %r5, %r5, %r6;\n"
      "st.global.u32 [%rd3], %r5;",
      [](uint32_t) { return 10u; }, ".shared .align 4 .b8 buffer[8];\n");
}

/// As clang takes apart a structure: by lanes that are apart, too.
TEST(Addresses, OfParametersLieOnTheStack) {
  expectEach(
      "and.b32 %r1, %r0, 3;\n"
      "setp.ne.u32 %p1, %r1, 2;\n"
      "st.global.u32 [%rd3], 7;\n"
      "@!%p1 bra done;\n"
      "{ .param .align 8 .b8 s[20]; .param .b32 i; .param .b32 r;\n"
      "st.param.v2.b32 [s], {10, %r0};\n"
      "st.param.b64 [s+8], 30;\n"
      "st.param.b32 [s+16], 50;\n"
      "st.param.b32 [i], %r1;\n"
      "call (r), f, (s, i);\n"
      "ld.param.b32 %r2, [r]; }\n"
      "st.global.u32 [%rd3], %r2;\n"
      "done:",
      [](uint32_t i) {
        uint32_t s[5] = {10, i, 30, 0, 50};
        if (i % 4 == 2)
          return 7u;
        s[i % 4] += 100;
        return s[i % 4] + s[1] * 1000 + s[4];
      },
      ".func (.param .b32 r) f(.param .align 8 .b8 s[20], .param .b32 i) {\n"
      ".reg .b32 %x<9>; .reg .b64 %y<9>; .reg .pred %q<2>;\n"
      "mov.b64 %y0, s;\n"
      "ld.param.b32 %x0, [i];\n"
      "mul.wide.u32 %y1, %x0, 4;\n"
      "add.u64 %y2, %y0, %y1;\n"
      "ld.local.b32 %x1, [%y2];\n"
      "add.u32 %x1, %x1, 100;\n"
      "st.local.b32 [%y2], %x1;\n"
      // By its name it is the same memory.
      "ld.param.b32 %x2, [s+4];\n"
      "mad.lo.u32 %x1, %x2, 1000, %x1;\n"
      "ld.local.b32 %x3, [%y0+16];\n"
      "add.u32 %x1, %x1, %x3;\n"
      "st.param.b32 [r], %x1;\n"
      "ret;\n}\n");
}

TEST(Faults, NameTheLineAndTheThread) {
  for (unsigned width : {1u, 32u}) {
    CompileOptions options;
    options.width = width;
    std::string text = kernelText("mul.wide.u32 %rd5, %r0, 64;\n"
                                  "add.u64 %rd5, %rd5, %rd0;\n"
                                  "st.global.u32 [%rd5], %r0;");
    Runner runner(text, options);
    uint64_t out = runner.upload(std::vector<uint32_t>(64 * 5 / 4));
    LaunchReport report = runner.launch("k", 1, 32, 0, out, out);
    ASSERT_TRUE(report.isFaulted);
    ASSERT_FALSE(report.findings.empty());
    const Report &finding = report.findings[0];
    EXPECT_EQ(finding.kind, Report::Kind::InvalidAddress);
    EXPECT_EQ(finding.thread[0], 5u);
    EXPECT_EQ(finding.address, out + 5 * 64);
    EXPECT_TRUE(finding.isWrite);
    EXPECT_EQ(finding.instruction, "st.global.u32 [%rd5], %r0");
    size_t line = 1 + std::count(text.begin(),
                                 text.begin() + text.find("st.global"), '\n');
    EXPECT_EQ(finding.line, line);
  }
}

TEST(Faults, AreFoundInEverySpace) {
  const char *bodies[] = {
      "mov.u32 %r1, 70000;\nld.shared.u32 %r2, [%r1];",
      "mov.u64 %rd5, 4294967296;\nld.shared.u32 %r2, [%rd5];",
      "add.u32 %r1, %r0, 70000;\nst.shared.u32 [%r1], %r0;",
      "mov.u64 %rd5, 9999;\nld.local.u32 %r2, [%rd5];",
      "mov.u64 %rd5, 16;\nld.u32 %r2, [%rd5];",
      "add.u64 %rd5, %rd0, 2;\nld.global.u32 %r2, [%rd5];",
      "ld.global.v4.u32 {%r1, %r2, %r3, %r4}, [%rd3+4];",
  };
  for (unsigned width : {1u, 32u})
    for (const char *body : bodies) {
      CompileOptions options;
      options.width = width;
      Runner runner(kernelText(body), options);
      uint64_t out = runner.upload(std::vector<uint32_t>(256));
      EXPECT_TRUE(runner.launch("k", 1, 32, 0, out, out).isFaulted)
          << body << " at width " << width;
    }
}

TEST(Faults, EndLoopsWithoutEnd) {
  for (unsigned width : {1u, 32u}) {
    CompileOptions options;
    options.width = width;
    Runner runner(kernelText("L: add.u32 %r1, %r1, 1;\nbra L;"), options,
                  {.threads = 1, .timeout = 0.3});
    uint64_t out = runner.upload(std::vector<uint32_t>(64));
    LaunchReport report = runner.launch("k", 1, 32, 0, out, out);
    ASSERT_TRUE(report.isFaulted);
    EXPECT_EQ(report.findings[0].kind, Report::Kind::Timeout);
  }
}

TEST(Errors, NameTheLine) {
  for (auto [body, message] : std::vector<std::pair<std::string, std::string>>{
           {"{ .param .b32 a;\nst.param.b64 [a], %rd0; }",
            "bytes 0 to 8 of a parameter of 4 bytes"},
           {"alloca.u64 %rd5, 16, 3;", "an alignment of 3, expected a power of 2"},
           {"ld.param.u64 %rd5, [out+4];",
            "bytes 4 to 12 of a parameter of 8 bytes"}}) {
    StatusOr<std::shared_ptr<CompiledModule>> module =
        CompiledModule::create(kernelText(body), CompileOptions(), "");
    ASSERT_TRUE(module) << module.message();
    StatusOr<const CompiledKernel *> kernel = (*module)->kernel("k");
    ASSERT_FALSE(kernel) << body;
    EXPECT_THAT(kernel.message(), HasSubstr(message));
    EXPECT_THAT(kernel.message(), testing::StartsWith("line "));
  }
}

} // namespace
} // namespace weft::cusim
