//===- LoadGroups.cpp - Loads that read a row of each lane ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LoadGroups.h"

#include "runtime/cusim/emit/FunctionEmitter.h"
#include "runtime/cusim/emit/LaneArithmetic.h"

#include "runtime/cusim/machine/Hooks.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace weft::cusim {
using ptx::Modifier;
using ptx::Opcode;
using ptx::Operand;
using ptx::Space;

namespace {

bool mayJoin(const ptx::Instruction &load) {
  if (load.opcode != Opcode::Ld || load.guard || load.operands.size() != 2 ||
      load.operands[0].kind != Operand::Kind::Register ||
      load.operands[1].kind != Operand::Kind::Address ||
      load.operands[1].elements.size() != 1 ||
      load.operands[1].elements[0].kind != Operand::Kind::Register ||
      ptx::bitsOf(load.type()) < 8)
    return false;
  Space space = load.space();
  return space == Space::Global || space == Space::Generic ||
         space == Space::Const;
}

/// Whether loads may be moved over it, as far as memory goes.
bool leavesMemory(const ptx::Instruction &instruction) {
  if (instruction.opcode == Opcode::Ld)
    return !instruction.has(Modifier::Volatile) &&
           !instruction.has(Modifier::Relaxed) &&
           !instruction.has(Modifier::Acquire) &&
           !instruction.has(Modifier::Mmio);
  return isLaneArithmetic(instruction.opcode) ||
         instruction.opcode == Opcode::Mov ||
         instruction.opcode == Opcode::Cvta ||
         instruction.opcode == Opcode::Isspacep;
}

/// By offset: the number of the load.
using Run = std::map<int64_t, uint32_t>;

/// The runs of 4, 8 or 16 neighbours.
void takeGroups(const Run &run, int64_t bytes, std::vector<LoadGroup> &groups) {
  LoadGroup group;
  int64_t next = 0;
  auto finish = [&] {
    if (group.size() == 4 || group.size() == 8 || group.size() == 16)
      groups.push_back(group);
    group.clear();
  };
  for (auto [offset, number] : run) {
    if (!group.empty() && offset != next)
      finish();
    group.push_back(number);
    next = offset + bytes;
  }
  finish();
}

} // namespace

std::vector<LoadGroup> findLoadGroups(const ptx::Function &function,
                                      uint32_t begin, uint32_t end) {
  // Register, component, bits of an element, space.
  using Key = std::tuple<uint32_t, uint8_t, unsigned, Space>;
  std::map<Key, Run> open;
  std::vector<LoadGroup> groups;
  auto close = [&](auto isMeant) {
    for (auto i = open.begin(); i != open.end();) {
      if (!isMeant(i->first)) {
        ++i;
        continue;
      }
      takeGroups(i->second, std::get<2>(i->first) / 8, groups);
      i = open.erase(i);
    }
  };
  for (uint32_t number = begin; number < end; ++number) {
    const ptx::Instruction &instruction = function.instructions[number];
    if (!leavesMemory(instruction)) {
      close([](const Key &) { return true; });
      continue;
    }
    if (mayJoin(instruction)) {
      const Operand &base = instruction.operands[1].elements[0];
      open[{base.index, base.component, ptx::bitsOf(instruction.type()),
            instruction.space()}]
          .try_emplace(int64_t(instruction.operands[1].bits), number);
    }
    forEachWritten(instruction, function, [&](const Operand &written) {
      close([&](const Key &key) { return std::get<0>(key) == written.index; });
    });
  }
  close([](const Key &) { return true; });
  return groups;
}

/// Loads all of a group where the first of them stands: as one row where the
/// lanes' parts of it are neighbours, in a range that is known.
void FunctionEmitter::loadGroup(const LoadGroup &group) {
  const ptx::Instruction *own = instruction;
  uint32_t ownSite = site;
  std::vector<Access> accesses;
  auto select = [&](uint32_t number) {
    instruction = &function.instructions[number];
    site = kernel.sites.numbers[functionIndex][number];
  };
  for (uint32_t number : group) {
    select(number);
    accesses.push_back(
        accessOf(instruction->operands[1], uint32_t(AccessKind::Load)));
  }
  if (isVector(accesses[0].address.value)) {
    llvm::BasicBlock *together = makeBlock("together");
    llvm::BasicBlock *apart = makeBlock("apart");
    llvm::BasicBlock *next = makeBlock("loaded");
    select(group[0]);
    Access row = accesses[0];
    row.count = group.size();
    Address start = beginRow(row, row.elementBytes(), together, apart);
    Values rows = loadInterleavedRow(rowPointer(start), row);
    builder.CreateBr(next);
    together = builder.GetInsertBlock();

    builder.SetInsertPoint(apart);
    Values each;
    for (size_t i = 0; i < group.size(); ++i) {
      select(group[i]);
      each.push_back(loadVector(accesses[i])[0]);
    }
    builder.CreateBr(next);
    apart = builder.GetInsertBlock();

    builder.SetInsertPoint(next);
    for (size_t i = 0; i < group.size(); ++i) {
      llvm::PHINode *value = builder.CreatePHI(lanesOf(row.element), 2);
      value->addIncoming(rows[i], together);
      value->addIncoming(each[i], apart);
      loaded[group[i]] = value;
    }
  }
  instruction = own;
  site = ownSite;
}

} // namespace weft::cusim
