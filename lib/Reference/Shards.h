//===- Shards.h - Tensors in parts ------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Cuts whole tensors into the shards of a mesh's ranks and puts them together:
//
//   FailureOr<HostTensor> whole = joinShards(shards, sharding, mesh, error);
//   Shards again = cutShards(*whole, sharding, mesh);
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_SHARDS_H
#define LIB_REFERENCE_SHARDS_H

#include "dialects/Dist/IR/Sharding.h"
#include "lib/Reference/WeightStore.h"

namespace weft {

/// A value: one tensor for each rank that evaluates the function.
using Shards = llvm::SmallVector<WeightStore::Tensor, 1>;

/// The elements of a box of `tensor`.
HostTensor cutBox(const HostTensor &tensor, llvm::ArrayRef<int64_t> offsets,
                  llvm::ArrayRef<int64_t> sizes);
/// Writes `part` into `whole`, which it fits.
void placeBox(const HostTensor &part, HostTensor &whole,
              llvm::ArrayRef<int64_t> offsets);

/// Element by element, in the order of the tensors, which have one shape.
HostTensor reduceTensors(llvm::ArrayRef<WeightStore::Tensor> tensors,
                         dist::ReductionKind kind);

/// The shard of each rank. Of a partial sum the first rank of each group holds
/// all and the others hold zeros.
Shards cutShards(const HostTensor &whole, dist::ShardingAttr sharding,
                 const dist::Mesh &mesh);

/// The whole tensor from the shard of each rank. Fails with a diagnostic that
/// names the rank for a shard whose shape is not the one of the sharding, and
/// when ranks that hold the same shard don't agree in every bit.
mlir::FailureOr<HostTensor>
joinShards(llvm::ArrayRef<WeightStore::Tensor> shards,
           dist::ShardingAttr sharding, const dist::Mesh &mesh,
           llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

} // namespace weft

#endif // LIB_REFERENCE_SHARDS_H
