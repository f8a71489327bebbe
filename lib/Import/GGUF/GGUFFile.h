//===- GGUFFile.h - GGUF files, mapped and checked --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A GGUF file holds metadata (keys and values) and tensors
// (https://github.com/ggml-org/ggml, docs/gguf.md; versions 2 and 3).
//
//   StatusOr<GGUFFile> file = GGUFFile::open(path);
//   auto layers = file->require<int64_t>("llama.block_count");
//   auto tokens = file->get<std::vector<std::string_view>>(
//       "tokenizer.ggml.tokens"); // std::nullopt without such a key
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_GGUF_GGUFFILE_H
#define LIB_IMPORT_GGUF_GGUFFILE_H

#include "lib/Import/GGUF/TensorType.h"
#include "lib/Import/GGUF/Value.h"
#include "runtime/base/MappedFile.h"
#include "weft/Status.h"

#include <optional>
#include <unordered_map>

namespace weft::gguf {

class GGUFFile {
public:
  struct Tensor {
    std::string_view name;
    /// Rows of the last dimension lie one after the other, as in every format
    /// but GGUF, which names dimensions in the opposite order.
    std::vector<int64_t> shape;
    const TensorType *type = nullptr;
    uint64_t offset = 0; ///< In bytes from the start of the file.
    uint64_t bytes = 0;
  };

  /// Maps the file and reads its directory. All of it is checked: every length
  /// and count against the file before memory is taken, names that appear
  /// twice, offsets that are not aligned, tensors that overlap.
  static StatusOr<GGUFFile> open(const std::string &path);
  static StatusOr<GGUFFile> ofFile(MappedFile mapped);
  /// The same of bytes in memory, which outlive the result.
  static StatusOr<GGUFFile> ofBytes(std::span<const uint8_t> bytes);

  /// Null without such a key.
  const Value *find(std::string_view key) const;
  /// The value of a key: see `Value::read` for what T may be. An error for a
  /// value of another type, nothing without such a key.
  template <typename T>
  StatusOr<std::optional<T>> get(std::string_view key) const {
    const Value *value = find(key);
    if (!value)
      return std::optional<T>();
    T result{};
    if (!value->read(result))
      return wrongType(key, *value, describe(result));
    return std::optional<T>(std::move(result));
  }
  /// The same, and an error without such a key.
  template <typename T> StatusOr<T> require(std::string_view key) const {
    StatusOr<std::optional<T>> value = get<T>(key);
    if (!value)
      return value.status();
    if (!*value)
      return missing(key, describe(T{}));
    return std::move(**value);
  }

  /// In the order of the file.
  const std::vector<Tensor> &getTensors() const { return tensors; }
  /// Null without such a tensor.
  const Tensor *findTensor(std::string_view name) const;

  std::span<const uint8_t> bytes() const { return content; }

private:
  friend class GGUFReader;

  static const char *describe(int64_t) { return "an integer"; }
  static const char *describe(double) { return "a number"; }
  static const char *describe(bool) { return "true or false"; }
  static const char *describe(std::string_view) { return "a string"; }
  static const char *describe(const std::vector<int64_t> &) {
    return "an array of integers";
  }
  static const char *describe(const std::vector<double> &) {
    return "an array of numbers";
  }
  static const char *describe(const std::vector<bool> &) {
    return "an array of true and false";
  }
  static const char *describe(const std::vector<std::string_view> &) {
    return "an array of strings";
  }
  static Status wrongType(std::string_view key, const Value &value,
                          const char *expected);
  static Status missing(std::string_view key, const char *expected);

  MappedFile file;
  std::span<const uint8_t> content;
  std::unordered_map<std::string_view, Value> metadata;
  std::vector<Tensor> tensors;
  std::unordered_map<std::string_view, size_t> tensorIndices;
};

} // namespace weft::gguf

#endif // LIB_IMPORT_GGUF_GGUFFILE_H
