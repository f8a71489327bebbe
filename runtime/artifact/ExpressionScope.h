//===- ExpressionScope.h - Which symbols an expression may use --*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_ARTIFACT_EXPRESSIONSCOPE_H
#define RUNTIME_ARTIFACT_EXPRESSIONSCOPE_H

#include "runtime/base/SizeExpr.h"

namespace weft {

/// The symbols that the expressions of one part of a manifest may name.
class ExpressionScope {
public:
  void addSymbol(std::string name) { symbols.insert(std::move(name)); }
  bool hasSymbol(const std::string &name) const {
    return symbols.contains(name);
  }
  void addAxis(std::string name) { axes.insert(std::move(name)); }
  /// Adds prefix0, prefix1, ... prefix(count-1).
  void addNumbered(const std::string &prefix, uint32_t count) {
    for (uint32_t i = 0; i != count; ++i)
      addSymbol(prefix + std::to_string(i));
  }

  /// Fails on bad text, or on a symbol or an axis outside of the scope.
  StatusOr<SizeExpr> parse(const std::string &text) const {
    StatusOr<SizeExpr> expr = SizeExpr::parse(text);
    if (!expr)
      return expr;
    std::set<std::string> names;
    expr->collectSymbols(names);
    for (const std::string &name : names)
      if (!symbols.contains(name))
        return Status::error("size expression '" + text.substr(0, 120) +
                             "' uses '" + name + "', which is not declared");
    Status status = Status::ok();
    (void)expr->substitute(
        [&](std::string_view name) -> std::optional<SizeExpr> {
          if (name.starts_with("coord(\"") &&
              !axes.contains(std::string(name.substr(7, name.size() - 9))))
            status = Status::error("size expression '" + text.substr(0, 120) +
                                   "' uses " + std::string(name) +
                                   ", which is no axis of the mesh");
          return std::nullopt;
        });
    if (!status)
      return status;
    return expr;
  }

private:
  std::set<std::string> symbols, axes;
};

} // namespace weft

#endif // RUNTIME_ARTIFACT_EXPRESSIONSCOPE_H
