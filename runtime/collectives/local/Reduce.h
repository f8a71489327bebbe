//===- Reduce.h - Element by element, in rank order -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_LOCAL_REDUCE_H
#define RUNTIME_COLLECTIVES_LOCAL_REDUCE_H

#include "runtime/collectives/Collective.h"

namespace weft {

/// Writes sources[0][i] op sources[1][i] op ..., from left to right, to element
/// i of each destination, for `count` elements. f16 and bf16 are reduced in f32
/// and rounded once, integers wrap around, a NaN stays one. A destination may
/// be one of the sources. The same bits on every machine.
void reduce(Reduction reduction, DataType type,
            std::span<const void *const> sources,
            std::span<void *const> destinations, uint64_t count);

} // namespace weft

#endif // RUNTIME_COLLECTIVES_LOCAL_REDUCE_H
