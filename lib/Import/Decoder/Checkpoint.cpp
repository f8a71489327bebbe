//===- Checkpoint.cpp - The tensors of a language model -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/Checkpoint.h"
#include "runtime/base/Text.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"

using namespace weft;

using llvm::support::endian::read16le;
using llvm::support::endian::read32le;

StatusOr<Checkpoint>
Checkpoint::ofGGUF(std::span<const gguf::ModelPart> model) {
  Checkpoint checkpoint;
  for (const gguf::ModelPart &part : model)
    for (const gguf::GGUFFile::Tensor &tensor : part.file.getTensors()) {
      std::string name(tensor.name);
      if (!tensor.type->isSupported())
        return Status::error(
            "tensor '" + printable(name) + "' is of type " +
            std::string(tensor.type->name) +
            ", which is not supported; quantize the model to another, such as "
            "q4_k or q8_0");
      checkpoint.tensors[name].tensor = {
          name,
          part.name,
          tensor.offset,
          tensor.shape,
          tensor.type->scalar,
          tensor.type->format,
          part.file.bytes().subspan(tensor.offset, tensor.bytes)};
    }
  return checkpoint;
}

StatusOr<Checkpoint> Checkpoint::ofFolder(const ModelFolder &model) {
  Checkpoint checkpoint;
  checkpoint.mayLackPrefix = true;
  for (const auto &[name, tensor] : model.getTensors())
    checkpoint.tensors[name].tensor = {name,         tensor.file, tensor.offset,
                                       tensor.shape, tensor.type, std::nullopt,
                                       tensor.bytes};
  return checkpoint;
}

const StoredTensor *Checkpoint::find(llvm::StringRef name) const {
  auto entry = tensors.find(std::string_view(name));
  if (entry == tensors.end() && mayLackPrefix)
    entry = tensors.find(std::string_view(name.split('.').second));
  return entry == tensors.end() ? nullptr : &entry->second.tensor;
}

const StoredTensor *Checkpoint::use(llvm::StringRef name) {
  const StoredTensor *tensor = find(name);
  if (tensor)
    tensors.find(tensor->name)->second.isUsed = true;
  return tensor;
}

/// Buffers that transformers once saved beside the weights, and what GGUF files
/// hold for other programs.
static bool isIgnored(llvm::StringRef name) {
  return name.ends_with("rotary_emb.inv_freq") ||
         name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias") ||
         name.ends_with(".attention.bias") ||
         name.ends_with(".attention.masked_bias") ||
         name.ends_with("position_ids");
}

/// What makes something of an encoder's result: it is not part of the model.
static bool isHead(llvm::StringRef name) {
  return name.contains("pooler.") || name.starts_with("cls.") ||
         name.starts_with("lm_head.");
}

Status Checkpoint::checkAllUsed(bool mayHaveHead) const {
  for (const auto &[name, entry] : tensors)
    if (!entry.isUsed && !isIgnored(name) && !(mayHaveHead && isHead(name)))
      return Status::error("tensor '" + printable(name) +
                           "' has no place in a model of this architecture; is "
                           "it a variant of another one?");
  return Status::ok();
}

std::vector<double> weft::readNumbers(const StoredTensor &tensor) {
  std::vector<double> numbers;
  const uint8_t *bytes = tensor.bytes.data();
  size_t width = byteWidth(tensor.scalar);
  for (size_t i = 0; width != 0 && i != tensor.bytes.size() / width; ++i)
    numbers.push_back(
        tensor.scalar == DataType::F16 ? halfToFloat(read16le(bytes + 2 * i))
        : tensor.scalar == DataType::BF16
            ? llvm::bit_cast<float>(uint32_t(read16le(bytes + 2 * i)) << 16)
            : llvm::bit_cast<float>(read32le(bytes + 4 * i)));
  return numbers;
}
