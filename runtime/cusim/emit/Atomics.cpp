//===- Atomics.cpp - atom and red -----------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "runtime/cusim/machine/Hooks.h"

namespace weft::cusim {
using ptx::Modifier;
using ptx::Operand;

namespace {
std::optional<AtomicOperation> operationOf(const ptx::Instruction &atom) {
  static constexpr std::pair<Modifier, AtomicOperation> Operations[] = {
      {Modifier::Add, AtomicOperation::Add},
      {Modifier::Min, AtomicOperation::Min},
      {Modifier::Max, AtomicOperation::Max},
      {Modifier::And, AtomicOperation::And},
      {Modifier::Or, AtomicOperation::Or},
      {Modifier::Xor, AtomicOperation::Xor},
      {Modifier::Exch, AtomicOperation::Exch},
      {Modifier::Cas, AtomicOperation::Cas},
      {Modifier::Inc, AtomicOperation::Inc},
      {Modifier::Dec, AtomicOperation::Dec},
  };
  for (auto [modifier, operation] : Operations)
    if (atom.has(modifier))
      return operation;
  return std::nullopt;
}
} // namespace

/// The machine does them, lane by lane: other cores see each as one step.
void FunctionEmitter::emitAtomic() {
  std::optional<AtomicOperation> operation = operationOf(*instruction);
  if (!operation)
    return fail("an atomic operation that the simulator does not know");
  ptx::Type type = instruction->type();
  if (ptx::bitsOf(type) > 64)
    return fail("atomics of 128 bits are not supported");
  bool isAtom = instruction->opcode == ptx::Opcode::Atom;
  bool isCas = *operation == AtomicOperation::Cas;
  size_t first = isAtom ? 1 : 0;
  const std::vector<Operand> &operands = instruction->operands;
  if (operands.size() < first + (isCas ? 3 : 2))
    return fail("too few operands");
  Address address = addressOf(operands[first], instruction->space());
  unsigned count = instruction->vectorLength();
  auto element = [&](const Operand &operand, unsigned i) -> const Operand & {
    return operand.kind == Operand::Kind::Vector && i < operand.elements.size()
               ? operand.elements[i]
               : operand;
  };
  llvm::Type *integer = builder.getIntNTy(ptx::bitsOf(type));
  Values values;
  for (unsigned i = 0; i < count; ++i) {
    llvm::Value *generic = splat(toGeneric(address));
    if (i)
      generic = builder.CreateAdd(
          generic, llvm::ConstantInt::get(generic->getType(),
                                          i * ptx::bitsOf(type) / 8));
    auto list = [&](unsigned use, const Operand &operand) {
      return laneList(use, convert(toInteger(read(operand, type)),
                                   builder.getInt64Ty(), false));
    };
    llvm::Value *null = llvm::ConstantPointerNull::get(builder.getPtrTy());
    llvm::Value *result = isAtom ? buffer(1, width * 8) : null;
    callHook("cusim_atomic", builder.getVoidTy(),
             {strand, maskBits(), laneList(0, generic),
              builder.getInt32(uint32_t(*operation)),
              builder.getInt32(uint32_t(type)),
              list(4, element(operands[first + 1], i)),
              isCas ? list(5, element(operands[first + 2], i)) : null, result,
              builder.getInt32(site)});
    if (isAtom)
      values.push_back(builder.CreateTrunc(
          builder.CreateAlignedLoad(lanesOf(builder.getInt64Ty()), result,
                                    llvm::Align(8)),
          lanesOf(integer)));
  }
  for (unsigned i = 0; i < values.size(); ++i)
    write(element(operands[0], i), values[i], type);
}

} // namespace weft::cusim
