//===- JsonReader.h - Typed values of a config.json -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_DECODER_JSONREADER_H
#define LIB_IMPORT_DECODER_JSONREADER_H

#include "weft/Status.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/JSON.h"
#include <optional>
#include <vector>

namespace weft {

/// Reads keys of an object. Of several names of a key, the first that is there
/// counts; null counts as not there. A value of another type is an error.
class JsonReader {
public:
  using Names = llvm::ArrayRef<llvm::StringRef>;

  explicit JsonReader(const llvm::json::Object &object) : object(object) {}

  const llvm::json::Value *find(Names names) const;

  /// Sets `value` if the key is there.
  template <typename T, typename Target>
  Status optional(Names names, Target &value) const {
    const llvm::json::Value *found = find(names);
    if (!found)
      return Status::ok();
    T result;
    if (!read(*found, result))
      return wrongType(names, *found);
    value = std::move(result);
    return Status::ok();
  }
  /// The same, and an error if it is not.
  template <typename T> Status required(Names names, T &value) const {
    return find(names) ? optional<T>(names, value) : missing(names);
  }

private:
  static bool read(const llvm::json::Value &json, int64_t &value);
  static bool read(const llvm::json::Value &json, double &value);
  static bool read(const llvm::json::Value &json, bool &value);
  static bool read(const llvm::json::Value &json, std::string &value);
  template <typename T>
  static bool read(const llvm::json::Value &json, std::vector<T> &values) {
    const llvm::json::Array *array = json.getAsArray();
    for (size_t i = 0; array && i != array->size(); ++i)
      if (!read((*array)[i], values.emplace_back()))
        return false;
    return array != nullptr;
  }
  Status wrongType(Names names, const llvm::json::Value &json) const;
  static Status missing(Names names);

  const llvm::json::Object &object;
};

} // namespace weft

#endif // LIB_IMPORT_DECODER_JSONREADER_H
