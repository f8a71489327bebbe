//===- FormTexts.h - Instructions of every form -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_PTX_FORMTEXTS_H
#define TEST_RUNTIME_CUSIM_PTX_FORMTEXTS_H

#include "runtime/cusim/ptx/Vocabulary.h"

#include <string>
#include <vector>

namespace weft::cusim::ptx {

/// Statements of PtxText.h's kernelText: each form of the opcode with each of
/// its words once, with the fewest and with the most of what it may leave out.
std::vector<std::string> formTexts(Opcode opcode);

} // namespace weft::cusim::ptx

#endif // TEST_RUNTIME_CUSIM_PTX_FORMTEXTS_H
