//===- Npy.h - Arrays in numpy's file format --------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_NPY_H
#define RUNTIME_BASE_NPY_H

#include "runtime/base/MappedFile.h"
#include "weft/DataType.h"

#include <vector>

namespace weft {

/// The format: numpy.lib.format, versions 1 to 3, little endian, row major.
struct NpyHeader {
  DataType type = DataType::Invalid;
  std::vector<int64_t> shape;
  uint64_t dataOffset = 0; // bytes
  uint64_t dataBytes = 0;  // what shape and type ask for
};

/// Reads the header of a whole file's bytes, which are hostile. Fails unless
/// exactly `dataBytes` follow it. numpy has no bfloat16: its two raw bytes
/// ("V2") are read as such.
StatusOr<NpyHeader> readNpyHeader(std::span<const uint8_t> file);

/// An array whose data stay in the mapped file.
struct NpyArray {
  MappedFile file;
  NpyHeader header;
  const uint8_t *data() const {
    return file.bytes().data() + header.dataOffset;
  }
};

/// Messages name the file.
StatusOr<NpyArray> readNpy(const std::string &path);

/// Writes to a temporary name beside `path` and renames. `data` holds the
/// product of `shape` elements, row major.
Status writeNpy(const std::string &path, DataType type,
                std::span<const int64_t> shape, const void *data);

} // namespace weft

#endif // RUNTIME_BASE_NPY_H
