//===- Quote.h - Names of a hostile file in messages ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_QUOTE_H
#define LIB_IMPORT_ONNX_QUOTE_H

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace weft::onnx {

/// "name" on one line: what cannot be printed is escaped, what is very long is
/// cut.
inline std::string quote(llvm::StringRef name) {
  constexpr size_t longest = 200;
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '"';
  llvm::printEscapedString(name.take_front(longest), stream);
  stream << (name.size() > longest ? "...\"" : "\"");
  return text;
}

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_QUOTE_H
