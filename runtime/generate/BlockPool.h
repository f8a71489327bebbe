//===- BlockPool.h - The blocks of a paged cache, counted -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_BLOCKPOOL_H
#define RUNTIME_GENERATE_BLOCKPOOL_H

#include <cassert>
#include <cstdint>
#include <vector>

namespace weft {

/// Which blocks of the cache are used, and by how many sequences. One number
/// stands for the block of every layer, keys and values.
class BlockPool {
public:
  explicit BlockPool(uint32_t count) : users(count) {
    // Low numbers are taken first: the rest of the memory is never touched.
    for (uint32_t block = count; block-- != 0;)
      unused.push_back(block);
  }

  uint32_t freeCount() const { return static_cast<uint32_t>(unused.size()); }
  bool isShared(uint32_t block) const { return users[block] > 1; }

  uint32_t allocate() {
    assert(!unused.empty() && "the caller looks at freeCount");
    uint32_t block = unused.back();
    unused.pop_back();
    users[block] = 1;
    return block;
  }
  void share(uint32_t block) {
    assert(users[block] != 0 && "only a used block is shared");
    ++users[block];
  }
  void release(uint32_t block) {
    assert(users[block] != 0 && "released once for each user");
    if (--users[block] == 0)
      unused.push_back(block);
  }

private:
  std::vector<uint32_t> users;
  std::vector<uint32_t> unused;
};

} // namespace weft

#endif // RUNTIME_GENERATE_BLOCKPOOL_H
