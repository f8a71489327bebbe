//===- Printf.cpp - printf of kernels -------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The format comes from the kernel and is never trusted: each conversion is
// parsed, its argument is read as CUDA packs it, and the C library sees only a
// conversion that this file wrote, with a limited width and precision.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Printf.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cstdio>
#include <cstring>

namespace weft::cusim {
namespace {

constexpr int MaxWidth = 4096;

struct Conversion {
  std::string flags;
  int width = -1;
  int precision = -1;
  /// Whether an integer takes 8 bytes: l, ll, j, z, t.
  bool isLong = false;
  /// hh and h: 1 and 2 bytes of the int.
  unsigned shortBytes = 4;
  char letter = 0;
};

class Formatter {
public:
  Formatter(const std::string &format, uint64_t arguments, PrintfMemory &memory)
      : format(format), base(arguments), memory(memory) {}

  std::string run() {
    while (position < format.size()) {
      if (format[position] != '%') {
        text += format[position++];
        continue;
      }
      size_t begin = position++;
      Conversion conversion;
      if (!parse(conversion)) {
        text.append(format, begin, position - begin);
        continue;
      }
      write(conversion);
    }
    return std::move(text);
  }

  uint32_t count = 0;

private:
  char peek() const { return position < format.size() ? format[position] : 0; }

  uint64_t next(uint32_t bytes) {
    offset = (offset + bytes - 1) / bytes * bytes;
    uint64_t value = memory.load(base + offset, bytes);
    offset += bytes;
    ++count;
    return value;
  }

  int parseNumber() {
    if (peek() == '*') {
      ++position;
      auto value = static_cast<int32_t>(next(4));
      return std::clamp(value, -MaxWidth, MaxWidth);
    }
    int value = 0;
    while (std::isdigit(static_cast<unsigned char>(peek())))
      value = std::min(MaxWidth, value * 10 + (format[position++] - '0'));
    return value;
  }

  bool parse(Conversion &conversion) {
    while (peek() && std::strchr("-+ #0", peek()))
      conversion.flags += format[position++];
    if (peek() == '*' || std::isdigit(static_cast<unsigned char>(peek()))) {
      conversion.width = parseNumber();
      if (conversion.width < 0) {
        conversion.flags += '-';
        conversion.width = -conversion.width;
      }
    }
    if (peek() == '.') {
      ++position;
      // A negative precision counts as none.
      conversion.precision = std::max(-1, parseNumber());
    }
    while (peek() && std::strchr("hlLjzt", peek())) {
      char letter = format[position++];
      if (letter == 'h')
        conversion.shortBytes /= 2;
      else
        conversion.isLong = true;
    }
    conversion.letter = peek();
    if (!conversion.letter)
      return false;
    ++position;
    return std::strchr("diouxXcfFeEgGaAsp%", conversion.letter) != nullptr;
  }

  template <typename Value>
  void print(const Conversion &conversion, const char *length, Value value) {
    std::string spec = "%" + conversion.flags;
    if (conversion.width >= 0)
      spec += std::to_string(conversion.width);
    if (conversion.precision >= 0)
      spec += "." + std::to_string(conversion.precision);
    spec += length;
    spec += conversion.letter;
    int size = std::snprintf(nullptr, 0, spec.c_str(), value);
    if (size < 0)
      return;
    std::string piece(static_cast<size_t>(size) + 1, '\0');
    std::snprintf(piece.data(), piece.size(), spec.c_str(), value);
    piece.pop_back();
    text += piece;
  }

  void writeInteger(const Conversion &conversion) {
    uint64_t bits = next(conversion.isLong ? 8 : 4);
    unsigned shift = conversion.isLong            ? 0
                     : conversion.shortBytes >= 4 ? 32
                     : conversion.shortBytes == 2 ? 48
                                                  : 56;
    bool isSigned = conversion.letter == 'd' || conversion.letter == 'i';
    if (isSigned)
      print(conversion, "ll", static_cast<long long>(bits << shift) >> shift);
    else
      print(conversion, "ll",
            static_cast<unsigned long long>(bits << shift) >> shift);
  }

  void write(const Conversion &conversion) {
    switch (conversion.letter) {
    case '%':
      text += '%';
      return;
    case 'c':
      return print(conversion, "", static_cast<int>(next(4)));
    case 's': {
      uint64_t address = next(8);
      std::string value =
          address ? loadString(memory, address) : std::string("(null)");
      return print(conversion, "", value.c_str());
    }
    case 'p': {
      Conversion pointer = conversion;
      pointer.letter = 'x';
      pointer.flags += '#';
      return print(pointer, "ll", static_cast<unsigned long long>(next(8)));
    }
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
      return writeInteger(conversion);
    default:
      return print(conversion, "", std::bit_cast<double>(next(8)));
    }
  }

  const std::string &format;
  uint64_t base;
  PrintfMemory &memory;
  size_t position = 0;
  uint64_t offset = 0;
  std::string text;
};

} // namespace

std::string formatPrintf(const std::string &format, uint64_t arguments,
                         PrintfMemory &memory, uint32_t &count) {
  Formatter formatter(format, arguments, memory);
  std::string text = formatter.run();
  count = formatter.count;
  return text;
}

} // namespace weft::cusim
