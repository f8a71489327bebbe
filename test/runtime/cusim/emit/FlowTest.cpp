//===- FlowTest.cpp - Lanes that part and meet, against the host ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/emit/Runner.h"

#include <numeric>
#include <random>

namespace host {
// The kernels of Flow.cu as functions of the host, a thread at a time.
struct Dim {
  unsigned x = 0;
};
static Dim blockIdx, blockDim, threadIdx;
#define FLOW_ON_HOST
#define KERNEL static void
#define __device__
#define __forceinline__
#define __noinline__
#include "test/runtime/cusim/emit/Flow.cu"
} // namespace host

namespace weft::cusim {
namespace {

constexpr int Elements = 333; // the last warp is not full

std::vector<int> makeInput() {
  std::mt19937 random(7);
  std::vector<int> input(Elements);
  for (int &value : input)
    value = random() % 5000;
  return input;
}

template <typename Kernel, typename... Arguments>
std::vector<int> runOnHost(Kernel kernel, unsigned block,
                           const Arguments &...arguments) {
  std::vector<int> input = makeInput(), output(2 * Elements, -1);
  host::blockDim.x = block;
  for (host::blockIdx.x = 0; host::blockIdx.x * block < Elements;
       ++host::blockIdx.x)
    for (host::threadIdx.x = 0; host::threadIdx.x < block; ++host::threadIdx.x)
      kernel(output.data(), input.data(), Elements, arguments...);
  return output;
}

class FlowTest : public testing::TestWithParam<unsigned> {
protected:
  template <typename... Arguments>
  std::vector<int> run(const std::string &name, unsigned block,
                       uint32_t dynamicShared, const Arguments &...arguments) {
    static const std::string Text = readText(FLOW_PTX);
    CompileOptions options;
    options.width = GetParam();
    Runner runner(Text, options);
    uint64_t input = runner.upload(makeInput());
    uint64_t output = runner.upload(std::vector<int>(2 * Elements, -1));
    LaunchReport report =
        runner.launch(name, (Elements + block - 1) / block, block,
                      dynamicShared, output, input, Elements, arguments...);
    EXPECT_FALSE(report.isFaulted) << findings(report);
    return runner.download<int>(output, 2 * Elements);
  }
};

TEST_P(FlowTest, IfElseAndLoops) {
  EXPECT_EQ(run("ifelse", 64, 0), runOnHost(host::ifelse, 64));
  EXPECT_EQ(run("ifelse", 48, 0), runOnHost(host::ifelse, 48));
}
TEST_P(FlowTest, LoopsThatLanesLeaveAlone) {
  EXPECT_EQ(run("collatz", 128, 0), runOnHost(host::collatz, 128));
}
TEST_P(FlowTest, NestedLoopsWithEveryWayOut) {
  EXPECT_EQ(run("nested", 96, 0), runOnHost(host::nested, 96));
}
TEST_P(FlowTest, SwitchesWithReturns) {
  EXPECT_EQ(run("switches", 64, 0), runOnHost(host::switches, 64));
}
TEST_P(FlowTest, CallsWithStructuresAndRecursion) {
  host::Vec v{1, 2, 3, 4, 5};
  EXPECT_EQ(run("calls", 64, 0, v), runOnHost(host::calls, 64, v));
}
TEST_P(FlowTest, CallsThroughATable) {
  EXPECT_EQ(run("indirect", 64, 0), runOnHost(host::indirect, 64));
}
TEST_P(FlowTest, LocalArrays) {
  EXPECT_EQ(run("locals", 64, 0), runOnHost(host::locals, 64));
}

INSTANTIATE_TEST_SUITE_P(Widths, FlowTest, testing::Values(1u, 32u));

TEST(Flow, SpacesAreTheSameAtBothWidths) {
  std::vector<int> results[2];
  for (unsigned width : {1u, 32u}) {
    CompileOptions options;
    options.width = width;
    Runner runner(readText(FLOW_PTX), options);
    uint64_t input = runner.upload(makeInput());
    uint64_t output = runner.upload(std::vector<int>(2 * Elements, -1));
    LaunchReport report =
        runner.launch("spaces", 6, 64, 64 * 4, output, input, Elements);
    EXPECT_FALSE(report.isFaulted) << findings(report);
    results[width == 32] = runner.download<int>(output, Elements);
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_NE(results[0], std::vector<int>(Elements, -1));
}

struct Int4 {
  int x, y, z, w;
  bool operator==(const Int4 &) const = default;
};

TEST_P(FlowTest, VectorsOfEveryType) {
  constexpr int Count = 190;
  std::vector<Int4> input(Count), expected(Count);
  std::vector<short> halves(2 * Count);
  std::vector<unsigned char> bytes(4 * Count);
  for (int i = 0; i < Count; ++i) {
    input[i] = {i * 3, i * 5 - 100, i, -i};
    for (int k = 0; k < 2; ++k)
      halves[2 * i + k] = short(i * 17 - 900 * k);
    for (int k = 0; k < 4; ++k)
      bytes[4 * i + k] = (unsigned char)(i * 7 + 61 * k);
  }
  // Thread t of a block of 64 reads tile[(5 t) % 64] and wide[(t + 3) % 64].
  auto at = [&](int i) { return i < Count ? i : 0; };
  for (int i = 0; i < Count; ++i) {
    int block = i / 64 * 64, t = i % 64;
    auto reads = [&](int thread) {
      int g = block + thread;
      struct {
        Int4 x;
        const short *s;
        const unsigned char *u;
      } result{input[at(g)], &halves[2 * (g < Count ? Count - 1 - g : 0)],
               &bytes[4 * (g < Count ? g * 7 % Count : 0)]};
      return result;
    };
    auto mine = reads(t), tile = reads(t * 5 % 64),
         wide = reads((63 - ((t + 3) & 63)) & 63);
    expected[i] = {tile.x.x + wide.x.y, tile.s[0] - wide.s[1] + mine.s[1],
                   tile.u[2] + mine.u[0] + mine.u[1], t * 5 % 64 + mine.u[3]};
  }
  CompileOptions options;
  options.width = GetParam();
  Runner runner(readText(FLOW_PTX), options);
  uint64_t output = runner.upload(std::vector<Int4>(Count));
  LaunchReport report =
      runner.launch("vectors", 3, 64, 0, output, runner.upload(input),
                    runner.upload(halves), runner.upload(bytes), Count);
  EXPECT_FALSE(report.isFaulted) << findings(report);
  EXPECT_EQ(runner.download<Int4>(output, Count), expected);
}

TEST_P(FlowTest, LocksBetweenTheLanesOfAWarp) {
  for (const char *name : {"spin", "spinout"}) {
    CompileOptions options;
    options.width = GetParam();
    Runner runner(readText(FLOW_PTX), options);
    uint64_t lock = runner.upload(std::vector<int>(2, 0));
    uint64_t output = runner.upload(std::vector<int>(96, 0));
    LaunchReport report = runner.launch(name, 1, 96, 0, output, lock, 96);
    EXPECT_FALSE(report.isFaulted) << name << "\n" << findings(report);
    int value = 0;
    for (int i = 0; i < 96; ++i)
      value = name == std::string("spin") ? int(value * 3u + 1) : value + 1;
    EXPECT_EQ(runner.download<int>(lock, 2), (std::vector<int>{0, value}))
        << name;
  }
}

} // namespace
} // namespace weft::cusim
