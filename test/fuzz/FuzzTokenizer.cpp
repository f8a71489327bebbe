//===- FuzzTokenizer.cpp - Any bytes as a tokenizer.json ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/FromHuggingFace.h"
#include "runtime/generate/tokenizer/Tokenizer.h"

#include <cstdlib>

using namespace weft;

/// What is read loads or is refused; what loads encodes and decodes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  auto description =
      tokenizerFromJson({reinterpret_cast<const char *>(data), size});
  if (!description)
    return 0;
  StatusOr<Tokenizer> tokenizer = Tokenizer::load(*description);
  if (!tokenizer)
    return 0;
  auto ids = tokenizer->encode("Hi, wörld! <s>▁你 🎉\n\n  123 \xff");
  if (!ids)
    return 0;
  for (int32_t id : *ids)
    if (id < 0 || id >= tokenizer->size())
      std::abort();
  (void)tokenizer->decode(*ids);
  return 0;
}
