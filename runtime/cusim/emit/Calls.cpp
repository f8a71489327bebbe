//===- Calls.cpp - call ---------------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

namespace weft::cusim {
using ptx::Operand;

namespace {
/// Bytes of all parameters, or results; they have offsets.
uint64_t bytesOf(const std::vector<ptx::Parameter> &parameters) {
  uint64_t bytes = 0;
  for (const ptx::Parameter &parameter : parameters)
    bytes = std::max(bytes, parameter.offset + parameter.bytes);
  return bytes;
}
} // namespace

/// call (results), function, (arguments) {, prototype}.
void FunctionEmitter::emitCall() {
  const std::vector<Operand> &operands = instruction->operands;
  if (operands.size() < 3 || operands[0].kind != Operand::Kind::Vector ||
      operands[2].kind != Operand::Kind::Vector)
    return fail("a call without a function");
  const Operand &callee = operands[1];
  const std::vector<ptx::Parameter> *parameters = nullptr;
  const std::vector<ptx::Parameter> *resultParameters = nullptr;
  const ptx::Prototype *prototype = nullptr;
  if (callee.kind == Operand::Kind::Function) {
    const ptx::Function &target = kernel.module.functions[callee.index];
    if (target.isDeclaration) {
      if (!emitSystemCall(target))
        fail("the function " + target.name + " is declared but not defined");
      return;
    }
    parameters = &target.parameters;
    resultParameters = &target.results;
  } else {
    if (operands.size() < 4 || operands[3].kind != Operand::Kind::Prototype)
      return fail("an indirect call without a prototype");
    prototype = &function.prototypes[operands[3].index];
    if (prototype->targets.empty()) {
      parameters = &prototype->parameters;
      resultParameters = &prototype->results;
    } else {
      const ptx::Function &first =
          kernel.module.functions[prototype->targets[0]];
      parameters = &first.parameters;
      resultParameters = &first.results;
    }
  }
  if (operands[2].elements.size() != parameters->size() ||
      operands[0].elements.size() != resultParameters->size())
    return fail("a call with " + std::to_string(operands[2].elements.size()) +
                " arguments of a function with " +
                std::to_string(parameters->size()) + " parameters");

  llvm::Type *byte = builder.getInt8Ty();
  llvm::Value *in =
      buffer(2, std::max<uint64_t>(bytesOf(*parameters), 1) * width);
  llvm::Value *out =
      buffer(3, std::max<uint64_t>(bytesOf(*resultParameters), 1) * width);
  for (size_t i = 0; i < parameters->size(); ++i) {
    const ptx::Parameter &parameter = (*parameters)[i];
    const Operand &element = operands[2].elements[i];
    llvm::Value *target =
        builder.CreateConstInBoundsGEP1_64(byte, in, parameter.offset * width);
    if (element.kind == Operand::Kind::Variable) {
      llvm::Value *source = planes(element, parameter.bytes);
      if (!source)
        return fail("an argument that is no .param variable");
      builder.CreateMemCpy(target, llvm::MaybeAlign(1), source,
                           llvm::MaybeAlign(1), parameter.bytes * width);
    } else {
      storePlanes(target, convert(toInteger(read(element, parameter.type)),
                                  builder.getIntNTy(parameter.bytes * 8),
                                  ptx::isSigned(parameter.type)));
    }
  }
  llvm::Value *stack = saveStack();
  if (callee.kind == Operand::Kind::Function)
    emitDirectCall(callee.index, in, out);
  else
    emitIndirectCall(callee, prototype, in, out);
  restoreStack(stack);
  for (size_t i = 0; i < resultParameters->size(); ++i) {
    const ptx::Parameter &parameter = (*resultParameters)[i];
    const Operand &element = operands[0].elements[i];
    llvm::Value *source =
        builder.CreateConstInBoundsGEP1_64(byte, out, parameter.offset * width);
    if (element.kind == Operand::Kind::Variable) {
      llvm::Value *target = planes(element, parameter.bytes);
      if (!target)
        return fail("a result that is no .param variable");
      builder.CreateMemCpy(target, llvm::MaybeAlign(1), source,
                           llvm::MaybeAlign(1), parameter.bytes * width);
    } else {
      write(element, loadPlanes(source, builder.getIntNTy(parameter.bytes * 8)),
            parameter.type);
    }
  }
}

void FunctionEmitter::emitDirectCall(uint32_t callee, llvm::Value *in,
                                     llvm::Value *out) {
  llvm::Function *target = kernel.functions[callee];
  if (!target || kernel.module.functions[callee].isEntry)
    return fail("a kernel cannot be called");
  callHook("cusim_check_stack", builder.getVoidTy(),
           {strand, builder.getInt32(site)});
  llvm::Value *calleeFrame =
      builder.getInt64(kernel.layout.frameBytes.at(functionIndex));
  if (frame)
    calleeFrame = builder.CreateAdd(calleeFrame, frame);
  builder.CreateCall(target, {strand, maskBits(), calleeFrame, in, out});
}

/// Function by function that a register may name, for the lanes that do.
void FunctionEmitter::emitIndirectCall(const Operand &callee,
                                       const ptx::Prototype *prototype,
                                       llvm::Value *in, llvm::Value *out) {
  llvm::Value *address = read(callee, ptx::Type::B64);
  llvm::Value *outerMask = mask;
  bool outerGuarded = isGuarded;
  llvm::Value *left = maskBits();
  auto matches = [](const std::vector<ptx::Parameter> &a,
                    const std::vector<ptx::Parameter> &b) {
    if (a.size() != b.size())
      return false;
    for (size_t i = 0; i < a.size(); ++i)
      if (a[i].bytes != b[i].bytes || a[i].offset != b[i].offset)
        return false;
    return true;
  };
  for (uint32_t target : kernel.layout.indirectTargets) {
    const ptx::Function &candidate = kernel.module.functions[target];
    if (prototype->targets.empty() &&
        (!matches(candidate.parameters, prototype->parameters) ||
         !matches(candidate.results, prototype->results)))
      continue;
    llvm::Value *isThis = builder.CreateICmpEQ(
        address, llvm::ConstantInt::get(address->getType(),
                                        FunctionTag << TagShift | target));
    llvm::Value *lanes = builder.CreateAnd(left, toBits(isThis));
    left = builder.CreateAnd(left, builder.CreateNot(lanes));
    emitIf(builder.CreateICmpNE(lanes, builder.getInt32(0)), [&] {
      if (width > 1)
        mask = lanes;
      emitDirectCall(target, in, out);
    });
    mask = outerMask;
    isGuarded = outerGuarded;
  }
  trapLanes(left);
}

/// Argument number `index` of a call: what the .param variable holds.
llvm::Value *FunctionEmitter::argument(const Operand &list, unsigned index,
                                       llvm::Type *scalar) {
  if (index >= list.elements.size()) {
    fail("a call with too few arguments");
    return splat(llvm::Constant::getNullValue(scalar));
  }
  const Operand &element = list.elements[index];
  if (element.kind != Operand::Kind::Variable)
    return convert(toInteger(read(element, scalar->getIntegerBitWidth() == 64
                                               ? ptx::Type::B64
                                               : ptx::Type::B32)),
                   scalar, false);
  llvm::Value *memory = planes(element, scalar->getPrimitiveSizeInBits() / 8);
  if (!memory) {
    fail("an argument that is no .param variable");
    return splat(llvm::Constant::getNullValue(scalar));
  }
  return loadPlanes(memory, scalar);
}

/// What the driver links to a kernel: vprintf and __assertfail.
bool FunctionEmitter::emitSystemCall(const ptx::Function &callee) {
  const Operand &in = instruction->operands[2];
  llvm::Type *i64 = builder.getInt64Ty();
  llvm::Type *i32 = builder.getInt32Ty();
  if (callee.name == "vprintf") {
    llvm::Value *formats = laneList(0, argument(in, 0, i64));
    llvm::Value *values = laneList(4, argument(in, 1, i64));
    llvm::Value *counts = buffer(1, width * 4);
    callHook(
        "cusim_vprintf", builder.getVoidTy(),
        {strand, maskBits(), formats, values, counts, builder.getInt32(site)});
    const Operand &out = instruction->operands[0];
    if (out.elements.empty())
      return true;
    llvm::Value *count =
        builder.CreateAlignedLoad(lanesOf(i32), counts, llvm::Align(4));
    if (out.elements[0].kind != Operand::Kind::Variable) {
      write(out.elements[0], count, ptx::Type::B32);
      return true;
    }
    if (llvm::Value *target = planes(out.elements[0], 4))
      storePlanes(target, count);
    return true;
  }
  if (callee.name == "__assertfail") {
    llvm::SmallVector<llvm::Value *, 4> values;
    for (unsigned i = 0; i < 4; ++i)
      values.push_back(ofFirstLane(argument(in, i, i == 2 ? i32 : i64)));
    callHook("cusim_assert_fail", builder.getVoidTy(),
             {strand, maskBits(), values[0], values[1], values[2], values[3],
              builder.getInt32(site)});
    return true;
  }
  return false;
}

} // namespace weft::cusim
