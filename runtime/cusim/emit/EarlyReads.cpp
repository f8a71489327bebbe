//===- EarlyReads.cpp - Sums that are read before they are there ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/EarlyReads.h"

#include "runtime/cusim/emit/Uniformity.h"

#include <algorithm>

namespace weft::cusim {
using ptx::Opcode;
using ptx::Operand;

namespace {

/// wgmma.wait_group leaves at most this many groups.
constexpr uint64_t MaxGroups = 8;

struct Flight {
  uint32_t accumulators;
  /// Groups that were closed since the product was issued, its own included.
  uint64_t groups;
  bool operator==(const Flight &) const = default;
};
/// By register.
using Flights = std::map<uint32_t, Flight>;

bool isCopy(const ptx::Instruction &instruction) {
  return instruction.opcode == Opcode::Mov &&
         instruction.operands.size() == 2 &&
         instruction.operands[0].kind == Operand::Kind::Register &&
         instruction.operands[1].kind == Operand::Kind::Register;
}

/// Goes over an instruction; the accumulators that it reads early.
std::optional<uint32_t> step(const ptx::Instruction &instruction,
                             const ptx::Function &function, Flights &flights) {
  std::optional<uint32_t> early;
  switch (instruction.opcode) {
  case Opcode::WgmmaCommitGroup:
    for (auto &[number, flight] : flights)
      flight.groups = std::min(flight.groups + 1, MaxGroups);
    return early;
  case Opcode::WgmmaWaitGroup:
    std::erase_if(flights, [&](const auto &entry) {
      return entry.second.groups > instruction.operands[0].bits;
    });
    return early;
  default:
    break;
  }
  if (isCopy(instruction)) {
    auto from = flights.find(instruction.operands[1].index);
    if (from != flights.end())
      flights[instruction.operands[0].index] = from->second;
    else if (!instruction.guard)
      flights.erase(instruction.operands[0].index);
    return early;
  }
  forEachRead(instruction, function, [&](const Operand &operand) {
    if (auto found = flights.find(operand.index); found != flights.end())
      early = found->second.accumulators;
  });
  bool isProduct = instruction.opcode == Opcode::WgmmaMmaAsync;
  forEachWritten(instruction, function, [&](const Operand &operand) {
    if (isProduct)
      flights[operand.index] = {instruction.operands[0].elements[0].index, 0};
    else if (!instruction.guard)
      flights.erase(operand.index);
  });
  return early;
}

/// What may be under way at a place that two paths lead to.
bool merge(Flights &into, const Flights &from) {
  bool hasChanged = false;
  for (const auto &[number, flight] : from) {
    auto [place, isNew] = into.try_emplace(number, flight);
    hasChanged |= isNew;
    if (place->second.groups > flight.groups) {
      place->second.groups = flight.groups;
      hasChanged = true;
    }
  }
  return hasChanged;
}

} // namespace

std::map<uint32_t, uint32_t> findEarlyReads(const ptx::Function &function,
                                            const ControlFlow &flow) {
  std::map<uint32_t, uint32_t> result;
  if (std::none_of(function.instructions.begin(), function.instructions.end(),
                   [](const ptx::Instruction &instruction) {
                     return instruction.opcode == Opcode::WgmmaMmaAsync;
                   }))
    return result;
  std::vector<Flights> atBegin(flow.blocks.size() + 1);
  for (bool hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (size_t number = 0; number < flow.blocks.size(); ++number) {
      const FlowBlock &block = flow.blocks[number];
      Flights flights = atBegin[number];
      for (uint32_t i = block.begin; i < block.end; ++i)
        if (std::optional<uint32_t> early =
                step(function.instructions[i], function, flights))
          result[i] = *early;
      if (block.head) {
        hasChanged |= merge(atBegin[*block.head], flights);
        continue;
      }
      for (uint32_t successor : block.successors)
        hasChanged |= merge(atBegin[successor], flights);
    }
  }
  return result;
}

} // namespace weft::cusim
