//===- Npy.cpp - Arrays in numpy's file format ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Npy.h"
#include "runtime/base/AtomicFile.h"
#include "runtime/base/Text.h"

#include <charconv>
#include <cstring>

using namespace weft;

static constexpr std::pair<std::string_view, DataType> descriptions[] = {
    {"|b1", DataType::Bool}, {"|i1", DataType::I8},   {"<i2", DataType::I16},
    {"<i4", DataType::I32},  {"<i8", DataType::I64},  {"|u1", DataType::U8},
    {"<u2", DataType::U16},  {"<u4", DataType::U32},  {"<u8", DataType::U64},
    {"<f2", DataType::F16},  {"|V2", DataType::BF16}, {"<f4", DataType::F32},
    {"<f8", DataType::F64}};

static constexpr size_t maximumRank = 32; // numpy's own limit

namespace {
/// The header is a Python dictionary of three known keys.
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : text(text) {}

  Status parse(NpyHeader &header) {
    bool hasType = false, hasOrder = false, hasShape = false;
    if (!take("{"))
      return bad("expected a dictionary");
    while (!take("}")) {
      std::string_view key = quoted();
      if (!take(":"))
        return bad("expected 'descr', 'fortran_order' and 'shape'");
      if (key == "descr" && !hasType) {
        hasType = true;
        WEFT_RETURN_IF_ERROR(readType(header));
      } else if (key == "fortran_order" && !hasOrder) {
        hasOrder = true;
        if (take("True"))
          return bad("the array is in column-major order; save it with "
                     "numpy.ascontiguousarray");
        if (!take("False"))
          return bad("expected fortran_order to be False");
      } else if (key == "shape" && !hasShape) {
        hasShape = true;
        WEFT_RETURN_IF_ERROR(readShape(header));
      } else {
        return bad("expected 'descr', 'fortran_order' and 'shape'");
      }
      if (!take(",") && !next("}"))
        return bad("expected ',' or '}'");
    }
    skipSpace();
    if (!text.empty() || !hasType || !hasOrder || !hasShape)
      return bad("expected 'descr', 'fortran_order' and 'shape'");
    return Status::ok();
  }

private:
  static Status bad(const char *message) {
    return Status::error(std::string("npy header: ") + message);
  }

  void skipSpace() {
    while (!text.empty() && (text[0] == ' ' || text[0] == '\n'))
      text.remove_prefix(1);
  }

  bool next(std::string_view token) {
    skipSpace();
    return text.substr(0, token.size()) == token;
  }

  bool take(std::string_view token) {
    if (!next(token))
      return false;
    text.remove_prefix(token.size());
    return true;
  }

  std::string_view quoted() {
    skipSpace();
    if (text.empty() || (text[0] != '\'' && text[0] != '"'))
      return {};
    size_t end = text.find(text[0], 1);
    if (end == text.npos)
      return {};
    std::string_view result = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    return result;
  }

  Status readType(NpyHeader &header) {
    std::string_view description = quoted();
    for (auto [spelling, type] : descriptions)
      if (description == spelling)
        header.type = type;
    if (description == "<V2")
      header.type = DataType::BF16;
    if (header.type == DataType::Invalid)
      return Status::error("npy header: element type '" +
                           printable(description) +
                           "' is not supported; expected a little-endian bool, "
                           "integer or float");
    return Status::ok();
  }

  Status readShape(NpyHeader &header) {
    if (!take("("))
      return bad("expected the shape in parentheses");
    while (!take(")")) {
      skipSpace();
      int64_t size = 0;
      auto [end, error] =
          std::from_chars(text.data(), text.data() + text.size(), size);
      if (error != std::errc() || size < 0)
        return bad("expected the shape to be non-negative 64-bit numbers");
      text.remove_prefix(end - text.data());
      if (header.shape.size() == maximumRank)
        return bad("expected at most 32 dimensions");
      header.shape.push_back(size);
      if (!take(",") && !next(")"))
        return bad("expected ',' or ')' in the shape");
    }
    return Status::ok();
  }

  std::string_view text;
};
} // namespace

StatusOr<NpyHeader> weft::readNpyHeader(std::span<const uint8_t> file) {
  if (file.size() < 10 || std::memcmp(file.data(), "\x93NUMPY", 6) != 0)
    return Status::error("not an npy file");
  unsigned version = file[6];
  if (version < 1 || version > 3)
    return Status::error("npy version " + std::to_string(version) +
                         "; expected 1, 2 or 3");
  uint64_t length = file[8] | file[9] << 8;
  uint64_t begin = 10;
  if (version > 1) {
    if (file.size() < 12)
      return Status::error("npy file ends inside its header");
    length |= uint64_t(file[10]) << 16 | uint64_t(file[11]) << 24;
    begin = 12;
  }
  if (length > file.size() - begin || length > 65536)
    return Status::error("npy header of " + std::to_string(length) +
                         " bytes; expected at most 65536, and no more than the "
                         "file has");
  NpyHeader header;
  WEFT_RETURN_IF_ERROR(
      HeaderParser({reinterpret_cast<const char *>(file.data() + begin),
                    static_cast<size_t>(length)})
          .parse(header));
  header.dataOffset = begin + length;
  header.dataBytes = byteWidth(header.type);
  for (int64_t size : header.shape)
    if (__builtin_mul_overflow(header.dataBytes, static_cast<uint64_t>(size),
                               &header.dataBytes))
      return Status::error("npy shape has more than 2^64 bytes");
  if (header.dataBytes != file.size() - header.dataOffset)
    return Status::error("npy file has " +
                         std::to_string(file.size() - header.dataOffset) +
                         " bytes of data; its shape asks for " +
                         std::to_string(header.dataBytes));
  return header;
}

StatusOr<NpyArray> weft::readNpy(const std::string &path) {
  StatusOr<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.status();
  StatusOr<NpyHeader> header = readNpyHeader(file->bytes());
  if (!header)
    return Status::error("'" + printable(path) + "': " + header.message());
  return NpyArray{std::move(*file), std::move(*header)};
}

Status weft::writeNpy(const std::string &path, DataType type,
                      std::span<const int64_t> shape, const void *data) {
  std::string_view description;
  for (auto [spelling, known] : descriptions)
    if (known == type)
      description = spelling;
  std::string header = "{'descr': '" + std::string(description) +
                       "', 'fortran_order': False, 'shape': (";
  uint64_t bytes = byteWidth(type);
  for (int64_t size : shape) {
    header += std::to_string(size) + ", ";
    bytes *= static_cast<uint64_t>(size);
  }
  header += "), }";
  // Data start on a multiple of 64 bytes, as numpy writes them.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string prefix("\x93NUMPY\x01\x00", 8);
  prefix += static_cast<char>(header.size() & 0xff);
  prefix += static_cast<char>(header.size() >> 8);
  prefix += header;
  return writeAtomically(
      path, {std::span(reinterpret_cast<const uint8_t *>(prefix.data()),
                       prefix.size()),
             std::span(static_cast<const uint8_t *>(data), bytes)});
}
