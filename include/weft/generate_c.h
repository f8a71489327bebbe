/*===- generate_c.h - Text from a compiled language model, in C ---*- C -*-===*\
|* Part of Weft, under the Apache License v2.0 with LLVM Exceptions.          *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
\*===----------------------------------------------------------------------===*/

#ifndef WEFT_GENERATE_C_H
#define WEFT_GENERATE_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A language model with its tokenizer and its chat template. One call at a time. */
typedef struct WeftGenerator WeftGenerator;

/* What include/weft/Generate.h and Sampling.h say. All zero is greedy, until the
   model ends its text: then top_p and repetition_penalty count as 1. */
typedef struct WeftGenerateOptions {
  float temperature;
  uint32_t top_k;
  float top_p;
  float min_p;
  float repetition_penalty;
  uint64_t seed;
  uint64_t max_tokens;
  /* Called with each piece of text, which ends with no zero, unless NULL. What
     is not 0 ends the generation. */
  int (*on_text)(const char *text, size_t bytes, void *user);
  void *user;
} WeftGenerateOptions;

typedef struct WeftChatMessage {
  const char *role; /* "system", "user" or "assistant" */
  const char *content;
} WeftChatMessage;

/* Every function returns NULL on success, or one sentence that weft_free_error of
   runtime_c.h frees. */

/* Loads the artifact folder `path` with `threads` threads (0: one for each CPU
   available). On success *generator is to be freed by weft_free_generator. */
char *weft_load_generator(const char *path, unsigned threads,
                          WeftGenerator **generator);
void weft_free_generator(WeftGenerator *generator);

/* Continues any text. */
char *weft_complete(WeftGenerator *generator, const char *text,
                    const WeftGenerateOptions *options);
/* Answers a conversation. */
char *weft_chat(WeftGenerator *generator, const WeftChatMessage *messages,
                size_t count, const WeftGenerateOptions *options);

#ifdef __cplusplus
}
#endif

#endif /* WEFT_GENERATE_C_H */
