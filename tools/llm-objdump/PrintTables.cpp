//===- PrintTables.cpp - Summary, kernels and weights as text -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/llm-objdump/Print.h"

#include "runtime/artifact/CudaVersion.h"
#include "runtime/artifact/ParseMessage.h"
#include "runtime/artifact/Safetensors.h"
#include "runtime/base/MappedFile.h"
#include "runtime/base/Sha256.h"
#include "runtime/base/Text.h"
#include "weft/tokenizer.pb.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace llvm;
namespace weft::objdump {

static std::string nameOf(artifact::DataType type) {
  return std::string(name(static_cast<DataType>(type)));
}

/// "  input ids: i64[batch, sequence]".
template <typename Tensors>
static void printTensors(StringRef noun, const Tensors &tensors,
                         raw_ostream &out) {
  for (const auto &tensor : tensors)
    out << "  " << noun << " " << printable(tensor.name()) << ": "
        << nameOf(tensor.type()) << "[" << join(tensor.sizes(), ", ") << "]\n";
}

static void printLanguageModel(const artifact::LanguageModel &model,
                               raw_ostream &out) {
  out << "language model " << printable(model.architecture()) << ": entry "
      << printable(model.entry_point()) << ", context " << model.context()
      << ", vocabulary " << model.vocabulary() << "\n"
      << "  a step: up to " << model.max_sequences() << " sequences and "
      << model.max_tokens() << " tokens\n"
      << "  cache: " << model.blocks() << " blocks of " << model.block_size()
      << " positions\n";
}

void printSummary(const artifact::Manifest &manifest, raw_ostream &out) {
  out << "model " << printable(manifest.model_name()) << ", by llm-compile "
      << printable(manifest.tool_version()) << ", format "
      << manifest.format_version() << "\n";
  for (const artifact::Option &option : manifest.options())
    out << "option " << printable(option.name()) << " = "
        << printable(option.value()) << "\n";
  for (const artifact::SizeSymbol &size : manifest.sizes())
    out << "size " << size.name() << ": " << size.minimum() << " to "
        << size.maximum() << ", multiple of " << size.divisor() << "\n";
  for (const artifact::MeshAxis &axis : manifest.mesh().axes())
    out << "mesh " << axis.name() << " = " << axis.size() << "\n";
  if (manifest.ranks_size() > 1)
    for (const auto &[index, rank] : enumerate(manifest.ranks())) {
      out << "rank " << index << ":";
      for (const auto &[axis, coordinate] :
           zip_equal(manifest.mesh().axes(), rank.coordinates()))
        out << " " << axis.name() << "=" << coordinate;
      out << ", stage " << rank.stage() << "\n";
    }
  if (manifest.has_language_model())
    printLanguageModel(manifest.language_model(), out);
  printTensors("state", manifest.states(), out);
  for (const artifact::EntryPoint &entry : manifest.entries()) {
    out << "entry " << printable(entry.name()) << "\n";
    printTensors("input", entry.inputs(), out);
    printTensors("output", entry.outputs(), out);
  }
  for (const auto &[index, stage] : enumerate(manifest.stages())) {
    out << "stage " << index << ": " << artifact::Target_Name(stage.target())
        << " " << printable(stage.arch()) << ", "
        << stage.kernels().kernels_size() << " kernels, ";
    if (stage.target() == artifact::CUDA)
      out << "in " << join(stage.code_files(), " ")
          << ", needs a driver for CUDA " << cudaVersion(stage.driver_version())
          << "\n";
    else
      out << "needs "
          << (stage.cpu_features().empty() ? "no features"
                                           : join(stage.cpu_features(), " "))
          << "\n";
  }
  for (const artifact::File &file : manifest.files())
    out << "file " << printable(file.path()) << ": " << file.bytes()
        << " bytes, sha256 "
        << hexadecimal({reinterpret_cast<const uint8_t *>(file.sha256().data()),
                        file.sha256().size()})
        << "\n";
}

Status printTokenizer(const std::string &folder,
                      const artifact::Manifest &manifest, raw_ostream &out) {
  const std::string &path = manifest.language_model().tokenizer_file();
  if (path.empty())
    return Status::ok();
  StatusOr<MappedFile> file = MappedFile::openInside(folder, path);
  if (!file)
    return file.status();
  artifact::Tokenizer tokenizer;
  if (!parseMessage(tokenizer, file->bytes()))
    return Status::error("'" + printable(path) + "' is no tokenizer");
  const artifact::TokenModel &model = tokenizer.model();
  out << "tokenizer " << artifact::TokenModel::Kind_Name(model.kind())
      << (model.byte_level() ? " of bytes" : "") << ": " << model.pieces_size()
      << " pieces, " << model.merges_size() / 2 << " merges, "
      << tokenizer.added_tokens_size() << " added tokens, "
      << tokenizer.chat_templates_size() << " chat templates\n";
  auto printId = [&](StringRef what, bool isThere, uint32_t id) {
    if (!isThere)
      return;
    out << "  " << what << " " << id;
    if (id < static_cast<uint32_t>(model.pieces_size()))
      out << " '" << printable(model.pieces(static_cast<int>(id))) << "'";
    out << "\n";
  };
  printId("begins a text:", tokenizer.has_bos(), tokenizer.bos());
  printId("ends a text:", tokenizer.has_eos(), tokenizer.eos());
  for (uint32_t stop : tokenizer.stops())
    printId("ends a generation:", true, stop);
  return Status::ok();
}

void printKernels(const artifact::Manifest &manifest, raw_ostream &out) {
  for (const auto &[index, stage] : enumerate(manifest.stages()))
    for (const auto &[number, kernel] : enumerate(stage.kernels().kernels())) {
      out << "kernel " << index << "." << number << " "
          << printable(kernel.name()) << ": " << printable(kernel.family())
          << ", " << kernel.size_count() << " sizes, ";
      if (stage.target() == artifact::CUDA)
        out << kernel.block_threads() << " threads a block\n"
            << "  grid [" << join(kernel.grid(), ", ") << "], shared "
            << kernel.shared_bytes() << " bytes, ";
      else
        out << artifact::Split_Name(kernel.split()) << "\n"
            << "  items " << kernel.items() << ", chunk " << kernel.chunk()
            << ", scratch " << kernel.scratch_bytes() << " bytes, ";
      out << (kernel.flops().empty() ? "?" : kernel.flops()) << " flop\n";
      for (const auto &[position, buffer] : enumerate(kernel.buffers()))
        out << "  " << (buffer.writes() ? "writes" : "reads ") << " buffer "
            << position << ", at least " << buffer.least_bytes() << " bytes\n";
    }
}

/// "f32[8, 16]", or "q4_1[1536, 576]" of elements in blocks, which the file
/// knows as bytes.
static std::string describeElements(const artifact::Weight &weight,
                                    const SafetensorsHeader &header,
                                    const SafetensorsHeader::Tensor &tensor) {
  if (auto shape = header.metadata.find("shape." + weight.name());
      shape != header.metadata.end())
    return printable(StringRef(weight.layout()).split('x').first.str()) + "[" +
           printable(shape->second) + "]";
  auto sizes = map_range(tensor.shape,
                         [](int64_t size) { return std::to_string(size); });
  return std::string(name(tensor.type)) + "[" + join(sizes, ", ") + "]";
}

Status printWeights(const std::string &folder,
                    const artifact::Manifest &manifest, raw_ostream &out) {
  std::map<std::string, SafetensorsHeader> headers;
  uint64_t total = 0;
  for (const artifact::Weight &weight : manifest.weights()) {
    auto [header, isNew] = headers.try_emplace(weight.file());
    if (isNew) {
      StatusOr<MappedFile> file = MappedFile::openInside(folder, weight.file());
      if (!file)
        return file.status();
      StatusOr<SafetensorsHeader> read = readSafetensors(file->bytes());
      if (!read)
        return Status::error("'" + printable(weight.file()) +
                             "': " + read.message());
      header->second = std::move(*read);
    }
    auto tensor = header->second.tensors.find(weight.name());
    if (tensor == header->second.tensors.end())
      return Status::error("'" + printable(weight.file()) +
                           "' holds no tensor '" + printable(weight.name()) +
                           "'");
    const SafetensorsHeader::Tensor &found = tensor->second;
    out << "weight " << printable(weight.name()) << ": "
        << describeElements(weight, header->second, found) << " "
        << printable(weight.layout()) << ", " << found.bytes << " bytes at "
        << found.offset << " of " << printable(weight.file());
    if (!weight.ranks().empty()) {
      out << ", ranks ";
      interleaveComma(weight.ranks(), out);
    }
    out << "\n";
    total += found.bytes;
  }
  out << manifest.weights_size() << " weights, "
      << format("%.1f MiB", total / 1048576.0) << "\n";
  return Status::ok();
}

} // namespace weft::objdump
