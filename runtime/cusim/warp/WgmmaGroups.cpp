//===- WgmmaGroups.cpp - Groups of wgmma and their waits ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/FormBuilder.h"
#include "runtime/cusim/warp/LaneMemory.h"
#include "runtime/cusim/warp/Wgmma.h"

#include "runtime/cusim/machine/Async.h"

#include <algorithm>

using namespace weft::cusim;
using ptx::Opcode;

void weft::cusim::cusim_wgmma_commit(const Collective &call) {
  ++productsOf(call.strand).openGroup;
}

void weft::cusim::cusim_wgmma_wait(const Collective &call) {
  WarpProducts &products = productsOf(call.strand);
  while (!products.pending.empty() &&
         products.pending.front().group + call.immediate < products.openGroup) {
    PendingProduct product = std::move(products.pending.front());
    products.pending.pop_front();
    Collective own = call;
    own.site = product.site;
    if (readMatrices(own, product) != product.matrices)
      fault(call.strand, std::countr_zero(call.lanes) - call.strand->lane,
            Report::Kind::IllegalInstruction, product.site,
            "the matrices that it reads were written before a "
            "wgmma.wait_group waited for it");
  }
}

void weft::cusim::cusim_check_product(Strand *strand, uint32_t accumulators,
                                      uint32_t line) {
  for (const PendingProduct &product : productsOf(strand).pending)
    if (product.accumulators == accumulators)
      fault(strand, 0, Report::Kind::IllegalInstruction, product.site,
            "its sums are read in line " + std::to_string(line) +
                " before a wgmma.wait_group waited for them");
}

weft::StatusOr<CollectiveForm>
weft::cusim::wgmmaGroupForm(const ptx::Instruction &instruction) {
  bool isWait = instruction.opcode == Opcode::WgmmaWaitGroup;
  FormBuilder builder(instruction,
                      isWait ? "cusim_wgmma_wait" : "cusim_wgmma_commit",
                      isWait ? cusim_wgmma_wait : cusim_wgmma_commit);
  if (isWait)
    builder.setImmediate(builder.constant());
  return builder.finish();
}
