//===- SpecialFunctions.h - 2^x and 1 / x as instructions -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_SPECIALFUNCTIONS_H
#define LIB_CODEGEN_COMMON_SPECIALFUNCTIONS_H

#include "llvm/ADT/StringRef.h"

namespace weft {

/// On the module of a target that has instructions for 2^x and 1 / x, which are
/// right to 2^-22.
inline constexpr llvm::StringLiteral specialFunctionsAttrName =
    "weft.special_functions";

} // namespace weft

#endif // LIB_CODEGEN_COMMON_SPECIALFUNCTIONS_H
