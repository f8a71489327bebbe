//===- ElementEmitter.cpp - Elements on demand ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/ElementEmitter.h"

#include "lib/Codegen/Common/BlockElement.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

#include "lib/Codegen/Common/ElementOpInterface.cpp.inc"

namespace weft {

ElementEmitter::ElementEmitter(CodeBuilder &code, const KernelSource &source)
    : code(code), reportsOverflow(source.reportsOverflow), scopes(1) {
  for (auto [argument, argumentSizes, buffer] : llvm::zip_first(
           source.body->getArguments(), source.argumentSizes, code.buffers)) {
    sizes[argument] = argumentSizes;
    memory[argument] = {
        buffer, cast<RankedTensorType>(argument.getType()).getElementType(),
        argumentSizes};
  }
  for (Operation &op : source.body->without_terminator()) {
    auto modelOp = cast<ModelOpInterface>(op);
    SmallVector<Sizes> operands;
    for (Value operand : op.getOperands())
      operands.push_back(sizes.at(operand));
    sizes[op.getResult(0)] = modelOp.reifySizes(operands);
  }
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

Value ElementEmitter::element(Value tensor, ArrayRef<LaneIndex> index) {
  assert(index.size() == sizesOf(tensor).size() && "one index a dimension");
  return remember(tensor.getAsOpaquePointer(), index,
                  [&] { return Values{emit(tensor, index)}; })[0];
}

Value ElementEmitter::emit(Value tensor, ArrayRef<LaneIndex> index) {
  if (std::optional<MemoryTensor> memory = inMemory(tensor))
    return load(*memory, index);
  Operation *op = tensor.getDefiningOp();
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    // A splat; others are in memory.
    auto attribute = cast<DenseElementsAttr>(constant.getValue());
    Type type = attribute.getElementType();
    if (isa<FloatType>(type))
      return code.number(computeType(type),
                         attribute.getSplatValue<APFloat>().convertToDouble());
    // Not through a double, which holds 53 bits.
    return code.integer(type, attribute.getSplatValue<APInt>().getSExtValue());
  }
  if (auto elementOp = dyn_cast<ElementOpInterface>(op))
    return elementOp.emitElement(*this, index);
  return unsupported(op, "has no form in a kernel");
}

Value ElementEmitter::broadcastElement(Value tensor,
                                       ArrayRef<LaneIndex> index) {
  const Sizes &operand = sizesOf(tensor);
  LaneIndices picked;
  size_t skipped = index.size() - operand.size();
  for (size_t i = 0; i < operand.size(); ++i)
    picked.push_back(operand[i].asConstant() == 1
                         ? LaneIndex::uniform(code.constant(0))
                         : index[skipped + i]);
  return element(tensor, picked);
}

Value ElementEmitter::unsupported(Operation *op, const Twine &message) {
  if (!failed)
    op->emitOpError(message);
  failed = true;
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  return code.number(computeType(type.getElementType()), 0);
}

//===----------------------------------------------------------------------===//
// What is known
//===----------------------------------------------------------------------===//

ElementEmitter::Scope::Scope(ElementEmitter &emitter, Value mask)
    : emitter(emitter), outerMask(emitter.mask) {
  emitter.scopes.emplace_back();
  if (mask)
    emitter.mask =
        outerMask ? Value(emitter.code.make<arith::AndIOp>(outerMask, mask))
                  : mask;
}

ElementEmitter::Scope::~Scope() {
  emitter.scopes.pop_back();
  emitter.mask = outerMask;
}

const ElementEmitter::Known *
ElementEmitter::lookUp(const void *key, ArrayRef<LaneIndex> index) const {
  for (const std::vector<Known> &scope : llvm::reverse(scopes))
    for (const Known &known : scope)
      if (known.key == key && ArrayRef(known.index) == index)
        return &known;
  return nullptr;
}

void ElementEmitter::provide(Value tensor, ArrayRef<LaneIndex> index,
                             Value element) {
  scopes.back().push_back(
      {tensor.getAsOpaquePointer(), LaneIndices(index), {element}});
}

ElementEmitter::Values ElementEmitter::remember(const void *key,
                                                ArrayRef<LaneIndex> index,
                                                function_ref<Values()> make) {
  if (const Known *known = lookUp(key, index))
    return known->values;
  Values values = make();
  scopes.back().push_back({key, LaneIndices(index), values});
  return values;
}

ElementEmitter::Values
ElementEmitter::rememberForRow(const void *key, ArrayRef<LaneIndex> index,
                               function_ref<Values()> make) {
  if (const Known *known = lookUp(key, index))
    return known->values;
  // Hoisting needs every index to be known before the row's loop.
  bool hoists = rowPoint && llvm::all_of(index, [&](LaneIndex i) {
                  if (!i.isUniform())
                    return false;
                  Block *block = i.value.getParentBlock();
                  if (block != rowPoint->getBlock())
                    return block->findAncestorOpInBlock(*rowPoint) != nullptr;
                  Operation *definition = i.value.getDefiningOp();
                  return !definition || definition->isBeforeInBlock(rowPoint);
                });
  if (!hoists)
    return remember(key, index, make);
  OpBuilder::InsertionGuard guard(code.builder);
  code.builder.setInsertionPoint(rowPoint);
  // What these values need of the row themselves goes before them.
  Operation *outerPoint = rowPoint;
  rowPoint = code.make<arith::ConstantOp>(code.builder.getI64IntegerAttr(0));
  std::vector<std::vector<Known>> inner(
      std::make_move_iterator(scopes.begin() + rowScope + 1),
      std::make_move_iterator(scopes.end()));
  scopes.resize(rowScope + 1);
  Value outerMask = std::exchange(mask, Value());
  bool outerConverged = std::exchange(converged, true);
  Values values = remember(key, index, make);
  converged = outerConverged;
  mask = outerMask;
  rowPoint->erase();
  rowPoint = outerPoint;
  scopes.insert(scopes.end(), std::make_move_iterator(inner.begin()),
                std::make_move_iterator(inner.end()));
  return values;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

std::optional<MemoryTensor> ElementEmitter::inMemory(Value tensor) {
  if (auto known = memory.find(tensor); known != memory.end())
    return known->second;
  Operation *op = tensor.getDefiningOp();
  if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    std::optional<MemoryTensor> input = inMemory(reshape.getInput());
    if (input)
      input->sizes = sizesOf(tensor);
    return input;
  }
  if (auto constant = dyn_cast<ConstantOp>(op))
    if (!cast<DenseElementsAttr>(constant.getValue()).isSplat())
      return memory[tensor] = constantInMemory(constant);
  return std::nullopt;
}

MemoryTensor ElementEmitter::constantInMemory(ConstantOp constant) {
  auto attribute = cast<DenseElementsAttr>(constant.getValue());
  Type element = attribute.getElementType();
  OpBuilder::InsertionGuard guard(code.builder);
  code.builder.setInsertionPointToStart(code.module.getBody());
  DenseElementsAttr stored = attribute;
  if (element.isInteger(1)) {
    SmallVector<int8_t> bytes(attribute.getValues<bool>());
    stored = DenseElementsAttr::get(
        cast<ShapedType>(attribute.getType()).clone(code.builder.getI8Type()),
        ArrayRef(bytes));
  }
  auto type = LLVM::LLVMArrayType::get(CodeBuilder::storage(element),
                                       attribute.getNumElements());
  // A flat list, whatever the tensor's rank.
  stored = stored.reshape(RankedTensorType::get({stored.getNumElements()},
                                                stored.getElementType()));
  auto global = code.make<LLVM::GlobalOp>(
      type, /*isConstant=*/true, LLVM::Linkage::Private,
      "constant" + std::to_string(memory.size()), stored, /*alignment=*/64);
  OpBuilder::InsertionGuard entry(code.builder);
  code.builder.setInsertionPointAfterValue(code.buffers.back());
  Value base = code.make<LLVM::AddressOfOp>(global);
  return {base, element, sizesOf(constant.getResult())};
}

Value ElementEmitter::load(const MemoryTensor &tensor,
                           ArrayRef<LaneIndex> index) {
  if (isa<BlockType>(tensor.element))
    return emitBlockElement(*this, tensor, index);
  LaneIndex position = linearize(index, tensor.sizes);
  Value address = code.address(tensor.base, tensor.element, position.value);
  Value loaded =
      position.isUniform()
          ? code.load(CodeBuilder::storage(tensor.element), address)
          : code.loadLanes(tensor.element, address, mask,
                           code.features.alignsVectors &&
                               code.isMultipleOf(position.value, code.lanes));
  return fromStorage(loaded, tensor.element);
}

Type ElementEmitter::computeType(Type element) {
  if (element.isF16() || element.isBF16() || isa<BlockType>(element))
    return Float32Type::get(element.getContext());
  if (auto integer = dyn_cast<IntegerType>(element))
    return IntegerType::get(element.getContext(), integer.getWidth());
  return element;
}

void ElementEmitter::reportError(Value condition, unsigned bit) {
  if (CodeBuilder::isVector(condition)) {
    if (mask)
      condition = code.make<arith::AndIOp>(condition, mask);
    condition =
        code.make<vector::ReductionOp>(vector::CombiningKind::OR, condition);
  }
  code.branch(condition, [&] {
    Value bits = code.integer(code.i32(), bit);
    code.make<LLVM::AtomicRMWOp>(LLVM::AtomicBinOp::_or, code.error, bits,
                                 LLVM::AtomicOrdering::monotonic);
  });
}

} // namespace weft
