//===- Model.h - From a word to ids --------------------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_MODEL_H
#define RUNTIME_GENERATE_TOKENIZER_MODEL_H

#include "weft/Status.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace weft {

namespace artifact {
class TokenModel;
}

/// Turns a word, which is valid UTF-8 and not empty, into ids.
class Model {
public:
  /// Checks `description`, which may be hostile.
  static StatusOr<std::unique_ptr<Model>>
  create(const artifact::TokenModel &description);

  virtual ~Model() = default;
  /// Appends the ids of `word`.
  virtual Status tokenize(std::string_view word,
                          std::vector<int32_t> &ids) const = 0;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_MODEL_H
