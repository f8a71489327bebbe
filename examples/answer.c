/*===- answer.c - Ask a compiled language model a question ------------------===*\
|* Part of Weft, under the Apache License v2.0 with LLVM Exceptions.          *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|*   example-answer smollm2.weft "What is gravity?"                           *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include "weft/generate_c.h"
#include "weft/runtime_c.h"

#include <stdio.h>

static int print(const char *text, size_t bytes, void *user) {
  size_t written = fwrite(text, 1, bytes, stdout);
  (void)user;
  fflush(stdout);
  return written != bytes;
}

int main(int argc, char **argv) {
  WeftGenerator *generator = NULL;
  WeftGenerateOptions options = {0};
  WeftChatMessage question = {"user", argc == 3 ? argv[2] : ""};
  char *error;
  int status;
  if (argc != 3) {
    fputs("usage: example-answer MODEL.weft QUESTION\n", stderr);
    return 1;
  }
  options.max_tokens = 64;
  options.on_text = print;
  error = weft_load_generator(argv[1], 0, &generator);
  if (!error)
    error = weft_chat(generator, &question, 1, &options);
  if (error)
    fprintf(stderr, "error: %s\n", error);
  else
    putchar('\n');
  status = error != NULL;
  weft_free_generator(generator);
  weft_free_error(error);
  return status;
}
