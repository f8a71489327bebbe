//===- ForgedManifestTest.cpp - Manifests that lie ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forgery.h"

using namespace weft;
using namespace weft::test;
using artifact::Manifest;

namespace {

/// Makes the first kernel one of a GPU.
void setGrid(Manifest &manifest, std::vector<const char *> grid,
             uint32_t threads, const char *sharedBytes) {
  manifest.mutable_stages(0)->set_target(artifact::CUDA);
  artifact::Kernel &kernel = kernelOf(manifest, 0);
  for (const char *blocks : grid)
    kernel.add_grid(blocks);
  kernel.set_block_threads(threads);
  kernel.set_shared_bytes(sharedBytes);
}

const Forgery forgeries[] = {
    {"NewerFormat", [](Manifest &m) { m.set_format_version(2); },
     "is 2, but this runtime reads up to 1"},
    {"NoFormat", [](Manifest &m) { m.clear_format_version(); }, "is 0"},
    {"NoEntry",
     [](Manifest &m) {
       m.clear_entries();
       m.mutable_stages(0)->clear_programs();
     },
     "no entry point"},
    {"NoStage",
     [](Manifest &m) {
       m.clear_stages();
       m.clear_ranks();
     },
     "ranks"},

    // Files.
    {"AbsolutePath",
     [](Manifest &m) { m.mutable_files(0)->set_path("/etc/passwd"); },
     "'/etc/passwd' is not a plain relative path"},
    {"ParentPath",
     [](Manifest &m) { m.mutable_files(0)->set_path("../stage0.so"); },
     "is not a plain relative path"},
    {"InnerParentPath",
     [](Manifest &m) { m.mutable_files(0)->set_path("a/../../x"); },
     "is not a plain relative path"},
    {"DotPath",
     [](Manifest &m) { m.mutable_files(0)->set_path("./stage0.so"); },
     "is not a plain relative path"},
    {"EmptyPath", [](Manifest &m) { m.mutable_files(0)->set_path(""); },
     "is not a plain relative path"},
    {"EmptyPart", [](Manifest &m) { m.mutable_files(0)->set_path("a//b"); },
     "is not a plain relative path"},
    {"TrailingSlash", [](Manifest &m) { m.mutable_files(0)->set_path("a/"); },
     "is not a plain relative path"},
    {"ZeroInPath",
     [](Manifest &m) {
       m.mutable_files(0)->set_path(std::string("stage0.so\0.txt", 14));
     },
     "is not a plain relative path"},
    {"NewlineInPath",
     [](Manifest &m) { m.mutable_files(0)->set_path("stage0.so\n"); },
     "is not a plain relative path"},
    {"LongPath",
     [](Manifest &m) { m.mutable_files(0)->set_path(longName(5000)); },
     "is not a plain relative path"},
    {"OwnPath",
     [](Manifest &m) { m.mutable_files(0)->set_path("manifest.pb"); },
     "is not a plain relative path"},
    {"FileTwice", [](Manifest &m) { *m.add_files() = m.files(1); },
     "listed twice or out of order"},
    {"FilesOutOfOrder",
     [](Manifest &m) { m.mutable_files()->SwapElements(0, 1); },
     "listed twice or out of order"},
    {"ShortHash", [](Manifest &m) { m.mutable_files(0)->set_sha256("abc"); },
     "no SHA-256"},
    {"WrongHash",
     [](Manifest &m) { m.mutable_files(0)->set_sha256(std::string(32, 'x')); },
     "does not match its hash"},
    {"WrongSize", [](Manifest &m) { m.mutable_files(0)->set_bytes(7); },
     "the manifest says 7"},
    {"HugeSize", [](Manifest &m) { m.mutable_files(1)->set_bytes(UINT64_MAX); },
     "the manifest says 18446744073709551615"},
    {"MissingFile",
     [](Manifest &m) {
       *m.add_files() = m.files(1);
       m.mutable_files(2)->set_path("x.bin");
     },
     "cannot open"},
    {"FolderAsFile",
     [](Manifest &m) {
       artifact::File weights = m.files(1);
       m.mutable_files(1)->set_path("weights");
       *m.add_files() = weights;
     },
     "is not a regular file"},

    // Mesh, ranks, sizes, states.
    {"AxisTwice",
     [](Manifest &m) {
       for (int i = 0; i != 2; ++i) {
         m.mutable_mesh()->add_axes()->set_name("tp");
         m.mutable_mesh()->mutable_axes(i)->set_size(1);
       }
     },
     "mesh axis 'tp' is named twice"},
    {"EmptyAxis",
     [](Manifest &m) { m.mutable_mesh()->add_axes()->set_name("tp"); },
     "has size 0"},
    {"HugeMesh",
     [](Manifest &m) {
       for (const char *name : {"a", "b", "c", "d"}) {
         artifact::MeshAxis &axis = *m.mutable_mesh()->add_axes();
         axis.set_name(name);
         axis.set_size(1 << 20);
       }
     },
     "expected meshes of 1 to 1048576 devices"},
    {"OverflowingMesh",
     [](Manifest &m) {
       m.mutable_mesh()->add_axes()->set_name("a");
       m.mutable_mesh()->mutable_axes(0)->set_size(UINT64_MAX);
     },
     "expected meshes"},
    {"MissingRanks",
     [](Manifest &m) {
       m.mutable_mesh()->add_axes()->set_name("tp");
       m.mutable_mesh()->mutable_axes(0)->set_size(2);
     },
     "do not fill a mesh of 2"},
    {"TwoRanksAtOnePlace",
     [](Manifest &m) {
       m.mutable_mesh()->add_axes()->set_name("tp");
       m.mutable_mesh()->mutable_axes(0)->set_size(2);
       m.mutable_ranks(0)->add_coordinates(0);
       m.add_ranks()->add_coordinates(0);
     },
     "outside of the mesh or taken"},
    {"RankOutside",
     [](Manifest &m) {
       m.mutable_mesh()->add_axes()->set_name("tp");
       m.mutable_mesh()->mutable_axes(0)->set_size(1);
       m.mutable_ranks(0)->add_coordinates(1);
     },
     "outside of the mesh"},
    {"RankOfNoStage", [](Manifest &m) { m.mutable_ranks(0)->set_stage(1); },
     "runs stage 1 of 1"},
    {"SizeTwice", [](Manifest &m) { *m.add_sizes() = m.sizes(0); },
     "declared twice"},
    {"SizeWithoutName", [](Manifest &m) { m.mutable_sizes(0)->set_name(""); },
     "free identifier"},
    {"SizeNamedAsVariable",
     [](Manifest &m) { m.mutable_sizes(0)->set_name("v0"); },
     "free identifier"},
    {"EmptyRange",
     [](Manifest &m) { m.mutable_sizes(0)->set_minimum(1 << 21); },
     "expected 0 <= minimum <= maximum"},
    {"NegativeRange",
     [](Manifest &m) { m.mutable_sizes(0)->set_minimum(INT64_MIN); },
     "expected 0 <= minimum"},
    {"HugeRange",
     [](Manifest &m) { m.mutable_sizes(0)->set_maximum(INT64_MAX); },
     "maximum <= 2^62"},
    {"NoDivisor", [](Manifest &m) { m.mutable_sizes(0)->set_divisor(0); },
     "a divisor of at least 1"},
    {"StateWithoutType", [](Manifest &m) { m.add_states()->set_name("k"); },
     "unknown element type 0"},
    {"HugeState",
     [](Manifest &m) {
       m.add_states()->set_name("k");
       m.mutable_states(0)->set_type(artifact::F64);
       m.mutable_states(0)->add_sizes("1152921504606846975");
     },
     "state 'k'"},
    {"OverflowingState",
     [](Manifest &m) {
       m.add_states()->set_name("k");
       m.mutable_states(0)->set_type(artifact::F64);
       m.mutable_states(0)->add_sizes("9223372036854775807");
     },
     "state 'k'"},
    {"ScheduleOfNoStage", [](Manifest &m) { m.add_schedule()->set_stage(3); },
     "names stage 3 of 1"},

    // Weights.
    {"WeightOfNoFile",
     [](Manifest &m) { m.mutable_weights(0)->set_file("weights/x"); },
     "which is not among"},
    {"WeightOutsideOfFolder",
     [](Manifest &m) { m.mutable_weights(0)->set_file("../x"); },
     "which is not among"},
    {"WeightOutOfOrder",
     [](Manifest &m) { m.mutable_weights()->SwapElements(0, 1); },
     "out of order"},
    {"WeightTwice", [](Manifest &m) { *m.add_weights() = m.weights(1); },
     "given to a rank twice"},
    {"WeightOfNoRank", [](Manifest &m) { m.mutable_weights(0)->add_ranks(1); },
     "for rank 1 of 1"},
    {"WeightOfRankTwice",
     [](Manifest &m) {
       m.mutable_weights(0)->add_ranks(0);
       m.mutable_weights(0)->add_ranks(0);
     },
     "given to a rank twice"},
    {"WeightNotInFile",
     [](Manifest &m) {
       m.mutable_weights(0)->set_name("tab");
       variantOf(m).mutable_buffers(1)->set_name("tab");
     },
     "is not in file"},
    {"WeightInCode",
     [](Manifest &m) { m.mutable_weights(0)->set_file("stage0.so"); },
     "'stage0.so' is said to be code and something else"},
    {"WeightTooSmall",
     [](Manifest &m) { variantOf(m).mutable_buffers(1)->set_bytes("164"); },
     "buffer 1 ('table') has 164 bytes in the program, but what it stands for "
     "has 160"},

    // Entry points.
    {"EntryTwice",
     [](Manifest &m) {
       *m.add_entries() = m.entries(0);
       *m.mutable_stages(0)->add_programs() = m.stages(0).programs(0);
     },
     "named twice"},
    {"ProgramMissing",
     [](Manifest &m) { m.mutable_stages(0)->clear_programs(); },
     "has 0 programs for 1 entry points"},
    {"InputTwice",
     [](Manifest &m) {
       *m.mutable_entries(0)->add_inputs() = m.entries(0).inputs(0);
     },
     "named twice"},
    {"InputWithNewline",
     [](Manifest &m) {
       m.mutable_entries(0)->mutable_inputs(0)->set_name("a\nb");
     },
     "unprintable"},
    {"InputOfNoType",
     [](Manifest &m) {
       m.mutable_entries(0)->mutable_inputs(0)->set_type(
           static_cast<artifact::DataType>(99));
     },
     "unknown element type 99"},
    {"InputOfManyDimensions",
     [](Manifest &m) {
       for (int i = 0; i != 40; ++i)
         m.mutable_entries(0)->mutable_inputs(0)->add_sizes("1");
     },
     "has 42 dimensions"},
    {"InputOfUnknownSize",
     [](Manifest &m) {
       m.mutable_entries(0)->mutable_inputs(0)->set_sizes(0, "length");
     },
     "uses 'length', which is not declared"},
    {"InputOfUnknownAxis",
     [](Manifest &m) {
       m.mutable_entries(0)->mutable_inputs(0)->set_sizes(0, "coord(\"tp\")");
     },
     "which is no axis of the mesh"},
    {"OutputOfBadSize",
     [](Manifest &m) {
       m.mutable_entries(0)->mutable_outputs(0)->set_sizes(0, "batch+");
     },
     "has a bad size"},
    {"OutputOfNegativeSize",
     [](Manifest &m) {
       m.mutable_entries(0)->mutable_outputs(0)->set_sizes(0, "0-batch");
     },
     "makes no tensor"},
    {"OutputOfHugeSize",
     [](Manifest &m) {
       m.mutable_entries(0)->mutable_outputs(0)->set_sizes(
           0, "4611686018427387904");
     },
     "makes no tensor"},

    // Stages and kernels.
    {"NoTarget", [](Manifest &m) { m.mutable_stages(0)->clear_target(); },
     "unknown target 0"},
    {"MissingCpuFeature",
     [](Manifest &m) { m.mutable_stages(0)->add_cpu_features("avx9000"); },
     "needs the CPU feature 'avx9000', which this machine lacks"},
    {"OtherAbi", [](Manifest &m) { m.mutable_stages(0)->set_kernel_abi(99); },
     "has kernel ABI version 99"},
    {"NoCode", [](Manifest &m) { m.mutable_stages(0)->clear_code_files(); },
     "has 0 code files"},
    {"CodeOfNoFile",
     [](Manifest &m) { m.mutable_stages(0)->set_code_files(0, "x.so"); },
     "which is not among"},
    {"WeightsAsCode",
     [](Manifest &m) {
       m.mutable_stages(0)->set_code_files(0, "weights/common.safetensors");
     },
     "'weights/common.safetensors' is said to be code and something else"},
    {"KernelTwice",
     [](Manifest &m) {
       *m.mutable_stages(0)->mutable_kernels()->add_kernels() =
           m.stages(0).kernels().kernels(0);
     },
     "two kernels 'add'"},
    {"KernelOfNoSymbol", [](Manifest &m) { kernelOf(m, 0).set_name("a b"); },
     "is no symbol of an object file"},
    {"KernelRenamed", [](Manifest &m) { kernelOf(m, 0).set_name("system"); },
     "differs from the manifest's"},
    {"KernelUnderstated",
     [](Manifest &m) {
       kernelOf(m, 0).mutable_buffers(2)->set_least_bytes("4");
     },
     "differs from the manifest's"},
    {"KernelSaysItOnlyReads",
     [](Manifest &m) { kernelOf(m, 0).mutable_buffers(2)->set_writes(false); },
     "differs from the manifest's"},
    {"KernelOfMoreItems",
     [](Manifest &m) { kernelOf(m, 0).set_items("1000*s0"); },
     "differs from the manifest's"},
    {"KernelOfLessScratch",
     [](Manifest &m) { kernelOf(m, 2).set_scratch_bytes("0"); },
     "differs from the manifest's"},
    {"KernelWithFewerBuffers",
     [](Manifest &m) {
       kernelOf(m, 0).mutable_buffers()->RemoveLast();
       launchOf(m, 2).mutable_buffers()->RemoveLast();
     },
     "differs from the manifest's"},
    {"KernelOfNoSplit", [](Manifest &m) { kernelOf(m, 0).clear_split(); },
     "unknown split 0"},
    {"KernelOfManySizes",
     [](Manifest &m) { kernelOf(m, 0).set_size_count(UINT32_MAX); },
     "expected at most 256 of each"},
    {"KernelOfUnknownSize", [](Manifest &m) { kernelOf(m, 0).set_items("s1"); },
     "uses 's1', which is not declared"},
    {"KernelOfGpuOnCpu", [](Manifest &m) { kernelOf(m, 0).add_grid("s0"); },
     "has a grid, threads or shared memory of a GPU on a CPU"},
    {"KernelWithoutGrid",
     [](Manifest &m) { m.mutable_stages(0)->set_target(artifact::CUDA); },
     "kernel 'add' has a bad expression"},
    {"KernelOfOneSizeOfGrid", [](Manifest &m) { setGrid(m, {"s0"}, 32, "0"); },
     "kernel 'add' has a grid of 1 sizes; expected 3"},
    {"KernelOfNoBlocks",
     [](Manifest &m) { setGrid(m, {"s0", "1", "0"}, 32, "0"); },
     "kernel 'add' has a grid of 0 blocks"},
    {"KernelOfNoThreads",
     [](Manifest &m) { setGrid(m, {"s0", "1", "1"}, 0, "0"); },
     "kernel 'add' has blocks of 0 threads; expected 1 to 1024"},
    {"KernelOfManyThreads",
     [](Manifest &m) { setGrid(m, {"s0", "1", "1"}, 1025, "0"); },
     "kernel 'add' has blocks of 1025 threads; expected 1 to 1024"},
    {"KernelOfUnknownGrid",
     [](Manifest &m) { setGrid(m, {"s9", "1", "1"}, 32, "0"); },
     "uses 's9', which is not declared"},
    {"KernelWithoutSharedBytes",
     [](Manifest &m) { setGrid(m, {"s0", "1", "1"}, 32, ""); },
     "kernel 'add' has a bad expression"},
    {"KernelWithoutItems", [](Manifest &m) { kernelOf(m, 0).clear_items(); },
     "bad expression"},

};

INSTANTIATE_TEST_SUITE_P(Manifest, ForgedArtifact, testing::ValuesIn(forgeries),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

} // namespace
