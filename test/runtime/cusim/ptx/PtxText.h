//===- PtxText.h - PTX texts for tests ----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_PTX_PTXTEXT_H
#define TEST_RUNTIME_CUSIM_PTX_PTXTEXT_H

#include "runtime/cusim/ptx/Parser.h"

#include <string>
#include <string_view>

namespace weft::cusim::ptx {

/// `.version`, `.target` and `.address_size`: lines 1 to 3.
std::string moduleText(std::string_view directives);

/// A kernel around `statements`, which begin in line 13. It has registers of
/// each kind: %p, %h (b16), %r (b32), %d (b64), %q (b128), %f (f32), %g (f64),
/// 64 of each, and a .shared array `buffer`.
std::string kernelText(std::string_view statements);

/// The module; fails the test if the text is none.
Module parsed(const std::string &text);
/// The kernel of kernelText(statements).
Function kernelOf(std::string_view statements);
/// The only instruction of kernelText(text).
Instruction instructionOf(std::string_view text);

/// The message; fails the test if the text is a module.
std::string messageOf(const std::string &text);

/// A file of the folder Inputs.
std::string inputText(const std::string &name);

} // namespace weft::cusim::ptx

#endif // TEST_RUNTIME_CUSIM_PTX_PTXTEXT_H
