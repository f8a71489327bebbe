//===- RoundActivations.h - Inputs of products as they are seen -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_ROUNDACTIVATIONS_H
#define DIALECTS_LLM_IR_ROUNDACTIVATIONS_H

#include "dialects/LLM/IR/LLM.h"

namespace weft {

/// The elements of a product's input, each row rounded as `format` says (see
/// llm.linear); as they are without one.
std::vector<double> inputOf(const HostTensor &input,
                            std::optional<ActivationFormat> format);

/// The sum of the products.
double dot(llvm::ArrayRef<double> lhs, llvm::ArrayRef<double> rhs);

} // namespace weft

#endif // DIALECTS_LLM_IR_ROUNDACTIVATIONS_H
