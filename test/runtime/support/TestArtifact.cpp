//===- TestArtifact.cpp - Artifacts that tests build by hand --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestArtifact.h"
#include "CudaKernels.h"
#include "KernelTable.h"
#include "runtime/base/Sha256.h"
#include "weft/kernel_abi.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace weft;
using namespace weft::test;
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string pattern =
      (fs::temp_directory_path() / "weft-test-XXXXXX").string();
  folder = mkdtemp(pattern.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

void test::writeText(const std::string &path, std::string_view text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string test::readText(const std::string &path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string
test::safetensors(const std::map<std::string, std::vector<float>> &tensors) {
  std::string header = "{\"__metadata__\":{\"format\":\"weft\"}", data;
  int pads = 0;
  auto addEntry = [&](const std::string &name, const char *type, size_t count,
                      size_t bytes) {
    header += ",\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":[" +
              std::to_string(count) + "],\"data_offsets\":[" +
              std::to_string(data.size()) + "," +
              std::to_string(data.size() + bytes) + "]}";
    data.resize(data.size() + bytes);
  };
  for (const auto &[name, values] : tensors) {
    size_t bytes = values.size() * sizeof(float);
    addEntry(name, "F32", values.size(), bytes);
    if (bytes != 0)
      std::memcpy(data.data() + data.size() - bytes, values.data(), bytes);
    if (size_t gap = (64 - data.size() % 64) % 64)
      addEntry("__pad" + std::to_string(pads++) + "__", "U8", gap, gap);
  }
  header += "}";
  header.append(4096 - (8 + header.size()) % 4096, ' ');
  uint64_t length = header.size();
  return std::string(reinterpret_cast<const char *>(&length), 8) + header +
         data;
}

artifact::Buffer &test::addBuffer(artifact::Variant &variant,
                                  artifact::Buffer::Kind kind,
                                  std::string bytes, uint32_t index,
                                  std::string name) {
  artifact::Buffer &buffer = *variant.add_buffers();
  buffer.set_kind(kind);
  buffer.set_bytes(std::move(bytes));
  buffer.set_index(index);
  buffer.set_name(std::move(name));
  return buffer;
}

artifact::Command &test::addLaunch(artifact::Variant &variant, std::string node,
                                   uint32_t kernel,
                                   std::vector<uint32_t> buffers,
                                   std::vector<std::string> sizes) {
  artifact::Command &command = *variant.add_commands();
  command.set_node(std::move(node));
  command.mutable_launch()->set_kernel(kernel);
  for (uint32_t buffer : buffers)
    command.mutable_launch()->add_buffers(buffer);
  for (std::string &size : sizes)
    command.mutable_launch()->add_sizes(std::move(size));
  return command;
}

void test::setMesh(artifact::Manifest &manifest,
                   std::vector<std::pair<std::string, uint64_t>> axes) {
  uint64_t ranks = 1;
  for (const auto &[name, size] : axes) {
    artifact::MeshAxis &axis = *manifest.mutable_mesh()->add_axes();
    axis.set_name(name);
    axis.set_size(size);
    ranks *= size;
  }
  manifest.clear_ranks();
  for (uint64_t rank = 0; rank != ranks; ++rank) {
    artifact::Rank &added = *manifest.add_ranks();
    uint64_t inner = ranks;
    for (const auto &[name, size] : axes) {
      inner /= size;
      added.add_coordinates(rank / inner % size);
    }
  }
}

artifact::Collective &test::addCollective(artifact::Variant &variant,
                                          std::string node,
                                          artifact::Collective::Kind kind,
                                          std::vector<std::string> axes,
                                          uint32_t source, uint32_t destination,
                                          std::vector<std::string> sizes) {
  artifact::Command &command = *variant.add_commands();
  command.set_node(std::move(node));
  artifact::Collective &collective = *command.mutable_collective();
  collective.set_kind(kind);
  for (std::string &axis : axes)
    collective.add_axes(std::move(axis));
  if (kind == artifact::Collective::ALL_REDUCE ||
      kind == artifact::Collective::REDUCE_SCATTER)
    collective.set_reduction("sum");
  collective.set_type(artifact::F32);
  collective.set_source(source);
  collective.set_destination(destination);
  for (std::string &size : sizes)
    collective.add_sizes(std::move(size));
  return collective;
}

artifact::TensorInfo test::tensorInfo(std::string name, artifact::DataType type,
                                      std::vector<std::string> sizes) {
  artifact::TensorInfo info;
  info.set_name(std::move(name));
  info.set_type(type);
  for (std::string &size : sizes)
    info.add_sizes(std::move(size));
  return info;
}

artifact::Manifest test::emptyManifest(artifact::Target target) {
  artifact::Manifest manifest;
  manifest.set_format_version(1);
  manifest.set_tool_version("test");
  manifest.set_model_name("test");
  for (const char *name : {"batch", "sequence"}) {
    artifact::SizeSymbol &size = *manifest.add_sizes();
    size.set_name(name);
    size.set_minimum(1);
    size.set_maximum(1 << 20);
    size.set_divisor(1);
  }
  manifest.add_ranks()->set_stage(0);
  artifact::Stage &stage = *manifest.add_stages();
  stage.set_target(target);
  if (target == artifact::CUDA) {
    stage.set_arch("sm_80");
    stage.add_code_files("stage0.ptx");
    *stage.mutable_kernels() = cudaKernelTable();
    return manifest;
  }
  stage.set_arch("x86-64");
  stage.add_cpu_features("sse2");
  stage.add_code_files("stage0.so");
  stage.set_kernel_abi(WEFT_KERNEL_ABI_VERSION);
  *stage.mutable_kernels() = kernelTable();
  return manifest;
}

artifact::Manifest test::encoderManifest(artifact::Target target) {
  artifact::Manifest manifest = emptyManifest(target);
  for (const char *name : {"table", "w"}) {
    artifact::Weight &weight = *manifest.add_weights();
    weight.set_name(name);
    weight.set_file("weights/common.safetensors");
    weight.set_layout("row_major");
  }
  artifact::EntryPoint &entry = *manifest.add_entries();
  entry.set_name("main");
  *entry.add_inputs() = tensorInfo("ids", artifact::I64, {"batch", "sequence"});
  *entry.add_outputs() =
      tensorInfo("output", artifact::F32, {"batch", "sequence", "8"});

  artifact::Variant &variant =
      *manifest.mutable_stages(0)->add_programs()->add_variants();
  variant.set_queues(1);
  using artifact::Buffer;
  addBuffer(variant, Buffer::INPUT, "8*batch*sequence");
  addBuffer(variant, Buffer::WEIGHT, "160", 0, "table");
  addBuffer(variant, Buffer::WEIGHT, "128", 0, "w");
  addBuffer(variant, Buffer::TEMPORARY, "16*batch*sequence");
  addBuffer(variant, Buffer::TEMPORARY, "32*batch*sequence");
  addBuffer(variant, Buffer::OUTPUT, "32*batch*sequence");
  addLaunch(variant, "embeddings/Gather", 2, {0, 1, 3},
            {"batch*sequence", "4", "10"});
  addLaunch(variant, "layer/MatMul", 1, {3, 2, 4},
            {"batch*sequence", "8", "4"});
  addLaunch(variant, "layer/Add", 0, {4, 4, 5}, {"8*batch*sequence"});
  return manifest;
}

std::string test::encoderWeights() {
  std::vector<float> table(40), weight(32);
  for (int i = 0; i != 40; ++i)
    table[static_cast<size_t>(i)] = static_cast<float>(i);
  for (int i = 0; i != 32; ++i)
    weight[static_cast<size_t>(i)] = static_cast<float>(i % 5 - 2);
  return safetensors({{"table", table}, {"w", weight}});
}

std::vector<float> test::encoderReference(const std::vector<int64_t> &ids) {
  std::vector<float> result;
  for (int64_t id : ids)
    for (int64_t n = 0; n != 8; ++n) {
      float sum = 0;
      for (int64_t k = 0; k != 4; ++k)
        sum += static_cast<float>(id * 4 + k) *
               static_cast<float>((n * 4 + k) % 5 - 2);
      result.push_back(2 * sum);
    }
  return result;
}

std::vector<int64_t> test::someIds(size_t count) {
  std::vector<int64_t> ids(count);
  for (size_t i = 0; i != count; ++i)
    ids[i] = static_cast<int64_t>(i * 7 % 10);
  return ids;
}

artifact::Gemm &test::multiplyByLibrary(artifact::Manifest &manifest) {
  artifact::Command &command = *manifest.mutable_stages(0)
                                    ->mutable_programs(0)
                                    ->mutable_variants(0)
                                    ->mutable_commands(1);
  artifact::Launch launch = command.launch();
  artifact::Gemm &gemm = *command.mutable_gemm();
  gemm.set_a(3);
  gemm.set_b(2);
  gemm.set_d(4);
  gemm.set_m("batch*sequence");
  gemm.set_n("8");
  gemm.set_k("4");
  gemm.set_batch("1");
  gemm.set_transpose_b(true);
  gemm.set_type(artifact::F32);
  gemm.set_accumulate(artifact::F32);
  gemm.set_output(artifact::F32);
  *gemm.mutable_launch() = launch;
  return gemm;
}

void test::addFile(const std::string &folder, artifact::Manifest &manifest,
                   const std::string &path, std::string_view content) {
  artifact::File &file = *manifest.add_files();
  file.set_path(path);
  file.set_bytes(content.size());
  Sha256 hash = sha256(
      {reinterpret_cast<const uint8_t *>(content.data()), content.size()});
  file.set_sha256(hash.data(), hash.size());
  writeText(folder + "/" + path, content);
}

void test::writeManifest(const std::string &folder,
                         const artifact::Manifest &manifest) {
  std::string bytes = manifest.SerializeAsString();
  writeText(folder + "/manifest.pb", bytes);
  Sha256 hash =
      sha256({reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()});
  writeText(folder + "/manifest.sha256", hexadecimal(hash) + "  manifest.pb\n");
}

std::string test::kernelObject() { return readText(WEFT_TEST_KERNELS); }

void test::writeArtifact(const std::string &folder,
                         artifact::Manifest manifest) {
  const artifact::Stage &stage = manifest.stages(0);
  if (stage.target() == artifact::CUDA)
    addFile(folder, manifest, "stage0.ptx", cudaModule(stage.kernels()));
  else
    addFile(folder, manifest, "stage0.so", kernelObject());
  if (manifest.weights_size() != 0)
    addFile(folder, manifest, "weights/common.safetensors", encoderWeights());
  writeManifest(folder, manifest);
}

artifact::Manifest test::writeEncoder(const std::string &folder) {
  artifact::Manifest manifest = encoderManifest();
  addFile(folder, manifest, "stage0.so", kernelObject());
  addFile(folder, manifest, "weights/common.safetensors", encoderWeights());
  writeManifest(folder, manifest);
  return manifest;
}
