//===- LayerPattern.cpp - What differs from layer to layer ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/LayerPattern.h"

using namespace weft;

Status weft::placeWindows(DecoderConfig &config, std::optional<int64_t> window,
                          int64_t period, const std::vector<bool> &hasWindow) {
  if (!hasWindow.empty() &&
      hasWindow.size() != static_cast<size_t>(config.numLayers))
    return Status::error("the model says of " +
                         std::to_string(hasWindow.size()) +
                         " layers whether they have a window, but has " +
                         std::to_string(config.numLayers));
  if (window && *window < 1)
    return Status::error("the model has a window of " +
                         std::to_string(*window) +
                         " positions; expected 1 or more");
  config.layers.resize(config.numLayers);
  for (int64_t i = 0; window && i != config.numLayers; ++i) {
    bool isFull = !hasWindow.empty() ? !hasWindow[i]
                  : period == 1      ? false
                                     : period < 1 || (i + 1) % period == 0;
    if (!isFull)
      config.layers[i].window = window;
  }
  return Status::ok();
}

Status weft::computeRopes(DecoderConfig &config, double base,
                          const RopeScaling &scaling,
                          std::optional<double> windowBase) {
  if (config.ropeDimensions < 2 || config.ropeDimensions % 2 != 0 ||
      config.ropeDimensions > config.headSize)
    return Status::error(
        "the rotary embedding turns " + std::to_string(config.ropeDimensions) +
        " elements of a head of " + std::to_string(config.headSize) +
        "; expected an even number of them");
  StatusOr<RopeTable> table = computeRope(base, config.ropeDimensions, scaling);
  if (!table)
    return table.status();
  config.ropes.push_back(std::move(*table));
  if (!windowBase)
    return Status::ok();
  StatusOr<RopeTable> local =
      computeRope(*windowBase, config.ropeDimensions, RopeScaling());
  if (!local)
    return local.status();
  config.ropes.push_back(std::move(*local));
  for (DecoderConfig::Layer &layer : config.layers)
    layer.rope = layer.window ? 1 : 0;
  return Status::ok();
}
