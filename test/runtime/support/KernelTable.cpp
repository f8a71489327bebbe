//===- KernelTable.cpp - The kernel table of the tests' kernels -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTable.h"

using namespace weft;

static artifact::Kernel &
addKernel(artifact::KernelTable &table, const char *name, const char *family,
          uint32_t sizes, const char *items, const char *chunk,
          artifact::Split split,
          std::initializer_list<std::pair<bool, const char *>> buffers) {
  artifact::Kernel &kernel = *table.add_kernels();
  kernel.set_name(name);
  kernel.set_family(family);
  kernel.set_size_count(sizes);
  kernel.set_items(items);
  kernel.set_chunk(chunk);
  kernel.set_scratch_bytes("0");
  kernel.set_split(split);
  for (auto [writes, bytes] : buffers) {
    artifact::KernelBuffer &buffer = *kernel.add_buffers();
    buffer.set_writes(writes);
    buffer.set_least_bytes(bytes);
  }
  return kernel;
}

artifact::KernelTable test::kernelTable() {
  artifact::KernelTable table;
  addKernel(table, "add", "map", 1, "s0", "16", artifact::STATIC,
            {{false, "4*s0"}, {false, "4*s0"}, {true, "4*s0"}});
  addKernel(table, "linear", "matmul", 3, "s0", "1", artifact::DYNAMIC,
            {{false, "4*s0*s2"}, {false, "4*s1*s2"}, {true, "4*s0*s1"}})
      .set_flops("2*s0*s1*s2");
  addKernel(table, "gather", "layout", 3, "s0", "4", artifact::DYNAMIC,
            {{false, "8*s0"}, {false, "4*s1*s2"}, {true, "4*s0*s1"}})
      .set_scratch_bytes("4*s1");
  addKernel(table, "count", "map", 1, "1", "1", artifact::STATIC,
            {{true, "8"}, {true, "8"}});
  addKernel(table, "fault", "map", 2, "1", "1", artifact::STATIC,
            {{false, "32"}});
  return table;
}
