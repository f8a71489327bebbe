//===- Collectives.cpp - Instructions that are functions over lanes -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

namespace weft::cusim {
using ptx::Operand;
using ptx::Type;

/// Stores the words of the operands as [word][width], calls the hook, and
/// writes the words of the results.
void FunctionEmitter::emitCollective() {
  StatusOr<CollectiveForm> form = collectiveForm(*instruction, &function);
  if (!form)
    return fail(form.message());
  const std::vector<Operand> &operands = instruction->operands;
  if (form->operands.size() != operands.size())
    return fail("an operand that the simulator does not expect");
  llvm::Type *i32 = builder.getInt32Ty();
  llvm::Type *i64 = builder.getInt64Ty();
  uint64_t plane = width * 4;
  llvm::Value *in =
      buffer(1, std::max<uint64_t>(form->operandWords, 1) * plane);
  llvm::Value *out =
      buffer(4, std::max<uint64_t>(form->resultWords, 1) * plane);
  unsigned word = 0;
  auto pass = [&](llvm::Value *value) {
    if (word >= form->operandWords)
      return fail("more words than the simulator expects");
    builder.CreateAlignedStore(splat(convert(value, i32, false)),
                               builder.CreateConstInBoundsGEP1_64(
                                   builder.getInt8Ty(), in, word++ * plane),
                               llvm::Align(4));
  };
  auto passWide = [&](llvm::Value *value) {
    value = convert(value, i64, false);
    pass(builder.CreateTrunc(value, typeLike(value, i32)));
    llvm::Value *high =
        builder.CreateLShr(value, llvm::ConstantInt::get(value->getType(), 32));
    pass(builder.CreateTrunc(high, typeLike(high, i32)));
  };
  auto typeFor = [&](const Operand &operand, unsigned words) {
    if (operand.kind == Operand::Kind::Register) {
      Type declared = function.registers[operand.index].type;
      if (ptx::bitsOf(declared) == 1)
        return Type::Pred;
      if (words == 1 && ptx::bitsOf(declared) == 16)
        return Type::B16;
    }
    return words == 2 ? Type::B64 : Type::B32;
  };
  std::function<void(const Operand &, const CollectiveOperand &)> passOperand =
      [&](const Operand &operand, const CollectiveOperand &how) {
        if (how.words == 0 || operand.kind == Operand::Kind::Sink)
          return;
        if (operand.kind == Operand::Kind::Vector) {
          for (const Operand &element : operand.elements)
            passOperand(element, how);
        } else if (operand.kind == Operand::Kind::Address) {
          passWide(toGeneric(addressOf(operand, how.space)));
        } else if (operand.kind == Operand::Kind::TensorAddress) {
          if (operand.elements.empty())
            return fail("a tensor address without a map");
          passWide(toGeneric(addressOf(operand.elements[0], how.space)));
          for (size_t i = 1; i < operand.elements.size(); ++i)
            pass(toInteger(read(operand.elements[i], Type::B32)));
        } else if (how.words == 2 && how.space != ptx::Space::Generic) {
          passWide(toGeneric(addressOf(operand, how.space)));
        } else {
          llvm::Value *value =
              toInteger(read(operand, typeFor(operand, how.words)));
          how.words == 2 ? passWide(value) : pass(value);
        }
      };
  for (size_t i = 0; i < form->resultCount; ++i)
    if (form->operands[i].isAlsoRead)
      passOperand(operands[i], form->operands[i]);
  for (size_t i = form->resultCount; i < operands.size(); ++i)
    passOperand(operands[i], form->operands[i]);
  if (word != form->operandWords)
    return fail("fewer words than the simulator expects");

  llvm::Value *collective =
      hook(form->symbol, builder.getVoidTy(), {builder.getPtrTy()}).getCallee();
  llvm::SmallVector<llvm::Value *, 10> values = {
      strand, maskBits(), collective, builder.getInt64(form->immediate)};
  if (form->meetsLanes) {
    llvm::Value *members = llvm::ConstantPointerNull::get(builder.getPtrTy());
    if (form->memberOperand) {
      members = buffer(5, plane);
      builder.CreateAlignedStore(
          splat(read(operands[*form->memberOperand], Type::B32)), members,
          llvm::Align(4));
    }
    values.push_back(members);
  }
  values.append({in, builder.getInt32(form->operandWords), out,
                 builder.getInt32(form->resultWords), builder.getInt32(site)});
  callHook(form->meetsLanes ? "cusim_collective" : "cusim_lanewise",
           builder.getVoidTy(), values);

  word = 0;
  auto take = [&] {
    return builder.CreateAlignedLoad(
        lanesOf(i32),
        builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), out,
                                           word++ * plane),
        llvm::Align(4));
  };
  std::function<void(const Operand &, const CollectiveOperand &)> takeResult =
      [&](const Operand &operand, const CollectiveOperand &how) {
        if (how.words == 0)
          return;
        if (operand.kind == Operand::Kind::Vector) {
          for (const Operand &element : operand.elements)
            takeResult(element, how);
          return;
        }
        if (word + how.words > form->resultWords)
          return fail("more results than the simulator expects");
        llvm::Value *value = take();
        if (how.words == 2) {
          llvm::Value *low = builder.CreateZExt(value, lanesOf(i64));
          llvm::Value *high = builder.CreateZExt(take(), lanesOf(i64));
          value = builder.CreateOr(
              low, builder.CreateShl(
                       high, llvm::ConstantInt::get(high->getType(), 32)));
        }
        Type type = typeFor(operand, how.words);
        if (type == Type::Pred)
          value = builder.CreateICmpNE(
              value, llvm::Constant::getNullValue(value->getType()));
        // Uniform results are those of any lane that took part.
        if (operand.kind == Operand::Kind::Register && width > 1 &&
            uniformity.isUniform[operand.index])
          value = ofFirstLane(value);
        write(operand, value, type);
      };
  for (size_t i = 0; i < form->resultCount; ++i)
    takeResult(operands[i], form->operands[i]);
}

} // namespace weft::cusim
