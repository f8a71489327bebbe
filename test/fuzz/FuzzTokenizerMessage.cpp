//===- FuzzTokenizerMessage.cpp - Any message as a tokenizer --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/ParseMessage.h"
#include "runtime/generate/tokenizer/Tokenizer.h"
#include "runtime/generate/tokenizer/Utf8.h"
#include "weft/tokenizer.pb.h"

#include <cstdlib>

using namespace weft;

/// What loads encodes and decodes, and what it decodes is UTF-8.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  artifact::Tokenizer description;
  if (!parseMessage(description, {data, size}))
    return 0;
  StatusOr<Tokenizer> tokenizer = Tokenizer::load(description);
  if (!tokenizer)
    return 0;
  auto ids = tokenizer->encode("Hi, wörld! <s>▁你 🎉\n\n  123 \xff");
  if (!ids)
    return 0;
  StreamingDecoder decoder(*tokenizer);
  for (int32_t id : *ids)
    if (id < 0 || id >= tokenizer->size() || !isUtf8(decoder.push(id)))
      std::abort();
  if (!isUtf8(tokenizer->decode(*ids)))
    std::abort();
  return 0;
}
