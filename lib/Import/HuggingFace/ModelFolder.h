//===- ModelFolder.h - Folders as Hugging Face writes them ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_HUGGINGFACE_MODELFOLDER_H
#define LIB_IMPORT_HUGGINGFACE_MODELFOLDER_H

#include "runtime/artifact/Safetensors.h"
#include "runtime/base/MappedFile.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/JSON.h"
#include <deque>

namespace weft {

/// A folder with `config.json` and weights in `model.safetensors`, or in files
/// that `model.safetensors.index.json` lists. Files are mapped; openModelFile
/// says which links are followed.
class ModelFolder {
public:
  struct Tensor {
    std::string file; ///< Relative to the folder.
    DataType type = DataType::Invalid;
    std::vector<int64_t> shape;
    uint64_t offset = 0; ///< In bytes from the start of the file.
    std::span<const uint8_t> bytes;
  };

  static StatusOr<ModelFolder> open(const std::string &path);
  /// A folder with one file of weights, both in memory, which outlives the
  /// result.
  static StatusOr<ModelFolder> ofMemory(llvm::StringRef config,
                                        std::span<const uint8_t> weights);

  const llvm::json::Object &getConfig() const { return config; }
  /// By name.
  const std::map<std::string, Tensor, std::less<>> &getTensors() const {
    return tensors;
  }
  /// True for a file right in the folder.
  bool hasFile(llvm::StringRef name) const;

private:
  Status readConfig(llvm::StringRef text);
  Status readIndex();
  Status addFile(const std::string &name);
  /// All tensors of a file, or those that the index places in it.
  Status addTensors(const std::string &name, std::span<const uint8_t> bytes,
                    const std::vector<std::string> *expected);

  std::string folder;
  llvm::json::Object config;
  std::deque<MappedFile> files;
  std::map<std::string, Tensor, std::less<>> tensors;
};

} // namespace weft

#endif // LIB_IMPORT_HUGGINGFACE_MODELFOLDER_H
