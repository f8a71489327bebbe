//===- Harness.cpp - Compiles single instructions and runs them -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include "runtime/cusim/emit/LaneArithmetic.h"
#include "runtime/cusim/jit/HostCompiler.h"
#include "runtime/cusim/jit/ObjectLinker.h"

#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"

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
  std::unique_ptr<ObjectLinker> linker;
  /// Two functions for each subject, of width 1 and 32.
  const Compiled *functions = nullptr;
};

template <typename T> static T check(StatusOr<T> value) {
  if (!value)
    die(value.message());
  return std::move(*value);
}

Program::Program(const std::vector<Subject> &subjects)
    : implementation(std::make_unique<Implementation>()) {
  auto compiler = check(HostCompiler::create(32));
  LLVMContext context;
  llvm::Module module("instructions", context);
  compiler->setTarget(module);
  SmallVector<Constant *> functions;
  for (const Subject &subject : subjects)
    for (unsigned width : {1, 32}) {
      std::string name = "f" + std::to_string(functions.size());
      if (Status status = emitFunction(module, name, makeInstruction(subject),
                                       subject, width);
          !status)
        die(status.message());
      functions.push_back(module.getFunction(name));
    }
  auto *type =
      ArrayType::get(PointerType::getUnqual(context), functions.size());
  new GlobalVariable(module, type, /*isConstant=*/true,
                     GlobalValue::ExternalLinkage,
                     ConstantArray::get(type, functions), "functions");
  std::vector<uint8_t> object = check(compiler->compile(module));
  implementation->linker = check(ObjectLinker::create());
  implementation->functions = static_cast<const Compiled *>(
      check(implementation->linker->link(object, "functions")));
}

Program::~Program() = default;

Compiled Program::function(size_t index, unsigned width) const {
  return implementation->functions[2 * index + (width == 32)];
}

} // namespace weft::cusim::test
