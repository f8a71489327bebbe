/*===- EncodeInC.c - The C interface, used from C -----------------*- C -*-===*\
|* Part of Weft, under the Apache License v2.0 with LLVM Exceptions.          *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
\*===----------------------------------------------------------------------===*/

#include "EncodeInC.h"
#include "weft/runtime_c.h"

#include <stdio.h>

static char *encode(WeftModel *model, int64_t *ids, float *values) {
  int64_t shape[] = {2, 3}, output_shape[3];
  WeftTensor input = {"ids", WEFT_I64, 2, shape, ids};
  WeftTensor output = {"output", WEFT_F32, 3, output_shape, values};
  size_t rank = 0;
  char *failure =
      weft_output_shape(model, &input, 1, "none", output_shape, 3, &rank);
  if (!failure)
    return NULL; /* an output that does not exist has a shape? */
  weft_free_error(failure);
  failure =
      weft_output_shape(model, &input, 1, "output", output_shape, 3, &rank);
  if (failure)
    return failure;
  output.rank = rank;
  return weft_run(model, &input, 1, &output, 1);
}

int encodeInC(const char *artifact, int64_t *ids, float *values, char *error,
              size_t error_bytes) {
  WeftModel *model = NULL;
  char *failure = weft_load(artifact, 2, &model);
  if (!failure)
    failure = encode(model, ids, values);
  weft_free_model(model);
  if (!failure)
    return 0;
  snprintf(error, error_bytes, "%s", failure);
  weft_free_error(failure);
  return 1;
}
