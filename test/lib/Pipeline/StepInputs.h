//===- StepInputs.h - The inputs of one step --------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_PIPELINE_STEPINPUTS_H
#define TEST_LIB_PIPELINE_STEPINPUTS_H

#include "weft/Runtime.h"

namespace weft::test {

/// One sequence's part of a step.
struct Part {
  std::vector<int32_t> tokens;
  int32_t past;
  std::vector<int32_t> blocks; // as many for all parts of a step
};

/// The inputs of a step, in the order of the function's arguments.
struct StepInputs {
  std::vector<int32_t> tokens, positions, start{0}, length, table, rows;
  int64_t tableWidth = 0;

  explicit StepInputs(std::span<const Part> parts) {
    for (const Part &part : parts) {
      int32_t position = part.past;
      for (int32_t token : part.tokens) {
        tokens.push_back(token);
        positions.push_back(position++);
      }
      start.push_back(static_cast<int32_t>(tokens.size()));
      length.push_back(position);
      table.insert(table.end(), part.blocks.begin(), part.blocks.end());
      tableWidth = static_cast<int64_t>(part.blocks.size());
    }
    // Backwards, so that rows are not taken for tokens.
    for (size_t row = tokens.size(); row-- != 0;)
      rows.push_back(static_cast<int32_t>(row));
  }

  struct Named {
    const char *name;
    std::span<const int32_t> data;
    std::vector<int64_t> shape;
  };
  std::vector<Named> named() const {
    auto list = [](const char *name, const std::vector<int32_t> &data) {
      return Named{name, data, {static_cast<int64_t>(data.size())}};
    };
    Named blocks = list("block_table", table);
    blocks.shape = {static_cast<int64_t>(length.size()), tableWidth};
    return {list("tokens", tokens),
            list("positions", positions),
            list("sequence_start", start),
            list("kv_length", length),
            blocks,
            list("logits_rows", rows)};
  }
  /// Of what `named` gave.
  static std::vector<TensorView> views(const std::vector<Named> &inputs) {
    std::vector<TensorView> views;
    for (const Named &input : inputs)
      views.push_back(
          {input.name, DataType::I32, input.shape, input.data.data()});
    return views;
  }
};

} // namespace weft::test

#endif // TEST_LIB_PIPELINE_STEPINPUTS_H
