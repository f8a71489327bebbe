//===- ClusterAddress.cpp - Shared memory of a cluster's blocks -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/ClusterAddress.h"

#include "runtime/cusim/warp/FormBuilder.h"
#include "runtime/cusim/warp/LaneMemory.h"

using namespace weft::cusim;
using ptx::Instruction;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

namespace {
constexpr uint64_t GenericBit = 1, WideBit = 2;
} // namespace

void weft::cusim::cusim_mapa(const Collective &call) {
  forEachLane(call, [&](unsigned lane) {
    uint64_t address =
        addressInBlock(operandPair(call, 0, lane), operandWord(call, 2, lane));
    if (!(call.immediate & GenericBit))
      address &= 0xffffffff;
    setResult(call, 0, lane, static_cast<uint32_t>(address));
    if (call.immediate & WideBit)
      setResult(call, 1, lane, static_cast<uint32_t>(address >> 32));
  });
}

void weft::cusim::cusim_block_rank(const Collective &call) {
  forEachLane(call, [&](unsigned lane) {
    // 0 is the lane's own block.
    uint32_t rank = operandWord(call, 0, lane) >> SharedRankShift;
    setResult(call, 0, lane, rank ? rank - 1 : rankOf(*call.strand));
  });
}

void weft::cusim::cusim_no_effect(const Collective &) {}

weft::StatusOr<CollectiveForm>
weft::cusim::clusterForm(const Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::Mapa: {
    FormBuilder builder(instruction, "cusim_mapa", cusim_mapa);
    bool isGeneric = !instruction.has(Modifier::SharedCluster);
    bool isWide = instruction.type() == Type::U64;
    builder.setLanewise();
    builder.result(isWide ? 2 : 1);
    builder.address(isGeneric ? ptx::Space::Generic
                              : ptx::Space::SharedCluster);
    builder.operand(1);
    builder.setImmediate((isGeneric ? GenericBit : 0) | (isWide ? WideBit : 0));
    if (isGeneric && !isWide)
      builder.fail("generic addresses have 64 bits: use .u64");
    return builder.finish();
  }
  case Opcode::Getctarank: {
    FormBuilder builder(instruction, "cusim_block_rank", cusim_block_rank);
    builder.setLanewise();
    builder.result(1);
    builder.address(instruction.has(Modifier::SharedCluster)
                        ? ptx::Space::SharedCluster
                        : ptx::Space::Generic);
    return builder.finish();
  }
  default: {
    FormBuilder builder(instruction, "cusim_no_effect", cusim_no_effect);
    if (!instruction.has(Modifier::Aligned))
      builder.setLanewise();
    while (builder.hasMore())
      builder.skip();
    return builder.finish();
  }
  }
}
