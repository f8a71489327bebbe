//===- Normalizer.h - What precedes cutting into words -------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_NORMALIZER_H
#define RUNTIME_GENERATE_TOKENIZER_NORMALIZER_H

#include "weft/Status.h"

#include <functional>
#include <string>
#include <vector>

namespace weft {

namespace artifact {
class Tokenizer;
}

/// What is done to a text before it is cut into words.
class Normalizer {
public:
  Normalizer() = default;
  /// Checks the normalizers of `description`, which may be hostile.
  static StatusOr<Normalizer> create(const artifact::Tokenizer &description);

  bool empty() const { return steps.empty(); }
  /// `text` is valid UTF-8 and stays so. Fails where a regular expression does,
  /// or where the text grows beyond what a sound normalizer makes of it.
  Status apply(std::string &text) const;

private:
  using Action = std::function<Status(std::string &)>;
  std::vector<Action> steps;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_NORMALIZER_H
