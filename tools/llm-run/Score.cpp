//===- Score.cpp - What a model makes of a given text ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/MappedFile.h"
#include "runtime/base/Npy.h"
#include "runtime/generate/Session.h"
#include "runtime/generate/tokenizer/Tokenizer.h"
#include "tools/common/Progress.h"
#include "tools/llm-run/Text.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace weft;

/// -log of the probability that softmax gives a token.
static double surprise(std::span<const float> logits, int32_t token) {
  float greatest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float logit : logits)
    sum += std::exp(logit - greatest);
  return std::log(sum) + greatest - logits[static_cast<size_t>(token)];
}

Status tool::scoreText(TextGenerator &generator, const TextFlags &flags) {
  if (int64_t context = generator.description().context;
      flags.perplexityContext > context)
    return Status::error("--perplexity-context is " +
                         std::to_string(flags.perplexityContext) +
                         ", but the model was compiled for a context of " +
                         std::to_string(context) +
                         ": give at most that, or compile with a greater "
                         "--context");
  StatusOr<MappedFile> file = MappedFile::open(flags.perplexity);
  if (!file)
    return file.status();
  const Tokenizer &tokenizer = generator.tokenizer();
  auto tokens =
      tokenizer.encode({reinterpret_cast<const char *>(file->bytes().data()),
                        file->bytes().size()});
  if (!tokens)
    return tokens.status();
  // As llama.cpp's perplexity tool: stretches that do not overlap, each begun
  // with the token that begins a text, of which the second half counts.
  size_t length = flags.perplexityContext, stretches = tokens->size() / length;
  if (stretches == 0)
    return Status::error(
        "'" + flags.perplexity + "' has " + std::to_string(tokens->size()) +
        " tokens, fewer than one stretch of " + std::to_string(length));
  auto empty = tokenizer.encode("");
  bool hasBegin = empty && !empty->empty() && tokenizer.bos() &&
                  empty->front() == *tokenizer.bos();
  Session &session = generator.session();
  double sum = 0, squares = 0;
  uint64_t count = 0;
  Progress progress("computing the perplexity");
  for (size_t i = 0; i != stretches; ++i) {
    std::span<int32_t> stretch = std::span(*tokens).subspan(i * length, length);
    if (hasBegin)
      stretch[0] = *tokenizer.bos();
    Session::Id id = session.open();
    Session::Work silent[] = {
        {id, stretch.first(length / 2), Session::Logits::None}};
    Session::Work scored[] = {
        {id, stretch.subspan(length / 2, length - length / 2 - 1),
         Session::Logits::All}};
    auto score = [&](const Session::Row &row) {
      double value = surprise(row.logits, stretch[row.position + 1]);
      sum += value;
      squares += value * value;
      ++count;
      return Status::ok();
    };
    WEFT_RETURN_IF_ERROR(session.run(silent, score));
    WEFT_RETURN_IF_ERROR(session.run(scored, score));
    WEFT_RETURN_IF_ERROR(session.close(id));
  }
  progress.end();
  double number = static_cast<double>(count), mean = sum / number;
  double error = std::sqrt(std::max(squares / number - mean * mean, 0.0) /
                           std::max(number - 1, 1.0));
  std::printf("perplexity %.4f +- %.4f over %llu tokens, in %zu stretches of "
              "%zu\n",
              std::exp(mean), std::exp(mean) * error,
              static_cast<unsigned long long>(count), stretches, length);
  return Status::ok();
}

Status tool::writeLogits(Session &session, const TextFlags &flags) {
  StatusOr<NpyArray> array = readNpy(flags.tokens);
  if (!array)
    return array.status();
  std::vector<int64_t> shape = array->header.shape;
  DataType type = array->header.type;
  if (shape.empty() || shape.size() > 2 || byteWidth(type) < 4 ||
      type == DataType::F32 || type == DataType::F64)
    return Status::error("'" + flags.tokens + "' is " + describe(type, shape) +
                         ", expected 32-bit or 64-bit integers [tokens] or "
                         "[sequences, tokens]");
  auto length = static_cast<size_t>(shape.back());
  size_t sequences = shape.size() == 2 ? static_cast<size_t>(shape[0]) : 1;
  size_t vocabulary = session.capacity().vocabulary;
  std::vector<int32_t> tokens;
  for (size_t i = 0; i != length * sequences; ++i) {
    double token = elementAt(array->data(), type, i);
    if (!(token >= 0 && token < static_cast<double>(vocabulary)))
      return Status::error(
          "'" + flags.tokens + "' holds the token " + std::to_string(token) +
          ", outside the vocabulary of " + std::to_string(vocabulary));
    tokens.push_back(static_cast<int32_t>(token));
  }
  shape.push_back(static_cast<int64_t>(vocabulary));
  StatusOr<Tensor> logits = Tensor::create("logits", DataType::F32, shape);
  if (!logits)
    return logits.status();
  std::vector<Session::Work> works;
  for (size_t i = 0; i != sequences && length != 0; ++i)
    works.push_back({session.open(),
                     std::span(tokens).subspan(i * length, length),
                     Session::Logits::All});
  WEFT_RETURN_IF_ERROR(session.run(works, [&](const Session::Row &row) {
    std::memcpy(logits->values<float>().data() +
                    (row.work * length + row.position) * vocabulary,
                row.logits.data(), row.logits.size_bytes());
    return Status::ok();
  }));
  return writeNpy(flags.logits, DataType::F32, logits->shape(), logits->data());
}
