//===- ProgramsTest.cpp - Random programs on random meshes ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Random models go through the passes of the partition phase, and half of them
// through those of the fuse phase; then all ranks together compute what the
// model computes. A failure prints the seed:
//
//   WEFT_TEST_SEED=17 PartitionTest --gtest_filter='ProgramsTest.*'
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/Passes.h"
#include "dialects/LLM/Transforms/Passes.h"
#include "lib/Reference/CompareTensors.h"
#include "lib/Reference/DrawInputs.h"
#include "lib/Reference/Evaluator.h"
#include "test/dialects/Dist/Transforms/ProgramGenerator.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/FileSystem.h"

#include <fstream>

using namespace mlir;
using namespace weft;
using namespace weft::dist;

namespace {

using Axes = std::vector<std::pair<std::string, int64_t>>;

class ProgramsTest : public PartitionTest {
protected:
  ProgramsTest() {
    // Two of these tests may run at once.
    llvm::SmallString<128> path;
    EXPECT_FALSE(llvm::sys::fs::createTemporaryFile("weights", "bin", path));
    weightFile = path.str();
    Random random(0);
    std::ofstream file(weightFile, std::ios::binary);
    for (int64_t i = 0; i != weightFileSize / 4; ++i) {
      float value = float(random.between(-500, 500)) / 1000;
      file.write(reinterpret_cast<const char *>(&value), sizeof(value));
    }
  }
  ~ProgramsTest() override { std::remove(weightFile.c_str()); }

  /// Partitions one program and compares; the error, or empty.
  std::string check(const GeneratedProgram &program,
                    std::optional<AnnotatePassOptions> annotate,
                    Random &random);
  std::string compare(ArrayRef<HostTensor> found,
                      ArrayRef<HostTensor> expected);

  std::string weightFile;
  int64_t numRefused = 0, numCollectives = 0;
};

} // namespace

static Axes drawMesh(Random &random) {
  static const std::vector<Axes> meshes = {{{"dp", 2}},
                                           {{"tp", 2}},
                                           {{"tp", 3}},
                                           {{"tp", 4}},
                                           {{"dp", 2}, {"tp", 2}},
                                           {{"dp", 3}, {"tp", 2}},
                                           {{"dp", 2}, {"tp", 4}},
                                           {{"dp", 2}, {"cp", 2}, {"tp", 2}}};
  return random.pick(meshes);
}

/// Options that a program cannot follow, and are refused.
static bool isAskedTooMuch(StringRef message) {
  return message.contains("splits the batch, but no input") ||
         message.contains("splits nothing; give a shard pattern") ||
         message.contains("cannot share evenly");
}

std::string ProgramsTest::compare(ArrayRef<HostTensor> found,
                                  ArrayRef<HostTensor> expected) {
  if (found.size() != expected.size())
    return "another number of results";
  for (auto [i, pair] : llvm::enumerate(llvm::zip_equal(found, expected)))
    // Evaluation is in double; only sums are in another order.
    if (auto difference =
            compareTensors(std::get<0>(pair), std::get<1>(pair), 1e-9))
      return "result " + std::to_string(i) + " has " + difference->str();
  return "";
}

std::string ProgramsTest::check(const GeneratedProgram &program,
                                std::optional<AnnotatePassOptions> annotate,
                                Random &random) {
  auto module = parseSourceString<ModuleOp>(program.text, &context);
  if (!module)
    return "cannot be parsed: " + message;
  auto function = module->lookupSymbol<func::FuncOp>("f");
  SizeAnalysis sizes(function);
  SizeBinding binding = drawSizes(function, sizes);
  for (const char *symbol : {"n", "m"})
    if (binding.lookup(symbol))
      binding.bind(symbol, random.between(1, 7));
  auto inputs = drawInputs(function, sizes, binding, random.below(1000));
  WeightStore weights;
  Evaluator evaluator(weights);
  auto expected = evaluator.evaluate(function, *inputs);
  if (failed(expected))
    return "has no value: " + message;

  PassManager pm(&context);
  if (annotate)
    pm.addPass(createAnnotatePass(*annotate));
  pm.addPass(createPropagatePass());
  pm.addPass(createInsertReshardsPass());
  pm.addPass(createLocalizePass());
  pm.addPass(createLowerReshardsPass());
  pm.addPass(createCSEPass());
  pm.addPass(createMergeCollectivesPass());
  pm.addPass(createSequenceParallelPass());
  pm.addPass(createCheckCollectivesPass());
  pm.addPass(createHoistWeightsPass());
  // What comes behind reads coordinates too.
  if (random.chance(2)) {
    pm.addNestedPass<func::FuncOp>(createMergeLinearsPass());
    pm.addPass(createHoistWeightsPass());
    pm.addPass(createPackLinearWeightsPass());
    pm.addNestedPass<func::FuncOp>(createFormKernelsPass());
  }
  if (failed(pm.run(*module))) {
    if (annotate && isAskedTooMuch(message)) {
      ++numRefused;
      return "";
    }
    return "is refused: " + message;
  }
  function = module->lookupSymbol<func::FuncOp>("f");
  auto found = evaluator.evaluate(function, *inputs);
  std::string error = succeeded(found) ? compare(*found, *expected)
                                       : "has no value: " + message;
  module->walk([&](Operation *op) {
    numCollectives +=
        isa<AllReduceOp, AllGatherOp, ReduceScatterOp, AllToAllOp>(op);
  });
  if (error.empty())
    return "";
  llvm::raw_string_ostream stream(error);
  stream << "\nwith n = " << binding.lookup("n").value_or(0)
         << ", partitioned:\n"
         << *module;
  return error;
}

TEST_F(ProgramsTest, ShardedByOptions) {
  int64_t count = countOfTests(150);
  uint64_t first = firstSeed();
  for (uint64_t seed = first; seed != first + count; ++seed) {
    Random random(seed);
    Axes axes = drawMesh(random);
    GeneratedProgram program = Generator(random, {}, weightFile).run();
    AnnotatePassOptions options;
    for (const auto &[axis, size] : axes)
      options.mesh +=
          (options.mesh.empty() ? "" : ",") + axis + "=" + std::to_string(size);
    // Now and then the user splits weights.
    if (random.chance(2))
      for (const std::string &weight : program.weights)
        if (random.chance(4))
          options.shard += (options.shard.empty() ? "" : ",") + weight + "=" +
                           random.pick(axes).first + ":0";
    std::string error = check(program, options, random);
    ASSERT_EQ(error, "") << "seed " << seed << ", mesh " << options.mesh
                         << ", shard " << options.shard << "\n"
                         << program.text;
  }
  EXPECT_LT(numRefused, count / 2);
  std::cout << count << " programs, " << numRefused << " refused, "
            << numCollectives << " collectives\n";
}

TEST_F(ProgramsTest, ShardedAnywhere) {
  int64_t count = countOfTests(150);
  uint64_t first = firstSeed();
  for (uint64_t seed = first; seed != first + count; ++seed) {
    Random random(seed);
    Axes axes = drawMesh(random);
    GeneratedProgram program = Generator(random, axes, weightFile).run();
    std::string error = check(program, std::nullopt, random);
    ASSERT_EQ(error, "") << "seed " << seed << "\n" << program.text;
  }
  std::cout << count << " programs, " << numCollectives << " collectives\n";
}
