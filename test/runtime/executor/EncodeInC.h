/*===- EncodeInC.h - The C interface, used from C -----------------*- C -*-===*\
|* Part of Weft, under the Apache License v2.0 with LLVM Exceptions.          *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
\*===----------------------------------------------------------------------===*/

#ifndef TEST_RUNTIME_EXECUTOR_ENCODEINC_H
#define TEST_RUNTIME_EXECUTOR_ENCODEINC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs the tests' encoder on ids[2][3] into values[2][3][8]. 0, or 1 after an
   error, whose sentence is copied. */
int encodeInC(const char *artifact, int64_t *ids, float *values, char *error,
              size_t error_bytes);

#ifdef __cplusplus
}
#endif

#endif /* TEST_RUNTIME_EXECUTOR_ENCODEINC_H */
