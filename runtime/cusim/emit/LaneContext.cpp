//===- LaneContext.cpp - One instruction while it is emitted --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneContext.h"

using namespace llvm;

namespace weft::cusim {

using ptx::Modifier;

bool LaneContext::take(Modifier modifier) {
  bool isThere = false;
  for (auto [index, candidate] : enumerate(instruction.modifiers))
    if (candidate == modifier) {
      taken |= uint64_t(1) << index;
      isThere = true;
    }
  return isThere;
}

std::optional<Rounding> LaneContext::takeRounding() {
  if (take(Modifier::Rn))
    return Rounding::Nearest;
  if (take(Modifier::Rz))
    return Rounding::Zero;
  if (take(Modifier::Rm))
    return Rounding::Down;
  if (take(Modifier::Rp))
    return Rounding::Up;
  return std::nullopt;
}

std::optional<Rounding> LaneContext::takeIntegralRounding() {
  if (take(Modifier::Rni))
    return Rounding::Nearest;
  if (take(Modifier::Rzi))
    return Rounding::Zero;
  if (take(Modifier::Rmi))
    return Rounding::Down;
  if (take(Modifier::Rpi))
    return Rounding::Up;
  return std::nullopt;
}

std::optional<Modifier> LaneContext::takeComparison() {
  for (Modifier modifier :
       {Modifier::Eq, Modifier::Ne, Modifier::Lt, Modifier::Le, Modifier::Gt,
        Modifier::Ge, Modifier::Lo, Modifier::Ls, Modifier::Hi, Modifier::Hs,
        Modifier::Equ, Modifier::Neu, Modifier::Ltu, Modifier::Leu,
        Modifier::Gtu, Modifier::Geu, Modifier::Num, Modifier::Nan})
    if (take(modifier))
      return modifier;
  return std::nullopt;
}

/// "line 3, column 5: 'add.sat.u32 ...' ".
static std::string placeOf(const ptx::Instruction &instruction) {
  std::string place = "line " + std::to_string(instruction.location.line) +
                      ", column " +
                      std::to_string(instruction.location.column) + ": ";
  if (!instruction.text.empty())
    return place + "'" + instruction.text + "' ";
  return place + std::string(ptx::textOf(instruction.opcode)) + " ";
}

Value *LaneContext::fail(const std::string &why) {
  if (failure.empty())
    failure = placeOf(instruction) + why;
  return nullptr;
}

Value *LaneContext::failType() {
  std::string list;
  for (ptx::Type type : instruction.types)
    list += "." + std::string(ptx::textOf(type));
  return fail("has type " + (list.empty() ? "none" : list) + ", which " +
              std::string(ptx::textOf(instruction.opcode)) +
              " does not take in this form");
}

Status LaneContext::status() const {
  if (!failure.empty())
    return Status::error(failure);
  for (auto [index, modifier] : enumerate(instruction.modifiers))
    if (!(taken >> index & 1))
      return Status::error(placeOf(instruction) + "carries ." +
                           std::string(ptx::textOf(modifier)) +
                           ", which cannot be carried out in this form of " +
                           std::string(ptx::textOf(instruction.opcode)) +
                           "; remove it or change the types");
  return Status::ok();
}

} // namespace weft::cusim
