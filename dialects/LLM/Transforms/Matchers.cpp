//===- Matchers.cpp - What raising patterns look for ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/Matchers.h"

#include "dialects/LLM/IR/AttentionParts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include <cmath>

using namespace mlir;

namespace weft {

bool isLayout(Operation *op) {
  return isa<TransposeOp, SliceOp, ConcatOp, ExpandOp, PadOp, GatherOp,
             EmbeddingOp, TakeAlongOp>(op);
}

bool isElementwise(Operation *op) {
  // What ranks do together has effects.
  return isa<ModelOpInterface>(op) && isMemoryEffectFree(op) &&
         !isKernelAnchor(op) && !isLayout(op) &&
         !isa<LoadWeightOp, ConstantOp, IotaOp, SizesToTensorOp, ReshapeOp,
              BitcastOp, RMSNormOp, RopeOp, MergeAttentionOp>(op);
}

std::optional<double> matchSplat(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  if (!constant)
    return std::nullopt;
  auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
  if (!elements || !isa<FloatType>(elements.getElementType()) ||
      elements.getNumElements() == 0 ||
      (!elements.isSplat() && elements.getNumElements() != 1))
    return std::nullopt;
  APFloat splat = *elements.value_begin<APFloat>();
  bool losesInfo = false;
  splat.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return splat.convertToDouble();
}

bool isClose(double lhs, double rhs) {
  return std::abs(lhs - rhs) <= 1e-6 * std::abs(rhs);
}

Product Product::of(Value value) {
  Product product;
  auto visit = [&](auto &&self, Value inner, bool isRoot) -> void {
    Operation *op = inner.getDefiningOp();
    if (std::optional<double> splat = matchSplat(inner)) {
      product.constant *= *splat;
      return;
    }
    if (op && (isRoot || inner.hasOneUse()) && product.ops.size() < 16) {
      if (auto mul = dyn_cast<MulOp>(op)) {
        product.ops.push_back(op);
        self(self, mul.getLhs(), false);
        self(self, mul.getRhs(), false);
        return;
      }
      if (auto div = dyn_cast<DivOp>(op)) {
        if (std::optional<double> divisor = matchSplat(div.getRhs())) {
          product.ops.push_back(op);
          product.constant /= *divisor;
          self(self, div.getLhs(), false);
          return;
        }
      }
      if (auto pow = dyn_cast<PowOp>(op)) {
        for (int count : {2, 3}) {
          if (!isSplat(pow.getRhs(), count))
            continue;
          product.ops.push_back(op);
          product.factors.append(count, pow.getLhs());
          return;
        }
      }
    }
    product.factors.push_back(inner);
  };
  visit(visit, value, true);
  return product;
}

SmallVector<Operation *> findWeightSlice(Value value) {
  constexpr size_t limit = 64;
  llvm::SmallSetVector<Operation *, 8> slice;
  auto visit = [&](Value operand) {
    Operation *op = operand.getDefiningOp();
    if (!op || (!isa<LoadWeightOp, ConstantOp, TransposeOp, ReshapeOp, PadOp,
                     CastOp, ExpandOp, SliceOp, ConcatOp, BitcastOp, AddOp,
                     SubOp, MulOp, DivOp, NegOp>(op)))
      return false;
    slice.insert(op);
    return slice.size() <= limit &&
           cast<RankedTensorType>(operand.getType()).hasStaticShape();
  };
  if (!visit(value))
    return {};
  for (size_t index = 0; index < slice.size(); ++index)
    for (Value operand : slice[index]->getOperands())
      if (!visit(operand))
        return {};
  return slice.takeVector();
}

bool isVectorOf(Value value, int64_t size) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
  return !shape.empty() && shape.back() == size &&
         llvm::all_of(shape.drop_back(), [](int64_t d) { return d == 1; });
}

Value asVector(OpBuilder &builder, Value vector) {
  auto type = cast<RankedTensorType>(vector.getType());
  if (type.getRank() == 1)
    return vector;
  int64_t size = type.getShape().back();
  return ReshapeOp::create(
      builder, vector.getLoc(), type.clone(ArrayRef<int64_t>(size)), vector,
      SizesAttr::get(builder.getContext(), ArrayRef<SizeExpr>(SizeExpr(size))));
}

Value transpose(OpBuilder &builder, Location location, Value value,
                ArrayRef<int64_t> permutation) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape;
  for (int64_t dimension : permutation)
    shape.push_back(type.getDimSize(dimension));
  return TransposeOp::create(builder, location, type.clone(shape), value,
                             builder.getDenseI64ArrayAttr(permutation));
}

Location fuseLocations(ArrayRef<Operation *> ops) {
  llvm::SetVector<Location> locations;
  for (Operation *op : ops) {
    if (auto fused = dyn_cast<FusedLoc>(op->getLoc()))
      locations.insert_range(fused.getLocations());
    else
      locations.insert(op->getLoc());
  }
  return FusedLoc::get(locations.getArrayRef(), /*metadata=*/{},
                       ops.front()->getContext());
}

bool hasOtherUsers(Operation *op, ArrayRef<Operation *> ops) {
  return llvm::any_of(op->getUsers(), [&](Operation *user) {
    return !llvm::is_contained(ops, user);
  });
}

} // namespace weft
