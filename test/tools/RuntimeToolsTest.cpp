//===- RuntimeToolsTest.cpp - llm-run, llm-bench and the example ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Npy.h"
#include "test/runtime/support/TestArtifact.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <sys/wait.h>

using namespace weft;
using namespace weft::test;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

struct Outcome {
  int status;
  std::string out, err;
};

class RuntimeTools : public testing::Test {
protected:
  TemporaryFolder folder;
  std::string artifact = folder.file("model.weft");

  void SetUp() override {
    writeEncoder(artifact);
    std::vector<int64_t> ids = {0, 1, 2, 9, 4, 5}, shape = {2, 3};
    ASSERT_TRUE(
        writeNpy(folder.file("ids.npy"), DataType::I64, shape, ids.data())
            .isOk());
  }

  Outcome run(const std::string &command) {
    std::string line =
        "cd " + folder.path() + " && " + command + " > out.txt 2> err.txt";
    int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            readText(folder.file("out.txt")), readText(folder.file("err.txt"))};
  }

  /// One line on stderr, and status 1.
  std::string error(const std::string &command) {
    Outcome outcome = run(command);
    EXPECT_EQ(outcome.status, 1) << command << "\n" << outcome.err;
    EXPECT_THAT(outcome.err, StartsWith("error: ")) << command;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1)
        << outcome.err;
    return outcome.err;
  }

  const std::string llmRun = WEFT_BIN "/llm-run model.weft";
  const std::string llmBench = WEFT_BIN "/llm-bench model.weft";
};

TEST_F(RuntimeTools, RunsAndCompares) {
  Outcome first = run(llmRun + " --input ids=ids.npy --output-dir out "
                               "--trace trace.json --threads=2 --timeout=60 "
                               "--weights=huge --verify-hashes "
                               "--devices=cpu:0");
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("output f32[2,3,8]"));
  StatusOr<NpyArray> output = readNpy(folder.file("out/output.npy"));
  ASSERT_TRUE(output.isOk()) << output.message();
  EXPECT_THAT(output->header.shape, testing::ElementsAre(2, 3, 8));

  auto trace = nlohmann::json::parse(readText(folder.file("trace.json")));
  std::set<std::string> names;
  for (const auto &event : trace["traceEvents"])
    names.insert(event["name"].get<std::string>());
  EXPECT_THAT(names, testing::IsSupersetOf({"gather", "linear", "add"}));

  Outcome same = run(llmRun + " --input=ids=ids.npy --threads=1 "
                              "--expect output=out/output.npy --rtol=0 "
                              "--atol=0");
  EXPECT_EQ(same.status, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("greatest difference 0"));

  std::vector<float> values(48, 1.5f);
  ASSERT_TRUE(writeNpy(folder.file("wrong.npy"), DataType::F32,
                       output->header.shape, values.data())
                  .isOk());
  EXPECT_THAT(error(llmRun + " --input ids=ids.npy --expect output=wrong.npy"),
              HasSubstr("48 of 48 elements are out of tolerance; element "
                        "[0,0,0] is"));
}

TEST_F(RuntimeTools, RefusesWithOneLine) {
  EXPECT_THAT(error(llmRun), HasSubstr("input 'ids' is not given"));
  EXPECT_THAT(error(llmRun + " --prompt=x"),
              HasSubstr("'model.weft': it holds no language model; give its "
                        "inputs with --input"));
  for (const char *option : {"--max-tokens=3", "--temperature=1", "--stop=x"})
    EXPECT_THAT(error(llmRun + " " + option),
                HasSubstr(" belongs to a text; add --prompt or --chat"));
  for (const char *seed : {"-1", "18446744073709551616", "1x"})
    EXPECT_THAT(error(llmRun + " --prompt=x --seed=" + seed),
                HasSubstr("is not a whole number from 0 to 2^64 - 1"));
  EXPECT_THAT(error(llmRun + " --prompt=x --seed=18446744073709551615"),
              HasSubstr("holds no language model"));
  EXPECT_THAT(error(llmRun + " --chat --input ids=ids.npy"),
              HasSubstr("do not go with"));
  EXPECT_THAT(error(llmRun + " --input ids=none.npy"), HasSubstr("none.npy"));
  EXPECT_THAT(error(llmRun + " --input ids"), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(error(llmRun + " --input idz=ids.npy"),
              HasSubstr("there is no input 'idz'; expected one of: ids"));
  EXPECT_THAT(error(llmRun + " --input ids=ids.npy --input ids=ids.npy"),
              HasSubstr("given twice"));
  EXPECT_THAT(error(llmRun + " --devices=tpu:0 --input ids=ids.npy"),
              HasSubstr("device 'tpu:0' is unknown"));
  EXPECT_THAT(error(llmRun + " --devices=cpu:0,cpu:1 --input ids=ids.npy"),
              HasSubstr("2 devices"));
  EXPECT_THAT(error(llmRun + " --weights=best"), HasSubstr("best"));
  EXPECT_THAT(error(llmRun + " --threads=0"), HasSubstr("threads"));
  EXPECT_THAT(error(llmRun + " --timeout=-1"), HasSubstr("timeout"));
  EXPECT_THAT(error(llmRun + " --input ids=ids.npy --output-dir no/such/dir"),
              HasSubstr("cannot make folder"));
  EXPECT_THAT(error(llmRun + " --input ids=ids.npy --expect x=ids.npy"),
              HasSubstr("there is no output 'x'"));
  EXPECT_THAT(error(llmRun + " --input ids=ids.npy --expect output=ids.npy"),
              HasSubstr("found f32[2,3,8], expected i64[2,3]"));
  // Options of later times are unknown, not ignored.
  for (const char *option : {"--cusim=fast", "--bogus"})
    EXPECT_THAT(error(llmRun + " " + option), HasSubstr("--")) << option;
  EXPECT_THAT(error(WEFT_BIN "/llm-run"), HasSubstr("required"));
  EXPECT_THAT(error(WEFT_BIN "/llm-run no.weft"), HasSubstr("no.weft"));
  EXPECT_THAT(error(WEFT_BIN "/llm-run ids.npy"), HasSubstr("ids.npy"));
  EXPECT_THAT(error(llmRun + " other.weft"), HasSubstr("other.weft"));
  EXPECT_EQ(run(WEFT_BIN "/llm-run --help").status, 0);
  EXPECT_THAT(run(WEFT_BIN "/llm-run --help").out, HasSubstr("Example"));
}

TEST_F(RuntimeTools, RefusesNumbersOutOfRange) {
  EXPECT_THAT(error(llmRun + " --timeout=0"),
              HasSubstr("--timeout: '0' is not a number greater than 0;"));
  EXPECT_THAT(error(llmRun + " --timeout=nan"), HasSubstr("'nan' is not"));
  EXPECT_THAT(error(llmRun + " --rtol=-1"),
              HasSubstr("--rtol: '-1' is not a number of at least 0;"));
}

TEST_F(RuntimeTools, SaysWhenItsOutputIsLost) {
  // The shell's last redirection holds.
  for (const std::string &command :
       {llmRun + " --input ids=ids.npy",
        llmBench + " --sizes=batch=1,sequence=2 -r 1"}) {
    Outcome outcome = run("{ " + command + " > /dev/full; }");
    EXPECT_EQ(outcome.status, 1) << command;
    EXPECT_EQ(outcome.err, "error: cannot write to standard output: No space "
                           "left on device\n");
  }
}

TEST_F(RuntimeTools, SayTheirVersion) {
  EXPECT_EQ(run(WEFT_BIN "/llm-run --version").out, WEFT_VERSION "\n");
  EXPECT_EQ(run(WEFT_BIN "/llm-bench --version").out, WEFT_VERSION "\n");
}

TEST_F(RuntimeTools, NamesTheNodeOfABadIndex) {
  std::vector<int64_t> ids = {0, 10, 2}, shape = {1, 3};
  ASSERT_TRUE(writeNpy(folder.file("bad.npy"), DataType::I64, shape, ids.data())
                  .isOk());
  EXPECT_THAT(error(llmRun + " --input ids=bad.npy"),
              HasSubstr("node 'embeddings/Gather': an index in the input data "
                        "is out of range"));
}

TEST_F(RuntimeTools, StopsAfterTheTimeout) {
  // ids[0] is 1 and stays so.
  artifact::Manifest manifest = encoderManifest();
  artifact::Variant &variant =
      *manifest.mutable_stages(0)->mutable_programs(0)->mutable_variants(0);
  variant.set_variables(1);
  auto read = [](artifact::Command &command) {
    command.set_node("endless");
    command.mutable_read()->set_type(artifact::I64);
    command.mutable_read()->set_offset("0");
  };
  read(*variant.add_commands());
  artifact::Command &loop = *variant.add_commands();
  loop.set_node("endless");
  loop.mutable_while_()->set_condition("v0");
  read(*loop.mutable_while_()->add_body());
  writeArtifact(artifact, manifest);
  std::vector<int64_t> ids = {1, 1}, shape = {1, 2};
  ASSERT_TRUE(
      writeNpy(folder.file("ones.npy"), DataType::I64, shape, ids.data())
          .isOk());
  EXPECT_THAT(error(llmRun + " --input ids=ones.npy --timeout=0.2"),
              HasSubstr("node 'endless': the run was stopped after 0.2"));
}

/// Two ranks do the same until they take the greatest of their values; then
/// rank 0 writes the output. A first id that is not 0 may keep rank 1 busy
/// before.
artifact::Manifest twoRanks(bool mayBeBusy) {
  artifact::Manifest manifest = encoderManifest();
  setMesh(manifest, {{"tp", 2}});
  artifact::Variant &variant =
      *manifest.mutable_stages(0)->mutable_programs(0)->mutable_variants(0);
  variant.mutable_buffers(5)->set_owner("1 - coord(\"tp\")");
  variant.set_variables(1);
  artifact::Command add = variant.commands(2);
  variant.mutable_commands()->RemoveLast();
  auto read = [](artifact::Command &command) {
    command.set_node("busy");
    command.mutable_read()->set_type(artifact::I64);
    command.mutable_read()->set_offset("0");
  };
  if (mayBeBusy) {
    read(*variant.add_commands());
    artifact::Command &command = *variant.add_commands();
    command.set_node("busy");
    artifact::While &loop = *command.mutable_while_();
    loop.set_condition("v0*coord(\"tp\")");
    read(*loop.add_body());
  }
  addCollective(variant, "layer/Max", artifact::Collective::ALL_REDUCE, {"tp"},
                4, 4, {"batch*sequence", "8"})
      .set_reduction("max");
  *variant.add_commands() = add;
  return manifest;
}

TEST_F(RuntimeTools, RunTwoRanks) {
  Outcome alone = run(llmRun + " --input ids=ids.npy --output-dir out");
  ASSERT_EQ(alone.status, 0) << alone.err;
  writeArtifact(artifact, twoRanks(true));
  Outcome both = run(llmRun + " --input ids=ids.npy --trace trace.json "
                              "--devices=cpu:0,cpu:1 --timeout=60 "
                              "--expect output=out/output.npy");
  ASSERT_EQ(both.status, 0) << both.err;
  auto trace = nlohmann::json::parse(readText(folder.file("trace.json")));
  std::map<std::string, int> counts;
  for (const auto &event : trace["traceEvents"])
    ++counts[event["name"] == "thread_name"
                 ? event["args"]["name"].get<std::string>()
                 : event["name"].get<std::string>()];
  EXPECT_EQ(counts["cpu:0"], 1);
  EXPECT_EQ(counts["cpu:1"], 1);
  EXPECT_EQ(counts["all_reduce 192 bytes"], 2);

  EXPECT_THAT(error(llmRun + " --input ids=ids.npy --devices=cpu:0"),
              HasSubstr("it has 2 ranks, but 1 devices are given"));
  std::vector<int64_t> ids = {1, 1}, shape = {1, 2};
  ASSERT_TRUE(
      writeNpy(folder.file("ones.npy"), DataType::I64, shape, ids.data())
          .isOk());
  EXPECT_THAT(error(llmRun + " --input ids=ones.npy --timeout=0.2"),
              HasSubstr("node 'layer/Max': all_reduce over [tp] of 64 bytes: "
                        "rank 0 (tp=0) arrived, but rank 1 (tp=1) (which is at "
                        "node 'busy') did not within 0.2 seconds"));
  writeArtifact(artifact, twoRanks(false));
  Outcome bench = run(llmBench + " --sizes=batch=2,sequence=3 -r 2");
  EXPECT_EQ(bench.status, 0) << bench.err;
  EXPECT_THAT(bench.out, HasSubstr("collective"));
}

TEST_F(RuntimeTools, Benches) {
  Outcome outcome = run(llmBench + " --sizes=batch=2,sequence=16 -r 3 "
                                   "--threads=2 --json");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["latencies_us"].size(), 3u);
  for (const char *key : {"mean_us", "median_us", "stddev_us", "min_us",
                          "peak_rss_bytes", "gemm_us", "fma_peak_gflops"})
    EXPECT_GE(json[key].get<double>(), 0) << key;
  EXPECT_EQ(json["launches"], 3);
  EXPECT_EQ(json["gemm_flops"], 2 * 32 * 8 * 4);
  EXPECT_GT(json["fma_peak_gflops"], 1);
  EXPECT_TRUE(json["families"].contains("layout"));
  EXPECT_EQ(json["kernels"]["linear"]["flops"], json["gemm_flops"]);
  Outcome table = run(llmBench + " --sizes=batch=2 --sizes=sequence=16");
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("matmul"));
}

TEST_F(RuntimeTools, BenchRefusesWithOneLine) {
  EXPECT_THAT(error(llmBench + " --sizes=batch=2"),
              HasSubstr("size 'sequence' has no value; give it with --sizes"));
  std::string unknown = error(llmBench + " --sizes=batch=2,length=3");
  EXPECT_THAT(unknown, HasSubstr("no size 'length'"));
  EXPECT_THAT(unknown, testing::Not(HasSubstr("give it with --sizes")));
  EXPECT_THAT(error(llmBench + " --sizes=batch=x"),
              HasSubstr("expected a number"));
  EXPECT_THAT(error(llmBench + " --sizes=batch=0,sequence=1"),
              HasSubstr("size 'batch' is 0"));
  EXPECT_THAT(error(llmBench + " --sizes=batch=1,batch=2"), HasSubstr("twice"));
  EXPECT_THAT(error(llmBench + " -p 512"), HasSubstr("-p"));
  EXPECT_THAT(error(llmBench + " -r 0"), HasSubstr("-r"));
}

TEST_F(RuntimeTools, LinkWithoutLLVM) {
  for (const char *name : {"/llm-run", "/llm-bench", "/example-encode"}) {
    Outcome outcome = run("ldd " WEFT_BIN + std::string(name));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, testing::Not(HasSubstr("LLVM")));
    EXPECT_THAT(outcome.out, testing::Not(HasSubstr("MLIR")));
  }
}

TEST_F(RuntimeTools, ExampleRuns) {
  Outcome outcome = run(WEFT_BIN "/example-encode model.weft 1 2 3");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("output: 24 numbers"));
  error(WEFT_BIN "/example-encode none.weft 1 2 3");
  error(WEFT_BIN "/example-encode model.weft 99");
}

TEST_F(RuntimeTools, RunOnSimulatedGpus) {
  Outcome cpu = run(llmRun + " --input ids=ids.npy --output-dir out");
  ASSERT_EQ(cpu.status, 0) << cpu.err;
  writeArtifact(artifact, encoderManifest(artifact::CUDA));
  for (const char *checks : {"", " --cusim=fast", " --cusim=check"}) {
    Outcome gpu =
        run(llmRun + " --input ids=ids.npy --devices=cusim:1" + checks +
            " --trace trace.json --timeout=60 --threads=2 --expect "
            "output=out/output.npy");
    EXPECT_EQ(gpu.status, 0) << gpu.err;
    EXPECT_THAT(readText(folder.file("trace.json")), HasSubstr("cusim:0"));
  }
  Outcome bench = run(llmBench + " --sizes=batch=2,sequence=3 -r 4 "
                                 "--devices=cusim:1");
  EXPECT_EQ(bench.status, 0) << bench.err;
  EXPECT_THAT(bench.out, HasSubstr("launches  3"));
  EXPECT_THAT(bench.out, testing::Not(HasSubstr("peak")));

  EXPECT_THAT(error(llmRun + " --input ids=ids.npy --devices=cpu:0"),
              HasSubstr("use --devices=cuda:0,... or --devices=cusim:1"));
  // A machine may have a GPU.
  if (Outcome none = run(llmRun + " --input ids=ids.npy"); none.status != 0)
    EXPECT_THAT(none.err, HasSubstr("simulate them with --devices=cusim:1"));
  writeEncoder(artifact);
  EXPECT_THAT(error(llmRun + " --input ids=ids.npy --cusim=check"),
              HasSubstr("give --devices=cusim:1"));
}

} // namespace
