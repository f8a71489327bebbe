//===- StopText.cpp - Texts that end a generation -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/StopText.h"

#include <algorithm>
#include <utility>

using namespace weft;

StopText::StopText(std::vector<std::string> texts) : stops(std::move(texts)) {
  std::erase(stops, "");
}

std::string StopText::push(std::string_view piece) {
  if (found)
    return "";
  held += piece;
  size_t first = std::string::npos;
  for (const std::string &stop : stops)
    first = std::min(first, held.find(stop));
  if (first != std::string::npos) {
    found = true;
    held.resize(first);
    return std::exchange(held, "");
  }
  // The longest end of the text that some stop text begins with.
  size_t kept = 0;
  for (const std::string &stop : stops)
    for (size_t length = std::min(stop.size() - 1, held.size()); length > kept;
         --length)
      if (held.ends_with(std::string_view(stop).substr(0, length)))
        kept = length;
  std::string certain = held.substr(0, held.size() - kept);
  held.erase(0, certain.size());
  return certain;
}

std::string StopText::finish() { return std::exchange(held, ""); }
