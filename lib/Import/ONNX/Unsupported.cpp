//===- Unsupported.cpp - All that cannot be imported, in one message ------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/Unsupported.h"
#include "lib/Import/ONNX/Quote.h"

#include "llvm/ADT/STLExtras.h"

using namespace weft::onnx;

// What is beyond these is counted and not named.
static constexpr unsigned mostKinds = 20, mostExamples = 3;

void Unsupported::note(const std::string &what, llvm::StringRef node) {
  auto kind =
      llvm::find_if(kinds, [&](const Kind &kind) { return kind.what == what; });
  if (kind == kinds.end()) {
    // Also bounds the search.
    if (kinds.size() < mostKinds)
      kinds.push_back({what, 0, ""});
    else if (kinds.size() == mostKinds)
      kinds.push_back({"other problems", 0, ""});
    kind = std::prev(kinds.end());
  }
  ++kind->count;
  if (kind->count <= mostExamples)
    kind->examples += (kind->count == 1 ? "" : ", ") + quote(node);
  else if (kind->count == mostExamples + 1)
    kind->examples += ", ...";
}

std::string Unsupported::getMessage() const {
  unsigned total = 0;
  std::string list;
  for (const Kind &kind : kinds) {
    total += kind.count;
    list += (list.empty() ? "" : "; ") + kind.what + " (" +
            std::to_string(kind.count) +
            (kind.count == 1 ? " node: " : " nodes: ") + kind.examples + ")";
  }
  return "cannot import " + std::to_string(total) +
         (total == 1 ? " node: " : " nodes: ") + list +
         "; docs/ONNX.md lists what is supported";
}
