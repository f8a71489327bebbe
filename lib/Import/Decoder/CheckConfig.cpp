//===- CheckConfig.cpp - Numbers of a language model that make sense ------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/DecoderConfig.h"

#include <cmath>

using namespace weft;

/// Sizes beyond this would only overflow products; no tensor is that large.
static constexpr int64_t greatestSize = int64_t(1) << 28;

/// Frequencies of the rotary embedding are constants, which stay small.
static constexpr int64_t greatestHeadSize = 1024;

static Status checkSize(const char *name, int64_t value,
                        int64_t greatest = greatestSize) {
  if (value >= 1 && value <= greatest)
    return Status::ok();
  return Status::error(std::string("the model has ") + name + " " +
                       std::to_string(value) + "; expected 1 to " +
                       std::to_string(greatest));
}

static Status checkPositive(const char *name, std::optional<double> value) {
  if (!value || (std::isfinite(*value) && *value > 0))
    return Status::ok();
  return Status::error(std::string("the model has ") + name + " " +
                       std::to_string(*value) + "; expected a positive number");
}

Status weft::checkConfig(const DecoderConfig &config, size_t numTensors) {
  WEFT_RETURN_IF_ERROR(checkSize("layers:", config.numLayers));
  if (static_cast<size_t>(config.numLayers) > numTensors)
    return Status::error("the model has " + std::to_string(config.numLayers) +
                         " layers but " + std::to_string(numTensors) +
                         " tensors");
  WEFT_RETURN_IF_ERROR(checkSize("hidden size", config.hiddenSize));
  WEFT_RETURN_IF_ERROR(checkSize("attention heads:", config.numHeads));
  WEFT_RETURN_IF_ERROR(
      checkSize("key and value heads:", config.numKeyValueHeads));
  WEFT_RETURN_IF_ERROR(
      checkSize("head size", config.headSize, greatestHeadSize));
  WEFT_RETURN_IF_ERROR(checkSize("feed-forward size", config.feedForwardSize));
  WEFT_RETURN_IF_ERROR(checkSize("context length", config.context));
  if (config.numHeads > greatestSize / config.headSize)
    return Status::error("the model has " + std::to_string(config.numHeads) +
                         " heads of size " + std::to_string(config.headSize) +
                         ", more than 2^28 elements");
  if (config.numHeads % config.numKeyValueHeads != 0)
    return Status::error("the model has " + std::to_string(config.numHeads) +
                         " attention heads, no multiple of its " +
                         std::to_string(config.numKeyValueHeads) +
                         " key and value heads");
  WEFT_RETURN_IF_ERROR(checkPositive("epsilon", config.epsilon));
  WEFT_RETURN_IF_ERROR(checkPositive("attention scale", config.attentionScale));
  WEFT_RETURN_IF_ERROR(
      checkPositive("attention soft cap", config.attentionSoftCap));
  WEFT_RETURN_IF_ERROR(checkPositive("logit soft cap", config.logitSoftCap));
  if (config.numExperts != 0) {
    if (!config.getName(Role::Router))
      return Status::error("the model has experts, which '" +
                           config.family->name + "' does not have");
    WEFT_RETURN_IF_ERROR(checkSize("experts:", config.numExperts));
    WEFT_RETURN_IF_ERROR(checkSize("size of experts", config.expertSize));
    if (config.numExpertsUsed < 1 || config.numExpertsUsed > config.numExperts)
      return Status::error("the model uses " +
                           std::to_string(config.numExpertsUsed) + " of " +
                           std::to_string(config.numExperts) + " experts");
    if (!config.stacksExperts &&
        static_cast<size_t>(config.numExperts) > numTensors)
      return Status::error("the model has " +
                           std::to_string(config.numExperts) + " experts but " +
                           std::to_string(numTensors) + " tensors");
  }
  return Status::ok();
}
