//===- Operators.cpp - Arithmetic and comparison --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/generate/template/Interpreter.h"
#include "runtime/generate/template/Unicode.h"

#include <cmath>

using namespace weft;
using namespace weft::jinja;

static constexpr uint64_t itemWork = 48;

static char kindOf(const std::string &op) {
  return op == "//" ? 'f' : op == "**" ? 'p' : op[0];
}

Value Interpreter::binary(const std::string &op, const Value &left,
                          const Value &right) {
  if (failed())
    return Value();
  for (const Value *side : {&left, &right})
    if (side->isUndefined())
      return fail("'" + printable(side->undefinedName()) +
                  "' is undefined, but '" + op + "' needs its value");
  if (left.integer() && right.integer())
    return arithmetic(kindOf(op), *left.integer(), *right.integer());
  if (left.number() && right.number())
    return arithmetic(kindOf(op), *left.number(), *right.number());
  if (op == "+" && left.text() && right.text()) {
    if (!spend(left.text()->size() + right.text()->size()))
      return Value();
    return *left.text() + *right.text();
  }
  if (op == "+" && left.list() && right.list() &&
      left.list()->isTuple == right.list()->isTuple) {
    std::vector<Value> items = iterate(left), more = iterate(right);
    items.insert(items.end(), more.begin(), more.end());
    return made(List{std::move(items), left.list()->isTuple});
  }
  if (op == "*" && right.integer())
    return repeat(left, *right.integer());
  if (op == "*" && left.integer())
    return repeat(right, *left.integer());
  if (op == "%" && left.text())
    return fail("formatting a text with '%' is not supported");
  return fail("'" + op + "' does not take " + left.typeName() + " and " +
              right.typeName());
}

Value Interpreter::repeat(const Value &value, int64_t count) {
  uint64_t times = count < 0 ? 0 : static_cast<uint64_t>(count);
  // Above the budget anyway.
  times = std::min<uint64_t>(times, uint64_t(1) << 32);
  if (const std::string *string = value.text()) {
    std::string repeated;
    if (spend(times * std::min<uint64_t>(string->size(), 1u << 30)))
      for (uint64_t i = 0; i != times && !string->empty(); ++i)
        repeated += *string;
    return repeated;
  }
  const List *list = value.list();
  if (!list)
    return fail(std::string("'*' does not take ") + value.typeName() +
                " and int");
  List repeated;
  repeated.isTuple = list->isTuple;
  if (spend(times * std::min<uint64_t>(list->items.size(), 1u << 20) *
            itemWork))
    for (uint64_t i = 0; i != times && !list->items.empty(); ++i)
      repeated.items.insert(repeated.items.end(), list->items.begin(),
                            list->items.end());
  return made(std::move(repeated));
}

Value Interpreter::arithmetic(char op, int64_t left, int64_t right) {
  if (op == '/')
    return arithmetic(op, static_cast<double>(left),
                      static_cast<double>(right));
  if (op == 'p' && right < 0)
    return arithmetic(op, static_cast<double>(left),
                      static_cast<double>(right));
  if ((op == 'f' || op == '%') && right == 0)
    return fail("division by zero");
  int64_t result = 0;
  bool isTooGreat = false;
  switch (op) {
  case '+':
    isTooGreat = __builtin_add_overflow(left, right, &result);
    break;
  case '-':
    isTooGreat = __builtin_sub_overflow(left, right, &result);
    break;
  case '*':
    isTooGreat = __builtin_mul_overflow(left, right, &result);
    break;
  case 'f':
  case '%': {
    // Rounds down, as Python does.
    isTooGreat = left == INT64_MIN && right == -1;
    if (isTooGreat)
      break;
    int64_t quotient = left / right, rest = left % right;
    if (rest != 0 && (rest < 0) != (right < 0)) {
      --quotient;
      rest += right;
    }
    result = op == 'f' ? quotient : rest;
    break;
  }
  case 'p':
    result = 1;
    if (left == 0 || left == 1)
      return right == 0 ? int64_t(1) : left;
    // Beyond 64 turns it does not fit anyway, but for -1.
    if (left == -1)
      return right % 2 ? left : int64_t(1);
    for (int64_t i = 0; i != right && !isTooGreat; ++i)
      isTooGreat = __builtin_mul_overflow(result, left, &result);
    break;
  default:
    break;
  }
  if (isTooGreat)
    return fail("the result of an operation exceeds 64 bits");
  return result;
}

Value Interpreter::arithmetic(char op, double left, double right) {
  if ((op == '/' || op == 'f' || op == '%') && right == 0)
    return fail("division by zero");
  switch (op) {
  case '+':
    return left + right;
  case '-':
    return left - right;
  case '*':
    return left * right;
  case '/':
    return left / right;
  case 'f':
    return std::floor(left / right);
  case '%': {
    double rest = std::fmod(left, right);
    return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest;
  }
  default:
    return std::pow(left, right);
  }
}

bool Interpreter::compare(const std::string &op, const Value &left,
                          const Value &right) {
  if (op == "in")
    return contains(right, left);
  if (op == "not in")
    return !contains(right, left);
  if (!spend(std::min(left.weight(), right.weight())))
    return false;
  if (op == "==" || op == "!=")
    return equal(left, right) == (op == "==");
  bool isSwapped = op[0] == '>';
  std::optional<bool> isLess =
      isSwapped ? less(right, left) : less(left, right);
  if (!isLess) {
    fail("'" + op + "' does not take " + left.typeName() + " and " +
         right.typeName());
    return false;
  }
  return *isLess || (op.size() == 2 && equal(left, right));
}

bool Interpreter::contains(const Value &container, const Value &value) {
  if (!spend(container.weight()))
    return false;
  if (const std::string *whole = container.text()) {
    if (const std::string *part = value.text())
      return whole->find(*part) != std::string::npos;
    fail(std::string("'in' of a text takes a text, not ") + value.typeName());
    return false;
  }
  if (const Dict *dict = container.dict())
    return value.text() && dict->find(*value.text());
  if (const List *list = container.list()) {
    for (const Value &item : list->items)
      if (equal(item, value))
        return true;
    return false;
  }
  if (!container.isUndefined())
    fail(std::string("'in' does not take ") + container.typeName());
  return false;
}
