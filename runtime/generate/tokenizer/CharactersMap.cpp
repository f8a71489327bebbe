//===- CharactersMap.cpp - SentencePiece's map of characters --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/CharactersMap.h"

#include "runtime/generate/tokenizer/Unicode.h"
#include "runtime/generate/tokenizer/Utf8.h"

namespace weft {

static uint32_t littleEndian(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (unsigned i = 0; i != 4; ++i)
    value |= uint32_t(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  return value;
}

StatusOr<CharactersMap> CharactersMap::create(std::string_view bytes) {
  CharactersMap map;
  size_t trieBytes = bytes.size() < 4 ? 0 : littleEndian(bytes, 0);
  if (bytes.size() < 8 || trieBytes % 4 != 0 || trieBytes < 4 ||
      trieBytes > bytes.size() - 4)
    return Status::error("the tokenizer's precompiled map of characters has " +
                         std::to_string(bytes.size()) +
                         " bytes and names a trie of " +
                         std::to_string(trieBytes));
  for (size_t at = 4; at != 4 + trieBytes; at += 4)
    map.units.push_back(littleEndian(bytes, at));
  map.replacements = bytes.substr(4 + trieBytes);
  if (!isUtf8(map.replacements))
    return Status::error("the tokenizer's precompiled map of characters holds "
                         "text that is not UTF-8");
  // A bound on how much a hostile map can make of a text.
  size_t length = 0;
  for (char byte : map.replacements) {
    length = byte == '\0' ? 0 : length + 1;
    if (length > 256)
      return Status::error(
          "the tokenizer's precompiled map of characters has a "
          "replacement of more than 256 bytes");
  }
  return map;
}

// The units of the Darts-clone library.
static bool hasLeaf(uint32_t unit) { return unit >> 8 & 1; }
static uint32_t leafValue(uint32_t unit) { return unit & 0x7fffffff; }
static uint32_t label(uint32_t unit) { return unit & (0x80000000 | 0xff); }
static size_t offset(uint32_t unit) {
  return size_t(unit >> 10) << ((unit & (1 << 9)) >> 6);
}

std::optional<std::string_view>
CharactersMap::replacement(std::string_view text) const {
  size_t node = offset(units[0]);
  for (char byte : text) {
    uint32_t code = static_cast<uint8_t>(byte);
    node ^= code;
    if (code == 0 || node >= units.size() || label(units[node]) != code)
      return std::nullopt;
    bool found = hasLeaf(units[node]);
    node ^= offset(units[node]);
    if (node >= units.size())
      return std::nullopt;
    if (found) {
      size_t begin = leafValue(units[node]);
      if (begin >= replacements.size())
        return std::nullopt;
      std::string_view rest = std::string_view(replacements).substr(begin);
      return rest.substr(0, rest.find('\0'));
    }
  }
  return std::nullopt;
}

void CharactersMap::apply(std::string &text) const {
  std::string mapped;
  auto mapCluster = [&](std::string_view cluster) {
    // Short clusters are looked up whole first, as Hugging Face's tokenizers
    // do.
    if (cluster.size() < 6)
      if (auto found = replacement(cluster)) {
        mapped += *found;
        return;
      }
    forEachCharacter(cluster, [&](char32_t, std::string_view bytes) {
      mapped += replacement(bytes).value_or(bytes);
    });
  };
  size_t begin = 0, at = 0;
  char32_t left = 0;
  int state = 0;
  forEachCharacter(text, [&](char32_t right, std::string_view bytes) {
    if (at != 0 && isGraphemeBreak(left, right, state)) {
      mapCluster(std::string_view(text).substr(begin, at - begin));
      begin = at;
    }
    left = right;
    at += bytes.size();
  });
  if (begin != at)
    mapCluster(std::string_view(text).substr(begin));
  text = std::move(mapped);
}

} // namespace weft
