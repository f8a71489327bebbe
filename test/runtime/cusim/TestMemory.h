//===- TestMemory.h - Device memory of a test -------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_TESTMEMORY_H
#define TEST_RUNTIME_CUSIM_TESTMEMORY_H

#include "runtime/cusim/memory/AddressSpace.h"

#include <cstring>
#include <type_traits>
#include <vector>

namespace weft::cusim {

/// The memory of one device or more, filled and read by the host.
class TestMemory {
public:
  explicit TestMemory(unsigned devices) : addresses(devices) {}

  /// Memory of the first device that holds `values`.
  template <typename Element>
  uint64_t upload(const std::vector<Element> &values) {
    uint64_t address = *addresses.allocate(0, values.size() * sizeof(Element));
    std::memcpy(AddressSpace::hostPointer(address), values.data(),
                values.size() * sizeof(Element));
    return address;
  }
  template <typename Element>
  std::vector<Element> download(uint64_t address, size_t count) {
    std::vector<Element> values(count);
    std::memcpy(values.data(), AddressSpace::hostPointer(address),
                count * sizeof(Element));
    return values;
  }

  AddressSpace addresses;
};

/// A kernel's block of parameters: arguments placed as C does.
template <typename... Arguments>
std::vector<uint8_t> packArguments(const Arguments &...arguments) {
  std::vector<uint8_t> block(512);
  size_t offset = 0;
  auto add = [&](const auto &value) {
    constexpr size_t alignment = alignof(std::remove_cvref_t<decltype(value)>);
    offset = (offset + alignment - 1) / alignment * alignment;
    std::memcpy(block.data() + offset, &value, sizeof(value));
    offset += sizeof(value);
  };
  (add(arguments), ...);
  return block;
}

} // namespace weft::cusim

#endif // TEST_RUNTIME_CUSIM_TESTMEMORY_H
