// RUN: not llm-opt %s --llm-lower-precision=type=f8 2>&1 | FileCheck %s

// CHECK: error: type is 'f8' but must be keep, f32, bf16 or f16
module {}
