//===- Parameters.cpp - The .param space ----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "runtime/cusim/machine/Hooks.h"

namespace weft::cusim {
using ptx::Operand;
using ptx::VariableRef;

/// Memory of a function's parameters and results, as planes [byte][width]: each
/// lane calls with values of its own, read in other pieces than were written.
/// `place` is a variable, or an address in one. Null for what is not such
/// memory.
llvm::Value *FunctionEmitter::planes(const Operand &place, uint64_t bytes) {
  bool isAddress = place.kind == Operand::Kind::Address;
  if (isAddress && place.elements.empty())
    return nullptr;
  const Operand &base = isAddress ? place.elements[0] : place;
  if (base.kind != Operand::Kind::Variable || base.variable.isOfModule)
    return nullptr;
  uint64_t offset = base.bits + (isAddress ? place.bits : 0);
  uint64_t size = 0;
  llvm::Value *memory = nullptr;
  if (base.variable.of == VariableRef::Of::Variables) {
    memory = callVariables[base.variable.index];
    size = function.variables[base.variable.index].bytes;
  } else if (!function.isEntry && !isLocalParameter(base.variable)) {
    bool isParameter = base.variable.of == VariableRef::Of::Parameters;
    const ptx::Parameter &parameter =
        isParameter ? function.parameters[base.variable.index]
                    : function.results[base.variable.index];
    size = parameter.bytes;
    memory = builder.CreateConstInBoundsGEP1_64(
        builder.getInt8Ty(), isParameter ? arguments : results,
        parameter.offset * width);
  }
  if (!memory)
    return nullptr;
  if (offset > size || bytes > size - offset) {
    fail("bytes " + std::to_string(offset) + " to " +
         std::to_string(offset + bytes) + " of a parameter of " +
         std::to_string(size) + " bytes");
    return memory;
  }
  return builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), memory,
                                            offset * width);
}

/// A parameter whose address the function takes.
bool FunctionEmitter::isLocalParameter(
    const ptx::VariableRef &reference) const {
  return !reference.isOfModule && reference.of == VariableRef::Of::Parameters &&
         kernel.layout.localParameters.count({functionIndex, reference.index});
}

/// Puts what such parameters hold where their address points to.
void FunctionEmitter::copyLocalParameters() {
  if (function.isEntry)
    return;
  if (width > 1)
    mask = llvmFunction->getArg(1);
  for (uint32_t index = 0; index < function.parameters.size(); ++index) {
    Operand operand;
    operand.kind = Operand::Kind::Variable;
    operand.variable = {/*isOfModule=*/false, VariableRef::Of::Parameters,
                        index};
    if (!isLocalParameter(operand.variable))
      continue;
    const ptx::Parameter &parameter = function.parameters[index];
    uint64_t step = std::min<uint64_t>(parameter.alignment, 8);
    while (parameter.bytes % step)
      step /= 2;
    for (uint64_t at = 0; at < parameter.bytes; at += step) {
      operand.bits = at;
      Access access;
      access.address = variableAddress(operand);
      access.element = builder.getIntNTy(8 * step);
      access.kind = uint32_t(AccessKind::Store);
      store(access, loadPlanes(builder.CreateConstInBoundsGEP1_64(
                                   builder.getInt8Ty(), arguments,
                                   (parameter.offset + at) * width),
                               access.element));
    }
  }
  mask = nullptr;
}

llvm::Value *FunctionEmitter::loadPlanes(llvm::Value *pointer,
                                         llvm::Type *scalar) {
  unsigned bytes = scalar->getPrimitiveSizeInBits() / 8;
  if (width == 1)
    return builder.CreateAlignedLoad(scalar, pointer, llvm::Align(1));
  llvm::Value *row = builder.CreateAlignedLoad(
      llvm::FixedVectorType::get(builder.getInt8Ty(), width * bytes), pointer,
      llvm::Align(32));
  llvm::SmallVector<int, 256> order;
  for (unsigned lane = 0; lane < width; ++lane)
    for (unsigned byte = 0; byte < bytes; ++byte)
      order.push_back(byte * width + lane);
  if (bytes > 1)
    row = builder.CreateShuffleVector(row, order);
  return builder.CreateBitCast(row, lanesOf(scalar));
}

void FunctionEmitter::storePlanes(llvm::Value *pointer, llvm::Value *value) {
  value = toInteger(value);
  if (width == 1) {
    builder.CreateAlignedStore(value, pointer, llvm::Align(1));
    return;
  }
  unsigned bytes = value->getType()->getScalarSizeInBits() / 8;
  llvm::Value *row = builder.CreateBitCast(
      splat(value),
      llvm::FixedVectorType::get(builder.getInt8Ty(), width * bytes));
  llvm::SmallVector<int, 256> order;
  for (unsigned byte = 0; byte < bytes; ++byte)
    for (unsigned lane = 0; lane < width; ++lane)
      order.push_back(lane * bytes + byte);
  if (bytes > 1)
    row = builder.CreateShuffleVector(row, order);
  if (mask) {
    // Other lanes may have left their results already.
    llvm::SmallVector<int, 256> repeat;
    for (unsigned byte = 0; byte < bytes; ++byte)
      for (unsigned lane = 0; lane < width; ++lane)
        repeat.push_back(lane);
    llvm::Value *lanes = builder.CreateShuffleVector(toLanes(mask), repeat);
    row = builder.CreateSelect(
        lanes, row,
        builder.CreateAlignedLoad(row->getType(), pointer, llvm::Align(32)));
  }
  builder.CreateAlignedStore(row, pointer, llvm::Align(32));
}

/// True when the instruction was a load of a parameter by its name.
bool FunctionEmitter::emitParameterLoad() {
  const Operand &target = instruction->operands[0];
  const Operand &address = instruction->operands[1];
  bool isList = target.kind == Operand::Kind::Vector;
  unsigned count = isList ? target.elements.size() : 1;
  llvm::Type *element =
      builder.getIntNTy(std::max(8u, ptx::bitsOf(instruction->type())));
  uint64_t bytes = element->getIntegerBitWidth() / 8;
  llvm::Value *memory = planes(address, bytes * count);
  bool isOfKernel =
      function.isEntry && !address.elements.empty() &&
      address.elements[0].kind == Operand::Kind::Variable &&
      !address.elements[0].variable.isOfModule &&
      address.elements[0].variable.of == VariableRef::Of::Parameters;
  if (!memory && !isOfKernel)
    return false;
  if (isOfKernel) {
    const ptx::Parameter &parameter =
        function.parameters[address.elements[0].variable.index];
    uint64_t offset = address.bits + address.elements[0].bits;
    if (offset > parameter.bytes || bytes * count > parameter.bytes - offset) {
      fail("bytes " + std::to_string(offset) + " to " +
           std::to_string(offset + bytes * count) + " of a parameter of " +
           std::to_string(parameter.bytes) + " bytes");
      return true;
    }
    memory = builder.CreateConstInBoundsGEP1_64(
        builder.getInt8Ty(),
        strandField(offsetof(Strand, parameters), builder.getPtrTy()),
        parameter.offset + offset);
  }
  Values values;
  for (unsigned i = 0; i < count; ++i) {
    if (!isOfKernel) {
      values.push_back(
          loadPlanes(builder.CreateConstInBoundsGEP1_64(
                         builder.getInt8Ty(), memory, i * bytes * width),
                     element));
      continue;
    }
    llvm::LoadInst *load =
        builder.CreateAlignedLoad(element,
                                  builder.CreateConstInBoundsGEP1_64(
                                      builder.getInt8Ty(), memory, i * bytes),
                                  llvm::Align(1));
    load->setMetadata(llvm::LLVMContext::MD_invariant_load,
                      llvm::MDNode::get(builder.getContext(), {}));
    values.push_back(load);
  }
  for (unsigned i = 0; i < count; ++i)
    write(isList ? target.elements[i] : target, values[i], instruction->type());
  return true;
}

bool FunctionEmitter::emitParameterStore() {
  const Operand &source = instruction->operands[1];
  bool isList = source.kind == Operand::Kind::Vector;
  unsigned count = isList ? source.elements.size() : 1;
  llvm::Type *element =
      builder.getIntNTy(std::max(8u, ptx::bitsOf(instruction->type())));
  uint64_t bytes = element->getIntegerBitWidth() / 8;
  llvm::Value *memory = planes(instruction->operands[0], bytes * count);
  if (!memory) {
    fail("only parameters of a call and results can be written");
    return true;
  }
  for (unsigned i = 0; i < count; ++i)
    storePlanes(builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), memory,
                                                   i * bytes * width),
                convert(toInteger(read(isList ? source.elements[i] : source,
                                       instruction->type())),
                        element, false));
  return true;
}

} // namespace weft::cusim
