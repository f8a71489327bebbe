//===- Text.h - Numbers in reports ------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_TEXT_H
#define RUNTIME_CUSIM_MACHINE_TEXT_H

#include <cstdint>
#include <cstdio>
#include <string>

namespace weft::cusim {

/// "(1,2,3)", as compute-sanitizer writes threads and blocks.
inline std::string triple(const uint32_t values[3]) {
  return "(" + std::to_string(values[0]) + "," + std::to_string(values[1]) +
         "," + std::to_string(values[2]) + ")";
}

/// "0x0000ffff": the bits of 32 lanes.
inline std::string hexOfLanes(uint32_t lanes) {
  char text[16];
  std::snprintf(text, sizeof(text), "0x%08x", lanes);
  return text;
}

inline std::string hexOfAddress(uint64_t address) {
  char text[24];
  std::snprintf(text, sizeof(text), "0x%llx",
                static_cast<unsigned long long>(address));
  return text;
}

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_TEXT_H
