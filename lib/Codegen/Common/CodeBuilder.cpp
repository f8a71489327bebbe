//===- CodeBuilder.cpp - Instructions of one kernel -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/CodeBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace weft {

Block &CodeBuilder::startFunction(StringRef name, ArrayRef<Type> arguments) {
  builder.setInsertionPointToEnd(module.getBody());
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(builder.getContext()), arguments);
  function = make<LLVM::LLVMFuncOp>(name, type);
  Block *entry = function.addEntryBlock(builder);
  builder.setInsertionPointToEnd(entry);
  return *entry;
}

void CodeBuilder::endStart() {
  startEnd = make<LLVM::ReturnOp>(ValueRange());
  builder.setInsertionPoint(startEnd);
  // A second marker, so that what follows comes after it.
  startEnd = make<arith::ConstantOp>(builder.getI64IntegerAttr(0));
}

void CodeBuilder::finish() { startEnd->erase(); }

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

namespace {
class SizeLowering : public SizeExpr::Lowering {
public:
  SizeLowering(CodeBuilder &code, ArrayRef<Value> parameters)
      : code(code), parameters(parameters) {}

  void *constant(int64_t value) override {
    return code.constant(value).getAsOpaquePointer();
  }
  void *symbol(std::string_view name) override {
    unsigned number = 0;
    StringRef text(name.data(), name.size());
    bool isParameter = text.consume_front("s") &&
                       !text.getAsInteger(10, number) &&
                       number < parameters.size();
    (void)isParameter;
    assert(isParameter && "compileKernels checks the sizes");
    return parameters[number].getAsOpaquePointer();
  }
  void *add(void *lhs, void *rhs) override {
    return code.add(of(lhs), of(rhs)).getAsOpaquePointer();
  }
  void *multiply(void *lhs, void *rhs) override {
    return code.mul(of(lhs), of(rhs)).getAsOpaquePointer();
  }
  void *apply(std::string_view function, void *lhs, void *rhs) override {
    Value a = of(lhs), b = of(rhs), result;
    if (function == "floordiv")
      result = code.make<arith::FloorDivSIOp>(a, b);
    else if (function == "ceildiv")
      result = code.make<arith::CeilDivSIOp>(a, b);
    else if (function == "mod")
      result = code.sub(
          a, code.mul(code.make<arith::FloorDivSIOp>(a, b).getResult(), b));
    else
      result = function == "min" ? code.minimum(a, b) : code.maximum(a, b);
    return result.getAsOpaquePointer();
  }

private:
  static Value of(void *pointer) {
    return Value::getFromOpaquePointer(pointer);
  }
  CodeBuilder &code;
  ArrayRef<Value> parameters;
};
} // namespace

Value CodeBuilder::size(const SizeExpr &expr) {
  if (std::optional<int64_t> value = expr.asConstant())
    return constant(*value);
  Value &known = sizes[expr.str()];
  if (!known) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(startEnd);
    SizeLowering lowering(*this, parameters);
    known = Value::getFromOpaquePointer(expr.lower(lowering));
  }
  return known;
}

//===----------------------------------------------------------------------===//
// Types and constants
//===----------------------------------------------------------------------===//

Type CodeBuilder::withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return VectorType::get(vector.getShape(), element);
  return element;
}

Value CodeBuilder::constant(int64_t value) {
  Value &known = constants[value];
  if (!known) {
    OpBuilder::InsertionGuard guard(builder);
    // At the very start: sizes are computed from constants.
    builder.setInsertionPointToStart(&function.getBody().front());
    known = make<arith::ConstantOp>(builder.getI64IntegerAttr(value));
  }
  return known;
}

std::optional<int64_t> CodeBuilder::asConstant(Value value) {
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    if (auto attribute = dyn_cast<IntegerAttr>(constant.getValue()))
      return attribute.getInt();
  return std::nullopt;
}

bool CodeBuilder::isMultipleOf(Value value, int64_t factor) {
  if (std::optional<int64_t> number = asConstant(value))
    return *number % factor == 0;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    return loop && loop.getInductionVar() == value &&
           isMultipleOf(loop.getLowerBound(), factor) &&
           isMultipleOf(loop.getStep(), factor);
  }
  Operation *op = value.getDefiningOp();
  auto check = [&](Value operand) { return isMultipleOf(operand, factor); };
  if (isa<arith::AddIOp, arith::SubIOp, arith::RemUIOp, arith::MinSIOp,
          arith::MaxSIOp, arith::ExtUIOp>(op))
    return llvm::all_of(op->getOperands(), check);
  return isa<arith::MulIOp>(op) && llvm::any_of(op->getOperands(), check);
}

static Value makeConstant(CodeBuilder &code, Type type, TypedAttr scalar) {
  if (auto vector = dyn_cast<VectorType>(type))
    return code.make<arith::ConstantOp>(
        DenseElementsAttr::get(vector, Attribute(scalar)));
  return code.make<arith::ConstantOp>(scalar);
}

Value CodeBuilder::number(Type type, double value) {
  Type element = getElementTypeOrSelf(type);
  if (isa<FloatType>(element))
    return makeConstant(*this, type, builder.getFloatAttr(element, value));
  return integer(type, static_cast<int64_t>(value));
}

Value CodeBuilder::integer(Type type, int64_t value) {
  return makeConstant(
      *this, type, builder.getIntegerAttr(getElementTypeOrSelf(type), value));
}

Value CodeBuilder::laneNumbers() {
  if (!laneNumbersValue || laneNumbersValue.getType() != vectorOf(i64())) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&function.getBody().front());
    SmallVector<int64_t> numbers(lanes);
    std::iota(numbers.begin(), numbers.end(), 0);
    laneNumbersValue = make<arith::ConstantOp>(
        DenseIntElementsAttr::get(vectorOf(i64()), ArrayRef(numbers)));
  }
  return laneNumbersValue;
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value CodeBuilder::broadcast(Value value, int64_t size) {
  if (isVector(value))
    return value;
  return make<vector::BroadcastOp>(vectorOf(value.getType(), size), value);
}

void CodeBuilder::unify(Value &lhs, Value &rhs) {
  auto sizeOf = [](Value value) {
    return cast<VectorType>(value.getType()).getDimSize(0);
  };
  if (isVector(lhs) && !isVector(rhs))
    rhs = broadcast(rhs, sizeOf(lhs));
  else if (isVector(rhs) && !isVector(lhs))
    lhs = broadcast(lhs, sizeOf(rhs));
}

Value CodeBuilder::add(Value lhs, Value rhs) {
  auto a = asConstant(lhs), b = asConstant(rhs);
  if (a && b)
    return constant(*a + *b);
  if (a && *a == 0)
    return rhs;
  if (b && *b == 0)
    return lhs;
  return binary<arith::AddIOp>(lhs, rhs);
}

Value CodeBuilder::sub(Value lhs, Value rhs) {
  auto a = asConstant(lhs), b = asConstant(rhs);
  if (a && b)
    return constant(*a - *b);
  if (b && *b == 0)
    return lhs;
  return binary<arith::SubIOp>(lhs, rhs);
}

Value CodeBuilder::mul(Value lhs, Value rhs) {
  auto a = asConstant(lhs), b = asConstant(rhs);
  if (a && b)
    return constant(*a * *b);
  if ((a && *a == 0) || (b && *b == 1))
    return lhs;
  if ((b && *b == 0) || (a && *a == 1))
    return rhs;
  return binary<arith::MulIOp>(lhs, rhs);
}

Value CodeBuilder::floorDiv(Value lhs, Value rhs) {
  auto a = asConstant(lhs), b = asConstant(rhs);
  if (a && b && *b != 0)
    return constant(*a / *b);
  if ((b && *b == 1) || (a && *a == 0))
    return lhs;
  return binary<arith::DivUIOp>(lhs, rhs);
}

Value CodeBuilder::mod(Value lhs, Value rhs) {
  auto a = asConstant(lhs), b = asConstant(rhs);
  if (a && b && *b != 0)
    return constant(*a % *b);
  if (b && *b == 1)
    return constant(0);
  return binary<arith::RemUIOp>(lhs, rhs);
}

Value CodeBuilder::minimum(Value lhs, Value rhs) {
  auto a = asConstant(lhs), b = asConstant(rhs);
  if (a && b)
    return constant(std::min(*a, *b));
  return binary<arith::MinSIOp>(lhs, rhs);
}

Value CodeBuilder::maximum(Value lhs, Value rhs) {
  auto a = asConstant(lhs), b = asConstant(rhs);
  if (a && b)
    return constant(std::max(*a, *b));
  return binary<arith::MaxSIOp>(lhs, rhs);
}

Value CodeBuilder::compare(arith::CmpIPredicate predicate, Value lhs,
                           Value rhs) {
  unify(lhs, rhs);
  return make<arith::CmpIOp>(predicate, lhs, rhs);
}

Value CodeBuilder::compare(arith::CmpFPredicate predicate, Value lhs,
                           Value rhs) {
  unify(lhs, rhs);
  return make<arith::CmpFOp>(predicate, lhs, rhs);
}

Value CodeBuilder::select(Value condition, Value lhs, Value rhs) {
  unify(lhs, rhs);
  if (isVector(condition))
    lhs = broadcast(lhs), rhs = broadcast(rhs);
  return make<arith::SelectOp>(condition, lhs, rhs);
}

Value CodeBuilder::addf(Value lhs, Value rhs) {
  return binary<arith::AddFOp>(lhs, rhs);
}
Value CodeBuilder::subf(Value lhs, Value rhs) {
  return binary<arith::SubFOp>(lhs, rhs);
}
Value CodeBuilder::mulf(Value lhs, Value rhs) {
  return binary<arith::MulFOp>(lhs, rhs);
}
Value CodeBuilder::divf(Value lhs, Value rhs) {
  return binary<arith::DivFOp>(lhs, rhs);
}

Value CodeBuilder::fma(Value a, Value b, Value c) {
  if (!features.hasFMA)
    return addf(mulf(a, b), c);
  unify(a, b);
  unify(a, c);
  unify(b, c);
  return make<math::FmaOp>(a, b, c);
}

Value CodeBuilder::bitcast(Value value, Type element) {
  return make<arith::BitcastOp>(withElement(value.getType(), element), value);
}

Value CodeBuilder::foldLanes(Value value,
                             function_ref<Value(Value, Value)> combine) {
  for (int64_t size = lanes; size > 1; size /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t i = 0; i < size / 2; ++i) {
      low.push_back(i);
      high.push_back(size / 2 + i);
    }
    value = combine(make<vector::ShuffleOp>(value, value, low),
                    make<vector::ShuffleOp>(value, value, high));
  }
  return make<vector::ExtractOp>(value, ArrayRef<int64_t>{0});
}

} // namespace weft
