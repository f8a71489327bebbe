//===- TokenRoles.cpp - What tokens are for -------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/TokenRoles.h"

#include <algorithm>
#include <string_view>

namespace weft {

void addStop(uint32_t id, artifact::Tokenizer &tokenizer) {
  auto &stops = *tokenizer.mutable_stops();
  if (std::find(stops.begin(), stops.end(), id) == stops.end())
    stops.Add(id);
  std::sort(stops.begin(), stops.end());
}

void addKnownStops(artifact::Tokenizer &tokenizer) {
  static constexpr std::string_view known[] = {
      "<|im_end|>",      // ChatML: SmolLM, Qwen
      "<|eot_id|>",      // Llama 3
      "<|eom_id|>",      // Llama 3, a message to a tool
      "<|end_of_text|>", // Llama 3, Granite
      "<|endoftext|>",   // GPT-2 and its heirs
      "<|end|>",         // Phi-3
      "<end_of_turn>",   // Gemma
      "<|eot|>",         // Llama 4
      "<|return|>",      // gpt-oss
  };
  for (const artifact::AddedToken &token : tokenizer.added_tokens())
    if (token.special() && std::find(std::begin(known), std::end(known),
                                     token.content()) != std::end(known))
      addStop(token.id(), tokenizer);
}

void sortAddedTokens(artifact::Tokenizer &tokenizer) {
  auto &tokens = *tokenizer.mutable_added_tokens();
  std::sort(tokens.pointer_begin(), tokens.pointer_end(),
            [](const auto *a, const auto *b) { return a->id() < b->id(); });
}

} // namespace weft
