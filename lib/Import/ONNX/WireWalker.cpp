//===- WireWalker.cpp - First look at an ONNX file ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/WireWalker.h"
#include "lib/Import/ONNX/WireSchema.h"

#include "llvm/ADT/Twine.h"

using namespace weft;
using namespace weft::onnx;

namespace {

// Protobuf refuses more than 100.
constexpr unsigned maximumDepth = 64;
// Protobuf needs up to 200 bytes for a message of two; no model has so many.
constexpr unsigned maximumMessages = 2'000'000;
// Protobuf refuses more than 2 GiB.
constexpr size_t maximumGraphBytes = size_t(1) << 30;

enum WireType { Varint = 0, Fixed64 = 1, Length = 2, Fixed32 = 5 };

// Fields by which onnx.proto passes on where a tensor's elements lie.
constexpr uint64_t fileOffset = 1000, fileLength = 1001, fileField = 1002;

void appendVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(char(value | 0x80));
  out.push_back(char(value));
}

void appendField(std::string &out, uint64_t number, uint64_t value) {
  appendVarint(out, number << 3 | Varint);
  appendVarint(out, value);
}

class Walker {
public:
  explicit Walker(llvm::StringRef file) : file(file) {}

  StatusOr<std::string> walk() {
    std::string graph;
    WEFT_RETURN_IF_ERROR(walkMessage(Message::Model, 0, file.size(), 0, graph));
    return graph;
  }

private:
  Status error(size_t offset, const llvm::Twine &message) const {
    return Status::error(("not a valid ONNX file: at byte " +
                          llvm::Twine(offset) + " " + message)
                             .str());
  }

  /// Reads at `position`, which it moves behind the number.
  Status readVarint(size_t &position, size_t end, uint64_t &value) const {
    size_t start = position;
    value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (position == end)
        return error(start, "a number is cut off");
      uint8_t byte = file[position++];
      // The tenth byte has room for one bit.
      if (shift == 63 && byte > 1)
        break;
      value |= uint64_t(byte & 0x7f) << shift;
      if (byte < 0x80)
        return Status::ok();
    }
    return error(start, "a number is longer than 64 bits");
  }

  Status walkMessage(Message message, size_t begin, size_t end, unsigned depth,
                     std::string &out) {
    if (depth > maximumDepth)
      return error(begin, "messages are nested more than " +
                              llvm::Twine(maximumDepth) + " deep");
    if (++numMessages > maximumMessages)
      return error(begin, "the graph has more than " +
                              llvm::Twine(maximumMessages) + " messages");
    bool hasElements = false;
    for (size_t position = begin; position != end;) {
      size_t start = position;
      uint64_t tag;
      WEFT_RETURN_IF_ERROR(readVarint(position, end, tag));
      uint64_t number = tag >> 3;
      if (number == 0 || number > (uint64_t(1) << 29) - 1)
        return error(start, "a field has the number " + llvm::Twine(number));
      Field field = lookUpField(message, number);
      size_t body = position, bodyEnd;
      WEFT_RETURN_IF_ERROR(
          skipBody(tag & 7, start, position, end, body, bodyEnd));
      bool isLength = (tag & 7) == Length;
      if (field.action == Action::Recurse && isLength) {
        std::string child;
        WEFT_RETURN_IF_ERROR(
            walkMessage(field.message, body, bodyEnd, depth + 1, child));
        appendVarint(out, tag);
        appendVarint(out, child.size());
        out += child;
      } else if (field.action == Action::TakeBytes && isLength) {
        if (hasElements)
          return error(start, "a tensor has its elements twice");
        hasElements = true;
        appendField(out, fileOffset, body);
        appendField(out, fileLength, bodyEnd - body);
        appendField(out, fileField, number);
      } else if (field.action == Action::Keep ||
                 field.action == Action::TakeBytes) {
        // Also elements that are not packed, as old writers left them.
        out += file.slice(start, bodyEnd);
      } else if (field.action == Action::Recurse) {
        return error(start, "field " + llvm::Twine(number) +
                                " is no message but should be one");
      }
      if (out.size() > maximumGraphBytes)
        return error(start, "the graph without its weights exceeds " +
                                llvm::Twine(maximumGraphBytes) + " bytes");
    }
    return Status::ok();
  }

  /// Moves `position` from behind a tag to behind its field; [body, bodyEnd)
  /// is what a length announced.
  Status skipBody(unsigned wireType, size_t start, size_t &position, size_t end,
                  size_t &body, size_t &bodyEnd) const {
    uint64_t length = 0;
    switch (wireType) {
    case Varint:
      WEFT_RETURN_IF_ERROR(readVarint(position, end, length));
      bodyEnd = position;
      return Status::ok();
    case Fixed64:
      length = 8;
      break;
    case Fixed32:
      length = 4;
      break;
    case Length:
      WEFT_RETURN_IF_ERROR(readVarint(position, end, length));
      break;
    default:
      return error(start, "a field has the unknown wire type " +
                              llvm::Twine(wireType));
    }
    body = position;
    if (length > end - position)
      return error(start, "a field of " + llvm::Twine(length) +
                              " bytes does not fit the " +
                              llvm::Twine(end - position) +
                              " bytes that are left");
    position += length;
    bodyEnd = position;
    return Status::ok();
  }

  llvm::StringRef file;
  unsigned numMessages = 0;
};

} // namespace

StatusOr<std::string> weft::onnx::withoutTensorData(llvm::StringRef file) {
  return Walker(file).walk();
}
