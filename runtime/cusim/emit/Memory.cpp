//===- Memory.cpp - ld and st ---------------------------------------------===//
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
using ptx::Space;

/// How ld or st accesses memory. A vector is one access: aligned as a whole.
FunctionEmitter::Access FunctionEmitter::accessOf(const Operand &address,
                                                  uint32_t kind) {
  Access access;
  access.address = addressOf(address, instruction->space());
  access.element =
      builder.getIntNTy(std::max(8u, ptx::bitsOf(instruction->type())));
  access.count = instruction->vectorLength();
  // Strong accesses see what other threads write: they may not be merged.
  bool isStrong = instruction->has(Modifier::Volatile) ||
                  instruction->has(Modifier::Relaxed) ||
                  instruction->has(Modifier::Acquire) ||
                  instruction->has(Modifier::Release) ||
                  instruction->has(Modifier::Mmio);
  access.isVolatile = isStrong;
  bool isLoad = kind == uint32_t(AccessKind::Load);
  access.kind = !isStrong ? kind
                          : uint32_t(isLoad ? AccessKind::StrongLoad
                                            : AccessKind::StrongStore);
  return access;
}

void FunctionEmitter::emitLoad() {
  if (instruction->operands.size() < 2)
    return fail("ld takes a result and an address");
  if (instruction->space() == Space::Param && emitParameterLoad())
    return;
  const Operand &target = instruction->operands[0];
  Access access =
      accessOf(instruction->operands[1], uint32_t(AccessKind::Load));
  bool isList = target.kind == Operand::Kind::Vector;
  if ((isList ? target.elements.size() : 1) != access.count)
    return fail("the number of registers is not that of .v" +
                std::to_string(access.count));
  uint32_t number = instruction - function.instructions.data();
  if (auto group = loadGroups.find(number); group != loadGroups.end())
    loadGroup(group->second);
  auto early = loaded.find(number);
  Values values = early != loaded.end() ? Values{early->second} : load(access);
  if (early != loaded.end())
    loaded.erase(early);
  for (unsigned i = 0; i < access.count && i < values.size(); ++i)
    write(isList ? target.elements[i] : target, values[i], instruction->type());
}

void FunctionEmitter::emitStore() {
  if (instruction->operands.size() < 2)
    return fail("st takes an address and a value");
  if (instruction->space() == Space::Param && emitParameterStore())
    return;
  const Operand &source = instruction->operands[1];
  Access access =
      accessOf(instruction->operands[0], uint32_t(AccessKind::Store));
  bool isList = source.kind == Operand::Kind::Vector;
  if ((isList ? source.elements.size() : 1) != access.count)
    return fail("the number of registers is not that of .v" +
                std::to_string(access.count));
  Values values;
  for (unsigned i = 0; i < access.count; ++i) {
    const Operand &element = isList ? source.elements[i] : source;
    values.push_back(convert(toInteger(read(element, instruction->type())),
                             access.element, false));
  }
  store(access, values);
}

FunctionEmitter::Values FunctionEmitter::load(const Access &access) {
  bool isPerLane = access.address.space == Space::Local && width > 1;
  if (isPerLane || isVector(access.address.value))
    return loadVector(access);
  return loadUniform(access);
}

/// One load for all lanes.
FunctionEmitter::Values FunctionEmitter::loadUniform(const Access &access) {
  // A generic address may be local memory, which each lane has its own of.
  if (access.address.space == Space::Generic && width > 1)
    return loadVector(access);
  llvm::Value *pointer = checkedPointer(access.address, access.bytes(),
                                        access.bytes(), access.kind);
  noteAccess(access.address, access.bytes(), access.kind);
  Values values;
  for (unsigned i = 0; i < access.count; ++i)
    values.push_back(builder.CreateAlignedLoad(
        access.element,
        builder.CreateConstInBoundsGEP1_64(access.element, pointer, i),
        llvm::Align(access.elementBytes()), access.isVolatile));
  return values;
}

void FunctionEmitter::store(const Access &access,
                            llvm::ArrayRef<llvm::Value *> values) {
  bool isPerLane = width > 1 && (access.address.space == Space::Local ||
                                 access.address.space == Space::Generic);
  if (isPerLane || isVector(access.address.value))
    return storeVector(access, values);
  // All lanes write to one place: the last one's value stays.
  llvm::Value *pointer = checkedPointer(access.address, access.bytes(),
                                        access.bytes(), access.kind);
  noteAccess(access.address, access.bytes(), access.kind);
  for (unsigned i = 0; i < access.count; ++i)
    builder.CreateAlignedStore(
        ofLastLane(values[i]),
        builder.CreateConstInBoundsGEP1_64(access.element, pointer, i),
        llvm::Align(access.elementBytes()), access.isVolatile);
}

} // namespace weft::cusim
