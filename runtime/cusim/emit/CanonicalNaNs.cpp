//===- CanonicalNaNs.cpp - Canonical NaNs only where they show ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/CanonicalNaNs.h"

#include "runtime/cusim/emit/LaneBuilder.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace weft::cusim {

namespace {
class Deferral {
public:
  explicit Deferral(Function &function) : function(function) {}
  void run();

private:
  Function &function;
  /// canonicalNaN(x), and x.
  DenseMap<Value *, Value *> raw;
  /// Phis, selections, bit casts and loads of canonical values only.
  SetVector<Instruction *> carriers;
  /// What is stored to the places of registers, by their marker.
  DenseMap<MDNode *, SmallVector<Value *, 4>> stored;

  void findCarriers();
  SmallVector<Value *, 4> carried(Instruction &instruction) const;
  bool isCanonical(Value *value) const;
  void makeRawCarriers();
  Value *rawOf(Value *value) const;
  void rewriteUses(Instruction *value);
  Value *canonicalBefore(Instruction *place, Value *value);
};
} // namespace

/// A float or 32-bit integer, or a vector of them.
static bool isWord(Type *type) {
  Type *element = type->getScalarType();
  return element->isFloatTy() || element->isIntegerTy(32);
}

/// The only element of a constant scalar or splat.
static Constant *elementOf(Value *value) {
  auto *constant = dyn_cast<Constant>(value);
  if (constant && constant->getType()->isVectorTy())
    return constant->getSplatValue();
  return constant;
}

/// The x of canonicalNaN(x), or null.
static Value *matchCanonicalNaN(Instruction &instruction) {
  auto *select = dyn_cast<SelectInst>(&instruction);
  if (!select)
    return nullptr;
  Value *value = select->getFalseValue();
  auto *compare = dyn_cast<FCmpInst>(select->getCondition());
  if (!compare || compare->getPredicate() != CmpInst::FCMP_UNO ||
      compare->getOperand(0) != value || compare->getOperand(1) != value)
    return nullptr;
  auto *nan = dyn_cast_or_null<ConstantFP>(elementOf(select->getTrueValue()));
  bool isCanonical = nan && nan->getType()->isFloatTy() &&
                     nan->getValueAPF().bitcastToAPInt() == 0x7fffffff;
  return isCanonical ? value : nullptr;
}

/// Arithmetic, whose own result is made canonical; comparisons.
static bool takesAnyNaN(const User *user) {
  auto *instruction = cast<Instruction>(user);
  switch (instruction->getOpcode()) {
  case Instruction::FAdd:
  case Instruction::FSub:
  case Instruction::FMul:
  case Instruction::FDiv:
  case Instruction::FCmp:
    return true;
  default:
    break;
  }
  auto *intrinsic = dyn_cast<IntrinsicInst>(instruction);
  return intrinsic && intrinsic->getIntrinsicID() == Intrinsic::fma;
}

bool Deferral::isCanonical(Value *value) const {
  if (raw.count(value))
    return true;
  if (auto *instruction = dyn_cast<Instruction>(value))
    return carriers.count(instruction);
  Constant *element = elementOf(value);
  if (auto *number = dyn_cast_or_null<ConstantFP>(element))
    return !number->getValueAPF().isNaN();
  if (auto *number = dyn_cast_or_null<ConstantInt>(element))
    return (number->getZExtValue() & 0x7fffffff) <= 0x7f800000;
  return false;
}

/// What an instruction hands on, if it may be a carrier.
SmallVector<Value *, 4> Deferral::carried(Instruction &instruction) const {
  if (!isWord(instruction.getType()))
    return {};
  if (auto *phi = dyn_cast<PHINode>(&instruction))
    return SmallVector<Value *, 4>(phi->incoming_values());
  if (auto *select = dyn_cast<SelectInst>(&instruction))
    return {select->getTrueValue(), select->getFalseValue()};
  if (isa<BitCastInst>(instruction) &&
      isWord(instruction.getOperand(0)->getType()))
    return {instruction.getOperand(0)};
  if (isa<LoadInst>(instruction))
    return stored.lookup(instruction.getMetadata(SlotMarkerName));
  return {};
}

void Deferral::findCarriers() {
  for (Instruction &instruction : instructions(function))
    if (auto *store = dyn_cast<StoreInst>(&instruction))
      if (MDNode *marker = store->getMetadata(SlotMarkerName))
        stored[marker].push_back(store->getValueOperand());
  for (Instruction &instruction : instructions(function))
    if (!raw.count(&instruction) && !carried(instruction).empty())
      carriers.insert(&instruction);
  // All take part until one of their values does not.
  bool hasChanged = true;
  while (hasChanged)
    hasChanged = carriers.remove_if([&](Instruction *carrier) {
      return !all_of(carried(*carrier),
                     [&](Value *value) { return isCanonical(value); });
    });
}

Value *Deferral::rawOf(Value *value) const {
  auto found = raw.find(value);
  return found == raw.end() ? value : found->second;
}

void Deferral::makeRawCarriers() {
  SmallVector<Instruction *> copies;
  for (Instruction *carrier : carriers) {
    // What was stored is canonical.
    if (isa<LoadInst>(carrier))
      continue;
    Instruction *copy = carrier->clone();
    copy->insertInto(carrier->getParent(), carrier->getIterator());
    raw[carrier] = copy;
    copies.push_back(copy);
  }
  for (Instruction *copy : copies)
    for (Use &use : copy->operands())
      use.set(rawOf(use.get()));
}

Value *Deferral::canonicalBefore(Instruction *place, Value *value) {
  IRBuilder<> ir(place);
  LaneBuilder lanes(ir);
  if (!value->getType()->isIntOrIntVectorTy())
    return lanes.canonicalNaN(value);
  return lanes.toBits(lanes.canonicalNaN(lanes.fromBits(value)));
}

void Deferral::rewriteUses(Instruction *value) {
  Value *rawValue = rawOf(value);
  bool isCarrier = carriers.count(value);
  for (Use &use : make_early_inc_range(value->uses())) {
    auto *user = cast<Instruction>(use.getUser());
    if (carriers.count(user))
      continue;
    if (takesAnyNaN(user)) {
      use.set(rawValue);
      continue;
    }
    // In its own block the value may as well stay.
    if (!isCarrier && user->getParent() == value->getParent())
      continue;
    Instruction *place = user;
    if (auto *phi = dyn_cast<PHINode>(user))
      place = phi->getIncomingBlock(use)->getTerminator();
    use.set(canonicalBefore(place, rawValue));
  }
}

void Deferral::run() {
  SmallVector<Instruction *> originals;
  for (Instruction &instruction : instructions(function))
    if (Value *value = matchCanonicalNaN(instruction)) {
      raw[&instruction] = value;
      originals.push_back(&instruction);
    }
  if (originals.empty())
    return;
  findCarriers();
  for (Instruction *carrier : carriers)
    if (!isa<LoadInst>(carrier))
      originals.push_back(carrier);
  makeRawCarriers();
  for (Instruction *value : originals)
    rewriteUses(value);
}

MDNode *slotMarker(LLVMContext &context, uint64_t number) {
  auto *value = ConstantInt::get(Type::getInt64Ty(context), number);
  return MDNode::get(context, ConstantAsMetadata::get(value));
}

void deferCanonicalNaNs(Function &function) { Deferral(function).run(); }

} // namespace weft::cusim
