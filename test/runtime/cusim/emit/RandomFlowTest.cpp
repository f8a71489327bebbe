//===- RandomFlowTest.cpp - Random branches, the same at both widths ------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/emit/Runner.h"

#include <random>

namespace weft::cusim {
namespace {

constexpr unsigned Values = 6;
constexpr uint32_t Words = 64;

/// A kernel of nested conditions and loops over %r0.. of each thread, which
/// ends with all of them in memory.
class RandomKernel {
public:
  explicit RandomKernel(unsigned seed) : random(seed) {
    text = R"(
.version 8.0
.target sm_80
.address_size 64
.visible .entry k(.param .u64 out, .param .u64 in) {
.reg .b32 %r<6>;
.reg .b32 %c<8>;
.reg .b32 %t<4>;
.reg .b64 %a<6>;
.reg .pred %p<4>;
mov.u32 %t0, %ctaid.x;
mov.u32 %t1, %ntid.x;
mov.u32 %t2, %tid.x;
mad.lo.u32 %t0, %t0, %t1, %t2;
ld.param.u64 %a0, [out];
ld.param.u64 %a1, [in];
mul.wide.u32 %a2, %t0, 24;
add.u64 %a0, %a0, %a2;
)";
    for (unsigned i = 0; i < Values; ++i)
      line("mad.lo.u32 " + value(i) + ", %t0, " +
           std::to_string(2654435761u * (i + 1)) + ", " + number(1000) + ";");
    statements(0, 5);
    for (unsigned i = 0; i < Values; ++i)
      line("st.global.u32 [%a0+" + std::to_string(4 * i) + "], " + value(i) +
           ";");
    line("ret;\n}");
  }

  std::string text;

private:
  std::mt19937 random;
  unsigned labels = 0;

  unsigned below(unsigned limit) { return random() % limit; }
  std::string number(unsigned limit) { return std::to_string(below(limit)); }
  static std::string value(unsigned i) { return "%r" + std::to_string(i); }
  std::string any() { return value(below(Values)); }
  void line(const std::string &code) { text += code + "\n"; }
  std::string label() { return "L" + std::to_string(labels++); }

  /// %p0: true in some of the lanes, or in all.
  void compare() {
    line("shr.u32 %t3, " + any() + ", " + number(16) + ";");
    line("and.b32 %t3, %t3, 15;");
    line("setp.lt.u32 %p0, %t3, " + number(18) + ";");
  }

  void arithmetic() {
    const char *const operations[] = {"add.u32", "sub.u32", "mul.lo.u32",
                                      "xor.b32", "max.s32"};
    std::string code = std::string(operations[below(5)]) + " " + any() + ", " +
                       any() + ", " + any() + ";";
    if (below(4) == 0) {
      compare();
      code = (below(2) ? "@%p0 " : "@!%p0 ") + code;
    }
    line(code);
  }

  void load() {
    line("and.b32 %t3, " + any() + ", " + std::to_string(Words - 1) + ";");
    line("mul.wide.u32 %a3, %t3, 4;");
    line("add.u64 %a3, %a1, %a3;");
    line("ld.global.u32 " + any() + ", [%a3];");
  }

  void condition(unsigned depth) {
    std::string other = label(), end = label();
    compare();
    line("@%p0 bra " + other + ";");
    statements(depth + 1, 3);
    if (below(2)) {
      line("bra " + end + ";");
      line(other + ":");
      statements(depth + 1, 3);
      line(end + ":");
    } else {
      line(other + ":");
    }
  }

  void loop(unsigned depth) {
    std::string head = label(), end = label();
    std::string counter = "%c" + std::to_string(depth);
    line("and.b32 " + counter + ", " + any() + ", 3;");
    line(head + ":");
    statements(depth + 1, 3);
    if (below(2)) {
      compare();
      line("@%p0 bra " + end + ";");
      statements(depth + 1, 2);
    }
    line("sub.u32 " + counter + ", " + counter + ", 1;");
    line("setp.gt.s32 %p1, " + counter + ", 0;");
    line("@%p1 bra " + head + ";");
    line(end + ":");
  }

  void statements(unsigned depth, unsigned most) {
    for (unsigned count = 1 + below(most); count-- > 0;) {
      unsigned kind = below(10);
      if (kind < 3 && depth < 5)
        condition(depth);
      else if (kind == 3 && depth < 4)
        loop(depth);
      else if (kind == 4 && depth > 0 && below(8) == 0) {
        compare();
        line("@%p0 ret;");
      } else if (kind < 7)
        load();
      else
        arithmetic();
    }
  }
};

std::vector<uint32_t> run(const std::string &text, unsigned width) {
  constexpr uint32_t Blocks = 2, Threads = 80; // the last warp is not full
  CompileOptions options;
  options.width = width;
  Runner runner(text, options);
  EXPECT_EQ(runner.error, "") << text;
  std::vector<uint32_t> input(Words);
  std::mt19937 random(3);
  for (uint32_t &word : input)
    word = random();
  size_t count = Blocks * Threads * Values;
  uint64_t output = runner.upload(std::vector<uint32_t>(count, 7));
  LaunchReport report =
      runner.launch("k", Blocks, Threads, 0, output, runner.upload(input));
  EXPECT_FALSE(report.isFaulted) << findings(report);
  return runner.download<uint32_t>(output, count);
}

TEST(RandomFlow, IsTheSameAtBothWidths) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    RandomKernel kernel(seed);
    ASSERT_EQ(run(kernel.text, 1), run(kernel.text, 32))
        << "seed " << seed << "\n"
        << kernel.text;
  }
}

} // namespace
} // namespace weft::cusim
