//===- JsonModel.cpp - The model of a tokenizer.json ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/JsonSteps.h"

#include "runtime/base/Text.h"

#include <string_view>
#include <unordered_map>

namespace weft {
namespace {

/// Ids may have holes (added tokens fill them), but not many.
constexpr size_t mostUnusedIds = 1 << 16;

using Ids = std::unordered_map<std::string_view, uint32_t>;

/// {"piece": id, ...}
Status readVocabulary(const Json &vocabulary, artifact::TokenModel &model,
                      Ids &ids) {
  if (!vocabulary.is_object())
    return Status::error("the vocabulary of the tokenizer is not an object");
  std::vector<std::string_view> pieces;
  for (auto &[piece, id] : vocabulary.items()) {
    size_t most = vocabulary.size() + mostUnusedIds;
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= most)
      return Status::error("the id of token '" + printable(piece) +
                           "' is not a number below " + std::to_string(most));
    auto number = id.get<uint32_t>();
    if (number >= pieces.size())
      pieces.resize(number + 1);
    if (!pieces[number].empty())
      return Status::error("tokens '" + printable(pieces[number]) + "' and '" +
                           printable(piece) + "' have the same id");
    pieces[number] = piece;
    ids[piece] = number;
  }
  for (std::string_view piece : pieces)
    model.add_pieces(std::string(piece));
  return Status::ok();
}

/// "left right" or ["left", "right"].
Status readMerges(const Json &merges, const Ids &ids,
                  artifact::TokenModel &model) {
  for (const Json &merge : merges) {
    std::string_view left, right;
    if (merge.is_string()) {
      std::string_view both = merge.get_ref<const std::string &>();
      size_t space = both.find(' ');
      if (space == std::string_view::npos)
        return Status::error("merge '" + printable(both) +
                             "' of the tokenizer has no space");
      left = both.substr(0, space);
      right = both.substr(space + 1);
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
               merge[1].is_string()) {
      left = merge[0].get_ref<const std::string &>();
      right = merge[1].get_ref<const std::string &>();
    } else {
      return Status::error("a merge of the tokenizer is not two strings");
    }
    for (std::string_view side : {left, right}) {
      auto id = ids.find(side);
      if (id == ids.end())
        return Status::error("merge '" + printable(left) + " " +
                             printable(right) + "' of the tokenizer: '" +
                             printable(side) + "' is no token");
      model.add_merges(id->second);
    }
  }
  return Status::ok();
}

void readUnknown(JsonFields &fields, const Ids &ids,
                 artifact::TokenModel &model) {
  if (!fields.find("unk_token"))
    return;
  std::string token = fields.text("unk_token");
  auto id = ids.find(token);
  if (id != ids.end())
    model.set_unknown(id->second);
  else
    fields.fail("has an 'unk_token', '" + printable(token) +
                "', that is no token");
}

Status readBytePair(JsonFields &fields, artifact::TokenModel &model) {
  model.set_kind(artifact::TokenModel::BPE);
  const Json *dropout = fields.find("dropout");
  if (dropout && !(dropout->is_number() && dropout->get<double>() == 0))
    fields.fail("has a dropout, with which encoding is random");
  Ids ids;
  WEFT_RETURN_IF_ERROR(readVocabulary(fields.at("vocab"), model, ids));
  WEFT_RETURN_IF_ERROR(readMerges(fields.array("merges"), ids, model));
  readUnknown(fields, ids, model);
  model.set_continuing_prefix(fields.text("continuing_subword_prefix"));
  model.set_word_suffix(fields.text("end_of_word_suffix"));
  model.set_fuse_unknown(fields.boolean("fuse_unk", false));
  model.set_byte_fallback(fields.boolean("byte_fallback", false));
  model.set_ignore_merges(fields.boolean("ignore_merges", false));
  return fields.status();
}

Status readWordPiece(JsonFields &fields, artifact::TokenModel &model) {
  model.set_kind(artifact::TokenModel::WORD_PIECE);
  Ids ids;
  WEFT_RETURN_IF_ERROR(readVocabulary(fields.at("vocab"), model, ids));
  readUnknown(fields, ids, model);
  model.set_continuing_prefix(fields.text("continuing_subword_prefix", "##"));
  model.set_max_word_characters(fields.number("max_input_chars_per_word", 100));
  return fields.status();
}

/// [["piece", score], ...]
Status readUnigram(JsonFields &fields, artifact::TokenModel &model) {
  model.set_kind(artifact::TokenModel::UNIGRAM);
  for (const Json &entry : fields.array("vocab")) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() ||
        !entry[1].is_number())
      return Status::error("a token of the tokenizer is not a string with a "
                           "score");
    model.add_pieces(entry[0].get<std::string>());
    model.add_scores(entry[1].get<double>());
  }
  if (fields.find("unk_id"))
    model.set_unknown(fields.number("unk_id", 0));
  model.set_byte_fallback(fields.boolean("byte_fallback", false));
  for (const char *random : {"alpha", "nbest_size"})
    if (fields.find(random))
      fields.fail("has '" + std::string(random) +
                  "', with which encoding is random");
  return fields.status();
}

/// Old files leave out which model they have.
std::string modelType(JsonFields &fields) {
  if (fields.find("type"))
    return fields.text("type");
  if (fields.find("merges"))
    return "BPE";
  return fields.find("unk_id") ? "Unigram" : "WordPiece";
}

} // namespace

Status readModel(const Json &json, artifact::Tokenizer &tokenizer) {
  JsonFields anyModel(json, "the model");
  std::string type = modelType(anyModel);
  WEFT_RETURN_IF_ERROR(anyModel.status());
  JsonFields fields(json, "model " + type);
  artifact::TokenModel &model = *tokenizer.mutable_model();
  if (type == "BPE")
    return readBytePair(fields, model);
  if (type == "WordPiece")
    return readWordPiece(fields, model);
  if (type == "Unigram")
    return readUnigram(fields, model);
  fields.fail("is not supported; known are BPE, Unigram and WordPiece");
  return fields.status();
}

} // namespace weft
