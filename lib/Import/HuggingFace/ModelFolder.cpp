//===- ModelFolder.cpp - Folders as Hugging Face writes them --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/HuggingFace/ModelFolder.h"
#include "lib/Import/HuggingFace/OpenModelFile.h"
#include "lib/Import/HuggingFace/ParseJson.h"
#include "runtime/base/Text.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace weft;

namespace fs = llvm::sys::fs;

static constexpr char weightsName[] = "model.safetensors";
static constexpr char indexName[] = "model.safetensors.index.json";

static Status inFile(llvm::StringRef name, const std::string &message) {
  return Status::error(printable(name) + ": " + message);
}

static llvm::StringRef textOf(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

StatusOr<ModelFolder> ModelFolder::open(const std::string &path) {
  ModelFolder model;
  model.folder = path;
  StatusOr<MappedFile> config = openModelFile(path, "config.json");
  if (!config)
    return config.status();
  WEFT_RETURN_IF_ERROR(model.readConfig(textOf(config->bytes())));
  if (model.hasFile(indexName))
    WEFT_RETURN_IF_ERROR(model.readIndex());
  else if (model.hasFile(weightsName))
    WEFT_RETURN_IF_ERROR(model.addFile(weightsName));
  else
    return Status::error(std::string("the folder has neither ") + weightsName +
                         " nor " + indexName +
                         "; only weights in safetensors files are supported");
  return model;
}

StatusOr<ModelFolder> ModelFolder::ofMemory(llvm::StringRef config,
                                            std::span<const uint8_t> weights) {
  ModelFolder model;
  WEFT_RETURN_IF_ERROR(model.readConfig(config));
  WEFT_RETURN_IF_ERROR(model.addTensors(weightsName, weights, nullptr));
  return model;
}

bool ModelFolder::hasFile(llvm::StringRef name) const {
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, name);
  return !folder.empty() && fs::is_regular_file(path);
}

Status ModelFolder::readConfig(llvm::StringRef text) {
  StatusOr<llvm::json::Object> object = parseJsonObject(text);
  if (!object)
    return inFile("config.json", object.message());
  config = std::move(*object);
  return Status::ok();
}

Status ModelFolder::readIndex() {
  StatusOr<MappedFile> file = openModelFile(folder, indexName);
  if (!file)
    return file.status();
  StatusOr<llvm::json::Object> index = parseJsonObject(textOf(file->bytes()));
  if (!index)
    return inFile(indexName, index.message());
  const llvm::json::Object *map = index->getObject("weight_map");
  if (!map)
    return inFile(indexName, "lacks 'weight_map'");
  std::map<std::string, std::vector<std::string>> names;
  for (const auto &[tensor, shard] : *map) {
    std::optional<llvm::StringRef> name = shard.getAsString();
    if (!name)
      return inFile(indexName, "tensor '" + printable(tensor.str()) +
                                   "' has no file's name");
    names[name->str()].push_back(tensor.str());
  }
  for (const auto &[name, expected] : names) {
    StatusOr<MappedFile> shard = openModelFile(folder, name);
    if (!shard)
      return inFile(indexName, shard.message());
    WEFT_RETURN_IF_ERROR(addTensors(name, shard->bytes(), &expected));
    files.push_back(std::move(*shard));
  }
  return Status::ok();
}

Status ModelFolder::addFile(const std::string &name) {
  StatusOr<MappedFile> file = openModelFile(folder, name);
  if (!file)
    return file.status();
  WEFT_RETURN_IF_ERROR(addTensors(name, file->bytes(), nullptr));
  files.push_back(std::move(*file));
  return Status::ok();
}

Status ModelFolder::addTensors(const std::string &name,
                               std::span<const uint8_t> bytes,
                               const std::vector<std::string> *expected) {
  StatusOr<SafetensorsHeader> header = readSafetensors(bytes);
  if (!header)
    return inFile(name, header.message());
  auto add = [&](const std::string &tensor,
                 const SafetensorsHeader::Tensor &entry) {
    tensors[tensor] = {name, entry.type, entry.shape, entry.offset,
                       bytes.subspan(entry.offset, entry.bytes)};
  };
  if (!expected)
    for (const auto &[tensor, entry] : header->tensors)
      add(tensor, entry);
  else
    for (const std::string &tensor : *expected) {
      auto entry = header->tensors.find(tensor);
      if (entry == header->tensors.end())
        return inFile(name, "lacks tensor '" + printable(tensor) +
                                "', which the index places there");
      add(tensor, entry->second);
    }
  return Status::ok();
}
