//===- SharedGather.cpp - A gather from shared memory as a function -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/SharedGather.h"

#include "runtime/cusim/machine/Strand.h"

#include "llvm/IR/IRBuilder.h"

#include <cstddef>

namespace weft::cusim {

llvm::Function *sharedGather(llvm::Module &module, unsigned elementBytes,
                             unsigned count, const CompileOptions &options) {
  std::string name = "gather shared " + std::to_string(elementBytes) + " x " +
                     std::to_string(count);
  if (llvm::Function *existing = module.getFunction(name))
    return existing;
  llvm::LLVMContext &context = module.getContext();
  llvm::IRBuilder<> builder(context);
  llvm::Type *i32 = builder.getInt32Ty();
  llvm::Type *pointer = builder.getPtrTy();
  llvm::Type *offsetType = llvm::FixedVectorType::get(i32, WarpSize);
  llvm::Function *function = llvm::Function::Create(
      llvm::FunctionType::get(builder.getVoidTy(),
                              {pointer, i32, offsetType, pointer, i32, i32},
                              false),
      llvm::GlobalValue::InternalLinkage, name, module);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  function->addFnAttr(llvm::Attribute::NoInline);
  llvm::Value *strand = function->getArg(0), *mask = function->getArg(1),
              *offsets = function->getArg(2), *result = function->getArg(3);
  auto block = [&](const char *label) {
    return llvm::BasicBlock::Create(context, label, function);
  };
  llvm::BasicBlock *entry = block("entry"), *fast = block("fast"),
                   *slow = block("slow");
  auto splat = [&](llvm::Value *value) {
    return builder.CreateVectorSplat(WarpSize, value);
  };
  auto field = [&](uint64_t offset, llvm::Type *type) {
    return builder.CreateAlignedLoad(
        type,
        builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), strand, offset),
        llvm::Align(4));
  };
  uint64_t bytes = elementBytes * count;

  builder.SetInsertPoint(entry);
  llvm::Value *lanes = builder.CreateBitCast(
      mask, llvm::FixedVectorType::get(builder.getInt1Ty(), WarpSize));
  llvm::Value *isBad = llvm::ConstantInt::getFalse(lanes->getType());
  if (options.checkBounds) {
    // No offset is good in memory that is smaller than the access.
    llvm::Value *ends = builder.CreateBinaryIntrinsic(
        llvm::Intrinsic::usub_sat,
        builder.CreateAdd(field(offsetof(Strand, sharedBytes), i32),
                          builder.getInt32(1)),
        builder.getInt32(bytes));
    isBad = builder.CreateOr(
        builder.CreateICmpUGE(offsets, splat(ends)),
        builder.CreateICmpNE(
            builder.CreateAnd(offsets, splat(builder.getInt32(bytes - 1))),
            llvm::Constant::getNullValue(offsetType)));
  }
  llvm::Value *bad =
      builder.CreateBitCast(builder.CreateAnd(isBad, lanes), i32);
  builder.CreateCondBr(builder.CreateICmpEQ(bad, builder.getInt32(0)), fast,
                       slow);

  builder.SetInsertPoint(fast);
  // Shared memory is smaller than 2^24 bytes: offsets are good signed numbers.
  llvm::Value *shared = field(offsetof(Strand, shared), pointer);
  llvm::Type *element = builder.getIntNTy(elementBytes * 8);
  for (unsigned i = 0; i < count; ++i) {
    llvm::Value *values = builder.CreateMaskedGather(
        llvm::FixedVectorType::get(element, WarpSize),
        builder.CreateGEP(builder.getInt8Ty(),
                          builder.CreateConstInBoundsGEP1_64(
                              builder.getInt8Ty(), shared, i * elementBytes),
                          offsets),
        llvm::Align(elementBytes), lanes);
    builder.CreateAlignedStore(
        values,
        builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), result,
                                           i * WarpSize * elementBytes),
        llvm::Align(64));
  }
  builder.CreateRetVoid();

  builder.SetInsertPoint(slow);
  llvm::Type *wide = llvm::FixedVectorType::get(builder.getInt64Ty(), WarpSize);
  llvm::AllocaInst *addresses = builder.CreateAlloca(wide);
  builder.CreateStore(
      builder.CreateOr(builder.CreateZExt(offsets, wide),
                       splat(builder.getInt64(SharedTag << TagShift))),
      addresses);
  llvm::FunctionCallee hook = module.getOrInsertFunction(
      "cusim_gather",
      llvm::FunctionType::get(
          builder.getVoidTy(),
          {pointer, i32, pointer, pointer, i32, i32, i32, i32}, false));
  builder.CreateCall(hook,
                     {strand, mask, addresses, result,
                      builder.getInt32(elementBytes), builder.getInt32(count),
                      function->getArg(4), function->getArg(5)});
  builder.CreateRetVoid();
  return function;
}

} // namespace weft::cusim
