//===- JsonDecoder.cpp - Decoders of a tokenizer.json ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/JsonPattern.h"
#include "lib/Import/Tokenizer/JsonSteps.h"

namespace weft {

Status readDecoder(const Json &json, artifact::Tokenizer &tokenizer) {
  std::string type = JsonFields(json, "a decoder").text("type");
  JsonFields fields(json, "decoder " + type);
  if (type == "Sequence") {
    for (const Json &part : fields.array("decoders"))
      WEFT_RETURN_IF_ERROR(readDecoder(part, tokenizer));
    return fields.status();
  }
  artifact::DecoderStep &step = *tokenizer.add_decoders();
  if (type == "ByteLevel") {
    step.set_byte_level(true);
  } else if (type == "ByteFallback") {
    step.set_byte_fallback(true);
  } else if (type == "Fuse") {
    step.set_fuse(true);
  } else if (type == "Metaspace") {
    auto &metaspace = *step.mutable_metaspace();
    metaspace.set_replacement(fields.text("replacement", "\xe2\x96\x81"));
    metaspace.set_strip_first(fields.text("prepend_scheme", "always") !=
                                  "never" &&
                              fields.boolean("add_prefix_space", true));
  } else if (type == "Strip") {
    auto &strip = *step.mutable_strip();
    strip.set_content(fields.text("content"));
    strip.set_start(fields.number("start", 0));
    strip.set_stop(fields.number("stop", 0));
  } else if (type == "Replace") {
    readPattern(fields, *step.mutable_replace()->mutable_pattern());
    step.mutable_replace()->set_content(fields.text("content"));
  } else if (type == "WordPiece") {
    step.mutable_word_piece()->set_prefix(fields.text("prefix", "##"));
    step.mutable_word_piece()->set_cleanup(fields.boolean("cleanup", true));
  } else if (type == "BPEDecoder") {
    step.set_word_suffix(fields.text("suffix", "</w>"));
  } else {
    fields.fail("is not supported");
  }
  return fields.status();
}

} // namespace weft
