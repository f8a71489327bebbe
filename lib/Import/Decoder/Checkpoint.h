//===- Checkpoint.h - The tensors of a language model -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_DECODER_CHECKPOINT_H
#define LIB_IMPORT_DECODER_CHECKPOINT_H

#include "lib/Import/GGUF/ModelParts.h"
#include "lib/Import/HuggingFace/ModelFolder.h"

#include "llvm/ADT/StringRef.h"

namespace weft {

/// A tensor as it lies in a file, whatever the file's format.
struct StoredTensor {
  std::string name;
  std::string file; ///< Relative to the model's folder.
  uint64_t offset = 0;
  std::vector<int64_t> shape;
  /// One of the two.
  DataType scalar = DataType::Invalid;
  std::optional<BlockFormat> format;
  std::span<const uint8_t> bytes;
};

/// The tensors of a model by name. It knows which of them were asked for: one
/// that nobody asks for has a part in the model that the importer does not
/// know of.
class Checkpoint {
public:
  /// Fails on a tensor of a type that is not supported. Weights refer to files
  /// by the names of the parts.
  static StatusOr<Checkpoint> ofGGUF(std::span<const gguf::ModelPart> model);
  static StatusOr<Checkpoint> ofFolder(const ModelFolder &model);

  bool has(llvm::StringRef name) const { return find(name) != nullptr; }
  /// Null without such a tensor. A folder's names may lack the first part of
  /// `name`, "model." or "transformer.", for the model without its head.
  const StoredTensor *find(llvm::StringRef name) const;
  /// The same, and the tensor counts as used.
  const StoredTensor *use(llvm::StringRef name);
  size_t getNumTensors() const { return tensors.size(); }

  /// An error that names a tensor that was not used, unless it is one of those
  /// that some files hold beside the model. An encoder may come with a head.
  Status checkAllUsed(bool mayHaveHead = false) const;

private:
  struct Entry {
    StoredTensor tensor;
    bool isUsed = false;
  };

  std::map<std::string, Entry, std::less<>> tensors;
  bool mayLackPrefix = false;
};

/// The numbers of a tensor of f32, f16 or bf16 elements.
std::vector<double> readNumbers(const StoredTensor &tensor);

} // namespace weft

#endif // LIB_IMPORT_DECODER_CHECKPOINT_H
