//===- TensorForm.cpp - Forms of cp.async.bulk.tensor ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/FormBuilder.h"
#include "runtime/cusim/warp/Reductions.h"
#include "runtime/cusim/warp/TensorCopy.h"

namespace weft::cusim {

using ptx::Instruction;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Space;

namespace {

unsigned rankOf(const Instruction &instruction) {
  constexpr Modifier Ranks[] = {Modifier::D1, Modifier::D2, Modifier::D3,
                                Modifier::D4, Modifier::D5};
  for (unsigned i = 0; i < std::size(Ranks); ++i)
    if (instruction.has(Ranks[i]))
      return i + 1;
  return 0;
}

} // namespace

StatusOr<CollectiveForm> tensorCopyForm(const Instruction &instruction) {
  TensorImmediate how;
  how.rank = static_cast<uint8_t>(rankOf(instruction));
  how.isMulticast = instruction.has(Modifier::MulticastCluster);
  how.reduces = instruction.opcode == Opcode::CpReduceAsyncBulkTensor;
  if (how.reduces)
    how.reduction = static_cast<uint8_t>(reductionOf(instruction));
  bool isLoad = instruction.has(Modifier::CompleteTx);
  FormBuilder builder(instruction,
                      isLoad ? "cusim_tensor_load" : "cusim_tensor_store",
                      isLoad ? cusim_tensor_load : cusim_tensor_store);
  builder.setLanewise();
  if (isLoad)
    builder.address(Space::SharedCluster);
  unsigned coordinates = builder.tensorAddress();
  if (coordinates != how.rank)
    builder.fail("has " + std::to_string(coordinates) +
                 " coordinates, expected " + std::to_string(how.rank));
  builder.address(isLoad ? Space::SharedCluster : Space::Shared);
  if (how.isMulticast)
    builder.operand(1);
  if (instruction.has(Modifier::L2CacheHint))
    builder.skip();
  builder.setImmediate(how.pack());
  return builder.finish();
}

} // namespace weft::cusim
