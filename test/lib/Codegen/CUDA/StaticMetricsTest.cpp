//===- StaticMetricsTest.cpp - Registers, spills and main loops -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Keeps the table of docs/Benchmarks.md true. With WEFT_WRITE_TABLES=1 it
// writes it instead (scripts/pin-static-metrics).
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CUDA/StaticMetrics.h"
#include "test/lib/Codegen/CUDA/CUDAKernels.h"
#include "test/lib/Codegen/CUDA/PinnedKernels.h"
#include "test/lib/Codegen/CUDA/TemporaryFile.h"

#include "llvm/Support/FormatVariadic.h"
#include <gtest/gtest.h>

using namespace weft;

static const std::string benchmarksPath = WEFT_SOURCE_DIR "/docs/Benchmarks.md";
static const std::string referencePath =
    WEFT_SOURCE_DIR "/test/lib/Codegen/CUDA/ReferenceGemm.cu";
static constexpr llvm::StringLiteral archs[] = {"sm_80", "sm_90", "sm_100"};

namespace {
/// The part of a page between two marks.
class PinnedTable {
public:
  PinnedTable(std::string pagePath, const std::string &name)
      : path(std::move(pagePath)), page(TemporaryFile::readFile(path)) {
    std::string startMark = "<!-- " + name + " -->\n";
    start = page.find(startMark);
    end = page.find("<!-- end of " + name + " -->");
    if (start == std::string::npos || end == std::string::npos)
      die(path + " has no marks of " + name);
    start += startMark.size();
  }
  std::string text() const { return page.substr(start, end - start); }
  void replace(const std::string &text) {
    page.replace(start, end - start, text);
    std::error_code error;
    llvm::raw_fd_ostream(path, error) << page;
    if (error)
      die("cannot write " + path);
  }

private:
  std::string path, page;
  size_t start, end;
};

int64_t sharedBytesOf(const artifact::KernelTable &table,
                      const std::string &name) {
  for (const artifact::Kernel &kernel : table.kernels())
    if (kernel.name() == name)
      return valueOf(kernel.shared_bytes(), {});
  die("no kernel " + name);
}

std::string share(const MainLoop &loop) {
  return loop.products
             ? llvm::formatv("{0} of {1}", loop.products, loop.instructions)
                   .str()
             : "";
}
} // namespace

TEST(CUDAStaticMetrics, PinnedTable) {
  std::string ptxas = findTool("ptxas");
  if (ptxas.empty())
    GTEST_SKIP() << "there is no ptxas";
  std::vector<PinnedKernel> kernels = pinnedKernels();
  std::string text;
  for (const PinnedKernel &kernel : kernels)
    text += kernel.text + "\n";
  KernelRunner runner(text, "sm_80");
  const std::string &ptx = CUDAKernels::of(runner).ptx();
  std::map<std::string, Assembled> assembled[std::size(archs)];
  std::string cubin;
  for (auto [kernelsOfArch, arch] : llvm::zip_equal(assembled, archs))
    kernelsOfArch =
        assembleKernels(ptxas, ptx, arch, arch == "sm_80" ? &cubin : nullptr);
  std::map<std::string, MainLoop> loops = findMainLoops(cubin);

  std::string table = "ptxas " + versionOf(ptxas) +
                      "\n\n"
                      "| kernel | registers on sm_80, sm_90, sm_100 | shared, "
                      "bytes | 16-byte loads | mma | ldmatrix | cp.async | "
                      "shfl | mma of the main loop |\n"
                      "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: "
                      "| --- |\n";
  for (const PinnedKernel &kernel : kernels) {
    InstructionCounts counts = countInstructions(ptx, kernel.name);
    EXPECT_FALSE(counts.usesLocalMemory) << kernel.name;
    EXPECT_FALSE(counts.calls) << kernel.name;
    int64_t shared = sharedBytesOf(runner.kernels().table(), kernel.name);
    std::string registers;
    for (auto [kernelsOfArch, arch] : llvm::zip_equal(assembled, archs)) {
      const Assembled &each = kernelsOfArch[kernel.name];
      ASSERT_GT(each.registers, 0) << kernel.name << " " << arch.str();
      EXPECT_EQ(each.spillBytes, 0) << kernel.name << " " << arch.str();
      EXPECT_EQ(each.stackBytes, 0) << kernel.name << " " << arch.str();
      EXPECT_LE(each.registers, kernel.mostRegisters)
          << kernel.name << " " << arch.str();
      EXPECT_LE(each.sharedBytes + shared, kernel.mostSharedBytes)
          << kernel.name << " " << arch.str();
      registers +=
          (registers.empty() ? "" : ", ") + std::to_string(each.registers);
    }
    shared += assembled[0][kernel.name].sharedBytes;
    table += llvm::formatv("| {0} | {1} | {2} | {3} | {4} | {5} | {6} | {7} | "
                           "{8} |\n",
                           kernel.what, registers, shared, counts.wideLoads,
                           counts.products, counts.matrixLoads, counts.copies,
                           counts.shuffles, share(loops[kernel.name]));
  }
  // Registers are those of one release of ptxas.
  PinnedTable pinned(benchmarksPath, "static metrics");
  if (std::getenv("WEFT_WRITE_TABLES"))
    pinned.replace(table);
  else if (llvm::StringRef(pinned.text()).split('\n').first ==
           llvm::StringRef(table).split('\n').first)
    EXPECT_EQ(pinned.text(), table)
        << "run scripts/pin-static-metrics if the new figures are better";
}

TEST(CUDAStaticMetrics, MainLoopOfAProductByHand) {
  std::string nvcc = findTool("nvcc");
  if (nvcc.empty())
    GTEST_SKIP() << "there is no nvcc";
  std::string cubin;
  Assembled kernel =
      compileKernels(nvcc, referencePath, "sm_80", cubin)["gemm"];
  MainLoop loop = findMainLoops(cubin)["gemm"];
  std::string text =
      llvm::formatv("nvcc {0}: {1} registers, {2} in the main loop\n",
                    versionOf(nvcc), kernel.registers, share(loop));
  PinnedTable pinned(benchmarksPath, "nvcc's product");
  if (std::getenv("WEFT_WRITE_TABLES"))
    pinned.replace(text);
  else if (llvm::StringRef(pinned.text()).split(':').first ==
           llvm::StringRef(text).split(':').first)
    EXPECT_EQ(pinned.text(), text);
}
