//===- Safetensors.cpp - Weight files -------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/Safetensors.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

using namespace weft;

static constexpr uint64_t maximumHeaderBytes = 100'000'000; // the format's own
static constexpr size_t maximumRank = 32;

static DataType typeOf(std::string_view name) {
  static constexpr std::pair<std::string_view, DataType> types[] = {
      {"BOOL", DataType::Bool}, {"I8", DataType::I8},
      {"I16", DataType::I16},   {"I32", DataType::I32},
      {"I64", DataType::I64},   {"U8", DataType::U8},
      {"U16", DataType::U16},   {"U32", DataType::U32},
      {"U64", DataType::U64},   {"F16", DataType::F16},
      {"BF16", DataType::BF16}, {"F32", DataType::F32},
      {"F64", DataType::F64}};
  for (auto [spelling, type] : types)
    if (name == spelling)
      return type;
  return DataType::Invalid;
}

namespace {
/// Takes the JSON parser's events, so that no document is built that would be a
/// large multiple of the text.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
public:
  explicit HeaderReader(SafetensorsHeader &header) : header(header) {}

  std::string failure;

  bool key(string_t &text) override {
    if (level == Level::File) {
      if (text == "__metadata__") {
        if (hasMetadata)
          return fail("two '__metadata__' entries");
        hasMetadata = true;
        next = Level::Metadata;
        return true;
      }
      auto [entry, isNew] = header.tensors.try_emplace(text);
      if (!isNew)
        return fail("tensor '" + printable(text) + "' appears twice");
      tensor = &entry->second;
      tensorName = text;
      seen = 0;
      next = Level::Tensor;
      return true;
    }
    if (level == Level::Metadata) {
      auto [entry, isNew] = header.metadata.try_emplace(text);
      if (!isNew)
        return fail("metadata '" + printable(text) + "' appear twice");
      value = &entry->second;
      return true;
    }
    unsigned bit = text == "dtype"          ? typeBit
                   : text == "shape"        ? shapeBit
                   : text == "data_offsets" ? offsetsBit
                                            : 0;
    if (bit == 0 || (seen & bit))
      return unexpected();
    seen |= bit;
    field = bit;
    return true;
  }

  bool start_object(size_t) override {
    if (level == Level::Outside)
      level = Level::File;
    else if (level == Level::File && next != Level::Outside)
      level = std::exchange(next, Level::Outside);
    else
      return unexpected();
    return true;
  }

  bool end_object() override {
    if (level == Level::Tensor && seen != (typeBit | shapeBit | offsetsBit))
      return fail("tensor '" + printable(tensorName) +
                  "' needs 'dtype', 'shape' and 'data_offsets'");
    if (level == Level::Tensor && offsetCount != 2)
      return fail("tensor '" + printable(tensorName) + "' needs two offsets");
    offsetCount = 0;
    level = level == Level::File ? Level::Done : Level::File;
    return true;
  }

  bool start_array(size_t) override {
    if (level != Level::Tensor || inArray ||
        (field != shapeBit && field != offsetsBit))
      return unexpected();
    inArray = true;
    return true;
  }

  bool end_array() override {
    inArray = false;
    field = 0;
    return true;
  }

  bool number_unsigned(uint64_t number) override {
    if (level != Level::Tensor || !inArray)
      return unexpected();
    if (field == shapeBit) {
      if (tensor->shape.size() == maximumRank || number > INT64_MAX)
        return fail("tensor '" + printable(tensorName) +
                    "' has a shape beyond 32 dimensions of 63 bits");
      tensor->shape.push_back(static_cast<int64_t>(number));
      return true;
    }
    if (offsetCount == 2)
      return unexpected();
    (offsetCount++ == 0 ? tensor->offset : tensor->bytes) = number;
    return true;
  }

  bool string(string_t &text) override {
    if (level == Level::Metadata && value) {
      *std::exchange(value, nullptr) = std::move(text);
      return true;
    }
    if (level != Level::Tensor || inArray || field != typeBit)
      return unexpected();
    field = 0;
    tensor->type = typeOf(text);
    if (tensor->type == DataType::Invalid)
      return fail("tensor '" + printable(tensorName) + "' has type '" +
                  printable(text) + "', which is not supported");
    return true;
  }

  bool null() override { return unexpected(); }
  bool boolean(bool) override { return unexpected(); }
  bool number_integer(int64_t) override { return unexpected(); }
  bool number_float(double, const string_t &) override { return unexpected(); }
  bool binary(binary_t &) override { return unexpected(); }
  bool parse_error(size_t position, const std::string &,
                   const nlohmann::json::exception &) override {
    return fail("the header is no JSON at byte " + std::to_string(position));
  }

private:
  enum class Level { Outside, File, Metadata, Tensor, Done };
  static constexpr unsigned typeBit = 1, shapeBit = 2, offsetsBit = 4;

  bool fail(std::string message) {
    failure = std::move(message);
    return false;
  }
  bool unexpected() {
    return fail("the header's JSON is not that of a safetensors file");
  }

  SafetensorsHeader &header;
  Level level = Level::Outside, next = Level::Outside;
  SafetensorsHeader::Tensor *tensor = nullptr;
  std::string tensorName;
  std::string *value = nullptr;
  unsigned seen = 0, field = 0, offsetCount = 0;
  bool inArray = false, hasMetadata = false;
};
} // namespace

/// Turns [begin, end) offsets into the file's and checks that the tensors tile
/// the data.
static Status placeTensors(SafetensorsHeader &header, uint64_t dataOffset,
                           uint64_t dataBytes) {
  using Entry = std::pair<const std::string, SafetensorsHeader::Tensor>;
  std::vector<Entry *> order;
  for (Entry &entry : header.tensors) {
    auto &[name, tensor] = entry;
    uint64_t begin = tensor.offset, end = tensor.bytes;
    auto bad = [&](const std::string &what) {
      return Status::error("tensor '" + printable(name) + "' " + what);
    };
    if (begin > end || end > dataBytes)
      return bad("lies at bytes " + std::to_string(begin) + " to " +
                 std::to_string(end) + "; the file has " +
                 std::to_string(dataBytes));
    uint64_t bytes = byteWidth(tensor.type);
    for (int64_t size : tensor.shape)
      if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes))
        return bad("has a shape of more than 2^64 bytes");
    if (bytes != end - begin)
      return bad("has " + std::to_string(end - begin) +
                 " bytes; its shape and type ask for " + std::to_string(bytes));
    tensor.bytes = bytes;
    order.push_back(&entry);
  }
  std::sort(order.begin(), order.end(), [](const Entry *a, const Entry *b) {
    return std::pair(a->second.offset, a->second.bytes) <
           std::pair(b->second.offset, b->second.bytes);
  });
  uint64_t position = 0;
  for (Entry *entry : order) {
    if (entry->second.offset != position)
      return Status::error(
          "tensor '" + printable(entry->first) + "' starts at byte " +
          std::to_string(entry->second.offset) +
          "; the one before it ends at " + std::to_string(position));
    position += entry->second.bytes;
    entry->second.offset += dataOffset;
  }
  if (position != dataBytes)
    return Status::error("the tensors end at byte " + std::to_string(position) +
                         "; the file has " + std::to_string(dataBytes));
  return Status::ok();
}

StatusOr<SafetensorsHeader>
weft::readSafetensors(std::span<const uint8_t> file) {
  uint64_t length = 0;
  if (file.size() < sizeof(length))
    return Status::error("not a safetensors file: it has " +
                         std::to_string(file.size()) + " bytes");
  std::memcpy(&length, file.data(), sizeof(length));
  if (length > file.size() - sizeof(length) || length > maximumHeaderBytes)
    return Status::error("safetensors header of " + std::to_string(length) +
                         " bytes; the file has " + std::to_string(file.size()));
  const char *begin =
      reinterpret_cast<const char *>(file.data() + sizeof(length));
  if (length == 0 || *begin != '{')
    return Status::error("safetensors header does not start with '{'");
  SafetensorsHeader header;
  HeaderReader reader(header);
  bool parsed = false;
  try {
    parsed = nlohmann::json::sax_parse(begin, begin + length, &reader);
  } catch (const std::exception &error) {
    return Status::error(std::string("safetensors header: ") + error.what());
  }
  if (!parsed)
    return Status::error("safetensors: " + (reader.failure.empty()
                                                ? "the header is no JSON"
                                                : reader.failure));
  uint64_t dataOffset = sizeof(length) + length;
  Status placed = placeTensors(header, dataOffset, file.size() - dataOffset);
  if (!placed)
    return Status::error("safetensors: " + placed.message());
  return header;
}
