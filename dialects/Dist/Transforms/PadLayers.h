//===- PadLayers.h - Layers that no number of devices divides ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights are stored in equal shards. Five devices cannot share 12 heads, but
// 15 of which 3 compute zeros: the longest shard has 3 heads either way, so
// that it takes no longer.
//
//   q = linear x, Wq (384 rows)     // Wq, Wk, Wv: padded to 480 rows
//   o = linear a, Wo (384 columns)  // Wo: padded to 480 columns, which ends it
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_TRANSFORMS_PADLAYERS_H
#define DIALECTS_DIST_TRANSFORMS_PADLAYERS_H

#include "dialects/Dist/Transforms/TensorParallel.h"

namespace weft::dist {

/// Pads the columns of a linear layer, and of all that they meet, from `blocks`
/// to `paddedBlocks` equal blocks. Fails, and changes nothing, where the
/// columns meet something that is no weight or constant, or an op that makes
/// more of zeros than numbers. `sizes` no longer hold after it.
mlir::LogicalResult padColumns(DenseLayer layer, int64_t blocks,
                               int64_t paddedBlocks, SizeAnalysis &sizes,
                               const Mesh &mesh);

} // namespace weft::dist

#endif // DIALECTS_DIST_TRANSFORMS_PADLAYERS_H
