//===- StepRunner.h - Evaluates the steps of an imported model --*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_IMPORT_DECODER_STEPRUNNER_H
#define TEST_LIB_IMPORT_DECODER_STEPRUNNER_H

#include "dialects/LLM/IR/LanguageModel.h"
#include "lib/Reference/Evaluator.h"

namespace weft {

/// Feeds tokens to the function `step` with the reference evaluator, and keeps
/// what a session keeps: how far each sequence is, and where its blocks are.
class StepRunner {
public:
  StepRunner(mlir::func::FuncOp step, std::string folder, int64_t table,
             size_t numSequences)
      : step(step), weights(std::move(folder)), evaluator(weights),
        table(table), lengths(numSequences) {}

  struct Piece {
    size_t sequence;
    std::vector<int64_t> tokens;
  };

  /// The logits of all tokens of the pieces, or failure with a diagnostic.
  mlir::FailureOr<HostTensor> run(const std::vector<Piece> &pieces) {
    std::vector<int64_t> tokens, positions, starts = {0}, lengthsAfter, blocks;
    for (const Piece &piece : pieces) {
      for (int64_t token : piece.tokens) {
        tokens.push_back(token);
        positions.push_back(lengths[piece.sequence]++);
      }
      starts.push_back(static_cast<int64_t>(tokens.size()));
      lengthsAfter.push_back(lengths[piece.sequence]);
      // Blocks of sequences lie between each other.
      for (int64_t i = 0; i != table; ++i)
        blocks.push_back(i * static_cast<int64_t>(lengths.size()) +
                         static_cast<int64_t>(piece.sequence));
    }
    std::vector<int64_t> rows(tokens.size());
    std::iota(rows.begin(), rows.end(), 0);
    auto count = static_cast<int64_t>(pieces.size());
    auto results = evaluator.evaluate(
        step,
        {tensor(tokens), tensor(positions), tensor(starts),
         tensor(lengthsAfter), tensor(blocks, {count, table}), tensor(rows)});
    if (failed(results))
      return mlir::failure();
    return std::move(results->front());
  }

private:
  HostTensor tensor(const std::vector<int64_t> &values,
                    llvm::SmallVector<int64_t> shape = {}) {
    if (shape.empty())
      shape.push_back(static_cast<int64_t>(values.size()));
    HostTensor result(mlir::IntegerType::get(step->getContext(), 32), shape);
    llvm::copy(values, result.integers().begin());
    return result;
  }

  mlir::func::FuncOp step;
  WeightStore weights;
  Evaluator evaluator;
  int64_t table;
  std::vector<int64_t> lengths;
};

} // namespace weft

#endif // TEST_LIB_IMPORT_DECODER_STEPRUNNER_H
