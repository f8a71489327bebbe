//===- encode-texts.cpp - Ids and texts for a comparison ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   encode-texts TOKENIZER TEXTS RESULTS [--repeat=N]
//
// Encodes and decodes each of TEXTS (a 32-bit length, then bytes; all numbers
// are little-endian) and writes, for each, the ids (a 32-bit count, then 32
// bits each), the decoded text and the text that streaming gives (as in TEXTS).
// With --repeat the texts are encoded N times and the best rate is printed.
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/ReadTokenizer.h"
#include "runtime/generate/tokenizer/Tokenizer.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

using namespace weft;
using Clock = std::chrono::steady_clock;

static double seconds(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}

[[noreturn]] static void fail(const std::string &message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  std::exit(1);
}

static void writeNumber(std::ostream &out, uint32_t number) {
  out.write(reinterpret_cast<const char *>(&number), sizeof(number));
}

static void writeText(std::ostream &out, const std::string &text) {
  writeNumber(out, static_cast<uint32_t>(text.size()));
  out << text;
}

static std::vector<std::string> readTexts(const char *path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> texts;
  uint32_t length;
  while (file.read(reinterpret_cast<char *>(&length), sizeof(length))) {
    std::string text(length, '\0');
    if (!file.read(text.data(), length))
      fail("a text is cut off");
    texts.push_back(std::move(text));
  }
  return texts;
}

static void printRate(const Tokenizer &tokenizer,
                      const std::vector<std::string> &texts, int repeat) {
  size_t bytes = 0;
  for (const std::string &text : texts)
    bytes += text.size();
  double best = 1e9;
  for (int i = 0; i != repeat; ++i) {
    Clock::time_point start = Clock::now();
    for (const std::string &text : texts)
      if (!tokenizer.encode(text))
        fail("encoding failed");
    best = std::min(best, seconds(start));
  }
  std::printf("%.1f MB/s\n", static_cast<double>(bytes) / best / 1e6);
}

int main(int argc, char **argv) {
  if (argc < 4)
    fail("usage: encode-texts TOKENIZER TEXTS RESULTS [--repeat=N]");
  StatusOr<artifact::Tokenizer> description = readTokenizer(argv[1]);
  if (!description)
    fail(description.message());
  // As the runtime gets it: through the bytes of a file.
  artifact::Tokenizer parsed;
  if (!parsed.ParseFromString(description->SerializeAsString()))
    fail("the description does not survive its file");
  Clock::time_point start = Clock::now();
  StatusOr<Tokenizer> tokenizer = Tokenizer::load(parsed);
  if (!tokenizer)
    fail(tokenizer.message());
  double loading = seconds(start);
  std::vector<std::string> texts = readTexts(argv[2]);
  if (argc > 4 && std::strncmp(argv[4], "--repeat=", 9) == 0) {
    std::printf("loaded in %.1f ms\n", loading * 1e3);
    printRate(*tokenizer, texts, std::atoi(argv[4] + 9));
  }

  std::ofstream out(argv[3], std::ios::binary);
  for (const std::string &text : texts) {
    StatusOr<std::vector<int32_t>> ids = tokenizer->encode(text);
    if (!ids)
      fail(ids.message());
    writeNumber(out, static_cast<uint32_t>(ids->size()));
    for (int32_t id : *ids)
      writeNumber(out, static_cast<uint32_t>(id));
    writeText(out, tokenizer->decode(*ids));
    StreamingDecoder streaming(*tokenizer);
    std::string streamed;
    for (int32_t id : *ids)
      streamed += streaming.push(id);
    writeText(out, streamed + streaming.finish());
  }
  return out.flush() ? 0 : 1;
}
