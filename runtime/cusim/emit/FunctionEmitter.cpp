//===- FunctionEmitter.cpp - PTX function to LLVM function ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "runtime/cusim/emit/Constants.h"
#include "runtime/cusim/emit/EarlyReads.h"
#include "runtime/cusim/emit/LaneArithmetic.h"
#include "runtime/cusim/emit/MaskedWrites.h"

#include <algorithm>

namespace weft::cusim {
using ptx::Opcode;

FunctionEmitter::FunctionEmitter(KernelContext &kernel, uint32_t index)
    : kernel(kernel), functionIndex(index),
      function(kernel.module.functions[index]), width(kernel.options.width),
      llvmFunction(kernel.functions[index]), builder(kernel.llvm.getContext()) {
}

void FunctionEmitter::fail(const std::string &text) {
  if (failure)
    return;
  ptx::Location location =
      instruction ? instruction->location : function.location;
  failure = "line " + std::to_string(location.line) + ", column " +
            std::to_string(location.column) + ": " + text;
  if (instruction)
    *failure += " in '" + instruction->text + "'";
}

Status FunctionEmitter::emit() {
  StatusOr<ControlFlow> analyzed = ControlFlow::of(function);
  if (!analyzed)
    return analyzed.status();
  flow = std::move(*analyzed);
  uniformity = Uniformity::of(function, flow);
  isMasked = findMaskedRegisters(function, flow);
  constants = findConstants(function);
  live = LiveRegisters::of(function, flow);
  earlyReads = findEarlyReads(function, flow);
  // A .func may be called again, and a warp sees who is missing.
  if (width == 1 && function.isEntry)
    passedBarriers = findPassedBarriers(function, flow);
  // Counters see each load by itself.
  if (width > 1 && !kernel.options.count)
    for (const FlowBlock &block : flow.blocks)
      for (LoadGroup &group : findLoadGroups(function, block.begin, block.end))
        loadGroups[*std::min_element(group.begin(), group.end())] = group;
  if (uniformity.mayPass)
    isMasked.assign(isMasked.size(), true);

  prepare();
  makeBlocks();
  emitEntry();
  for (uint32_t i = 0; i < flow.blocks.size() && !failure; ++i) {
    emitFull(i);
    emitChain(i);
  }
  if (failure)
    return Status::error(*failure);
  return Status::ok();
}

void FunctionEmitter::prepare() {
  entryBlock =
      llvm::BasicBlock::Create(builder.getContext(), "entry", llvmFunction);
  builder.SetInsertPoint(entryBlock);
  strand = llvmFunction->getArg(0);
  if (!function.isEntry) {
    frame = llvmFunction->getArg(2);
    arguments = llvmFunction->getArg(3);
    results = llvmFunction->getArg(4);
  }
  makeRegisters();
  turns = makeAlloca(builder.getInt32Ty(), "turns");
  builder.CreateStore(builder.getInt32(0), turns);
  for (const ptx::Variable &variable : function.variables)
    callVariables.push_back(
        variable.space == ptx::Space::Param
            ? makeAlloca(llvm::ArrayType::get(builder.getInt8Ty(),
                                              variable.bytes * width),
                         variable.name)
            : nullptr);
  copyLocalParameters();
  if (function.isEntry && kernel.layout.stackBase)
    callHook("cusim_stack_begin", builder.getVoidTy(),
             {strand, builder.getInt64(*kernel.layout.stackBase)});
  // Parameters in registers, as compilers wrote them before there was an ABI.
  for (const ptx::Parameter &parameter : function.parameters) {
    if (!parameter.registerIndex || function.isEntry)
      continue;
    ptx::Operand target;
    target.kind = ptx::Operand::Kind::Register;
    target.index = *parameter.registerIndex;
    write(target,
          loadPlanes(
              builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), arguments,
                                                 parameter.offset * width),
              builder.getIntNTy(parameter.bytes * 8)),
          parameter.type);
  }
}

void FunctionEmitter::makeRegisters() {
  for (size_t i = 0; i < function.registers.size(); ++i) {
    const ptx::Register &declared = function.registers[i];
    llvm::Type *type = typeOf(declared.type);
    if (width > 1 && !uniformity.isUniform[i])
      type = lanesOf(type);
    registers.emplace_back();
    for (unsigned k = 0; k < declared.vectorLength; ++k) {
      registers.back().push_back(makeAlloca(type, declared.name));
      // A register that nothing was written to reads as zero.
      builder.CreateStore(llvm::Constant::getNullValue(type),
                          registers.back().back());
    }
  }
}

llvm::AllocaInst *FunctionEmitter::makeAlloca(llvm::Type *type,
                                              const llvm::Twine &name) {
  llvm::IRBuilder<> atEntry(entryBlock, entryBlock->begin());
  llvm::AllocaInst *result = atEntry.CreateAlloca(type, nullptr, name);
  if (type->isArrayTy())
    result->setAlignment(llvm::Align(64));
  return result;
}

llvm::Value *FunctionEmitter::buffer(unsigned use, uint64_t bytes) {
  if (buffers.size() <= use)
    buffers.resize(use + 1);
  // One for each use, as large as its largest user needs.
  llvm::AllocaInst *&memory = buffers[use];
  llvm::Type *type = llvm::ArrayType::get(builder.getInt8Ty(), bytes);
  if (!memory)
    memory = makeAlloca(type, "buffer");
  else if (memory->getAllocatedType()->getArrayNumElements() < bytes)
    memory->setAllocatedType(type);
  return memory;
}

void FunctionEmitter::emitBlock(uint32_t number) {
  const FlowBlock &block = flow.blocks[number];
  uint32_t end = block.end;
  if (flow.terminator(block))
    --end;
  if (kernel.options.count && block.end > block.begin) {
    llvm::Value *pointer = strandFieldPointer(offsetof(Strand, instructions));
    llvm::Value *count = builder.CreateLoad(builder.getInt64Ty(), pointer);
    builder.CreateStore(
        builder.CreateAdd(count, builder.getInt64(block.end - block.begin)),
        pointer);
  }
  auto [first, last] = passedBarriers.equal_range(number);
  for (auto passed = first; passed != last; ++passed)
    callHook(
        "cusim_pass_barrier", builder.getVoidTy(),
        {strand, builder.getInt32(
                     kernel.sites.numbers[functionIndex][passed->second])});
  for (uint32_t i = block.begin; i < end && !failure; ++i)
    emitInstruction(function.instructions[i], i);
  // Messages about the jump name it; it has no other use for the place.
  if (end < block.end) {
    instruction = &function.instructions[end];
    site = kernel.sites.numbers[functionIndex][end];
  }
}

void FunctionEmitter::emitInstruction(const ptx::Instruction &current,
                                      uint32_t number) {
  instruction = &current;
  site = kernel.sites.numbers[functionIndex][number];
  if (auto early = earlyReads.find(number); early != earlyReads.end())
    callHook("cusim_check_product", builder.getVoidTy(),
             {strand, builder.getInt32(early->second),
              builder.getInt32(current.location.line)});
  bool isArithmetic =
      isLaneArithmetic(current.opcode) || current.opcode == Opcode::Mov ||
      current.opcode == Opcode::Cvta || current.opcode == Opcode::Isspacep;
  if (!current.guard || isArithmetic) {
    writeGuard = current.guard ? readGuard() : nullptr;
    emitUnguarded();
    writeGuard = nullptr;
    return;
  }
  // What touches memory or other lanes runs for the lanes of the guard.
  llvm::Value *guard = readGuard();
  llvm::Value *outerMask = mask;
  auto emitInner = [&] { emitUnguarded(); };
  if (!isVector(guard)) {
    emitIf(guard, emitInner);
    return;
  }
  llvm::Value *lanes = builder.CreateAnd(maskBits(), toBits(guard));
  emitIf(builder.CreateICmpNE(lanes, builder.getInt32(0)), [&] {
    mask = lanes;
    isGuarded = true;
    emitInner();
  });
  mask = outerMask;
  isGuarded = false;
}

void FunctionEmitter::emitUnguarded() {
  if (isLaneArithmetic(instruction->opcode) &&
      instruction->opcode != Opcode::Mov)
    return emitArithmetic();
  switch (instruction->opcode) {
  case Opcode::Mov:
    return emitMov();
  case Opcode::Cvta:
    return emitConvertAddress();
  case Opcode::Isspacep:
    return emitIsSpace();
  case Opcode::Ld:
  case Opcode::Ldu:
    return emitLoad();
  case Opcode::St:
    return emitStore();
  case Opcode::Atom:
  case Opcode::Red:
    return emitAtomic();
  case Opcode::BarSync:
  case Opcode::BarArrive:
  case Opcode::BarRed:
  case Opcode::BarrierSync:
  case Opcode::BarrierArrive:
  case Opcode::BarrierRed:
    return emitBarrier();
  case Opcode::Membar:
  case Opcode::Fence:
  case Opcode::FenceProxy:
  case Opcode::FenceMbarrierInit:
  case Opcode::MembarProxy:
    return emitFence();
  case Opcode::Call:
    return emitCall();
  default:
    if (instruction->opcode == Opcode::Shfl && emitWholeShuffle())
      return;
    if (isCollective(*instruction))
      return emitCollective();
    if (!emitMiscellaneous())
      fail("the simulator does not support '" +
           std::string(ptx::textOf(instruction->opcode)) + "'");
  }
}

void FunctionEmitter::emitArithmetic() {
  unsigned resultNumber = countResults(*instruction, function);
  Values operands;
  for (size_t i = resultNumber; i < instruction->operands.size(); ++i) {
    ptx::Type type = operandType(*instruction, i - resultNumber);
    if (type == ptx::Type::None)
      return fail("too many operands");
    operands.push_back(read(instruction->operands[i], type));
  }
  bool usesCarry = instruction->has(ptx::Modifier::Cc) ||
                   instruction->opcode == Opcode::Addc ||
                   instruction->opcode == Opcode::Subc ||
                   instruction->opcode == Opcode::Madc;
  llvm::Value *flag = nullptr;
  llvm::Type *flagType = lanesOf(builder.getInt1Ty());
  if (usesCarry) {
    if (!carry) {
      carry = makeAlloca(flagType, "carry");
      llvm::IRBuilder<> atEntry(entryBlock,
                                carry->getNextNode()->getIterator());
      atEntry.CreateStore(llvm::Constant::getNullValue(flagType), carry);
    }
    flag = builder.CreateLoad(flagType, carry);
    for (llvm::Value *&operand : operands)
      operand = splat(operand);
  }
  match(operands);
  StatusOr<llvm::SmallVector<llvm::Value *, 2>> values =
      emitLaneArithmetic(builder, *instruction, operands, flag);
  if (!values)
    return fail(values.message());
  if (usesCarry && flag)
    builder.CreateStore(flag, carry);
  for (unsigned i = 0; i < resultNumber && i < values->size(); ++i)
    write(instruction->operands[i], (*values)[i], resultType(*instruction, i));
}

} // namespace weft::cusim
