//===- ModelParts.cpp - Models in several GGUF files ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/GGUF/ModelParts.h"

#include "lib/Import/HuggingFace/OpenModelFile.h"
#include "runtime/base/Text.h"

#include <filesystem>

using namespace weft;
using namespace weft::gguf;

/// Names count in five digits.
static constexpr int64_t maximumCount = 99999;

static std::string inQuotes(std::string_view name) {
  return "'" + printable(name) + "'";
}

static std::string ofParts(int64_t number, int64_t count) {
  return "part " + std::to_string(number + 1) + " of " + std::to_string(count);
}

/// What the name of a part ends in: "-00002-of-00003.gguf".
static std::string endingOf(int64_t number, int64_t count) {
  auto digits = [](int64_t value) {
    std::string text = std::to_string(value);
    return std::string(5 - std::min<size_t>(text.size(), 5), '0') + text;
  };
  return "-" + digits(number + 1) + "-of-" + digits(count) + ".gguf";
}

/// 1 for a file that says nothing of parts.
static StatusOr<int64_t> countOf(const GGUFFile &file) {
  auto count = file.get<int64_t>("split.count");
  if (!count)
    return count.status();
  int64_t value = count->value_or(1);
  if (value < 0 || value > maximumCount)
    return Status::error("metadata key 'split.count' is " +
                         std::to_string(value) + "; expected 1 to " +
                         std::to_string(maximumCount) + " parts of a model");
  return std::max<int64_t>(value, 1);
}

/// The file is part `number` of `count`.
static Status checkPlace(const GGUFFile &file, int64_t number, int64_t count) {
  auto own = file.require<int64_t>("split.no");
  if (!own)
    return own.status();
  auto ownCount = file.require<int64_t>("split.count");
  if (!ownCount)
    return ownCount.status();
  if (*ownCount != count)
    return Status::error("metadata key 'split.count' is " +
                         std::to_string(*ownCount) + " but " +
                         std::to_string(count) +
                         " in the first part; are they parts of one model?");
  if (*own != number)
    return Status::error("metadata key 'split.no' is " + std::to_string(*own) +
                         "; expected " + std::to_string(number) +
                         " in a file of this name");
  return Status::ok();
}

StatusOr<std::vector<ModelPart>> gguf::openParts(const std::string &path) {
  StatusOr<GGUFFile> first = GGUFFile::open(path);
  if (!first)
    return first.status();
  StatusOr<int64_t> count = countOf(*first);
  if (!count)
    return count.status();
  std::filesystem::path place(path);
  std::string name = place.filename().string();
  std::vector<ModelPart> parts;
  parts.push_back({name, std::move(*first)});
  if (*count > 1) {
    auto number = parts[0].file.require<int64_t>("split.no");
    if (!number)
      return number.status();
    if (*number != 0)
      return Status::error("the file is " + ofParts(*number, *count) +
                           " of a model; give the first, whose name ends in " +
                           inQuotes(endingOf(0, *count)));
    std::string ending = endingOf(0, *count);
    if (!name.ends_with(ending))
      return Status::error("the file is " + ofParts(0, *count) +
                           " of a model, so that its name needs to end in " +
                           inQuotes(ending) +
                           "; the other parts are found by it");
    std::string stem = name.substr(0, name.size() - ending.size());
    std::string folder = place.parent_path().string();
    for (int64_t i = 1; i != *count; ++i) {
      std::string other = stem + endingOf(i, *count);
      auto failed = [&](const Status &status) {
        return Status::error(ofParts(i, *count) + ", " + inQuotes(other) +
                             ": " + status.message());
      };
      auto mapped = openModelFile(folder.empty() ? "." : folder, other);
      if (!mapped)
        return failed(mapped.status());
      StatusOr<GGUFFile> file = GGUFFile::ofFile(std::move(*mapped));
      if (!file)
        return failed(file.status());
      parts.push_back({other, std::move(*file)});
    }
  }
  WEFT_RETURN_IF_ERROR(checkParts(parts));
  return parts;
}

Status gguf::checkParts(std::span<const ModelPart> parts) {
  StatusOr<int64_t> count = countOf(parts.front().file);
  if (!count)
    return count.status();
  if (*count != static_cast<int64_t>(parts.size()))
    return Status::error("the file is one of " + std::to_string(*count) +
                         " parts of a model, of which " +
                         std::to_string(parts.size()) + " is there");
  auto total = parts.front().file.get<int64_t>("split.tensors.count");
  if (!total)
    return total.status();
  std::unordered_map<std::string_view, const ModelPart *> owners;
  for (size_t i = 0; i != parts.size(); ++i) {
    const ModelPart &part = parts[i];
    if (*count > 1)
      if (Status status =
              checkPlace(part.file, static_cast<int64_t>(i), *count);
          !status)
        return Status::error(inQuotes(part.name) + ": " + status.message());
    for (const GGUFFile::Tensor &tensor : part.file.getTensors()) {
      auto [owner, isNew] = owners.emplace(tensor.name, &part);
      if (!isNew)
        return Status::error("tensor " + inQuotes(tensor.name) +
                             " is in both " + inQuotes(owner->second->name) +
                             " and " + inQuotes(part.name));
    }
  }
  if (*count > 1 && *total && **total != static_cast<int64_t>(owners.size()))
    return Status::error("metadata key 'split.tensors.count' is " +
                         std::to_string(**total) + " but the " +
                         std::to_string(*count) + " parts have " +
                         std::to_string(owners.size()) +
                         " tensors; are they parts of one model?");
  return Status::ok();
}
