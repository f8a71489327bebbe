//===- TestArtifact.h - Artifacts that tests build by hand ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_SUPPORT_TESTARTIFACT_H
#define TEST_RUNTIME_SUPPORT_TESTARTIFACT_H

#include "weft/artifact.pb.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weft::test {

/// A folder of its own, removed with this object.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder &) = delete;
  const std::string &path() const { return folder; }
  std::string file(std::string_view name) const {
    return folder + "/" + std::string(name);
  }

private:
  std::string folder;
};

void writeText(const std::string &path, std::string_view text);
std::string readText(const std::string &path);

/// f32 tensors as a safetensors file whose data start on a page.
std::string
safetensors(const std::map<std::string, std::vector<float>> &tensors);

/// A manifest that runs on this machine with `stage0.so` and no entry point
/// yet: sizes batch and sequence, one rank, the kernels of Kernels.c. For CUDA,
/// with `stage0.ptx` and those of CudaKernels.h.
artifact::Manifest emptyManifest(artifact::Target target = artifact::CPU);

/// A model of two layers: output[batch, sequence, 8] = 2 * (table[ids] W^T),
/// where ids are i64[batch, sequence], table f32[10, 4] and W f32[8, 4].
artifact::Manifest encoderManifest(artifact::Target target = artifact::CPU);
/// Its weights: table[i] = i, W[i] = i % 5 - 2.
std::string encoderWeights();
/// What it gives for `ids`.
std::vector<float> encoderReference(const std::vector<int64_t> &ids);
/// So many of the ids that its table has.
std::vector<int64_t> someIds(size_t count);
/// Lets a library multiply in the encoder, or where there is none the kernel
/// that did so.
artifact::Gemm &multiplyByLibrary(artifact::Manifest &manifest);

/// Adds a file entry with the right size and hash, and writes the file.
void addFile(const std::string &folder, artifact::Manifest &manifest,
             const std::string &path, std::string_view content);
/// Writes manifest.pb and manifest.sha256.
void writeManifest(const std::string &folder,
                   const artifact::Manifest &manifest);
/// The whole artifact of `encoderManifest`.
artifact::Manifest writeEncoder(const std::string &folder);
/// Writes `manifest` with the tests' code and, if wanted, the encoder's
/// weights.
void writeArtifact(const std::string &folder, artifact::Manifest manifest);

/// The tests' shared object.
std::string kernelObject();

/// Helpers to write programs.
artifact::Buffer &addBuffer(artifact::Variant &variant,
                            artifact::Buffer::Kind kind, std::string bytes,
                            uint32_t index = 0, std::string name = "");
artifact::Command &addLaunch(artifact::Variant &variant, std::string node,
                             uint32_t kernel, std::vector<uint32_t> buffers,
                             std::vector<std::string> sizes);
/// Gives the manifest a mesh, and a rank for each of its places.
void setMesh(artifact::Manifest &manifest,
             std::vector<std::pair<std::string, uint64_t>> axes);

/// A collective of f32 with reduction "sum" where it reduces.
artifact::Collective &addCollective(artifact::Variant &variant,
                                    std::string node,
                                    artifact::Collective::Kind kind,
                                    std::vector<std::string> axes,
                                    uint32_t source, uint32_t destination,
                                    std::vector<std::string> sizes);

artifact::TensorInfo tensorInfo(std::string name, artifact::DataType type,
                                std::vector<std::string> sizes);

} // namespace weft::test

#endif // TEST_RUNTIME_SUPPORT_TESTARTIFACT_H
