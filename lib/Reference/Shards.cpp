//===- Shards.cpp - Tensors in parts --------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Shards.h"

#include "dialects/LLM/IR/Scalars.h"
#include "lib/Reference/BindSizes.h"
#include "lib/Reference/CompareTensors.h"

using namespace mlir;
using namespace weft;
using dist::Mesh;
using dist::ShardingAttr;
using Tensor = WeightStore::Tensor;

//===----------------------------------------------------------------------===//
// Boxes
//===----------------------------------------------------------------------===//

static int64_t product(ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes)
    product *= size;
  return product;
}

/// Copies `sizes` elements from one tensor of shape `fromShape` to one of
/// `toShape`; the pointers are at the first elements of both boxes.
template <typename T>
static void copyBox(const T *from, ArrayRef<int64_t> fromShape, T *to,
                    ArrayRef<int64_t> toShape, ArrayRef<int64_t> sizes) {
  if (sizes.empty()) {
    *to = *from;
    return;
  }
  int64_t fromStep = product(fromShape.drop_front());
  int64_t toStep = product(toShape.drop_front());
  for (int64_t i = 0; i != sizes.front(); ++i)
    copyBox(from + i * fromStep, fromShape.drop_front(), to + i * toStep,
            toShape.drop_front(), sizes.drop_front());
}

static int64_t linearIndex(ArrayRef<int64_t> index, ArrayRef<int64_t> shape) {
  int64_t linear = 0;
  for (auto [i, size] : llvm::zip_equal(index, shape))
    linear = linear * size + i;
  return linear;
}

/// Places and sizes of elements, or of bytes for elements in blocks.
static SmallVector<int64_t> asStored(ArrayRef<int64_t> counts, Type element) {
  SmallVector<int64_t> stored(counts);
  if (auto block = dyn_cast<BlockType>(element))
    stored.back() =
        stored.back() / block.getInfo().elements * block.getInfo().bytes;
  return stored;
}

HostTensor weft::cutBox(const HostTensor &tensor, ArrayRef<int64_t> offsets,
                        ArrayRef<int64_t> sizes) {
  HostTensor part(tensor.getElementType(), sizes);
  if (part.getNumElements() == 0)
    return part;
  Type element = tensor.getElementType();
  SmallVector<int64_t> shape = asStored(tensor.getShape(), element),
                       stored = asStored(sizes, element);
  int64_t start = linearIndex(asStored(offsets, element), shape);
  if (tensor.isFloat())
    copyBox(tensor.floats().data() + start, shape, part.floats().data(), stored,
            stored);
  else if (tensor.isBlock())
    copyBox(tensor.bytes().data() + start, shape, part.bytes().data(), stored,
            stored);
  else
    copyBox(tensor.integers().data() + start, shape, part.integers().data(),
            stored, stored);
  return part;
}

void weft::placeBox(const HostTensor &part, HostTensor &whole,
                    ArrayRef<int64_t> offsets) {
  if (part.getNumElements() == 0)
    return;
  Type element = part.getElementType();
  SmallVector<int64_t> sizes = asStored(part.getShape(), element),
                       shape = asStored(whole.getShape(), element);
  int64_t start = linearIndex(asStored(offsets, element), shape);
  if (part.isFloat())
    copyBox(part.floats().data(), sizes, whole.floats().data() + start, shape,
            sizes);
  else if (part.isBlock())
    copyBox(part.bytes().data(), sizes, whole.bytes().data() + start, shape,
            sizes);
  else
    copyBox(part.integers().data(), sizes, whole.integers().data() + start,
            shape, sizes);
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

HostTensor weft::reduceTensors(ArrayRef<Tensor> tensors,
                               dist::ReductionKind kind) {
  HostTensor result = *tensors.front();
  const BinaryScalar &combine = binaryScalar(
      kind == dist::ReductionKind::sum ? "add" : stringifyReductionKind(kind));
  for (const Tensor &tensor : tensors.drop_front()) {
    if (result.isFloat()) {
      for (auto [total, value] :
           llvm::zip_equal(result.floats(), std::as_const(*tensor).floats()))
        total = combine.onFloat(total, value);
      continue;
    }
    for (auto [total, value] :
         llvm::zip_equal(result.integers(), std::as_const(*tensor).integers()))
      total =
          wrapInteger(*combine.onInteger(total, value, result.getElementType()),
                      result.getElementType());
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Shards
//===----------------------------------------------------------------------===//

namespace {
struct Box {
  SmallVector<int64_t> offsets, sizes;
};
} // namespace

static Box boxOf(ArrayRef<int64_t> shape, ShardingAttr sharding,
                 const Mesh &mesh, int64_t rank) {
  SizeBinding coordinates = coordinatesOf(mesh, rank);
  Box box;
  for (const dist::Shard &shard :
       dist::getShards(Sizes(shape.begin(), shape.end()), sharding, mesh)) {
    box.offsets.push_back(*shard.offset.evaluate(coordinates.asValues()));
    box.sizes.push_back(*shard.size.evaluate(coordinates.asValues()));
  }
  return box;
}

/// The rank that stands for all that hold the same shard as `rank`.
static int64_t representativeOf(int64_t rank, ShardingAttr sharding,
                                const Mesh &mesh) {
  SmallVector<int64_t> coordinates = mesh.getCoordinates(rank);
  for (auto [axis, coordinate] : llvm::zip_equal(mesh.getAxes(), coordinates))
    if (llvm::none_of(sharding.getDimensions(), [&](auto dimension) {
          return llvm::is_contained(dimension.getAxes(), axis);
        }))
      coordinate = 0;
  return mesh.getRank(coordinates);
}

Shards weft::cutShards(const HostTensor &whole, ShardingAttr sharding,
                       const Mesh &mesh) {
  Shards shards;
  for (int64_t rank = 0; rank != mesh.getNumRanks(); ++rank) {
    Box box = boxOf(whole.getShape(), sharding, mesh, rank);
    bool isFirst =
        mesh.getGroup(rank, sharding.getPartialAxes()).front() == rank;
    // A maximum of equal tensors is that tensor.
    bool holdsAll =
        isFirst || sharding.getReduction() != dist::ReductionKind::sum;
    shards.push_back(std::make_shared<HostTensor>(
        holdsAll ? cutBox(whole, box.offsets, box.sizes)
                 : HostTensor(whole.getElementType(), box.sizes)));
  }
  return shards;
}

/// Ranks that hold partial values hold their reduction after this.
static FailureOr<Shards>
reducePartials(ArrayRef<Tensor> shards, ShardingAttr sharding, const Mesh &mesh,
               function_ref<InFlightDiagnostic()> emitError) {
  Shards reduced(shards);
  if (!sharding.isPartial())
    return reduced;
  for (int64_t rank = 0; rank != mesh.getNumRanks(); ++rank) {
    SmallVector<int64_t> group = mesh.getGroup(rank, sharding.getPartialAxes());
    if (group.front() != rank)
      continue;
    SmallVector<Tensor> partials;
    for (int64_t member : group) {
      if (shards[member]->getShape() != shards[rank]->getShape())
        return emitError() << "has shape [" << shards[member]->getShape()
                           << "] on rank " << member << " but ["
                           << shards[rank]->getShape() << "] on rank " << rank
                           << ", and both hold partial values of the same "
                              "elements";
      partials.push_back(shards[member]);
    }
    auto total = std::make_shared<HostTensor>(
        reduceTensors(partials, sharding.getReduction()));
    for (int64_t member : group)
      reduced[member] = total;
  }
  return reduced;
}

/// What the shards add up to along each dimension.
static SmallVector<int64_t>
wholeShape(ArrayRef<Tensor> shards, ShardingAttr sharding, const Mesh &mesh) {
  SmallVector<int64_t> shape;
  for (auto [i, dimension] : llvm::enumerate(sharding.getDimensions())) {
    int64_t size = 0;
    for (int64_t member : mesh.getGroup(0, dimension.getAxes()))
      size += shards[member]->getShape()[i];
    shape.push_back(size);
  }
  return shape;
}

FailureOr<HostTensor>
weft::joinShards(ArrayRef<Tensor> shards, ShardingAttr sharding,
                 const Mesh &mesh,
                 function_ref<InFlightDiagnostic()> emitError) {
  FailureOr<Shards> reduced = reducePartials(shards, sharding, mesh, emitError);
  if (failed(reduced))
    return failure();
  HostTensor whole(shards.front()->getElementType(),
                   wholeShape(shards, sharding, mesh));
  for (auto [rank, shard] : llvm::enumerate(*reduced)) {
    Box box = boxOf(whole.getShape(), sharding, mesh, rank);
    if (shard->getShape() != ArrayRef(box.sizes))
      return emitError() << "has shape [" << shard->getShape() << "] on rank "
                         << rank << " but its shard of [" << whole.getShape()
                         << "] has shape [" << ArrayRef(box.sizes) << "]";
    int64_t representative = representativeOf(rank, sharding, mesh);
    if (representative == int64_t(rank)) {
      placeBox(*shard, whole, box.offsets);
      continue;
    }
    if (auto difference =
            compareTensors(*shard, *(*reduced)[representative], 0))
      return emitError() << "differs between ranks " << representative
                         << " and " << rank
                         << ", which hold the same shard: rank " << rank
                         << " has " << difference->str();
  }
  return whole;
}
