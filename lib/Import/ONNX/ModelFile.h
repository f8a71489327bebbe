//===- ModelFile.h - An ONNX file, mapped and parsed ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_MODELFILE_H
#define LIB_IMPORT_ONNX_MODELFILE_H

#include "lib/Import/ONNX/onnx.pb.h"
#include "weft/Status.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"
#include <string>

namespace weft::onnx {

/// The newest format and operator set that the importer was written for.
constexpr int64_t newestIRVersion = 13;
constexpr int64_t newestOpset = 23;

/// An ONNX file: its graph as a message, its tensors' bytes as they lie in the
/// file, and the files beside it that hold external data.
class ModelFile {
public:
  /// Maps the file; only what is not a tensor's data is read.
  static StatusOr<ModelFile> open(llvm::StringRef path);
  /// A model in memory, which cannot have external data.
  static StatusOr<ModelFile> ofBuffer(llvm::MemoryBufferRef buffer);

  const ModelProto &getProto() const { return proto; }
  /// The file's name without its folder, by which weights refer to it.
  llvm::StringRef getName() const { return name; }
  /// The version of the operators of `domain`, or 0.
  int64_t getOpset(llvm::StringRef domain) const;

  /// Where the elements of a tensor lie.
  struct Region {
    std::string file; ///< Relative to the model's folder.
    uint64_t offset = 0;
    uint64_t length = 0;
  };
  /// Where external data lie: `location` must be a regular file within the
  /// model's folder and hold the bytes. They are not read.
  StatusOr<Region> findExternalData(const TensorProto &tensor,
                                    uint64_t expectedLength);
  /// The bytes of a region, for small tensors.
  StatusOr<std::string> read(const Region &region) const;

private:
  Status parse(llvm::StringRef bytes);
  StatusOr<std::string> resolve(llvm::StringRef location) const;

  std::unique_ptr<llvm::MemoryBuffer> mapped;
  ModelProto proto;
  std::string name;
  std::string folder; ///< Real path; empty for a model in memory.
  /// Sizes of the external files that were looked at.
  llvm::StringMap<uint64_t> fileSizes;
};

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_MODELFILE_H
