//===- ProductQualityTest.cpp - What a GPU would have to do ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Without a GPU: registers and spills as ptxas counts them, memory traffic as
// cusim does, and whether its checks see what a wrong kernel does.
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CUDA/CUDAKernels.h"
#include "test/lib/Codegen/CUDA/ProductCase.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"
#include <gtest/gtest.h>

using namespace weft;

namespace {
/// Both operands copied, in tiles of 128 by 128.
const ProductCase large{
    .columns = 16384, .depth = 40, .weight = "f16", .input = "f16"};
/// The same in tiles of 64 by 64, with more stages.
const ProductCase copied{
    .columns = 72, .depth = 200, .weight = "f16", .input = "f16"};
/// Rows through registers, in tiles of 128 by 64, and weights that are copied
/// or widened.
const ProductCase wide{.columns = 16384, .depth = 40, .weight = "f16"};
const ProductCase wideBlocks{
    .columns = 16384, .depth = 64, .block = "q4_1", .prologue = "exp"};
const ProductCase floats{.columns = 64, .depth = 64};
const ProductCase blocks{.columns = 64, .depth = 256, .block = "q4_k"};

class TemporaryFile {
public:
  explicit TemporaryFile(const char *suffix) {
    if (llvm::sys::fs::createTemporaryFile("product", suffix, name))
      die("no temporary file");
  }
  ~TemporaryFile() { llvm::sys::fs::remove(name); }
  std::string path() const { return std::string(name); }
  std::string read() const {
    auto buffer = llvm::MemoryBuffer::getFile(name);
    return buffer ? (*buffer)->getBuffer().str() : "";
  }

private:
  llvm::SmallString<64> name;
};

/// cusim reads its settings once, before the first kernel.
TemporaryFile counters("json");
[[maybe_unused]] const int isCounting =
    setenv("CUSIM_COUNTERS", counters.path().c_str(), 1);

std::vector<HostTensor> argumentsOf(const ProductCase &each,
                                    KernelRunner &runner, int64_t rows) {
  if (!each.block.empty())
    return each.blockArguments(runner, rows);
  std::vector<HostTensor> arguments = runner.makeArguments({rows});
  fill(arguments, -1, 1, 1);
  return arguments;
}

bool isRight(const ProductCase &each, KernelRunner &runner, int64_t rows) {
  std::vector<HostTensor> arguments = argumentsOf(each, runner, rows);
  HostTensor expected = runner.evaluate({rows}, arguments);
  return relativeError(runner.run({rows}, arguments), expected) < 2e-3;
}
} // namespace

TEST(CUDAProductQuality, LargeTilesAreRight) {
  KernelRunner runner(large.text() + wide.text() + wideBlocks.text(), "sm_80");
  for (const ProductCase &each : {large, wide, wideBlocks}) {
    runner.select(each.name());
    EXPECT_TRUE(isRight(each, runner, 130)) << each.name();
  }
}

TEST(CUDAProductQuality, RegistersAndSharedMemory) {
  auto assembler = llvm::sys::findProgramByName("ptxas");
  if (!assembler)
    assembler = llvm::sys::findProgramByName("ptxas", {"/usr/local/cuda/bin"});
  if (!assembler)
    GTEST_SKIP() << "there is no ptxas";
  struct Limit {
    ProductCase product;
    int registers, sharedBytes;
  };
  // The large tile's are those of nvcc's own with the same tile, or less.
  const Limit limits[] = {{large, 215, 32768},  {copied, 128, 32768},
                          {wide, 168, 32768},   {wideBlocks, 168, 32768},
                          {floats, 128, 16384}, {blocks, 128, 16384}};
  std::string text;
  for (const Limit &limit : limits)
    text += limit.product.text();
  KernelRunner runner(text, "sm_80");
  TemporaryFile source("ptx"), report("txt");
  {
    std::error_code error;
    llvm::raw_fd_ostream stream(source.path(), error);
    stream << CUDAKernels::of(runner).ptx();
  }
  for (const char *arch : {"sm_80", "sm_90", "sm_100"}) {
    std::string archFlag = std::string("-arch=") + arch,
                sourcePath = source.path(), reportPath = report.path();
    std::optional<llvm::StringRef> outputs[] = {
        std::nullopt, llvm::StringRef(reportPath), llvm::StringRef(reportPath)};
    ASSERT_EQ(llvm::sys::ExecuteAndWait(
                  *assembler,
                  {*assembler, archFlag, "-v", sourcePath, "-o", "/dev/null"},
                  std::nullopt, outputs),
              0)
        << report.read();
    std::string all = report.read();
    for (const Limit &limit : limits) {
      llvm::StringRef rest(all);
      rest = rest.substr(rest.find("'" + limit.product.name() + "'"));
      llvm::SmallVector<llvm::StringRef> numbers;
      llvm::Regex pattern("([0-9]+) bytes stack frame, ([0-9]+) bytes spill "
                          "stores[^\n]*\n[^\n]*Used ([0-9]+) registers[^\n]* "
                          "([0-9]+) bytes smem");
      ASSERT_TRUE(pattern.match(rest, &numbers)) << all;
      EXPECT_EQ(numbers[1], "0") << limit.product.name() << " " << arch;
      EXPECT_EQ(numbers[2], "0") << limit.product.name() << " " << arch;
      EXPECT_LE(std::stoi(numbers[3].str()), limit.registers)
          << limit.product.name() << " " << arch;
      EXPECT_LE(std::stoi(numbers[4].str()), limit.sharedBytes)
          << limit.product.name() << " " << arch;
    }
  }
}

TEST(CUDAProductQuality, MemoryTraffic) {
  size_t before = counters.read().size();
  for (const ProductCase &each : {copied, floats, blocks}) {
    KernelRunner runner(each.text(), "sm_80");
    for (int64_t rows : {1, 128}) {
      std::vector<HostTensor> arguments = argumentsOf(each, runner, rows);
      runner.run({rows}, arguments);
    }
  }
  std::string text = counters.read().substr(before);
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(text).split(lines, '\n', -1, /*KeepEmpty=*/false);
  ASSERT_EQ(lines.size(), 6u);
  for (llvm::StringRef line : lines) {
    auto parsed = llvm::json::parse(line);
    ASSERT_TRUE(bool(parsed)) << line.str();
    const llvm::json::Object &launch = *parsed->getAsObject();
    auto number = [&](llvm::StringRef name) {
      return double(*launch.getInteger(name));
    };
    bool writesHalves = launch.getString("kernel")->contains("f16_f16");
    // Sums are read in vectors of 32 bytes where the output's have 16.
    if (!writesHalves)
      EXPECT_EQ(number("bank_conflicts"), 0) << line.str();
    else
      EXPECT_LE(number("bank_conflicts"), 0.05 * number("shared_accesses"))
          << line.str();
    EXPECT_LE(number("load_sectors"), 1.15 * number("ideal_load_sectors"))
        << line.str();
    EXPECT_LE(number("store_sectors"), 1.05 * number("ideal_store_sectors"))
        << line.str();
  }
}

//===----------------------------------------------------------------------===//
// Wrong kernels
//===----------------------------------------------------------------------===//

namespace {
std::string replaced(std::string text, llvm::StringRef from,
                     llvm::StringRef to) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(from.str(), at)) != std::string::npos;
       at += to.size(), ++count)
    text.replace(at, from.size(), to.str());
  if (count == 0)
    die("no " + from + " to replace");
  return text;
}

/// Ends the process with 0 when nothing tells the mutant from the kernel.
void runMutant(const ProductCase &each, int64_t rows, llvm::StringRef from,
               llvm::StringRef to) {
  KernelRunner runner(each.text(), "sm_80");
  CompiledCUDAKernels mutant;
  mutant.table = runner.kernels().table();
  mutant.ptx = replaced(CUDAKernels::of(runner).ptx(), from, to);
  runner.exchangeKernels(std::make_unique<CUDAKernels>(std::move(mutant)));
  std::exit(isRight(each, runner, rows) ? 0 : 1);
}

bool failed(int status) { return !testing::ExitedWithCode(0)(status); }
} // namespace

TEST(CUDAProductQuality, WrongKernelsAreFoundOut) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  // A barrier that is not there.
  EXPECT_EXIT(runMutant(floats, 70, "bar.sync \t0;", ""), failed, "");
  // A wait that ends one stage too early.
  EXPECT_EXIT(runMutant(copied, 70, "cp.async.wait_group \t2;",
                        "cp.async.wait_group \t3;"),
              failed, "");
  // One row or column too many.
  EXPECT_EXIT(runMutant(copied, 70, "setp.ge.s64", "setp.gt.s64"), failed, "");
  // Pieces of rows that are not where they were put.
  EXPECT_EXIT(runMutant(copied, 70, "ldmatrix.sync.aligned.m8n8.x4.shared",
                        "ldmatrix.sync.aligned.m8n8.x4.trans.shared"),
              failed, "");
}
