//===- Harness.cpp - Compiles single instructions and runs them -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include "runtime/cusim/emit/LaneArithmetic.h"

#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/TargetSelect.h"

#include <cstdio>
#include <cstdlib>

using namespace llvm;

namespace weft::cusim::test {

[[noreturn]] static void die(const std::string &message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::abort();
}

ptx::Instruction makeInstruction(const Subject &subject) {
  ptx::Instruction instruction;
  instruction.location = {7, 3};
  instruction.text = subject.text;
  SmallVector<StringRef> words;
  StringRef(subject.text).split(words, '.');
  auto opcode = ptx::opcodeOf(words[0].str());
  size_t next = 1;
  if (words.size() > 1)
    if (auto two = ptx::opcodeOf((words[0] + "." + words[1]).str())) {
      opcode = two;
      next = 2;
    }
  if (!opcode)
    die("no opcode begins " + subject.text);
  instruction.opcode = *opcode;
  for (; next < words.size(); ++next) {
    if (auto type = ptx::typeOf(words[next].str()))
      instruction.types.push_back(*type);
    else if (auto modifier = ptx::modifierOf(words[next].str()))
      instruction.modifiers.push_back(*modifier);
    else
      die("no word is called " + words[next].str());
  }
  instruction.operands.resize(subject.results + subject.operands);
  return instruction;
}

/// The IR type of a register of that PTX type.
static llvm::Type *registerType(LLVMContext &context, ptx::Type type) {
  if (type == ptx::Type::F32)
    return llvm::Type::getFloatTy(context);
  if (type == ptx::Type::F64)
    return llvm::Type::getDoubleTy(context);
  return IntegerType::get(context, ptx::bitsOf(type));
}

static llvm::Type *lanes(llvm::Type *type, unsigned width) {
  return width == 1 ? type : FixedVectorType::get(type, width);
}

/// Emits the body of one function: loads, the instruction, stores.
static Status emitFunction(llvm::Module &module, const std::string &name,
                           const ptx::Instruction &instruction,
                           const Subject &subject, unsigned width) {
  LLVMContext &context = module.getContext();
  auto *pointer = PointerType::getUnqual(context);
  auto *function =
      Function::Create(FunctionType::get(llvm::Type::getVoidTy(context),
                                         {pointer, pointer}, false),
                       GlobalValue::ExternalLinkage, name, module);
  IRBuilder<> ir(BasicBlock::Create(context, "entry", function));
  llvm::Type *slot = lanes(ir.getInt64Ty(), width);
  auto slotAddress = [&](unsigned argument, unsigned index) {
    return ir.CreateConstGEP1_64(ir.getInt64Ty(), function->getArg(argument),
                                 uint64_t(index) * width);
  };
  auto load = [&](unsigned index, llvm::Type *type) {
    Value *bits = ir.CreateAlignedLoad(slot, slotAddress(0, index), Align(8));
    bits = ir.CreateTrunc(
        bits, lanes(ir.getIntNTy(type->getScalarSizeInBits()), width));
    return ir.CreateBitCast(bits, lanes(type, width));
  };
  auto store = [&](unsigned index, Value *value) {
    value = ir.CreateBitCast(
        value,
        lanes(ir.getIntNTy(value->getType()->getScalarSizeInBits()), width));
    ir.CreateAlignedStore(ir.CreateZExt(value, slot), slotAddress(1, index),
                          Align(8));
  };

  SmallVector<Value *> operands;
  for (unsigned i = 0; i < subject.operands; ++i) {
    llvm::Type *type = registerType(context, operandType(instruction, i));
    auto constant = subject.constants.find(i);
    operands.push_back(
        constant == subject.constants.end()
            ? load(i, type)
            : ConstantInt::get(lanes(type, width), constant->second));
  }
  Value *carry = nullptr;
  if (subject.hasCarry)
    carry = load(subject.operands, ir.getInt1Ty());
  auto results = emitLaneArithmetic(ir, instruction, operands, carry);
  if (!results)
    return results.status();
  for (auto [index, result] : enumerate(*results)) {
    llvm::Type *type = registerType(context, resultType(instruction, index));
    if (result->getType() != lanes(type, width))
      die(subject.text + ": result " + std::to_string(index) +
          " is not of the type that resultType says");
    store(index, result);
  }
  if (results->size() != subject.results ||
      resultCount(instruction) != subject.results)
    die(subject.text + " has another number of results");
  if (subject.hasCarry)
    store(subject.results, carry);
  ir.CreateRetVoid();
  if (verifyFunction(*function, &errs()))
    die(subject.text + " gives broken IR");
  return Status::ok();
}

Status tryToEmit(const ptx::Instruction &instruction, const Subject &subject,
                 unsigned width) {
  LLVMContext context;
  llvm::Module module("alone", context);
  return emitFunction(module, "f", instruction, subject, width);
}

struct Program::Implementation {
  std::unique_ptr<orc::LLJIT> jit;
};

static std::string functionName(size_t index, unsigned width) {
  return "f" + std::to_string(index) + "_" + std::to_string(width);
}

template <typename T> static T check(Expected<T> value) {
  if (!value)
    die(toString(value.takeError()));
  return std::move(*value);
}

Program::Program(const std::vector<Subject> &subjects)
    : implementation(std::make_unique<Implementation>()) {
  InitializeNativeTarget();
  InitializeNativeTargetAsmPrinter();
  auto machine = check(orc::JITTargetMachineBuilder::detectHost());
  machine.setCodeGenOptLevel(CodeGenOptLevel::Less);
  implementation->jit =
      check(orc::LLJITBuilder().setJITTargetMachineBuilder(machine).create());
  auto context = std::make_unique<LLVMContext>();
  auto module = std::make_unique<llvm::Module>("instructions", *context);
  module->setDataLayout(implementation->jit->getDataLayout());
  for (auto [index, subject] : enumerate(subjects))
    for (unsigned width : {1, 32})
      if (Status status =
              emitFunction(*module, functionName(index, width),
                           makeInstruction(subject), subject, width);
          !status)
        die(status.message());
  if (Error error = implementation->jit->addIRModule(
          orc::ThreadSafeModule(std::move(module), std::move(context))))
    die(toString(std::move(error)));
}

Program::~Program() = default;

Compiled Program::function(size_t index, unsigned width) const {
  return check(implementation->jit->lookup(functionName(index, width)))
      .toPtr<Compiled>();
}

} // namespace weft::cusim::test
