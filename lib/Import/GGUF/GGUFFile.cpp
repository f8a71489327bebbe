//===- GGUFFile.cpp - GGUF files, mapped and checked ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/GGUF/GGUFFile.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <cstring>

using namespace weft;
using namespace weft::gguf;

static constexpr uint64_t defaultAlignment = 32;
/// ggml has 4; more would only be a way to write a dimension of 1.
static constexpr uint32_t maximumRank = 4;
/// Arrays in arrays that have a meaning are two deep.
static constexpr unsigned maximumDepth = 8;

static std::string quoted(std::string_view name) {
  return "'" + printable(name) + "'";
}

namespace weft::gguf {

/// Reads a file's directory, front to back.
class GGUFReader {
public:
  explicit GGUFReader(GGUFFile &file) : file(file), rest(file.content) {}

  Status read() {
    WEFT_RETURN_IF_ERROR(readHeader());
    WEFT_RETURN_IF_ERROR(readMetadata());
    WEFT_RETURN_IF_ERROR(readAlignment());
    WEFT_RETURN_IF_ERROR(readTensors());
    return placeTensors();
  }

private:
  //===--- Steps ----------------------------------------------------------===//

  Status readHeader() {
    constexpr std::string_view magic = "GGUF";
    uint32_t version;
    if (rest.size() < magic.size() ||
        std::memcmp(rest.data(), magic.data(), magic.size()) != 0)
      return Status::error("not a GGUF file: it does not start with 'GGUF'");
    rest = rest.subspan(magic.size());
    if (!take(version) || !take(numTensors) || !take(numValues))
      return cutShort("the header");
    if (version >> 16 != 0 && (version & 0xffff) == 0)
      return Status::error("the file is big-endian; only little-endian GGUF "
                           "is supported");
    if (version != 2 && version != 3)
      return Status::error("the file has GGUF version " +
                           std::to_string(version) +
                           "; versions 2 and 3 are supported");
    return Status::ok();
  }

  Status readMetadata() {
    // A key, a type and a value.
    constexpr uint64_t leastBytes = 8 + 4 + 1;
    if (numValues > rest.size() / leastBytes)
      return Status::error("the file counts " + std::to_string(numValues) +
                           " metadata keys, more than fit it");
    for (uint64_t i = 0; i != numValues; ++i) {
      std::string_view key;
      uint32_t type;
      if (!takeString(key) || !take(type))
        return cutShort("the metadata");
      StatusOr<Value> value = readValue(type);
      if (!value)
        return Status::error("metadata key " + quoted(key) + ": " +
                             value.message());
      if (!file.metadata.emplace(key, *value).second)
        return Status::error("metadata key " + quoted(key) + " appears twice");
    }
    return Status::ok();
  }

  Status readAlignment() {
    StatusOr<std::optional<int64_t>> value =
        file.get<int64_t>("general.alignment");
    if (!value)
      return value.status();
    alignment = static_cast<uint64_t>(value->value_or(defaultAlignment));
    if (alignment == 0 || alignment > (uint64_t(1) << 30) ||
        (alignment & (alignment - 1)) != 0)
      return Status::error("metadata key 'general.alignment' is " +
                           std::to_string(**value) +
                           "; expected a power of two up to 2^30");
    return Status::ok();
  }

  Status readTensors() {
    // A name, a rank, a type and an offset.
    constexpr uint64_t leastBytes = 8 + 4 + 4 + 8;
    if (numTensors > rest.size() / leastBytes)
      return Status::error("the file counts " + std::to_string(numTensors) +
                           " tensors, more than fit it");
    file.tensors.resize(numTensors);
    for (size_t i = 0; i != numTensors; ++i) {
      GGUFFile::Tensor &tensor = file.tensors[i];
      if (!takeString(tensor.name))
        return cutShort("the list of tensors");
      if (Status status = readTensor(tensor); !status)
        return Status::error("tensor " + quoted(tensor.name) + ": " +
                             status.message());
      if (!file.tensorIndices.emplace(tensor.name, i).second)
        return Status::error("tensor " + quoted(tensor.name) +
                             " appears twice");
    }
    return Status::ok();
  }

  /// Turns offsets within the data into offsets within the file.
  Status placeTensors() {
    uint64_t start = file.content.size() - rest.size();
    start = (start + alignment - 1) / alignment * alignment;
    std::vector<const GGUFFile::Tensor *> order;
    order.reserve(file.tensors.size());
    for (GGUFFile::Tensor &tensor : file.tensors) {
      uint64_t size = file.content.size();
      if (start > size || tensor.offset > size - start ||
          tensor.bytes > size - start - tensor.offset)
        return Status::error("tensor " + quoted(tensor.name) + " needs " +
                             std::to_string(tensor.bytes) +
                             " bytes at offset " +
                             std::to_string(tensor.offset) +
                             " of the data, which end before; is the file cut "
                             "short?");
      tensor.offset += start;
      order.push_back(&tensor);
    }
    std::sort(order.begin(), order.end(),
              [](auto *lhs, auto *rhs) { return lhs->offset < rhs->offset; });
    for (size_t i = 1; i < order.size(); ++i)
      if (order[i - 1]->offset + order[i - 1]->bytes > order[i]->offset)
        return Status::error("tensors " + quoted(order[i - 1]->name) + " and " +
                             quoted(order[i]->name) + " overlap");
    return Status::ok();
  }

  //===--- Parts ----------------------------------------------------------===//

  StatusOr<Value> readValue(uint32_t number) {
    if (number >= numValueTypes)
      return unknownType(number);
    auto type = static_cast<ValueType>(number);
    if (type == ValueType::Array)
      return readArray(0);
    std::span<const uint8_t> start = rest;
    WEFT_RETURN_IF_ERROR(skip(type));
    // A string's view leaves out its length.
    size_t lengthBytes = type == ValueType::String ? sizeof(uint64_t) : 0;
    return Value(type,
                 start.first(start.size() - rest.size()).subspan(lengthBytes));
  }

  StatusOr<Value> readArray(unsigned depth) {
    uint32_t number;
    uint64_t count;
    if (depth == maximumDepth)
      return Status::error("has arrays in arrays more than " +
                           std::to_string(maximumDepth) + " deep");
    if (!take(number) || !take(count))
      return endsWithin();
    if (number >= numValueTypes)
      return unknownType(number);
    auto type = static_cast<ValueType>(number);
    std::span<const uint8_t> start = rest;
    unsigned width = byteWidth(type);
    // A string takes at least its length, an array its type and count.
    unsigned leastBytes = type == ValueType::Array    ? 12
                          : type == ValueType::String ? 8
                                                      : width;
    if (count > rest.size() / leastBytes)
      return Status::error("counts " + std::to_string(count) +
                           " elements, more than fit the file");
    if (width != 0 && type != ValueType::Bool)
      rest = rest.subspan(count * width);
    else
      for (uint64_t i = 0; i != count; ++i)
        WEFT_RETURN_IF_ERROR(type == ValueType::Array
                                 ? readArray(depth + 1).status()
                                 : skip(type));
    return Value(type, count, start.first(start.size() - rest.size()));
  }

  /// Checks a value that is no array, and goes behind it.
  Status skip(ValueType type) {
    uint64_t width = byteWidth(type);
    if (type == ValueType::String && !take(width))
      return endsWithin();
    if (width > rest.size())
      return endsWithin();
    if (type == ValueType::Bool && rest.front() > 1)
      return Status::error("is a bool of value " +
                           std::to_string(rest.front()) + "; expected 0 or 1");
    rest = rest.subspan(width);
    return Status::ok();
  }

  Status readTensor(GGUFFile::Tensor &tensor) {
    uint32_t rank, number;
    if (!take(rank))
      return endsWithin();
    if (rank == 0 || rank > maximumRank)
      return Status::error("has " + std::to_string(rank) +
                           " dimensions; expected 1 to " +
                           std::to_string(maximumRank));
    uint64_t numElements = 1;
    tensor.shape.resize(rank);
    for (uint32_t i = rank; i != 0; --i) {
      uint64_t size;
      if (!take(size))
        return endsWithin();
      // More than the file could hold at less than two bits for each.
      if (size == 0 || size > file.content.size() * 8 ||
          __builtin_mul_overflow(numElements, size, &numElements))
        return Status::error("has a dimension of size " + std::to_string(size) +
                             ", which the file cannot hold");
      tensor.shape[i - 1] = static_cast<int64_t>(size);
    }
    if (!take(number) || !take(tensor.offset))
      return endsWithin();
    tensor.type = findTensorType(number);
    if (!tensor.type)
      return Status::error("has the unknown type " + std::to_string(number));
    uint64_t columns = static_cast<uint64_t>(tensor.shape.back());
    if (columns % uint64_t(tensor.type->elements) != 0)
      return Status::error("has rows of " + std::to_string(columns) +
                           " elements; type " + std::string(tensor.type->name) +
                           " has blocks of " +
                           std::to_string(tensor.type->elements));
    if (__builtin_mul_overflow(numElements / uint64_t(tensor.type->elements),
                               uint64_t(tensor.type->bytes), &tensor.bytes))
      return Status::error("has a size beyond 64 bits");
    if (tensor.offset % alignment != 0)
      return Status::error("lies at offset " + std::to_string(tensor.offset) +
                           ", which is no multiple of the alignment, " +
                           std::to_string(alignment));
    return Status::ok();
  }

  //===--- Bytes ----------------------------------------------------------===//

  template <typename T> bool take(T &value) {
    if (rest.size() < sizeof(T))
      return false;
    std::memcpy(&value, rest.data(), sizeof(T));
    rest = rest.subspan(sizeof(T));
    return true;
  }

  bool takeString(std::string_view &text) {
    uint64_t length;
    if (!take(length) || length > rest.size())
      return false;
    text = {reinterpret_cast<const char *>(rest.data()), length};
    rest = rest.subspan(length);
    return true;
  }

  static Status cutShort(const std::string &where) {
    return Status::error("the file ends within " + where +
                         "; is it cut short?");
  }
  static Status endsWithin() {
    return Status::error("the file ends within it; is it cut short?");
  }
  static Status unknownType(uint32_t number) {
    return Status::error("has the unknown type " + std::to_string(number));
  }

  GGUFFile &file;
  std::span<const uint8_t> rest;
  uint64_t numTensors = 0, numValues = 0;
  uint64_t alignment = defaultAlignment;
};

} // namespace weft::gguf

StatusOr<GGUFFile> GGUFFile::open(const std::string &path) {
  StatusOr<MappedFile> mapped = MappedFile::open(path);
  if (!mapped)
    return mapped.status();
  return ofFile(std::move(*mapped));
}

StatusOr<GGUFFile> GGUFFile::ofFile(MappedFile mapped) {
  StatusOr<GGUFFile> result = ofBytes(mapped.bytes());
  if (result)
    result->file = std::move(mapped);
  return result;
}

StatusOr<GGUFFile> GGUFFile::ofBytes(std::span<const uint8_t> bytes) {
  GGUFFile result;
  result.content = bytes;
  WEFT_RETURN_IF_ERROR(GGUFReader(result).read());
  return result;
}

const Value *GGUFFile::find(std::string_view key) const {
  auto entry = metadata.find(key);
  return entry == metadata.end() ? nullptr : &entry->second;
}

const GGUFFile::Tensor *GGUFFile::findTensor(std::string_view name) const {
  auto entry = tensorIndices.find(name);
  return entry == tensorIndices.end() ? nullptr : &tensors[entry->second];
}

Status GGUFFile::wrongType(std::string_view key, const Value &value,
                           const char *expected) {
  return Status::error("metadata key " + quoted(key) + " is of type " +
                       value.getTypeName() + "; expected " + expected);
}

Status GGUFFile::missing(std::string_view key, const char *expected) {
  return Status::error("the file lacks the metadata key " + quoted(key) +
                       "; expected " + expected);
}
