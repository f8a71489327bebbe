//===- FullResults.h - Results of lanes that take part ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_FULLRESULTS_H
#define RUNTIME_CUSIM_WARP_FULLRESULTS_H

#include "runtime/cusim/warp/Collective.h"

namespace weft::cusim {

/// Calls `compute(results)`, which writes `words` words of all 32 lanes: right
/// into the call's results, or, when only some lanes take part, by a copy.
template <unsigned MaxWords, typename Function>
void writeResults(const Collective &call, unsigned words, Function compute) {
  if (call.lanes == ~uint32_t(0))
    return compute(call.results);
  uint32_t all[MaxWords * WarpSize];
  compute(all);
  for (unsigned word = 0; word < words; ++word)
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      if (call.lanes >> lane & 1)
        call.results[word * WarpSize + lane] = all[word * WarpSize + lane];
}

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_FULLRESULTS_H
