//===- SizesAttr.cpp - Lists of symbolic sizes ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/LLM.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace weft {

Sizes SizesAttr::getExprs() const {
  Sizes exprs;
  for (StringAttr text : getTexts()) {
    StatusOr<SizeExpr> expr = SizeExpr::parse(text.getValue().str());
    assert(expr.isOk() && "texts are canonical");
    exprs.push_back(expr.isOk() ? *expr : SizeExpr());
  }
  return exprs;
}

namespace {
/// Recursive descent over the tokens of MLIR's lexer. The grammar is that of
/// SizeExpr::parse.
class ExprParser {
public:
  explicit ExprParser(AsmParser &parser) : parser(parser) {}

  ParseResult parseSum(SizeExpr &result);

private:
  ParseResult parseProduct(SizeExpr &result);
  ParseResult parseFactor(SizeExpr &result);
  ParseResult parseCall(StringRef name, SizeExpr &result);

  AsmParser &parser;
  unsigned depth = 0;
};
} // namespace

/// Text that nests deeper is refused before it overflows our stack.
static constexpr unsigned maxDepth = 64;

ParseResult ExprParser::parseSum(SizeExpr &result) {
  if (++depth > maxDepth)
    return parser.emitError(parser.getCurrentLocation(),
                            "size nests deeper than 64 levels");
  bool isNegative = succeeded(parser.parseOptionalMinus());
  if (parseProduct(result))
    return failure();
  if (isNegative)
    result = SizeExpr(0) - result;
  while (true) {
    SizeExpr term;
    if (succeeded(parser.parseOptionalPlus())) {
      if (parseProduct(term))
        return failure();
      result = result + term;
    } else if (succeeded(parser.parseOptionalMinus())) {
      if (parseProduct(term))
        return failure();
      result = result - term;
    } else {
      --depth;
      return success();
    }
  }
}

ParseResult ExprParser::parseProduct(SizeExpr &result) {
  if (parseFactor(result))
    return failure();
  while (succeeded(parser.parseOptionalStar())) {
    SizeExpr factor;
    if (parseFactor(factor))
      return failure();
    result = result * factor;
  }
  return success();
}

ParseResult ExprParser::parseFactor(SizeExpr &result) {
  if (succeeded(parser.parseOptionalLParen()))
    return failure(parseSum(result) || parser.parseRParen());
  int64_t integer;
  OptionalParseResult isInteger = parser.parseOptionalInteger(integer);
  if (isInteger.has_value()) {
    result = integer;
    return *isInteger;
  }
  SMLoc location = parser.getCurrentLocation();
  StringRef name;
  if (parser.parseOptionalKeyword(&name))
    return parser.emitError(location,
                            "expected a size: an integer, a symbol, '(' or one "
                            "of ceildiv, floordiv, mod, min, max, coord");
  if (succeeded(parser.parseOptionalLParen()))
    return failure(parseCall(name, result) || parser.parseRParen());
  if (!SizeExpr::isSymbolName(name.str()))
    return parser.emitError(location, "'")
           << name << "' is not the name of a size";
  result = SizeExpr::symbol(name.str());
  return success();
}

ParseResult ExprParser::parseCall(StringRef name, SizeExpr &result) {
  SMLoc location = parser.getCurrentLocation();
  if (name == "coord") {
    std::string axis;
    if (parser.parseString(&axis))
      return failure();
    if (!SizeExpr::isSymbolName(axis))
      return parser.emitError(location, "'")
             << axis << "' is not the name of a mesh axis";
    result = SizeExpr::coordinate(axis);
    return success();
  }
  using Expr = const SizeExpr &;
  using Function = SizeExpr (*)(Expr, Expr);
  Function function =
      llvm::StringSwitch<Function>(name)
          .Case("ceildiv", [](Expr x, Expr y) { return ceilDiv(x, y); })
          .Case("floordiv", [](Expr x, Expr y) { return floorDiv(x, y); })
          .Case("mod", [](Expr x, Expr y) { return mod(x, y); })
          .Case("min", [](Expr x, Expr y) { return min(x, y); })
          .Case("max", [](Expr x, Expr y) { return max(x, y); })
          .Default(nullptr);
  if (!function)
    return parser.emitError(location, "'")
           << name << "' is not one of ceildiv, floordiv, mod, min, max, coord";
  SizeExpr lhs, rhs;
  if (parseSum(lhs) || parser.parseComma() || parseSum(rhs))
    return failure();
  result = function(lhs, rhs);
  return success();
}

Attribute SizesAttr::parse(AsmParser &parser, Type) {
  Sizes exprs;
  auto parseExpr = [&]() -> ParseResult {
    SMLoc location = parser.getCurrentLocation();
    SizeExpr expr;
    if (ExprParser(parser).parseSum(expr))
      return failure();
    if (!expr.isValid())
      return parser.emitError(location, "size does not fit 64 bits or divides "
                                        "by less than 1");
    exprs.push_back(expr);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseExpr))
    return {};
  return get(parser.getContext(), exprs);
}

void SizesAttr::print(AsmPrinter &printer) const {
  printer << '[';
  llvm::interleaveComma(getTexts(), printer,
                        [&](StringAttr text) { printer << text.getValue(); });
  printer << ']';
}

} // namespace weft
