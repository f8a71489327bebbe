//===- WrongKernelsTest.cpp - Whether tests find wrong kernels ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Puts a bug into the PTX of a kernel and runs an ordinary case on cusim, a
// thread at a time with all checks. Either a check or the result tells. The
// nightly tier runs all rows of the table, others those that are quick.
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CUDA/CUDAKernels.h"
#include "test/lib/Codegen/CUDA/ProductCase.h"
#include "test/lib/Codegen/Common/AttentionCase.h"
#include "test/lib/Codegen/Common/PagedCase.h"

#include <functional>
#include <gtest/gtest.h>
#include <regex>

using namespace weft;

namespace {
/// A kernel and an ordinary case of it.
struct Subject {
  std::string text;
  std::vector<int64_t> sizes;
  double tolerance;
  std::function<std::vector<HostTensor>(KernelRunner &)> makeArguments;
};

struct Mutant {
  const char *subject, *bug;
  /// ECMAScript, in the kernel's PTX.
  const char *pattern, *replacement;
  /// Which match is replaced; all of them unless said.
  int match = -1;
  bool isQuick = false;
};
} // namespace

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

static Subject product(const ProductCase &shape, int64_t rows) {
  return {shape.text(), {rows}, 2e-3, [=](KernelRunner &runner) {
            if (!shape.block.empty())
              return shape.blockArguments(runner, rows);
            std::vector<HostTensor> arguments = runner.makeArguments({rows});
            fill(arguments, -1, 1, 1);
            return arguments;
          }};
}

static Subject plain(const std::string &text, std::vector<int64_t> sizes,
                     double tolerance = 1e-5) {
  return {text, sizes, tolerance, [=](KernelRunner &runner) {
            std::vector<HostTensor> arguments = runner.makeArguments(sizes);
            fill(arguments, -1, 1, 1);
            return arguments;
          }};
}

static Subject paged(const std::string &text, const PagedCase &shape,
                     std::vector<PagedSequence> step, double tolerance) {
  PagedTables tables(step, shape);
  return {text, tables.sizes, tolerance,
          [=](KernelRunner &runner) { return tables.makeArguments(runner); }};
}

static std::map<std::string, Subject> makeSubjects() {
  PagedCase cache{.heads = 4, .groups = 2, .blocks = 6};
  PagedCase wide = cache, divided = cache;
  wide.pool = "f32";
  divided.span = 64;
  return {
      {"product of f32", product({.columns = 64, .depth = 64}, 70)},
      {"product of f16",
       product({.columns = 72, .depth = 200, .weight = "f16", .input = "f16"},
               70)},
      {"product of q4_k",
       product({.columns = 64, .depth = 256, .block = "q4_k"}, 70)},
      {"several rows of f16",
       product({.columns = 72, .depth = 200, .weight = "f16", .input = "f16"},
               11)},
      {"several rows of q4_0",
       product({.columns = 37, .depth = 160, .block = "q4_0"}, 7)},
      {"product of activations", plain(R"(
        func.func @f(%x: tensor<?x40xf16> {llm.sizes = #llm.sizes<[s0, 40]>}, %y: tensor<40x72xf16> {llm.sizes = #llm.sizes<[40, 72]>}) -> tensor<?x72xf16> {
          %z = llm.matmul %x, %y : tensor<?x40xf16>, tensor<40x72xf16> -> tensor<?x72xf16>
          return %z : tensor<?x72xf16>
        })",
                                       {70}, 2e-3)},
      {"few rows of q4_1",
       product({.columns = 37, .depth = 96, .block = "q4_1"}, 3)},
      {"prompt", paged(cache.attention(), cache, {{70, 100}, {33, 33}}, 1e-3)},
      {"decoding", paged(cache.attention(), cache, {{1, 135}, {1, 70}}, 1e-5)},
      {"prompt to f32",
       paged(wide.attention(), wide, {{70, 100}, {33, 33}}, 2e-5)},
      {"decoding in parts",
       paged(divided.attention(), divided, {{1, 135}, {1, 190}}, 1e-5)},
      {"encoder",
       plain(AttentionCase{.heads = 2, .groups = 2}.text(), {1, 37, 70})},
      {"encoder of f16",
       plain(AttentionCase{.heads = 2, .groups = 2, .type = "f16"}.text(),
             {1, 37, 70}, 2e-3)},
      {"norm of long rows", plain(R"(
        func.func @norm(%x: tensor<?x1536xf32> {llm.sizes = #llm.sizes<[s0, 1536]>}, %s: tensor<1536xf32> {llm.sizes = #llm.sizes<[1536]>}) -> tensor<?x1536xf32> {
          %y = llm.layer_norm %x, %s epsilon 1.0e-5 : tensor<?x1536xf32>, tensor<1536xf32>
          return %y : tensor<?x1536xf32>
        })",
                                  {3})},
      {"norm of short rows", plain(R"(
        func.func @norm(%x: tensor<?x576xf32> {llm.sizes = #llm.sizes<[s0, 576]>}, %s: tensor<576xf32> {llm.sizes = #llm.sizes<[576]>}) -> tensor<?x576xf32> {
          %y = llm.rms_norm %x, %s epsilon 1.0e-5 : tensor<?x576xf32>, tensor<576xf32>
          return %y : tensor<?x576xf32>
        })",
                                   {5})},
      {"elements", plain(R"(
        func.func @add(%x: tensor<?xf32> {llm.sizes = #llm.sizes<[s0]>}, %r: tensor<?xf32> {llm.sizes = #llm.sizes<[s0]>}) -> tensor<?xf32> {
          %y = llm.add %x, %r : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
          return %y : tensor<?xf32>
        })",
                         {1027})},
      {"write of keys", paged(cache.write(/*transposed=*/true), cache,
                              {{1, 70}, {40, 90}, {2, 65}}, 0)},
      {"write of values", paged(cache.write(/*transposed=*/false), cache,
                                {{1, 70}, {40, 90}, {2, 65}}, 0)},
  };
}

//===----------------------------------------------------------------------===//
// Bugs
//===----------------------------------------------------------------------===//

static constexpr char barrier[] = "\tbar\\.sync \t0;";
static constexpr char warpBarrier[] = "\tbar\\.warp\\.sync \t[^;]*;";
/// The rest of a bound or an edge's comparison stays.
static constexpr char minimum[] = "min\\.[su]64( \t%\\w+, )(%\\w+), [%\\w]+;";
static constexpr char firstOfTwo[] = "mov.b64$1$2;";
static constexpr char shuffle[] =
    "(shfl\\.sync\\.bfly\\.b32 \t%\\w+, %\\w+), 1,";

static const Mutant mutants[] = {
    // clang-format off
    {"product of f32", "dropped barrier", barrier, "", -1, true},
    {"product of f32", "first barrier dropped", barrier, "", 0},
    {"product of f16", "wait ends a stage too early",
     "cp\\.async\\.wait_group \t2;", "cp.async.wait_group \t3;", -1, true},
    {"product of f16", "a row or column too many", "setp\\.ge\\.s64", "setp.gt.s64", -1, true},
    {"product of f16", "pieces that are swapped",
     "ldmatrix\\.sync\\.aligned\\.m8n8\\.x4\\.shared", "ldmatrix.sync.aligned.m8n8.x4.trans.shared", -1, true},
    {"product of f16", "dropped barrier", barrier, ""},
    {"product of q4_k", "dropped barrier", barrier, ""},
    {"several rows of f16", "dropped barrier", barrier, "", -1, true},
    {"several rows of f16", "wait ends a stage too early",
     "cp\\.async\\.wait_group \t[12];", "cp.async.wait_group \t3;", -1, true},
    {"several rows of q4_0", "dropped barrier", barrier, "", -1, true},
    {"several rows of q4_0", "sums of a group that are left out",
     "add\\.rn\\.f32( \t%\\w+, )(%\\w+), (%\\w+);", "mov.b32$1$2;", 2},
    {"product of activations", "pieces that are not transposed",
     "ldmatrix\\.sync\\.aligned\\.m8n8\\.x4\\.trans", "ldmatrix.sync.aligned.m8n8.x4", -1, true},
    {"product of activations", "dropped barrier", barrier, ""},
    {"few rows of q4_1", "dropped barrier", barrier, "", -1, true},
    {"few rows of q4_1", "shuffled to the wrong lane",
     "(shfl\\.sync\\.bfly\\.b32 \t%\\w+, %\\w+), 8,", "$1, 4,"},

    {"prompt", "dropped barrier", barrier, "", -1, true},
    {"prompt", "no barrier behind the copies",
     "(cp\\.async\\.wait_group \t1;\n)\tbar\\.sync \t0;", "$1"},
    {"prompt", "wait ends a stage too early",
     "cp\\.async\\.wait_group \t1;", "cp.async.wait_group \t2;", -1, true},
    {"prompt", "a key too many", "setp\\.lt\\.s32", "setp.le.s32", -1, true},
    {"prompt", "missing bound", minimum, firstOfTwo},
    {"prompt", "keys that are swapped",
     "ldmatrix\\.sync\\.aligned\\.m8n8\\.x4\\.trans", "ldmatrix.sync.aligned.m8n8.x4", -1, true},
    {"prompt", "queries that are swapped",
     "(mma\\.sync\\S+\\s+\\{[^}]*\\},\\s+\\{%\\w+, )(%\\w+), (%\\w+),", "$1$3, $2,"},

    {"decoding", "dropped barrier", barrier, "", -1, true},
    {"decoding", "dropped barrier of a warp", warpBarrier, "", -1, true},
    {"decoding", "a key too many", "setp\\.lt\\.s32", "setp.le.s32"},
    {"decoding", "shuffled to the wrong lane", shuffle, "$1, 2,", -1, true},
    {"decoding", "missing bound", minimum, firstOfTwo},

    {"prompt to f32", "dropped barrier", barrier, ""},
    {"prompt to f32", "wait ends a stage too early",
     "cp\\.async\\.wait_group \t1;", "cp.async.wait_group \t2;"},
    {"prompt to f32", "terms that are swapped",
     "(mma\\.sync\\S+\\s+\\{[^}]*\\},\\s+\\{%\\w+, )(%\\w+), (%\\w+),", "$1$3, $2,"},

    {"decoding in parts", "dropped barrier", barrier, ""},
    {"decoding in parts", "a key too many", "setp\\.lt\\.s32", "setp.le.s32"},
    {"decoding in parts", "missing bound", minimum, firstOfTwo, -1, true},

    {"encoder", "dropped barrier", barrier, "", -1, true},
    {"encoder", "dropped barrier of a warp", warpBarrier, ""},
    {"encoder", "a key too many", "setp\\.lt\\.s64", "setp.le.s64", -1, true},
    {"encoder", "missing bound", minimum, firstOfTwo, -1, true},
    {"encoder", "shuffled to the wrong lane", shuffle, "$1, 2,"},

    {"encoder of f16", "dropped barrier", barrier, "", -1, true},
    {"encoder of f16", "a key too many", "setp\\.lt\\.s64", "setp.le.s64"},
    {"encoder of f16", "values that are not transposed",
     "ldmatrix\\.sync\\.aligned\\.m8n8\\.x4\\.trans", "ldmatrix.sync.aligned.m8n8.x4", -1, true},
    {"encoder of f16", "missing bound", minimum, firstOfTwo},
    {"encoder of f16", "shuffled to the wrong lane", shuffle, "$1, 2,"},

    {"norm of long rows", "dropped barrier", barrier, "", -1, true},
    {"norm of long rows", "shuffled to the wrong lane", shuffle, "$1, 2,"},
    {"norm of short rows", "a row too many", "setp\\.ge\\.s64", "setp.gt.s64", -1, true},
    {"norm of short rows", "shuffled to the wrong lane", shuffle, "$1, 2,", -1, true},
    {"norm of short rows", "missing bound", minimum, firstOfTwo},
    {"elements", "a vector too many", "setp\\.ge\\.s64", "setp.gt.s64", -1, true},
    {"elements", "missing bound",
     "setp\\.le\\.s64( \t%\\w+, )%\\w+, (%\\w+);", "setp.le.s64$1$2, $2;", -1, true},

    {"write of keys", "dropped barrier", barrier, "", -1, true},
    {"write of keys", "a token too many", "setp\\.(l|g)e\\.s64", "setp.$1t.s64", -1, true},
    {"write of values", "a token too many", "setp\\.ge\\.s64", "setp.gt.s64"},
    // clang-format on
};

/// Nothing where there is nothing to replace.
static std::string mutated(const std::string &text, const Mutant &mutant) {
  std::regex pattern(mutant.pattern);
  std::string result;
  auto rest = text.begin();
  int number = 0;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end;
       match != end; ++match, ++number) {
    if (mutant.match >= 0 && mutant.match != number)
      continue;
    result.append(rest, (*match)[0].first);
    result += match->format(mutant.replacement);
    rest = (*match)[0].second;
  }
  return rest == text.begin() ? "" : result.append(rest, text.end());
}

/// Ends the process with 0 when the kernel, or the mutant of it, is right.
static void runCase(const Subject &subject, const Mutant *mutant) {
  setenv("CUSIM_WIDTH", "1", 1);
  setenv("CUSIM_CHECK", "all", 1);
  unsetenv("CUSIM_COUNTERS");
  KernelRunner runner(subject.text, "sm_80");
  if (mutant) {
    const CUDAKernels &right = CUDAKernels::of(runner);
    std::string wrong = mutated(right.ptx(), *mutant);
    if (wrong.empty())
      die("nothing to replace");
    runner.exchangeKernels(right.withPTX(std::move(wrong)));
  }
  // What is wrong is valid PTX nonetheless.
  llvm::errs() << "loaded\n";
  std::vector<HostTensor> arguments = subject.makeArguments(runner);
  HostTensor expected = runner.evaluate(subject.sizes, arguments);
  expected.roundToElementType();
  double error = relativeError(runner.run(subject.sizes, arguments), expected);
  std::exit(error <= subject.tolerance ? 0 : 1);
}

static bool isFoundOut(int status) {
  return !testing::ExitedWithCode(0)(status);
}

TEST(CUDAWrongKernels, AreFoundOut) {
  if (std::getenv("WEFT_TEST_GPU"))
    GTEST_SKIP() << "cusim checks, GPUs do not";
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  bool isNightly = std::getenv("WEFT_NIGHTLY") != nullptr;
  std::map<std::string, Subject> subjects = makeSubjects();
  for (auto &[name, subject] : subjects) {
    SCOPED_TRACE(name);
    EXPECT_EXIT(runCase(subject, nullptr), testing::ExitedWithCode(0),
                "loaded");
  }
  for (const Mutant &mutant : mutants) {
    if (!mutant.isQuick && !isNightly)
      continue;
    SCOPED_TRACE(std::string(mutant.subject) + ": " + mutant.bug);
    const Subject &subject = subjects.at(mutant.subject);
    EXPECT_EXIT(runCase(subject, &mutant), isFoundOut, "loaded");
  }
}
