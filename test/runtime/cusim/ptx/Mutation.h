//===- Mutation.h - Texts with a few changes ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_PTX_MUTATION_H
#define TEST_RUNTIME_CUSIM_PTX_MUTATION_H

#include <random>
#include <string>

namespace weft::cusim::ptx {

/// The PTX text with one to four changes: bytes and pieces replaced, removed,
/// copied or made up.
std::string mutated(std::string text, std::mt19937 &random);

} // namespace weft::cusim::ptx

#endif // TEST_RUNTIME_CUSIM_PTX_MUTATION_H
