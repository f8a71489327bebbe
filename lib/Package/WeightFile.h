//===- WeightFile.h - A safetensors file, streamed -------------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes tensors of any size in bounded memory:
//
//   WeightFileWriter writer(folder, "weights/tp0.safetensors", 256 << 20);
//   StatusOr<WeightFileWriter::Written> file = writer.write(tensors);
//
// The file is safetensors (https://github.com/huggingface/safetensors,
// "Format"). Data start on a page and every tensor on 64 bytes; since the
// format forbids holes, gaps are tensors `__pad0`, `__pad1`, ... of zeros.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PACKAGE_WEIGHTFILE_H
#define LIB_PACKAGE_WEIGHTFILE_H

#include "runtime/base/Sha256.h"
#include "weft/Status.h"

#include <functional>
#include <string>
#include <vector>

namespace weft {

/// How the bytes of one tensor come to be.
struct TensorFill {
  /// Work items that can be done in any order, at once on several threads.
  uint64_t items = 0;
  /// Ranges of items start and end on its multiples.
  uint64_t chunk = 1;
  /// Writes what the items [begin, end) stand for; `tensor` is all of its
  /// bytes, zeros at first.
  std::function<Status(uint8_t *tensor, uint64_t begin, uint64_t end)> run;
};

/// One tensor to be written.
struct PackagedTensor {
  std::string name;
  /// As safetensors calls it: "F32".
  std::string type;
  std::vector<int64_t> shape;
  uint64_t bytes = 0;
  /// Of the packed form; empty for row-major.
  std::string layout;
  /// "1536, 576" where `shape` counts bytes of elements in blocks, else empty.
  std::string elementShape;
  /// Called when the tensor's turn has come: may read its sources.
  std::function<StatusOr<TensorFill>()> prepare;
};

class WeightFileWriter {
public:
  struct Written {
    uint64_t bytes = 0;
    Sha256 hash;
  };

  /// At most `memory` bytes of the file are held in memory at once.
  WeightFileWriter(std::string folder, std::string name, uint64_t memory)
      : folder(std::move(folder)), name(std::move(name)), memory(memory) {}

  /// Creates the file, which says its name; it must not exist. After an error a
  /// part may be left.
  StatusOr<Written> write(std::vector<PackagedTensor> &tensors);

private:
  std::string folder;
  std::string name;
  uint64_t memory;
};

} // namespace weft

#endif // LIB_PACKAGE_WEIGHTFILE_H
