//===- Specials.cpp - Special registers -----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "llvm/IR/Intrinsics.h"

namespace weft::cusim {
using ptx::Special;

/// %laneid: the number within the warp, at both widths.
llvm::Value *FunctionEmitter::laneId() {
  if (width == 1)
    return strandField(offsetof(Strand, lane), builder.getInt32Ty());
  return laneNumbers(builder.getInt32Ty(), 1);
}

/// %lanemask_lt and its like.
llvm::Value *FunctionEmitter::laneMask(Special special) {
  llvm::Value *lane = laneId();
  llvm::Constant *one = llvm::ConstantInt::get(lane->getType(), 1);
  llvm::Value *equal = builder.CreateShl(one, lane);
  llvm::Value *less = builder.CreateSub(equal, one);
  switch (special) {
  case Special::LanemaskEq:
    return equal;
  case Special::LanemaskLt:
    return less;
  case Special::LanemaskLe:
    return builder.CreateOr(less, equal);
  case Special::LanemaskGe:
    return builder.CreateNot(less);
  default:
    return builder.CreateNot(builder.CreateOr(less, equal));
  }
}

/// x + y * nx + z * nx * ny of two triples in the strand.
llvm::Value *FunctionEmitter::clusterRank() {
  auto field = [&](uint64_t offset, unsigned component) {
    return strandField(offset + 4 * component, builder.getInt32Ty());
  };
  llvm::Value *rank = field(offsetof(Strand, clusterCtaid), 2);
  for (unsigned component : {1u, 0u})
    rank = builder.CreateAdd(
        builder.CreateMul(rank,
                          field(offsetof(Strand, clusterNctaid), component)),
        field(offsetof(Strand, clusterCtaid), component));
  return rank;
}

llvm::Value *FunctionEmitter::readSpecial(const ptx::Operand &operand) {
  llvm::Type *i32 = builder.getInt32Ty();
  llvm::Type *i64 = builder.getInt64Ty();
  unsigned component = operand.component;
  // Of four, the last is always 0; of sizes it is 1.
  auto triple = [&](uint64_t offset, uint32_t fourth = 0) -> llvm::Value * {
    if (component > 2)
      return builder.getInt32(fourth);
    return strandField(offset + 4 * component, i32);
  };
  auto product = [&](uint64_t offset) {
    llvm::Value *result = strandField(offset, i32);
    for (unsigned i = 1; i < 3; ++i)
      result = builder.CreateMul(result, strandField(offset + 4 * i, i32));
    return result;
  };
  auto high = [&](llvm::Value *value) {
    return builder.CreateTrunc(builder.CreateLShr(value, 32), i32);
  };
  switch (operand.special) {
  case Special::Tid: {
    if (component > 2)
      return builder.getInt32(0);
    uint64_t offset = offsetof(Strand, tid) + 4 * WarpSize * component;
    if (width == 1 || uniformity.isUniformRead(operand))
      return strandField(offset, i32);
    return strandField(offset, lanesOf(i32));
  }
  case Special::Ntid:
    if (component < 3 && function.requiredThreads[component])
      return builder.getInt32(function.requiredThreads[component]);
    return triple(offsetof(Strand, ntid), 1);
  case Special::Ctaid:
    return triple(offsetof(Strand, ctaid));
  case Special::Nctaid:
    return triple(offsetof(Strand, nctaid), 1);
  case Special::Clusterid:
    return triple(offsetof(Strand, clusterid));
  case Special::Nclusterid:
    return triple(offsetof(Strand, nclusterid), 1);
  case Special::ClusterCtaid:
    return triple(offsetof(Strand, clusterCtaid));
  case Special::ClusterNctaid:
    return triple(offsetof(Strand, clusterNctaid), 1);
  case Special::ClusterCtarank:
    return clusterRank();
  case Special::ClusterNctarank:
    return product(offsetof(Strand, clusterNctaid));
  case Special::IsExplicitCluster:
    return builder.CreateICmpUGT(product(offsetof(Strand, clusterNctaid)),
                                 builder.getInt32(1));
  case Special::Laneid:
    return laneId();
  case Special::LanemaskEq:
  case Special::LanemaskLe:
  case Special::LanemaskLt:
  case Special::LanemaskGe:
  case Special::LanemaskGt:
    return laneMask(operand.special);
  case Special::Warpid:
    return strandField(offsetof(Strand, warp), i32);
  case Special::Nwarpid:
    return builder.CreateUDiv(builder.CreateAdd(product(offsetof(Strand, ntid)),
                                                builder.getInt32(WarpSize - 1)),
                              builder.getInt32(WarpSize));
  case Special::Smid:
    return strandField(offsetof(Strand, smid), i32);
  case Special::Nsmid:
    // As many as the largest of today's devices has.
    return builder.getInt32(132);
  case Special::Gridid:
    return strandField(offsetof(Strand, gridid), i64);
  case Special::Clock:
    return builder.CreateTrunc(callHook("cusim_clock", i64, {strand}), i32);
  case Special::ClockHi:
    return high(callHook("cusim_clock", i64, {strand}));
  case Special::Clock64:
    return callHook("cusim_clock", i64, {strand});
  case Special::GlobaltimerLo:
    return builder.CreateTrunc(callHook("cusim_global_timer", i64, {strand}),
                               i32);
  case Special::GlobaltimerHi:
    return high(callHook("cusim_global_timer", i64, {strand}));
  case Special::Globaltimer:
    return callHook("cusim_global_timer", i64, {strand});
  case Special::Envreg1:
    return high(strandField(offsetof(Strand, gridBarrier), i64));
  case Special::Envreg2:
    return builder.CreateTrunc(strandField(offsetof(Strand, gridBarrier), i64),
                               i32);
  case Special::ReservedSmemOffsetBegin:
  case Special::ReservedSmemOffset0:
  case Special::ReservedSmemOffset1:
    return builder.getInt32(*kernel.layout.reservedShared);
  case Special::ReservedSmemOffsetEnd:
  case Special::ReservedSmemOffsetCap:
    return builder.getInt32(*kernel.layout.reservedShared +
                            ReservedSharedBytes);
  case Special::TotalSmemSize:
  case Special::AggrSmemSize:
    return strandField(offsetof(Strand, sharedBytes), i32);
  case Special::DynamicSmemSize:
    return builder.CreateSub(
        strandField(offsetof(Strand, sharedBytes), i32),
        strandField(offsetof(Strand, dynamicSharedOffset), i32));
  default:
    break;
  }
  fail("a special register that the simulator does not know");
  return builder.getInt32(0);
}

} // namespace weft::cusim
