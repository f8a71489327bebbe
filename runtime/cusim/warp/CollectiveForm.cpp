//===- CollectiveForm.cpp - Which instruction is which function -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/AsyncCopy.h"
#include "runtime/cusim/warp/ClusterAddress.h"
#include "runtime/cusim/warp/Collective.h"
#include "runtime/cusim/warp/Exchange.h"
#include "runtime/cusim/warp/FormBuilder.h"
#include "runtime/cusim/warp/MatrixMove.h"
#include "runtime/cusim/warp/Mbarrier.h"
#include "runtime/cusim/warp/Mma.h"
#include "runtime/cusim/warp/TensorCopy.h"
#include "runtime/cusim/warp/Wgmma.h"
#include "runtime/cusim/warp/Wmma.h"

namespace weft::cusim {

using ptx::Opcode;

namespace {

using Decode = StatusOr<CollectiveForm> (*)(const ptx::Instruction &);

bool isAsyncCopy(Opcode opcode) {
  switch (opcode) {
  case Opcode::CpAsync:
  case Opcode::CpAsyncCommitGroup:
  case Opcode::CpAsyncWaitGroup:
  case Opcode::CpAsyncWaitAll:
  case Opcode::CpAsyncMbarrierArrive:
  case Opcode::CpAsyncBulk:
  case Opcode::CpAsyncBulkCommitGroup:
  case Opcode::CpAsyncBulkWaitGroup:
  case Opcode::CpReduceAsyncBulk:
  case Opcode::StAsync:
  case Opcode::RedAsync:
    return true;
  default:
    return false;
  }
}

/// nullptr for what is not collective.
Decode decoderOf(Opcode opcode) {
  switch (opcode) {
  case Opcode::Shfl:
  case Opcode::Vote:
  case Opcode::Match:
  case Opcode::Redux:
  case Opcode::Elect:
  case Opcode::BarWarpSync:
    return exchangeForm;
  case Opcode::Ldmatrix:
  case Opcode::Stmatrix:
  case Opcode::Movmatrix:
    return matrixMoveForm;
  case Opcode::Mma:
    return mmaForm;
  case Opcode::WmmaLoad:
  case Opcode::WmmaStore:
  case Opcode::WmmaMma:
    return wmmaForm;
  case Opcode::MbarrierInit:
  case Opcode::MbarrierInval:
  case Opcode::MbarrierExpectTx:
  case Opcode::MbarrierCompleteTx:
  case Opcode::MbarrierArrive:
  case Opcode::MbarrierArriveDrop:
  case Opcode::MbarrierTestWait:
  case Opcode::MbarrierTryWait:
  case Opcode::MbarrierPendingCount:
    return mbarrierForm;
  case Opcode::CpAsyncBulkTensor:
  case Opcode::CpReduceAsyncBulkTensor:
    return tensorCopyForm;
  case Opcode::WgmmaMmaAsync:
    return wgmmaForm;
  case Opcode::Mapa:
  case Opcode::Getctarank:
  case Opcode::Setmaxnreg:
  case Opcode::Griddepcontrol:
  case Opcode::CpAsyncBulkPrefetch:
  case Opcode::CpAsyncBulkPrefetchTensor:
  case Opcode::WgmmaFence:
    return clusterForm;
  case Opcode::WgmmaCommitGroup:
  case Opcode::WgmmaWaitGroup:
    return wgmmaGroupForm;
  default:
    return nullptr;
  }
}

constexpr CollectiveSymbol Symbols[] = {
    {"cusim_shfl", cusim_shfl},
    {"cusim_vote", cusim_vote},
    {"cusim_match_any", cusim_match_any},
    {"cusim_match_all", cusim_match_all},
    {"cusim_redux", cusim_redux},
    {"cusim_elect", cusim_elect},
    {"cusim_warp_barrier", cusim_warp_barrier},
    {"cusim_ldmatrix", cusim_ldmatrix},
    {"cusim_stmatrix", cusim_stmatrix},
    {"cusim_movmatrix", cusim_movmatrix},
    {"cusim_mma_float", cusim_mma_float},
    {"cusim_mma_integer", cusim_mma_integer},
    {"cusim_mma_bits", cusim_mma_bits},
    {"cusim_mma_double", cusim_mma_double},
    {"cusim_wmma_load", cusim_wmma_load},
    {"cusim_wmma_store", cusim_wmma_store},
    {"cusim_wmma_float", cusim_wmma_float},
    {"cusim_wmma_integer", cusim_wmma_integer},
    {"cusim_wmma_bits", cusim_wmma_bits},
    {"cusim_wmma_double", cusim_wmma_double},
    {"cusim_async_copy", cusim_async_copy},
    {"cusim_async_commit", cusim_async_commit},
    {"cusim_async_wait", cusim_async_wait},
    {"cusim_async_wait_all", cusim_async_wait_all},
    {"cusim_async_arrive", cusim_async_arrive},
    {"cusim_bulk_copy", cusim_bulk_copy},
    {"cusim_bulk_commit", cusim_bulk_commit},
    {"cusim_bulk_wait", cusim_bulk_wait},
    {"cusim_store_async", cusim_store_async},
    {"cusim_mbarrier", cusim_mbarrier},
    {"cusim_mbarrier_pending_count", cusim_mbarrier_pending_count},
    {"cusim_tensor_load", cusim_tensor_load},
    {"cusim_tensor_store", cusim_tensor_store},
    {"cusim_wgmma", cusim_wgmma},
    {"cusim_wgmma_commit", cusim_wgmma_commit},
    {"cusim_wgmma_wait", cusim_wgmma_wait},
    {"cusim_mapa", cusim_mapa},
    {"cusim_block_rank", cusim_block_rank},
    {"cusim_no_effect", cusim_no_effect},
};

} // namespace

bool isCollective(const ptx::Instruction &instruction) {
  return isAsyncCopy(instruction.opcode) || decoderOf(instruction.opcode);
}

StatusOr<CollectiveForm> collectiveForm(const ptx::Instruction &instruction,
                                        const ptx::Function *function) {
  if (isAsyncCopy(instruction.opcode))
    return asyncCopyForm(instruction, function);
  if (Decode decode = decoderOf(instruction.opcode))
    return decode(instruction);
  return formError(instruction, "is not an operation of a warp");
}

std::span<const CollectiveSymbol> collectiveSymbols() { return Symbols; }

} // namespace weft::cusim
