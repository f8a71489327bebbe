//===- JsonFields.h - Members of a JSON object ---------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_TOKENIZER_JSONFIELDS_H
#define LIB_IMPORT_TOKENIZER_JSONFIELDS_H

#include "weft/Status.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace weft {

using Json = nlohmann::json;

/// `text` as JSON; `name` stands in the message. No sound file nests deeply,
/// and what reads the parts recurses.
inline StatusOr<Json> parseJson(std::string_view text, std::string_view name) {
  constexpr int deepest = 64;
  bool tooDeep = false;
  Json parsed = Json::parse(
      text,
      [&](int depth, Json::parse_event_t, Json &) {
        tooDeep |= depth > deepest;
        return !tooDeep;
      },
      /*allow_exceptions=*/false);
  if (tooDeep)
    return Status::error(std::string(name) + " nests more than " +
                         std::to_string(deepest) + " levels deep");
  if (parsed.is_discarded())
    return Status::error(std::string(name) + " is not valid JSON");
  if (!parsed.is_object())
    return Status::error(std::string(name) + " is not a JSON object");
  return parsed;
}

/// The members of one JSON object. A member of the wrong type is an error that
/// names it; the first one stays in status(). Null counts as absent.
class JsonFields {
public:
  /// `where` names the object: "normalizer Replace".
  JsonFields(const Json &object, std::string where)
      : object(object), where(std::move(where)) {
    if (!object.is_object())
      fail("is not an object");
  }

  const Status &status() const { return failure; }
  void fail(std::string_view what) {
    if (failure.isOk())
      failure = Status::error(where + " of the tokenizer " + std::string(what));
  }

  /// The member, which stays where it is; JSON's null if there is none.
  const Json &at(const char *key) const {
    static const Json none;
    const Json *value = find(key);
    return value ? *value : none;
  }

  /// Null if there is none.
  const Json *find(const char *key) const {
    if (!object.is_object())
      return nullptr;
    auto member = object.find(key);
    return member == object.end() || member->is_null() ? nullptr : &*member;
  }

  bool boolean(const char *key, bool otherwise) {
    const Json *value = find(key);
    if (value && !value->is_boolean())
      wrong(key, "true or false");
    return value && value->is_boolean() ? value->get<bool>() : otherwise;
  }

  std::string text(const char *key, std::string_view otherwise = "") {
    const Json *value = find(key);
    if (value && !value->is_string())
      wrong(key, "a string");
    return value && value->is_string() ? value->get<std::string>()
                                       : std::string(otherwise);
  }

  /// A number of at most 2^31 - 1.
  uint32_t number(const char *key, uint32_t otherwise) {
    const Json *value = find(key);
    if (!value)
      return otherwise;
    if (!value->is_number_unsigned() || value->get<uint64_t>() > INT32_MAX) {
      wrong(key, "a number below 2^31");
      return otherwise;
    }
    return value->get<uint32_t>();
  }

  /// An array; an empty one if there is none.
  const Json &array(const char *key) {
    static const Json none = Json::array();
    const Json *value = find(key);
    if (value && !value->is_array())
      wrong(key, "an array");
    return value && value->is_array() ? *value : none;
  }

private:
  void wrong(const char *key, std::string_view expected) {
    fail("has a '" + std::string(key) + "' that is not " +
         std::string(expected));
  }

  const Json &object;
  std::string where;
  Status failure = Status::ok();
};

} // namespace weft

#endif // LIB_IMPORT_TOKENIZER_JSONFIELDS_H
