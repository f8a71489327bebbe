/*===- runtime_c.h - Load a compiled artifact and run it, in C ----*- C -*-===*\
|* Part of Weft, under the Apache License v2.0 with LLVM Exceptions.          *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
\*===----------------------------------------------------------------------===*/

#ifndef WEFT_RUNTIME_C_H
#define WEFT_RUNTIME_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An artifact, loaded on its devices. One call of weft_run at a time works on it;
   others wait. */
typedef struct WeftModel WeftModel;

/* Element types, numbered as in artifact.proto. */
enum {
  WEFT_BOOL = 1,
  WEFT_I8 = 2,
  WEFT_I16 = 3,
  WEFT_I32 = 4,
  WEFT_I64 = 5,
  WEFT_U8 = 6,
  WEFT_U16 = 7,
  WEFT_U32 = 8,
  WEFT_U64 = 9,
  WEFT_F16 = 10,
  WEFT_BF16 = 11,
  WEFT_F32 = 12,
  WEFT_F64 = 13
};

/* The caller's memory, row major. Data on a multiple of 64 bytes are used in
   place; others are copied. */
typedef struct WeftTensor {
  const char *name;
  int type;
  size_t rank;
  const int64_t *shape; /* `rank` sizes */
  void *data;
} WeftTensor;

/* Every function returns NULL on success, or one sentence that weft_free_error
   frees. */

/* Loads the artifact folder `path` with `threads` threads (0: one for each CPU
   available). On success *model is to be freed by weft_free_model. */
char *weft_load(const char *path, unsigned threads, WeftModel **model);
void weft_free_model(WeftModel *model);
void weft_free_error(char *error);

/* Writes the shape that output `name` has for these inputs (their data are not
   read): its rank, and up to `capacity` sizes. */
char *weft_output_shape(WeftModel *model, const WeftTensor *inputs,
                        size_t input_count, const char *name, int64_t *shape,
                        size_t capacity, size_t *rank);

/* Runs the first entry point: inputs in any order, each exactly once; outputs in
   any order, each at most once, with the shapes that weft_output_shape gives. */
char *weft_run(WeftModel *model, const WeftTensor *inputs, size_t input_count,
               const WeftTensor *outputs, size_t output_count);

#ifdef __cplusplus
}
#endif

#endif /* WEFT_RUNTIME_C_H */
