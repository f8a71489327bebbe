//===- Text.h - Prompts and conversations -----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_LLM_RUN_TEXT_H
#define TOOLS_LLM_RUN_TEXT_H

#include "tools/common/RuntimeTool.h"
#include "tools/llm-run/Watchdog.h"
#include "weft/Generate.h"

namespace weft::tool {

/// Options for language models.
struct TextFlags {
  std::optional<std::string> prompt;
  bool isChat = false;
  std::string system, chatTemplate;
  GenerateOptions generate;
  std::string perplexity; // a text file
  uint32_t perplexityContext = 512;
  std::string tokens, logits; // .npy
  /// Those that belong to an answer.
  std::vector<CLI::Option *> answerOptions = {};

  void addTo(CLI::App &app);
  bool isUsed() const {
    return prompt || isChat || !perplexity.empty() || !tokens.empty() ||
           !logits.empty();
  }
  /// Fails on options that have nothing to do.
  Status check() const;
};

/// Does what the flags ask of the artifact's language model. Text goes to
/// stdout, all else to stderr. `run` has the timeout and the trace.
Status runText(const LoadFlags &load, const TextFlags &flags,
               const RunOptions &run, Watchdog &watchdog);

/// --perplexity: prints it.
Status scoreText(TextGenerator &generator, const TextFlags &flags);
/// --tokens and --logits: writes the logits after each token.
Status writeLogits(Session &session, const TextFlags &flags);

} // namespace weft::tool

#endif // TOOLS_LLM_RUN_TEXT_H
