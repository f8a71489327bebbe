//===- DecoderAccuracy.cpp - A compiled decoder against its logits --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// decoder-accuracy DIR.weft REFERENCE.safetensors TOLERANCE [GPUS]
//
// On CPUs, or on so many GPUs (Gpus.h).
//
// Runs the sequences of a reference (scripts/make-decoders) through the entry
// point `step` in several mixtures of prompts and single tokens, over blocks of
// the cache in no order, and compares every logit that it asks for.
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/Safetensors.h"
#include "runtime/base/MappedFile.h"
#include "test/runtime/support/Gpus.h"
#include "weft/Runtime.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <random>

using namespace weft;

namespace {
/// One sequence of the reference.
struct Reference {
  std::span<const int32_t> tokens;
  std::span<const float> logits; // [tokens, vocabulary]
  size_t prompt = 0;             // tokens before the single steps
};

/// What a sequence adds in a step: its next `count` tokens.
struct Part {
  size_t sequence = 0, count = 0;
};

/// Sequences under way: how far they are and where their cache is.
class Decoder {
public:
  Decoder(Model &model, std::span<const Reference> references, uint64_t seed)
      : model(model), language(*model.languageModel()), references(references),
        random(seed), done(references.size()) {
    std::vector<int32_t> blocks(static_cast<size_t>(language.blocks));
    std::iota(blocks.begin(), blocks.end(), 0);
    std::shuffle(blocks.begin(), blocks.end(), random);
    for (size_t i = 0; i != references.size(); ++i)
      tables.emplace_back(blocks.begin() + long(i * width()),
                          blocks.begin() + long((i + 1) * width()));
  }

  size_t width() const {
    return static_cast<size_t>((language.context + language.blockSize - 1) /
                               language.blockSize);
  }
  size_t left(size_t sequence) const {
    return references[sequence].tokens.size() - done[sequence];
  }
  size_t at(size_t sequence) const { return done[sequence]; }
  void rewind(size_t sequence, size_t length) { done[sequence] = length; }
  /// Lets `other` begin with the blocks of `sequence`, its first `length`
  /// tokens.
  void share(size_t sequence, size_t other, size_t length) {
    auto count = long(length / static_cast<size_t>(language.blockSize));
    std::copy_n(tables[sequence].begin(), count, tables[other].begin());
    done[other] = length;
  }

  /// One step; asks for the logits of about every `1 / share` token.
  Status step(std::span<const Part> parts, unsigned share);

  double worst() const { return worstError; }
  size_t compared() const { return rowCount; }

private:
  void compare(std::span<const Part> parts, std::span<const int32_t> rows,
               std::span<const float> logits);

  Model &model;
  LanguageModel language;
  std::span<const Reference> references;
  std::mt19937_64 random;
  std::vector<size_t> done;
  std::vector<std::vector<int32_t>> tables;
  double worstError = 0;
  size_t rowCount = 0;
};
} // namespace

Status Decoder::step(std::span<const Part> parts, unsigned share) {
  std::vector<int32_t> tokens, positions, start = {0}, lengths, table, rows;
  for (const Part &part : parts) {
    size_t first = done[part.sequence];
    for (size_t i = 0; i != part.count; ++i) {
      if (random() % share == 0)
        rows.push_back(int32_t(tokens.size()));
      tokens.push_back(references[part.sequence].tokens[first + i]);
      positions.push_back(int32_t(first + i));
    }
    start.push_back(int32_t(tokens.size()));
    lengths.push_back(int32_t(first + part.count));
    const auto &blocks = tables[part.sequence];
    table.insert(table.end(), blocks.begin(), blocks.end());
  }
  if (rows.empty())
    rows.push_back(int32_t(tokens.size()) - 1);
  std::shuffle(rows.begin(), rows.end(), random);

  auto size = [](const auto &values) { return int64_t(values.size()); };
  int64_t all[] = {size(tokens)}, starts[] = {size(start)},
          each[] = {size(parts)},
          tableShape[] = {size(parts), int64_t(width())},
          asked[] = {size(rows)},
          outputShape[] = {size(rows), language.vocabulary};
  std::vector<float> logits(rows.size() * size_t(language.vocabulary));
  TensorView inputs[] = {
      {"tokens", DataType::I32, all, tokens.data()},
      {"positions", DataType::I32, all, positions.data()},
      {"sequence_start", DataType::I32, starts, start.data()},
      {"kv_length", DataType::I32, each, lengths.data()},
      {"block_table", DataType::I32, tableShape, table.data()},
      {"logits_rows", DataType::I32, asked, rows.data()}};
  MutableTensorView outputs[] = {
      {"logits", DataType::F32, outputShape, logits.data()}};
  RunOptions options;
  options.entryPoint = language.entryPoint;
  WEFT_RETURN_IF_ERROR(model.run(inputs, outputs, options));
  compare(parts, rows, logits);
  for (const Part &part : parts)
    done[part.sequence] += part.count;
  return Status::ok();
}

void Decoder::compare(std::span<const Part> parts,
                      std::span<const int32_t> rows,
                      std::span<const float> logits) {
  auto vocabulary = static_cast<size_t>(language.vocabulary);
  for (size_t row = 0; row != rows.size(); ++row) {
    size_t token = size_t(rows[row]), part = 0;
    for (; token >= parts[part].count; ++part)
      token -= parts[part].count;
    size_t sequence = parts[part].sequence;
    const float *expected =
        &references[sequence].logits[(done[sequence] + token) * vocabulary];
    for (size_t i = 0; i != vocabulary; ++i) {
      double error =
          std::abs(double(logits[row * vocabulary + i]) - double(expected[i]));
      // A NaN is further off than anything.
      worstError = error <= worstError ? worstError
                   : std::isnan(error) ? std::numeric_limits<double>::infinity()
                                       : error;
    }
    ++rowCount;
  }
}

/// Each sequence alone: its prompt at once, then token by token.
static Status alone(Decoder &decoder, std::span<const Reference> references) {
  for (size_t i = 0; i != references.size(); ++i) {
    Part prompt[] = {{i, references[i].prompt}}, next[] = {{i, 1}};
    WEFT_RETURN_IF_ERROR(decoder.step(prompt, 1));
    while (decoder.left(i) != 0)
      WEFT_RETURN_IF_ERROR(decoder.step(next, 1));
  }
  return Status::ok();
}

/// All prompts in one step, then all sequences token by token.
static Status together(Decoder &decoder,
                       std::span<const Reference> references) {
  std::vector<Part> parts;
  for (size_t i = 0; i != references.size(); ++i)
    parts.push_back({i, references[i].prompt});
  WEFT_RETURN_IF_ERROR(decoder.step(parts, 1));
  for (Part &part : parts)
    part.count = 1;
  while (decoder.left(0) != 0)
    WEFT_RETURN_IF_ERROR(decoder.step(parts, 1));
  return Status::ok();
}

/// Pieces of prompts beside single tokens, sequences that pause, in any order;
/// logits of every other token; then some are rewound and go on.
static Status mixed(Decoder &decoder, std::span<const Reference> references,
                    uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int round = 0; round != 2; ++round) {
    while (true) {
      std::vector<Part> parts;
      bool isUnfinished = false;
      for (size_t i = 0; i != references.size(); ++i) {
        if (decoder.left(i) == 0)
          continue;
        isUnfinished = true;
        size_t most = decoder.at(i) < references[i].prompt ? 40 : 1;
        size_t count = std::min(random() % (most + 1), decoder.left(i));
        if (count != 0)
          parts.push_back({i, count});
      }
      if (!isUnfinished)
        break;
      std::shuffle(parts.begin(), parts.end(), random);
      if (!parts.empty())
        WEFT_RETURN_IF_ERROR(decoder.step(parts, 2));
    }
    for (size_t i = 0; i != references.size(); ++i)
      decoder.rewind(i, decoder.at(i) / 2);
  }
  return Status::ok();
}

/// The first sequence, and the same one again that begins with its blocks.
static Status shared(Decoder &decoder, std::span<const Reference> references,
                     size_t blockSize) {
  Part prompt[] = {{0, references[0].prompt}};
  WEFT_RETURN_IF_ERROR(decoder.step(prompt, 1));
  decoder.share(0, 1, references[0].prompt / blockSize * blockSize);
  while (decoder.left(1) != 0) {
    std::vector<Part> parts = {{1, 1}};
    if (decoder.left(0) != 0)
      parts.push_back({0, 1});
    WEFT_RETURN_IF_ERROR(decoder.step(parts, 1));
  }
  return Status::ok();
}

/// What a mixture found; false where it differs by more than the tolerance.
static bool report(const char *name, const Status &status,
                   const Decoder &decoder, double tolerance) {
  if (!status) {
    std::printf("%-9s error: %s\n", name, status.message().c_str());
    return false;
  }
  bool passed = decoder.worst() <= tolerance && decoder.compared() != 0;
  std::printf("%-9s %4zu rows, largest difference %.2e%s\n", name,
              decoder.compared(), decoder.worst(), passed ? "" : "  FAILED");
  return passed;
}

static StatusOr<std::vector<Reference>> readReferences(const MappedFile &file) {
  StatusOr<SafetensorsHeader> header = readSafetensors(file.bytes());
  if (!header)
    return header.status();
  std::vector<Reference> references;
  std::string prompts = header->metadata["prompts"];
  for (const char *text = prompts.c_str(); *text;) {
    char *end;
    size_t prompt = std::strtoul(text, &end, 10);
    text = *end == ',' ? end + 1 : end;
    std::string index = std::to_string(references.size());
    const auto &tokens = header->tensors["tokens" + index],
               &logits = header->tensors["logits" + index];
    if (prompt == 0 || tokens.type != DataType::I32 ||
        logits.type != DataType::F32)
      return Status::error(file.path() + " is no reference of a decoder");
    const uint8_t *data = file.bytes().data();
    references.push_back(
        {{reinterpret_cast<const int32_t *>(data + tokens.offset),
          tokens.bytes / sizeof(int32_t)},
         {reinterpret_cast<const float *>(data + logits.offset),
          logits.bytes / sizeof(float)},
         prompt});
  }
  return references;
}

static StatusOr<bool> compareAll(const char *artifact, const char *path,
                                 double tolerance, unsigned gpus) {
  StatusOr<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.status();
  auto references = readReferences(*file);
  if (!references)
    return references.status();
  LoadOptions options;
  options.threads = 2;
  if (gpus)
    options.devices = test::gpuNames(gpus);
  StatusOr<Model> model = Model::load(artifact, options);
  if (!model)
    return model.status();
  auto language = model->languageModel();
  if (!language)
    return Status::error(std::string(artifact) + " is no language model");
  if (language->maxSequences < int64_t(references->size()))
    return Status::error("the artifact takes fewer sequences than there are");

  bool passed = true;
  auto check = [&](const char *name, std::span<const Reference> sequences,
                   uint64_t seed, auto mixture) {
    Decoder decoder(*model, sequences, seed);
    Status status = mixture(decoder);
    passed &= report(name, status, decoder, tolerance);
  };
  check("alone", *references, 1,
        [&](Decoder &decoder) { return alone(decoder, *references); });
  check("together", *references, 2,
        [&](Decoder &decoder) { return together(decoder, *references); });
  for (uint64_t seed : {3, 4})
    check("mixed", *references, seed,
          [&](Decoder &decoder) { return mixed(decoder, *references, seed); });
  std::vector<Reference> twice(2, references->front());
  check("shared", twice, 5, [&](Decoder &decoder) {
    return shared(decoder, twice, size_t(language->blockSize));
  });
  return passed;
}

int main(int argc, char **argv) {
  if (argc != 4 && argc != 5) {
    std::fprintf(stderr, "usage: decoder-accuracy DIR.weft "
                         "REFERENCE.safetensors TOLERANCE [GPUS]\n");
    return 1;
  }
  StatusOr<bool> passed =
      compareAll(argv[1], argv[2], std::atof(argv[3]),
                 argc == 5 ? unsigned(std::atoi(argv[4])) : 0);
  if (!passed)
    std::fprintf(stderr, "error: %s\n", passed.message().c_str());
  return passed && *passed ? 0 : 1;
}
