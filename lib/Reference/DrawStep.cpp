//===- DrawStep.cpp - A step of a language model to test with -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/DrawStep.h"

#include "dialects/LLM/IR/LLM.h"
#include "dialects/LLM/IR/LanguageModel.h"

#include <numeric>

using namespace mlir;
using namespace weft;

static std::optional<unsigned> findArgument(func::FuncOp function,
                                            StringRef name) {
  for (unsigned i = 0; i != function.getNumArguments(); ++i)
    if (function.getArgAttrOfType<StringAttr>(i, "llm.name") == name)
      return i;
  return std::nullopt;
}

void weft::drawStepSizes(func::FuncOp function, SizeAnalysis &sizes,
                         SizeBinding &binding) {
  if (!function->hasAttr(languageModelAttrName))
    return;
  struct Wish {
    StringRef argument;
    unsigned dimension;
    int64_t size;
  };
  int64_t tokens = INT64_MAX;
  // All different, so that no size stands for another.
  for (const Wish &wish :
       {Wish{"tokens", 0, 7}, Wish{"kv_length", 0, 3},
        Wish{"block_table", 1, 2}, Wish{"logits_rows", 0, 4}}) {
    std::optional<unsigned> index = findArgument(function, wish.argument);
    if (!index)
      continue;
    Sizes found = sizes.getSizes(function.getArgument(*index));
    std::set<std::string> names;
    if (wish.dimension < found.size())
      found[wish.dimension].collectSymbols(names);
    if (names.size() != 1 || binding.lookup(*names.begin()))
      continue;
    SizeFacts facts = sizes.getSymbols().of(StringRef(*names.begin()));
    // No more sequences or rows than tokens.
    int64_t size =
        std::clamp(std::min(wish.size, tokens), facts.minimum, facts.maximum);
    if (wish.argument == "tokens")
      tokens = size;
    binding.bind(*names.begin(), size);
  }
}

/// Blocks that the cache of every layer has.
static int64_t getNumBlocks(func::FuncOp function) {
  int64_t blocks = INT32_MAX;
  for (auto state : function->getParentOfType<ModuleOp>().getOps<StateOp>())
    if (state.getTensorType().getRank() > 0)
      blocks = std::min(blocks, state.getTensorType().getDimSize(0));
  return blocks;
}

namespace {

/// Where the tensors of a step are among the inputs.
struct StepInputs {
  MutableArrayRef<int64_t> positions, sequenceStart, kvLength, blockTable;
  int64_t tableWidth = 0;
};

} // namespace

static FailureOr<StepInputs> findInputs(func::FuncOp function,
                                        MutableArrayRef<HostTensor> inputs) {
  StepInputs step;
  for (auto [name, data, rank] :
       {std::tuple("positions", &step.positions, 1),
        std::tuple("sequence_start", &step.sequenceStart, 1),
        std::tuple("kv_length", &step.kvLength, 1),
        std::tuple("block_table", &step.blockTable, 2)}) {
    std::optional<unsigned> index = findArgument(function, name);
    if (!index || inputs[*index].isFloat() || inputs[*index].getRank() != rank)
      return function.emitError()
             << "`" << function.getSymName()
             << "` is the step of a language model, but has no argument '"
             << name << "' of integers with " << rank << " dimensions";
    *data = inputs[*index].integers();
    if (rank == 2)
      step.tableWidth = inputs[*index].getShape()[1];
  }
  return step;
}

LogicalResult weft::drawStep(func::FuncOp function, std::mt19937_64 &engine,
                             MutableArrayRef<HostTensor> inputs) {
  Attribute attribute = function->getAttr(languageModelAttrName);
  if (!attribute)
    return success();
  std::optional<LanguageModelInfo> info = LanguageModelInfo::of(attribute);
  FailureOr<StepInputs> step = findInputs(function, inputs);
  if (!info || failed(step))
    return failure();
  int64_t tokens = step->positions.size(), sequences = step->kvLength.size();
  int64_t capacity = std::min(info->context, step->tableWidth * cacheBlockSize);
  int64_t blocks = getNumBlocks(function);
  if (static_cast<int64_t>(step->sequenceStart.size()) != sequences + 1 ||
      tokens < sequences || (tokens - sequences + 1) > capacity ||
      static_cast<int64_t>(step->blockTable.size()) > blocks)
    return function.emitError()
           << "no step of `" << function.getSymName() << "` has " << tokens
           << " tokens in " << sequences << " sequences on tables of "
           << step->tableWidth << " of the " << blocks << " blocks";
  auto below = [&](int64_t bound) {
    return static_cast<int64_t>(engine() % static_cast<uint64_t>(bound));
  };
  int64_t token = 0;
  for (int64_t sequence = 0; sequence != sequences; ++sequence) {
    step->sequenceStart[sequence] = token;
    // One at least for each of the sequences to come.
    int64_t most = tokens - token - (sequences - sequence - 1);
    int64_t count = sequence + 1 == sequences ? most : 1 + below(most);
    int64_t past = below(2) ? below(capacity - count + 1) : 0;
    for (int64_t i = 0; i != count; ++i)
      step->positions[token++] = past + i;
    step->kvLength[sequence] = past + count;
  }
  step->sequenceStart[sequences] = token;
  std::vector<int64_t> order(
      std::min<int64_t>(blocks, step->blockTable.size() + 64));
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = 0; i != step->blockTable.size(); ++i) {
    std::swap(order[i], order[i + below(order.size() - i)]);
    step->blockTable[i] = order[i];
  }
  return success();
}
