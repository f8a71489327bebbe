//===- StopText.h - Texts that end a generation -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_STOPTEXT_H
#define RUNTIME_GENERATE_STOPTEXT_H

#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Looks for stop texts in a text that comes in pieces. What may yet become one
/// is held back.
class StopText {
public:
  /// Empty texts are left out.
  explicit StopText(std::vector<std::string> stops);

  /// What is certain after this piece. From the first stop text on, nothing.
  std::string push(std::string_view piece);
  /// What was held back, at the end.
  std::string finish();
  bool isFound() const { return found; }

private:
  std::vector<std::string> stops;
  std::string held;
  bool found = false;
};

} // namespace weft

#endif // RUNTIME_GENERATE_STOPTEXT_H
