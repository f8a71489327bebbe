//===- Translate.h - From a PTX text to LLVM IR -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_EMIT_TRANSLATE_H
#define TEST_RUNTIME_CUSIM_EMIT_TRANSLATE_H

#include "runtime/cusim/emit/CompileOptions.h"

#include <string>
#include <string_view>

namespace weft::cusim {

/// Translates each kernel of the text, without compiling it. Empty, or the
/// first error; fails the test when the LLVM module does not verify.
std::string translationError(std::string_view text,
                             const CompileOptions &options);

} // namespace weft::cusim

#endif // TEST_RUNTIME_CUSIM_EMIT_TRANSLATE_H
