//===- Text.h - Hostile text in messages ------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_TEXT_H
#define RUNTIME_BASE_TEXT_H

#include <cstdio>
#include <string>
#include <string_view>

namespace weft {

/// `text` for a one-line message: control characters become '?', and what is
/// longer than 120 characters is cut.
inline std::string printable(std::string_view text) {
  std::string shown(text.substr(0, 120));
  for (char &c : shown)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
      c = '?';
  if (text.size() > shown.size())
    shown += "...";
  return shown;
}

/// "5", "0.25".
inline std::string secondsText(double seconds) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", seconds);
  return text;
}

} // namespace weft

#endif // RUNTIME_BASE_TEXT_H
