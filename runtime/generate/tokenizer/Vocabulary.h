//===- Vocabulary.h - Pieces and their ids -------------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_VOCABULARY_H
#define RUNTIME_GENERATE_TOKENIZER_VOCABULARY_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Pieces by id, and ids by piece: a hash table with open addressing over one
/// block of text.
class Vocabulary {
public:
  Vocabulary() = default;
  /// Empty pieces are ids that are not used. Of equal pieces the last counts.
  explicit Vocabulary(const std::vector<std::string_view> &pieces);

  size_t size() const { return ends.size(); }
  std::string_view piece(uint32_t id) const {
    uint64_t begin = id == 0 ? 0 : ends[id - 1];
    return std::string_view(text).substr(begin, ends[id] - begin);
  }
  std::optional<uint32_t> find(std::string_view piece) const;

private:
  std::string text;
  std::vector<uint64_t> ends;
  std::vector<uint32_t> slots; // an id plus one, or 0
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_VOCABULARY_H
