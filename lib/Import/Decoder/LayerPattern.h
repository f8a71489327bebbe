//===- LayerPattern.h - What differs from layer to layer --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_DECODER_LAYERPATTERN_H
#define LIB_IMPORT_DECODER_LAYERPATTERN_H

#include "lib/Import/Decoder/DecoderConfig.h"

namespace weft {

/// Gives layers their windows: those that `hasWindow` names, or without it all
/// but every `period`-th; none for a period of 0.
Status placeWindows(DecoderConfig &config, std::optional<int64_t> window,
                    int64_t period, const std::vector<bool> &hasWindow);

/// Computes the tables of rotations: one, or with `windowBase` a second one,
/// which is not scaled, for layers with a window.
Status computeRopes(DecoderConfig &config, double base,
                    const RopeScaling &scaling,
                    std::optional<double> windowBase);

} // namespace weft

#endif // LIB_IMPORT_DECODER_LAYERPATTERN_H
