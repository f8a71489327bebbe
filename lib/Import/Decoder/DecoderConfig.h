//===- DecoderConfig.h - The numbers of a language model --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_DECODER_DECODERCONFIG_H
#define LIB_IMPORT_DECODER_DECODERCONFIG_H

#include "lib/Import/Decoder/Checkpoint.h"
#include "lib/Import/Decoder/Family.h"
#include "lib/Import/Decoder/Rope.h"

namespace weft {

/// All that the builder needs to know beside the tensors, with what the file's
/// format does differently already decided.
struct DecoderConfig {
  const Family *family = nullptr;
  RoleNames names; ///< In this file.

  int64_t numLayers = 0;
  int64_t hiddenSize = 0;
  int64_t numHeads = 0;
  int64_t numKeyValueHeads = 0;
  int64_t headSize = 0;
  int64_t feedForwardSize = 0;
  int64_t vocabularySize = 0; ///< 0: the rows of the embedding table.
  /// The greatest number of tokens that the model was made for.
  int64_t context = 0;

  double epsilon = 0; ///< Of norms.
  double attentionScale = 0;
  std::optional<double> attentionSoftCap;
  std::optional<double> logitSoftCap;
  double embeddingScale = 1;
  Activation activation = Activation::SiLU;
  bool parallelResidual = false;
  /// Unset: tied when there is no `Output`.
  std::optional<bool> tiesEmbeddings;

  int64_t numExperts = 0; ///< 0: none.
  int64_t numExpertsUsed = 0;
  int64_t expertSize = 0;
  bool normalizesExperts = true;

  /// Elements of a head that turn; 0: none.
  int64_t ropeDimensions = 0;
  bool ropeInterleaves = false;
  std::vector<RopeTable> ropes;
  struct Layer {
    std::optional<int64_t> window;
    unsigned rope = 0; ///< An index into `ropes`.
  };
  std::vector<Layer> layers;

  int64_t paddingToken = 0;

  double scaleOffset = 0; ///< Added to the scales of norms.
  bool storesTransposed = false;
  bool joinsByHead = false;
  bool stacksExperts = false; ///< All experts are one tensor.

  const std::string *getName(Role role) const {
    auto name = names.find(role);
    return name == names.end() ? nullptr : &name->second;
  }
};

/// The numbers in a GGUF file's metadata, and those tensors that hold numbers
/// of the rotary embedding. `context`, if given, decides among those for short
/// and long sequences.
StatusOr<DecoderConfig> readGGUFConfig(const gguf::GGUFFile &file,
                                       Checkpoint &checkpoint,
                                       std::optional<int64_t> context);
/// The numbers in a folder's config.json.
/// `numTensors` bounds the layers: each has one at least.
StatusOr<DecoderConfig> readFolderConfig(const llvm::json::Object &config,
                                         size_t numTensors,
                                         std::optional<int64_t> context);

/// An error for sizes that are out of range or contradict each other.
Status checkConfig(const DecoderConfig &config, size_t numTensors);

} // namespace weft

#endif // LIB_IMPORT_DECODER_DECODERCONFIG_H
