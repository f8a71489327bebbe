//===- Addresses.cpp - From operands to the host's pointers ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "runtime/cusim/machine/Hooks.h"

#include "llvm/IR/MDBuilder.h"

namespace weft::cusim {
using ptx::Operand;
using ptx::Space;

/// The address of a variable in its own space.
FunctionEmitter::Address
FunctionEmitter::variableAddress(const Operand &operand) {
  const ptx::VariableRef &reference = operand.variable;
  auto offsetAddress = [&](uint64_t offset, Space space) {
    return Address{space == Space::Shared ? builder.getInt32(offset)
                                          : builder.getInt64(offset),
                   space};
  };
  auto frameAddress = [&](uint64_t offset) {
    llvm::Value *value = builder.getInt64(offset);
    return Address{frame ? builder.CreateAdd(value, frame) : value,
                   Space::Local};
  };
  if (reference.isOfModule) {
    const ptx::Variable &variable = kernel.module.variables[reference.index];
    if (variable.space == Space::Shared) {
      uint64_t offset =
          kernel.layout.moduleShared.at(reference.index) + operand.bits;
      if (variable.bytes)
        return offsetAddress(offset, Space::Shared);
      // The dynamic part.
      return {
          builder.CreateAdd(strandField(offsetof(Strand, dynamicSharedOffset),
                                        builder.getInt32Ty()),
                            builder.getInt32(operand.bits)),
          Space::Shared};
    }
    llvm::Value *table =
        strandField(offsetof(Strand, variables), builder.getPtrTy());
    llvm::LoadInst *address =
        builder.CreateLoad(builder.getInt64Ty(),
                           builder.CreateConstInBoundsGEP1_64(
                               builder.getInt64Ty(), table, reference.index));
    address->setMetadata(llvm::LLVMContext::MD_invariant_load,
                         llvm::MDNode::get(builder.getContext(), {}));
    return {builder.CreateAdd(address, builder.getInt64(operand.bits)),
            variable.space};
  }
  if (reference.of == ptx::VariableRef::Of::Variables) {
    const ptx::Variable &variable = function.variables[reference.index];
    std::pair<uint32_t, uint32_t> key(functionIndex, reference.index);
    if (variable.space == Space::Shared)
      return offsetAddress(kernel.layout.functionShared.at(key) + operand.bits,
                           Space::Shared);
    if (variable.space == Space::Local)
      return frameAddress(kernel.layout.local.at(key) + operand.bits);
  } else if (isLocalParameter(reference)) {
    return frameAddress(
        kernel.layout.localParameters.at({functionIndex, reference.index}) +
        operand.bits);
  } else if (reference.of == ptx::VariableRef::Of::Parameters &&
             function.isEntry) {
    return offsetAddress(function.parameters[reference.index].offset +
                             operand.bits,
                         Space::Param);
  }
  fail("the address of a parameter of a function or call cannot be taken");
  return offsetAddress(0, Space::Param);
}

/// What an `[a + b]` operand points to.
FunctionEmitter::Address FunctionEmitter::addressOf(const Operand &operand,
                                                    Space space) {
  bool isShared = space == Space::Shared || space == Space::SharedCluster;
  llvm::Type *type = isShared ? builder.getInt32Ty() : builder.getInt64Ty();
  auto constant = [&](llvm::Value *like, uint64_t bits) {
    return llvm::ConstantInt::get(
        like->getType(),
        llvm::APInt(64, bits).trunc(
            like->getType()->getScalarType()->getIntegerBitWidth()));
  };
  const Operand *base = &operand;
  uint64_t offset = 0;
  if (operand.kind == Operand::Kind::Address) {
    offset = operand.bits;
    if (operand.elements.empty())
      return {constant(llvm::Constant::getNullValue(type), offset), space};
    base = &operand.elements[0];
  }
  if (base->kind == Operand::Kind::Variable) {
    Address address = variableAddress(*base);
    if (offset)
      address.value =
          builder.CreateAdd(address.value, constant(address.value, offset));
    if (space == Space::Generic && address.space != Space::Generic)
      return {toGeneric(address), Space::Generic};
    if (isLocalParameter(base->variable))
      return address;
    return {address.value, space};
  }
  if (base->kind != Operand::Kind::Register) {
    fail("an address that is neither a register nor a variable");
    return {llvm::Constant::getNullValue(type), space};
  }
  llvm::Value *value = toInteger(readRegister(*base));
  if (offset)
    value = builder.CreateAdd(value, constant(value, offset));
  if (isShared && value->getType()->getScalarSizeInBits() > 32)
    // What lies beyond 32 bits must stay out of bounds.
    value = builder.CreateBinaryIntrinsic(
        llvm::Intrinsic::umin, value,
        llvm::ConstantInt::get(value->getType(), 0xffffffff));
  return {convert(value, type, false), space};
}

llvm::Value *FunctionEmitter::toGeneric(const Address &address) {
  uint64_t tag = 0;
  switch (address.space) {
  case Space::Shared:
  case Space::SharedCluster:
    tag = SharedTag;
    break;
  case Space::Local:
    tag = LocalTag;
    break;
  case Space::Param:
    tag = ParamTag;
    break;
  default:
    return address.value;
  }
  llvm::Value *wide = convert(address.value, builder.getInt64Ty(), false);
  // Not `or`: an offset that ran over must not look like another space's.
  wide = builder.CreateAnd(
      wide, llvm::ConstantInt::get(wide->getType(), HostAddressMask));
  return builder.CreateOr(
      wide, llvm::ConstantInt::get(wide->getType(), tag << TagShift));
}

llvm::Value *FunctionEmitter::rangeField(unsigned offset) {
  llvm::Value *table = strandField(offsetof(Strand, sites), builder.getPtrTy());
  return builder.CreateLoad(
      builder.getInt64Ty(),
      builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), table,
                                         site * sizeof(SiteRange) + offset));
}

/// Whether `bytes` bytes at a scalar address lie where the instruction's last
/// access did, aligned.
llvm::Value *FunctionEmitter::isInRange(llvm::Value *address, uint64_t bytes,
                                        uint64_t alignment) {
  llvm::Value *begin = rangeField(offsetof(SiteRange, begin));
  llvm::Value *end = rangeField(offsetof(SiteRange, end));
  // Ends of ranges are below 2^63, so a sum that wraps round is outside.
  llvm::Value *isInside = builder.CreateAnd(
      builder.CreateICmpSGE(address, begin),
      builder.CreateICmpULE(builder.CreateAdd(address, builder.getInt64(bytes)),
                            end));
  if (alignment > 1)
    isInside = builder.CreateAnd(
        isInside,
        builder.CreateICmpEQ(
            builder.CreateAnd(address, builder.getInt64(alignment - 1)),
            builder.getInt64(0)));
  return isInside;
}

/// Whether the words of shared memory at an offset need no check of races
/// before they are loaded: most loads of tiled kernels. False where `isInside`
/// is.
llvm::Value *FunctionEmitter::isQuiet(llvm::Value *offset, uint64_t bytes,
                                      llvm::Value *isInside) {
  llvm::Type *i64 = builder.getInt64Ty();
  llvm::Value *words =
      strandField(offsetof(Strand, quietWords), builder.getPtrTy());
  llvm::Value *time = builder.CreateLoad(
      builder.getInt32Ty(),
      strandField(offsetof(Strand, raceTime), builder.getPtrTy()));
  llvm::Value *warp = builder.CreateZExt(
      strandField(offsetof(Strand, warp), builder.getInt32Ty()), i64);
  llvm::Value *bit = builder.CreateShl(builder.getInt64(1), warp);
  llvm::Value *wanted = builder.CreateOr(
      builder.CreateShl(builder.CreateZExt(time, i64), uint64_t(32)), bit);
  llvm::Value *relevant =
      builder.CreateOr(bit, builder.getInt64(~uint64_t(0) << 32));
  llvm::Value *first = builder.CreateSelect(
      isInside, builder.CreateLShr(offset, uint64_t(2)), builder.getInt64(0));
  llvm::Value *isQuiet = isInside;
  for (uint64_t i = 0; i < bytes / 4; ++i) {
    llvm::Value *word = builder.CreateLoad(
        i64, builder.CreateGEP(i64, words,
                               builder.CreateAdd(first, builder.getInt64(i))));
    isQuiet = builder.CreateAnd(
        isQuiet,
        builder.CreateICmpEQ(builder.CreateAnd(word, relevant), wanted));
  }
  return isQuiet;
}

/// The host's pointer for a scalar address, after its check.
llvm::Value *FunctionEmitter::checkedPointer(const Address &address,
                                             uint64_t bytes, uint64_t alignment,
                                             uint32_t kind) {
  bool isChecked = kernel.options.checkBounds;
  auto resolve = [&] {
    return callHook("cusim_resolve", builder.getPtrTy(),
                    {strand, toGeneric(address), firstLane(),
                     builder.getInt32(bytes), builder.getInt32(alignment),
                     builder.getInt32(kind), builder.getInt32(site)});
  };
  llvm::Value *fast = nullptr;
  llvm::Value *isGood = nullptr;
  switch (address.space) {
  case Space::Global:
  case Space::Const:
  case Space::Generic:
    // Other spaces' generic addresses are never in a range.
    if (isChecked || address.space == Space::Generic)
      isGood = isInRange(address.value, bytes, alignment);
    fast = builder.CreateIntToPtr(
        builder.CreateAnd(address.value, builder.getInt64(HostAddressMask)),
        builder.getPtrTy());
    break;
  case Space::Shared: {
    // Every access of shared memory is noted for races, which the hook does,
    // but for loads of quiet words.
    bool notesRaces = kernel.options.checkRaces && width == 1;
    if (notesRaces && (kind != uint32_t(AccessKind::Load) || bytes % 4))
      return resolve();
    llvm::Value *offset = convert(address.value, builder.getInt64Ty(), false);
    if (isChecked || notesRaces) {
      llvm::Value *size = builder.CreateZExt(
          strandField(offsetof(Strand, sharedBytes), builder.getInt32Ty()),
          builder.getInt64Ty());
      isGood = builder.CreateICmpULE(
          builder.CreateAdd(offset, builder.getInt64(bytes)), size);
      isGood = builder.CreateAnd(
          isGood,
          builder.CreateICmpEQ(
              builder.CreateAnd(offset, builder.getInt64(alignment - 1)),
              builder.getInt64(0)));
    }
    if (notesRaces)
      isGood = isQuiet(offset, bytes, isGood);
    fast = builder.CreateGEP(
        builder.getInt8Ty(),
        strandField(offsetof(Strand, shared), builder.getPtrTy()), offset);
    break;
  }
  case Space::Local:
    if (width > 1)
      return resolve();
    if (isChecked)
      isGood = builder.CreateAnd(
          builder.CreateICmpULE(
              address.value,
              builder.CreateSub(strandField(offsetof(Strand, localStride),
                                            builder.getInt64Ty()),
                                builder.getInt64(bytes))),
          builder.CreateICmpEQ(
              builder.CreateAnd(address.value, builder.getInt64(alignment - 1)),
              builder.getInt64(0)));
    fast = builder.CreateGEP(
        builder.getInt8Ty(),
        strandField(offsetof(Strand, local), builder.getPtrTy()),
        address.value);
    break;
  default:
    return resolve();
  }
  if (!isGood)
    return fast;
  llvm::BasicBlock *before = builder.GetInsertBlock();
  llvm::BasicBlock *slow = makeBlock("slow");
  llvm::BasicBlock *next = makeBlock("resolved");
  builder.CreateCondBr(
      isGood, next, slow,
      llvm::MDBuilder(builder.getContext()).createBranchWeights(2000, 1));
  builder.SetInsertPoint(slow);
  llvm::Value *resolved = resolve();
  builder.CreateBr(next);
  builder.SetInsertPoint(next);
  llvm::PHINode *pointer = builder.CreatePHI(builder.getPtrTy(), 2);
  pointer->addIncoming(fast, before);
  pointer->addIncoming(resolved, slow);
  return pointer;
}

/// A list of 64-bit addresses or values, one for each lane, in memory.
llvm::Value *FunctionEmitter::laneList(unsigned use, llvm::Value *value) {
  llvm::Value *memory = buffer(use, width * 8);
  value = splat(convert(value, builder.getInt64Ty(), false));
  builder.CreateAlignedStore(value, memory, llvm::Align(8));
  return memory;
}

/// Tells the counters of an access that this code makes by itself.
void FunctionEmitter::noteAccess(const Address &address, uint64_t bytes,
                                 uint32_t kind) {
  if (!kernel.options.count || address.space == Space::Local ||
      address.space == Space::Param || address.space == Space::Const)
    return;
  callHook("cusim_note_access", builder.getVoidTy(),
           {strand, maskBits(), laneList(0, toGeneric(address)),
            builder.getInt32(bytes), builder.getInt32(kind),
            builder.getInt32(site)});
}

} // namespace weft::cusim
