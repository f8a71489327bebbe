//===- ChecksTest.cpp - Seeded bugs in compiled kernels -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every kernel of Checks.cu runs clean at both widths and under random
// schedules, with all checks; each of its bugs is caught.
//
//===----------------------------------------------------------------------===//

#include "../emit/Runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <numeric>

namespace weft::cusim {
namespace {

using ::testing::HasSubstr;
using Kind = Report::Kind;

/// One compilation a width serves all tests: width 1 checks races too.
std::shared_ptr<CompiledModule> compiled(unsigned width) {
  static std::shared_ptr<CompiledModule> modules[2];
  std::shared_ptr<CompiledModule> &module = modules[width == 1];
  if (!module)
    module = *CompiledModule::create(
        readText(CHECKS_PTX), {.width = width, .checkRaces = width == 1}, "");
  return module;
}

/// A device and what kernels of Checks.cu need on it.
class Bench {
public:
  Bench(unsigned width, uint64_t seed)
      : addresses(1),
        device(0, addresses, {.threads = 1, .seed = seed, .timeout = 0.3}),
        module(compiled(width)), loaded(*device.load(module)) {
    device.setOutput([this](std::string_view text) { output += text; });
    std::vector<int32_t> numbers(4096);
    std::iota(numbers.begin(), numbers.end(), 0);
    in = *addresses.allocate(0, 4 * numbers.size());
    std::memcpy(AddressSpace::hostPointer(in), numbers.data(),
                4 * numbers.size());
    out = *addresses.allocate(0, 4 * 1024);
    std::memset(AddressSpace::hostPointer(out), 0, 4 * 1024);
  }

  LaunchReport run(const char *name, uint32_t grid, uint32_t block,
                   std::initializer_list<uint64_t> arguments) {
    const CompiledKernel *kernel = *module->kernel(name);
    std::vector<uint8_t> bytes(kernel->parameterBytes);
    const uint64_t *argument = arguments.begin();
    for (const ptx::Parameter &parameter : kernel->entry->parameters)
      std::memcpy(bytes.data() + parameter.offset, argument++, parameter.bytes);
    LaunchParameters parameters;
    parameters.grid[0] = grid;
    parameters.block[0] = block;
    parameters.parameters = bytes.data();
    return device.launch(*loaded, *kernel, parameters);
  }

  std::vector<int32_t> results(size_t count) const {
    std::vector<int32_t> values(count);
    std::memcpy(values.data(), AddressSpace::hostPointer(out), 4 * count);
    return values;
  }

  AddressSpace addresses;
  Device device;
  std::shared_ptr<CompiledModule> module;
  std::shared_ptr<LoadedModule> loaded;
  std::string output;
  uint64_t in, out;
};

using Launch = std::function<LaunchReport(Bench &, uint64_t bug)>;

void expectClean(const Launch &launch,
                 const std::function<void(const Bench &)> &check = {}) {
  for (unsigned width : {1u, 32u})
    for (uint64_t seed : {0, 1, 2, 3, 4}) {
      Bench bench(width, seed);
      LaunchReport report = launch(bench, 0);
      EXPECT_TRUE(report.findings.empty())
          << "width " << width << ", seed " << seed << "\n"
          << findings(report);
      if (check)
        check(bench);
    }
}

/// The bug must be among the findings, of one of the kinds.
void expectCaught(const Launch &launch, uint64_t bug, unsigned width,
                  std::initializer_list<Kind> kinds, const char *text) {
  for (uint64_t seed : {0, 1, 2}) {
    Bench bench(width, seed);
    LaunchReport report = launch(bench, bug);
    bool isFound = false;
    for (const Report &finding : report.findings)
      isFound |=
          std::find(kinds.begin(), kinds.end(), finding.kind) != kinds.end();
    EXPECT_TRUE(isFound) << "bug " << bug << ", width " << width << ", seed "
                         << seed << "\n"
                         << findings(report);
    EXPECT_THAT(findings(report), HasSubstr(text));
  }
}

TEST(ChecksTest, Addresses) {
  Launch launch = [](Bench &bench, uint64_t bug) {
    // An allocation that ends where the values do.
    uint64_t out = *bench.addresses.allocate(0, 4 * 1000);
    return bench.run("increment", 8, 128, {out, bench.in, 1000, bug});
  };
  expectClean(launch);
  for (unsigned width : {1u, 32u}) {
    expectCaught(launch, 1, width, {Kind::InvalidAddress},
                 "0 bytes after the nearest allocation");
    expectCaught(launch, 1, width, {Kind::InvalidAddress},
                 "Invalid __global__ write of size 4 bytes\n    at increment "
                 "(line ");
    expectCaught(launch, 1, width, {Kind::InvalidAddress},
                 "by thread (104,0,0) in block (7,0,0)");
    expectCaught(launch, 2, width, {Kind::InvalidAddress},
                 "4 bytes before the nearest allocation");
    expectCaught(launch, 3, width, {Kind::InvalidAddress},
                 "is an address of the host");
  }
}

TEST(ChecksTest, Alignment) {
  Launch launch = [](Bench &bench, uint64_t bug) {
    return bench.run("copyVectors", 1, 64, {bench.out, bench.in, bug});
  };
  expectClean(launch);
  for (unsigned width : {1u, 32u})
    expectCaught(launch, 1, width, {Kind::MisalignedAddress},
                 "Invalid __global__ read of size 16 bytes");
}

TEST(ChecksTest, Reduction) {
  Launch launch = [](Bench &bench, uint64_t bug) {
    return bench.run("reduce", 8, 128, {bench.out, bench.in, bug});
  };
  expectClean(launch, [](const Bench &bench) {
    for (int block = 0; block < 8; ++block)
      EXPECT_EQ(bench.results(8)[block], 128 * (128 * block) + 127 * 64);
  });
  expectCaught(launch, 1, 1, {Kind::RaceHazard}, "with no barrier in between");
  expectCaught(launch, 2, 1, {Kind::UninitializedRead},
               "no thread of the block has written it");
  for (unsigned width : {1u, 32u}) {
    expectCaught(launch, 3, width, {Kind::InvalidAddress},
                 "the block has 512 bytes of shared memory");
    expectCaught(launch, 4, width, {Kind::BarrierDivergence},
                 "Barrier error detected. Divergent thread(s)");
  }
}

TEST(ChecksTest, Barriers) {
  Launch launch = [](Bench &bench, uint64_t bug) {
    return bench.run("guarded", 2, 64, {bench.out, bug ? 64u : 53u, bug});
  };
  expectClean(launch);
  for (unsigned width : {1u, 32u})
    for (uint64_t bug : {1, 2, 3})
      expectCaught(launch, bug, width, {Kind::BarrierDivergence},
                   "at guarded (line ");
}

TEST(ChecksTest, Warps) {
  Launch launch = [](Bench &bench, uint64_t bug) {
    return bench.run("reverseInWarps", 1, 64, {bench.out, bench.in, bug});
  };
  expectClean(launch, [](const Bench &bench) {
    for (int i = 0; i < 64; ++i)
      EXPECT_EQ(bench.results(64)[i], i ^ 31);
  });
  expectCaught(launch, 1, 1, {Kind::RaceHazard}, "Race reported at __shared__");
}

TEST(ChecksTest, Atomics) {
  Launch launch = [](Bench &bench, uint64_t bug) {
    return bench.run("histogram", 1, 128, {bench.out, bench.in, 4096, bug});
  };
  expectClean(launch, [](const Bench &bench) {
    std::vector<int32_t> counts = bench.results(256);
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0), 4096);
    EXPECT_EQ(counts[0], 2048 + 256 + 4);
  });
  expectCaught(launch, 1, 1, {Kind::RaceHazard}, "Race reported at __shared__");
}

TEST(ChecksTest, Bytes) {
  Launch launch = [](Bench &bench, uint64_t bug) {
    return bench.run("bytes", 1, 128, {bench.out, bug});
  };
  expectClean(launch);
  expectCaught(launch, 1, 1, {Kind::RaceHazard},
               "__shared__ write of size 1 bytes");
}

TEST(ChecksTest, AsynchronousCopies) {
  Launch launch = [](Bench &bench, uint64_t bug) {
    return bench.run("pipeline", 1, 64, {bench.out, bench.in, 6, bug});
  };
  auto isRight = [](const Bench &bench) {
    std::vector<int32_t> values = bench.results(6 * 64);
    for (int i = 0; i < 6 * 64; ++i)
      if (values[i] != (i ^ 63))
        return false;
    return true;
  };
  expectClean(launch, [&](const Bench &bench) { EXPECT_TRUE(isRight(bench)); });
  for (uint64_t bug : {1, 2})
    expectCaught(launch, bug, 1, {Kind::RaceHazard},
                 "an asynchronous copy that was not waited for writes it");
  for (uint64_t bug : {3, 4})
    expectCaught(launch, bug, 1, {Kind::RaceHazard}, "Race reported");
  // Without checks, a missing wait shows in the results.
  for (uint64_t bug : {1, 2}) {
    Bench bench(32, 0);
    launch(bench, bug);
    EXPECT_FALSE(isRight(bench)) << bug;
  }
}

TEST(ChecksTest, NamedBarriers) {
  Launch launch = [](Bench &bench, uint64_t bug) {
    return bench.run("named", 1, 64, {bench.out, bug});
  };
  expectClean(launch);
  for (unsigned width : {1u, 32u}) {
    expectCaught(launch, 1, width, {Kind::Timeout}, "at barrier 1");
    expectCaught(launch, 1, width, {Kind::Timeout}, "at barrier 2");
  }
}

TEST(ChecksTest, EndlessLoops) {
  Launch launch = [](Bench &bench, uint64_t bug) {
    return bench.run("spin", 1, 64, {bench.out, bug});
  };
  expectClean(launch);
  for (unsigned width : {1u, 32u})
    expectCaught(launch, 1, width, {Kind::Timeout}, "it loops");
}

TEST(ChecksTest, Membermasks) {
  Launch launch = [](Bench &bench, uint64_t bug) {
    return bench.run("shuffle", 1, 32, {bench.out, bug});
  };
  expectClean(launch, [](const Bench &bench) {
    for (int i = 0; i < 32; ++i)
      EXPECT_EQ(bench.results(32)[i], i ^ 1);
  });
  for (unsigned width : {1u, 32u}) {
    expectCaught(launch, 1, width, {Kind::IllegalInstruction},
                 "membermask 0xfffffff7");
  }
  // At width 1 half of the lanes have returned when the others need them,
  // which PTX allows.
  expectCaught(launch, 2, 32, {Kind::BarrierDivergence}, "shfl.sync");
}

TEST(ChecksTest, Output) {
  Launch launch = [](Bench &bench, uint64_t bug) {
    return bench.run("speak", 2, 32, {bug});
  };
  expectClean(launch, [](const Bench &bench) {
    EXPECT_THAT(bench.output, HasSubstr("0.16  8.00 word\n"));
  });
  for (unsigned width : {1u, 32u}) {
    expectCaught(launch, 1, width, {Kind::Assertion}, "Checks.cu:");
    expectCaught(launch, 1, width, {Kind::Assertion}, "by thread (7,0,0)");
    expectCaught(launch, 2, width, {Kind::Trap}, "Trap\n    at speak (line");
  }
}

} // namespace
} // namespace weft::cusim
