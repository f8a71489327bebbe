//===- ReadTokenizer.cpp - The tokenizer of a model -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/ReadTokenizer.h"

#include "lib/Import/GGUF/GGUFFile.h"
#include "lib/Import/Tokenizer/FromGGUF.h"
#include "lib/Import/Tokenizer/FromHuggingFace.h"
#include "runtime/base/MappedFile.h"
#include "runtime/generate/tokenizer/Tokenizer.h"

namespace weft {

static StatusOr<artifact::Tokenizer> readAny(const std::string &path) {
  StatusOr<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.status();
  std::string_view text(reinterpret_cast<const char *>(file->bytes().data()),
                        file->bytes().size());
  if (text.starts_with("GGUF")) {
    StatusOr<gguf::GGUFFile> model = gguf::GGUFFile::open(path);
    if (!model)
      return model.status();
    return tokenizerFromGGUF(*model);
  }
  StatusOr<artifact::Tokenizer> tokenizer = tokenizerFromJson(text);
  if (!tokenizer)
    return tokenizer.status();
  size_t slash = path.rfind('/');
  WEFT_RETURN_IF_ERROR(readCompanions(
      slash == std::string::npos ? "." : path.substr(0, slash), *tokenizer));
  return tokenizer;
}

StatusOr<artifact::Tokenizer> readTokenizer(const std::string &path) {
  StatusOr<artifact::Tokenizer> tokenizer = readAny(path);
  if (!tokenizer)
    return Status::error("'" + path + "': " + tokenizer.message());
  // What the runtime would refuse is refused here.
  StatusOr<Tokenizer> loaded = Tokenizer::load(*tokenizer);
  if (!loaded)
    return Status::error("'" + path + "': " + loaded.message());
  return tokenizer;
}

} // namespace weft
