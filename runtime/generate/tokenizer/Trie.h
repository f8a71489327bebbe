//===- Trie.h - Keys that a text starts with ------------------ -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_TRIE_H
#define RUNTIME_GENERATE_TOKENIZER_TRIE_H

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace weft {

/// Finds which of many keys a text starts with.
class Trie {
public:
  Trie() = default;
  /// Keys with their values. Empty keys are left out; of equal keys the one
  /// with the greatest value counts.
  explicit Trie(std::vector<std::pair<std::string_view, uint32_t>> keys);

  bool empty() const { return nodes.size() <= 1; }

  /// Calls visit(length, value) for each key that `text` starts with, the
  /// shortest first.
  template <typename Visitor>
  void prefixes(std::string_view text, Visitor visit) const {
    if (empty())
      return;
    uint32_t node = 0;
    for (size_t i = 0; i != text.size(); ++i) {
      node = child(node, static_cast<uint8_t>(text[i]));
      if (node == 0)
        return;
      if (nodes[node].value != none)
        visit(i + 1, nodes[node].value);
    }
  }

  struct Prefix {
    size_t length;
    uint32_t value;
  };
  std::optional<Prefix> longestPrefix(std::string_view text) const {
    std::optional<Prefix> longest;
    prefixes(text,
             [&](size_t length, uint32_t value) { longest = {length, value}; });
    return longest;
  }

private:
  static constexpr uint32_t none = UINT32_MAX;
  /// The children of a node lie next to each other, sorted by their bytes.
  struct Node {
    uint32_t firstChild = 0;
    uint32_t numChildren = 0;
    uint32_t value = none;
  };

  /// The node that `byte` leads to, or 0: the root is nobody's child.
  uint32_t child(uint32_t node, uint8_t byte) const {
    if (node == 0)
      return roots[byte];
    const Node &parent = nodes[node];
    const uint8_t *first = bytes.data() + parent.firstChild;
    for (uint32_t i = 0; i != parent.numChildren && first[i] <= byte; ++i)
      if (first[i] == byte)
        return parent.firstChild + i;
    return 0;
  }

  std::vector<Node> nodes;
  std::vector<uint8_t> bytes; // that lead to a node
  uint32_t roots[256] = {};
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_TRIE_H
