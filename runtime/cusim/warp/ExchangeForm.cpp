//===- ExchangeForm.cpp - Forms of shfl, vote, match, redux ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/Exchange.h"
#include "runtime/cusim/warp/FormBuilder.h"

namespace weft::cusim {

using ptx::Instruction;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

namespace {

/// The value that goes with the first of `choices` that the instruction has.
template <typename Value>
std::optional<Value>
choose(const Instruction &instruction,
       std::initializer_list<std::pair<Modifier, Value>> choices) {
  for (auto [modifier, value] : choices)
    if (instruction.has(modifier))
      return value;
  return std::nullopt;
}

StatusOr<CollectiveForm> shuffleForm(const Instruction &instruction) {
  auto mode = choose<ShuffleMode>(instruction,
                                  {{Modifier::Up, ShuffleMode::Up},
                                   {Modifier::Down, ShuffleMode::Down},
                                   {Modifier::Bfly, ShuffleMode::Butterfly},
                                   {Modifier::Idx, ShuffleMode::Index}});
  if (!mode)
    return formError(instruction, "needs .up, .down, .bfly or .idx");
  if (instruction.type() != Type::B32)
    return formError(instruction, "moves .b32 only");
  bool hasPredicate = instruction.operands.size() == 6;
  FormBuilder builder(instruction, "cusim_shfl", cusim_shfl);
  builder.result(1);
  if (hasPredicate)
    builder.result(1);
  builder.operand(1);
  builder.operand(1);
  builder.operand(1);
  builder.members();
  builder.setImmediate(uint64_t(*mode) | uint64_t(hasPredicate) << 8);
  return builder.finish();
}

StatusOr<CollectiveForm> voteForm(const Instruction &instruction) {
  auto mode =
      choose<VoteMode>(instruction, {{Modifier::All, VoteMode::All},
                                     {Modifier::Any, VoteMode::Any},
                                     {Modifier::Uni, VoteMode::Uniform},
                                     {Modifier::Ballot, VoteMode::Ballot}});
  if (!mode)
    return formError(instruction, "needs .all, .any, .uni or .ballot");
  Type expected = *mode == VoteMode::Ballot ? Type::B32 : Type::Pred;
  if (instruction.type() != expected)
    return formError(instruction,
                     "results in ." + std::string(textOf(expected)) +
                         ", not ." + std::string(textOf(instruction.type())));
  FormBuilder builder(instruction, "cusim_vote", cusim_vote);
  builder.result(1);
  builder.operand(1);
  builder.members();
  builder.setImmediate(uint64_t(*mode));
  return builder.finish();
}

StatusOr<CollectiveForm> matchForm(const Instruction &instruction) {
  bool isAll = instruction.has(Modifier::All);
  if (isAll == instruction.has(Modifier::Any))
    return formError(instruction, "needs .any or .all");
  bool isWide = instruction.type() == Type::B64;
  if (!isWide && instruction.type() != Type::B32)
    return formError(instruction, "compares .b32 or .b64");
  bool hasPredicate = isAll && instruction.operands.size() == 4;
  FormBuilder builder(instruction,
                      isAll ? "cusim_match_all" : "cusim_match_any",
                      isAll ? cusim_match_all : cusim_match_any);
  builder.result(1);
  if (hasPredicate)
    builder.result(1);
  builder.operand(isWide ? 2 : 1);
  builder.members();
  builder.setImmediate(uint64_t(isWide) | uint64_t(hasPredicate) << 1);
  return builder.finish();
}

StatusOr<CollectiveForm> reduxForm(const Instruction &instruction) {
  auto operation = choose<ReduceOperation>(
      instruction, {{Modifier::Add, ReduceOperation::Add},
                    {Modifier::Min, ReduceOperation::Min},
                    {Modifier::Max, ReduceOperation::Max},
                    {Modifier::And, ReduceOperation::And},
                    {Modifier::Or, ReduceOperation::Or},
                    {Modifier::Xor, ReduceOperation::Xor}});
  if (!operation)
    return formError(instruction, "needs .add, .min, .max, .and, .or or .xor");
  ReduceImmediate how{*operation};
  how.isAbsolute = instruction.has(Modifier::Abs);
  how.propagatesNaN = instruction.has(Modifier::NaN);
  bool isOrder =
      *operation == ReduceOperation::Min || *operation == ReduceOperation::Max;
  bool isArithmetic = isOrder || *operation == ReduceOperation::Add;
  Type type = instruction.type();
  bool isAllowed = type == Type::B32   ? !isArithmetic
                   : type == Type::F32 ? isOrder
                                       : isArithmetic && (type == Type::U32 ||
                                                          type == Type::S32);
  if (!isAllowed)
    return formError(instruction, "has no form with ." +
                                      std::string(textOf(type)) +
                                      " for this operation");
  if (type == Type::S32)
    how.type = ReduceType::Signed;
  if (type == Type::F32)
    how.type = ReduceType::Float;
  if (type != Type::F32 && (how.isAbsolute || how.propagatesNaN))
    return formError(instruction, "takes .abs and .NaN with .f32 only");
  FormBuilder builder(instruction, "cusim_redux", cusim_redux);
  builder.result(1);
  builder.operand(1);
  builder.members();
  builder.setImmediate(how.pack());
  return builder.finish();
}

} // namespace

StatusOr<CollectiveForm> exchangeForm(const Instruction &instruction) {
  if (!instruction.has(Modifier::Sync) &&
      instruction.opcode != Opcode::BarWarpSync)
    return formError(instruction, "the form without .sync does not exist from "
                                  "sm_70 on; use .sync with a membermask");
  switch (instruction.opcode) {
  case Opcode::Shfl:
    return shuffleForm(instruction);
  case Opcode::Vote:
    return voteForm(instruction);
  case Opcode::Match:
    return matchForm(instruction);
  case Opcode::Redux:
    return reduxForm(instruction);
  case Opcode::Elect: {
    FormBuilder builder(instruction, "cusim_elect", cusim_elect);
    builder.result(1);
    builder.result(1);
    builder.members();
    return builder.finish();
  }
  case Opcode::BarWarpSync: {
    FormBuilder builder(instruction, "cusim_warp_barrier", cusim_warp_barrier);
    builder.members();
    return builder.finish();
  }
  default:
    return formError(instruction, "does not exchange values");
  }
}

} // namespace weft::cusim
