//===- BindSizes.cpp - Sizes from the shapes of inputs --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/BindSizes.h"

#include "dialects/LLM/IR/LLM.h"

using namespace mlir;
using namespace weft;

namespace {

/// One dimension of one argument.
struct Equation {
  unsigned argument;
  unsigned dimension;
  SizeExpr size;
  int64_t value;
};

} // namespace

/// The value of the only unknown of a linear equation.
static std::optional<int64_t> solve(const Equation &equation,
                                    const std::string &unknown,
                                    const SizeBinding &binding) {
  auto at = [&](int64_t value) -> std::optional<int64_t> {
    StatusOr<int64_t> result =
        equation.size.evaluate([&](std::string_view symbol) {
          return symbol == unknown ? std::optional(value)
                                   : binding.lookup(symbol);
        });
    return result.isOk() ? std::optional(*result) : std::nullopt;
  };
  std::optional<int64_t> atOne = at(1), atTwo = at(2);
  if (!atOne || !atTwo)
    return std::nullopt;
  int64_t slope = *atTwo - *atOne;
  if (slope == 0 || (equation.value - *atOne) % slope != 0)
    return std::nullopt;
  int64_t solution = 1 + (equation.value - *atOne) / slope;
  // An expression that is not linear fails here.
  return at(solution) == equation.value ? std::optional(solution)
                                        : std::nullopt;
}

/// Binds what follows from equations of one unknown, until nothing does.
static void solveAll(ArrayRef<Equation> equations, SizeBinding &binding) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const Equation &equation : equations) {
      std::set<std::string> names;
      equation.size.collectSymbols(names);
      std::erase_if(names, [&](const std::string &name) {
        return binding.lookup(name).has_value();
      });
      if (names.size() != 1)
        continue;
      if (auto value = solve(equation, *names.begin(), binding)) {
        binding.bind(*names.begin(), *value);
        changed = true;
      }
    }
  }
}

static LogicalResult checkRange(func::FuncOp function, StringRef symbol,
                                int64_t value, const SizeFacts &facts) {
  if (value >= facts.minimum && value <= facts.maximum &&
      value % facts.divisor == 0)
    return success();
  InFlightDiagnostic error = function.emitError()
                             << "size `" << symbol << "` is " << value
                             << " but is declared as " << facts.minimum
                             << " to " << facts.maximum;
  if (facts.divisor != 1)
    error << " and a multiple of " << facts.divisor;
  return error;
}

std::string SizeBinding::str() const {
  std::string text;
  for (const auto &[symbol, value] : values)
    text += (text.empty() ? "" : ", ") + symbol + " = " + std::to_string(value);
  return text;
}

SizeBinding weft::coordinatesOf(const dist::Mesh &mesh, int64_t rank) {
  SizeBinding binding;
  for (auto [axis, coordinate] :
       llvm::zip_equal(mesh.getAxes(), mesh.getCoordinates(rank)))
    binding.bind(SizeExpr::coordinate(std::string_view(axis.getValue())).str(),
                 coordinate);
  return binding;
}

FailureOr<SizeBinding> weft::bindSizes(func::FuncOp function,
                                       SizeAnalysis &sizes,
                                       ArrayRef<ArrayRef<int64_t>> shapes) {
  SmallVector<Equation> equations;
  for (BlockArgument argument : function.getArguments()) {
    unsigned number = argument.getArgNumber();
    for (auto [dimension, size] : llvm::enumerate(sizes.getSizes(argument)))
      equations.push_back({number, static_cast<unsigned>(dimension), size,
                           shapes[number][dimension]});
  }
  SizeBinding binding;
  if (auto module = function->getParentOfType<ModuleOp>())
    for (SizeOp size : module.getOps<SizeOp>())
      if (size.getMinimum() == size.getMaximum())
        binding.bind(size.getSymName().str(), size.getMinimum());
  solveAll(equations, binding);

  for (const Equation &equation : equations) {
    std::set<std::string> names;
    equation.size.collectSymbols(names);
    for (const std::string &name : names)
      if (std::optional<int64_t> value = binding.lookup(name))
        if (failed(checkRange(function, name, *value,
                              sizes.getSymbols().of(StringRef(name)))))
          return failure();
    StatusOr<int64_t> expected = equation.size.evaluate(binding.asValues());
    if (expected.isOk() && *expected == equation.value)
      continue;
    InFlightDiagnostic error = function.emitError()
                               << "dimension " << equation.dimension
                               << " of argument " << equation.argument << " is "
                               << equation.value << " but its size is ";
    if (expected.isOk() && equation.size.isConstant())
      return error << *expected;
    error << "`" << equation.size.str() << "`";
    if (expected.isOk())
      return error << ", which is " << *expected << " here";
    return error << ": " << expected.message();
  }
  return binding;
}
