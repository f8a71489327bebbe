//===- Artifact.h - An artifact folder, opened and checked ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_ARTIFACT_ARTIFACT_H
#define RUNTIME_ARTIFACT_ARTIFACT_H

#include "runtime/artifact/KernelLibrary.h"
#include "runtime/artifact/Safetensors.h"
#include "runtime/base/MappedFile.h"

namespace weft {

/// An artifact folder whose manifest, files and code were checked as hostile.
class Artifact {
public:
  struct Options {
    /// Also hash the weight files, which reads them whole.
    bool verifyHashes = false;
  };

  /// Fails with a sentence that names the folder.
  static StatusOr<Artifact> open(const std::string &folder,
                                 const Options &options);

  const artifact::Manifest &manifest() const { return *parsedManifest; }
  const std::string &folder() const { return path; }

  /// Opens the code of a CPU stage. Fails when this machine cannot run it.
  StatusOr<KernelLibrary> openCode(uint32_t stage) const;

  /// A code file of some stage, in the mapped file, whose hash was checked.
  std::span<const uint8_t> codeFile(const std::string &name) const {
    return codeFiles.at(name).bytes();
  }

  /// The weight that rank `rank` knows as `name`: its bytes in the mapped file.
  /// Fails unless the file holds it on a multiple of 64 bytes.
  StatusOr<std::span<const uint8_t>> weight(const std::string &name,
                                            uint32_t rank) const;

  /// The language model's weft.artifact.Tokenizer; empty when there is none.
  std::span<const uint8_t> tokenizer() const { return tokenizerFile.bytes(); }

private:
  struct WeightFile {
    MappedFile file;
    SafetensorsHeader header;
  };

  Status openFiles(const Options &options);

  std::string path;
  std::unique_ptr<artifact::Manifest> parsedManifest;
  std::map<std::string, WeightFile> weightFiles;
  MappedFile tokenizerFile;
  std::map<std::string, MappedFile> codeFiles;
};

/// Reads manifest.pb in `folder` and checks it against manifest.sha256 and by
/// checkManifest.
StatusOr<std::unique_ptr<artifact::Manifest>>
readManifest(const std::string &folder);

/// The same for the bytes of manifest.pb, without its hash.
StatusOr<std::unique_ptr<artifact::Manifest>>
parseManifest(std::span<const uint8_t> bytes);

} // namespace weft

#endif // RUNTIME_ARTIFACT_ARTIFACT_H
