//===- FmaPeak.h - What the processor can do at most ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_LLM_BENCH_FMAPEAK_H
#define TOOLS_LLM_BENCH_FMAPEAK_H

namespace weft::tool {

/// Measures f32 multiply-adds in GFLOP/s on `threads` threads together, two
/// flops each, with the widest vectors that this processor has and operands
/// from the first-level cache. Takes about 0.2 s.
double measureFmaPeak(unsigned threads);

} // namespace weft::tool

#endif // TOOLS_LLM_BENCH_FMAPEAK_H
