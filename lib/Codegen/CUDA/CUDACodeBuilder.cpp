//===- CUDACodeBuilder.cpp - Instructions of one CUDA kernel --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/CUDACodeBuilder.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace weft::cuda {

/// LLVM's address space of shared memory.
static constexpr unsigned sharedSpace = 3;

CUDACodeBuilder::CUDACodeBuilder(ModuleOp module, const KernelSource &source,
                                 const CUDATarget &target, bool writesInPlace)
    : CodeBuilder(module, source,
                  {/*lanes=*/1, /*hasFMA=*/true, /*convertsF16=*/true,
                   /*roundsFloats=*/true, /*reducesAlongLanes=*/false,
                   /*alignsVectors=*/true, /*hasSpecialFunctions=*/true}),
      target(target) {
  unsigned bufferCount = source.body->getNumArguments() + 1;
  SmallVector<Type> arguments(bufferCount, pointer());
  arguments.append(source.sizeCount, i64());
  arguments.push_back(pointer());
  Block &entry = startFunction(source.name, arguments);
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                    builder.getUnitAttr());
  for (unsigned i = 0; i < bufferCount; ++i) {
    buffers.push_back(entry.getArgument(i));
    if (i + 1 < bufferCount && !writesInPlace) {
      // Then loads may go through the cache for what never changes.
      function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                          builder.getUnitAttr());
      function.setArgAttr(i, LLVM::LLVMDialect::getReadonlyAttrName(),
                          builder.getUnitAttr());
    }
    function.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                        builder.getI64IntegerAttr(64));
  }
  for (unsigned i = 0; i < source.sizeCount; ++i)
    parameters.push_back(entry.getArgument(bufferCount + i));
  error = entry.getArguments().back();
  endStart();
}

void CUDACodeBuilder::setBlockThreads(unsigned count) {
  assert(threads == 0 && "said once");
  threads = count;
  function->setAttr(NVVM::NVVMDialect::getReqntidAttrName(),
                    builder.getDenseI32ArrayAttr({int32_t(count), 1, 1}));
}

void CUDACodeBuilder::preferRegisters() {
  function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                    builder.getI32IntegerAttr(1));
}

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

Value CUDACodeBuilder::specialRegister(StringRef name) {
  Value &known = specialRegisters[name.str()];
  if (!known) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&function.getBody().front());
    known = make<LLVM::CallIntrinsicOp>(
                i32(), builder.getStringAttr("llvm.nvvm.read.ptx.sreg." + name),
                ValueRange())
                ->getResult(0);
  }
  return known;
}

Value CUDACodeBuilder::threadId32() { return specialRegister("tid.x"); }

Value CUDACodeBuilder::blockId32(unsigned dimension) {
  static constexpr StringLiteral names[] = {"ctaid.x", "ctaid.y", "ctaid.z"};
  return specialRegister(names[dimension]);
}

Value CUDACodeBuilder::threadId() {
  return make<arith::ExtUIOp>(i64(), threadId32());
}

Value CUDACodeBuilder::blockId(unsigned dimension) {
  return make<arith::ExtUIOp>(i64(), blockId32(dimension));
}

void CUDACodeBuilder::barrier() { make<NVVM::Barrier0Op>(); }

Value CUDACodeBuilder::exp2(Value x) {
  return make<LLVM::CallIntrinsicOp>(
             f32(), builder.getStringAttr("llvm.nvvm.ex2.approx.ftz.f32"),
             ValueRange{x})
      ->getResult(0);
}

Value CUDACodeBuilder::ofLane(Value lane, int64_t count,
                              function_ref<Value(int64_t)> value) {
  Value ours = value(0);
  for (int64_t i = 1; i < count; ++i) {
    Value isOurs = compare(arith::CmpIPredicate::eq, lane, constant(i));
    ours = select(isOurs, value(i), ours);
  }
  return ours;
}

Value CUDACodeBuilder::shuffleXor(Value value, int64_t mask) {
  Type type = value.getType();
  unsigned width = type.getIntOrFloatBitWidth();
  if (isa<FloatType>(type)) {
    Value bits = bitcast(value, builder.getIntegerType(width));
    return bitcast(shuffleXor(bits, mask), type);
  }
  if (width < 32)
    return make<arith::TruncIOp>(
        type, shuffleXor(make<arith::ExtUIOp>(i32(), value), mask));
  if (width == 64) {
    Value low = make<arith::TruncIOp>(i32(), value);
    Value high = make<arith::TruncIOp>(
        i32(), make<arith::ShRUIOp>(value, integer(i64(), 32)).getResult());
    low = make<arith::ExtUIOp>(i64(), shuffleXor(low, mask));
    high = make<arith::ExtUIOp>(i64(), shuffleXor(high, mask));
    return make<arith::OrIOp>(
        low, make<arith::ShLIOp>(high, integer(i64(), 32)).getResult());
  }
  return make<NVVM::ShflOp>(i32(), integer(i32(), -1), value,
                            integer(i32(), mask), integer(i32(), warpLanes - 1),
                            NVVM::ShflKind::bfly, UnitAttr());
}

Type CUDACodeBuilder::sharedPointer() {
  return LLVM::LLVMPointerType::get(builder.getContext(), sharedSpace);
}

Value CUDACodeBuilder::allocateShared(int64_t bytes, int64_t alignment) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(module.getBody());
  auto global =
      make<LLVM::GlobalOp>(LLVM::LLVMArrayType::get(builder.getI8Type(), bytes),
                           /*isConstant=*/false, LLVM::Linkage::Internal,
                           "shared" + std::to_string(sharedCount++),
                           Attribute(), alignment, sharedSpace);
  builder.setInsertionPointToStart(&function.getBody().front());
  return make<LLVM::AddressOfOp>(global);
}

Value CUDACodeBuilder::dynamicShared() {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(module.getBody());
  // External, or it would overlap with the other shared memory.
  auto global = make<LLVM::GlobalOp>(
      LLVM::LLVMArrayType::get(builder.getI8Type(), 0),
      /*isConstant=*/false, LLVM::Linkage::External, "dynamic_shared",
      Attribute(), /*alignment=*/16, sharedSpace);
  builder.setInsertionPointToStart(&function.getBody().front());
  return make<LLVM::AddressOfOp>(global);
}

//===----------------------------------------------------------------------===//
// Teams
//===----------------------------------------------------------------------===//

Value CUDACodeBuilder::combineInWarp(
    Value value, function_ref<Value(Value, Value)> combine) {
  int64_t lanes = std::min(rowTeam->size, warpLanes);
  for (int64_t mask = lanes / 2; mask > 0; mask /= 2)
    value = combine(value, shuffleXor(value, mask));
  return value;
}

Value CUDACodeBuilder::combineInTeam(
    Value value, function_ref<Value(Value, Value)> combine) {
  value = combineInWarp(value, combine);
  int64_t warps = rowTeam->size / warpLanes;
  if (warps <= 1)
    return value;
  // Each warp's value goes through shared memory, and every thread combines
  // them in the same order.
  Type element = value.getType();
  Value partial = allocateShared(warps * storageBytes(element));
  Value lane = mod(threadId(), constant(warpLanes));
  Value warp = floorDiv(threadId(), constant(warpLanes));
  branch(compare(arith::CmpIPredicate::eq, lane, constant(0)),
         [&] { store(value, address(partial, element, warp)); });
  barrier();
  Value result = load(element, partial);
  for (int64_t i = 1; i < warps; ++i)
    result = combine(result, load(element, address(partial, element, i)));
  return result;
}

} // namespace weft::cuda
