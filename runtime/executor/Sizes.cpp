//===- Sizes.cpp - Sizes from the shapes of inputs ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/Sizes.h"
#include "runtime/base/Text.h"

#include <algorithm>

using namespace weft;

StatusOr<SizeBinder> SizeBinder::create(const artifact::Manifest &manifest,
                                        const artifact::EntryPoint &entry,
                                        unsigned rank) {
  SizeBinder binder;
  for (const artifact::SizeSymbol &size : manifest.sizes()) {
    binder.indices[size.name()] = static_cast<uint32_t>(binder.symbols.size());
    binder.symbols.push_back(
        {size.name(), size.minimum(), size.maximum(), size.divisor()});
  }
  for (int i = 0; i != manifest.mesh().axes_size(); ++i)
    binder.coordinates["coord(\"" + manifest.mesh().axes(i).name() + "\")"] =
        static_cast<int64_t>(
            manifest.ranks(static_cast<int>(rank)).coordinates(i));
  for (const artifact::TensorInfo &input : entry.inputs()) {
    binder.inputNames.push_back(input.name());
    std::vector<Dimension> &dimensions = binder.inputs.emplace_back();
    for (const std::string &text : input.sizes()) {
      StatusOr<SizeExpr> expr = SizeExpr::parse(text);
      if (!expr)
        return expr.status();
      Dimension dimension{*expr, std::nullopt, false, expr->asConstant()};
      std::set<std::string> names;
      expr->collectSymbols(names);
      if (names.size() == 1) {
        dimension.symbol = binder.indices.at(*names.begin());
        dimension.isLoneSymbol = *expr == SizeExpr::symbol(*names.begin());
      }
      dimensions.push_back(std::move(dimension));
    }
  }
  return binder;
}

std::optional<size_t> SizeBinder::indexOf(std::string_view name) const {
  auto it = indices.find(name);
  return it == indices.end() ? std::nullopt : std::optional<size_t>(it->second);
}

std::optional<int64_t>
SizeBinder::valueOf(std::string_view name,
                    std::span<const int64_t> values) const {
  if (auto it = indices.find(name); it != indices.end())
    return values[it->second] < 0 ? std::nullopt
                                  : std::optional(values[it->second]);
  if (auto it = coordinates.find(name); it != coordinates.end())
    return it->second;
  return std::nullopt;
}

Status SizeBinder::mismatch(size_t input, size_t dimension, int64_t found,
                            const std::string &expected) const {
  return Status::error("input '" + printable(inputNames[input]) +
                       "' has size " + std::to_string(found) +
                       " in dimension " + std::to_string(dimension) +
                       "; expected " + expected);
}

/// An expression of one symbol, taken as a*x + b, gives x; whether it really is
/// linear shows when all sizes are compared.
void SizeBinder::solve(const Dimension &dimension, int64_t found,
                       std::span<int64_t> values) const {
  auto at = [&](int64_t x) -> std::optional<int64_t> {
    values[*dimension.symbol] = x;
    StatusOr<int64_t> value = dimension.expr.evaluate(
        [&](std::string_view name) { return valueOf(name, values); });
    values[*dimension.symbol] = -1;
    return value ? std::optional(*value) : std::nullopt;
  };
  std::optional<int64_t> one = at(1), two = at(2);
  int64_t slope = 0, distance = 0;
  if (!one || !two || __builtin_sub_overflow(*two, *one, &slope) ||
      slope <= 0 || __builtin_sub_overflow(found, *one, &distance) ||
      distance % slope != 0 || distance / slope >= INT64_MAX)
    return; // left open; comparing tells
  values[*dimension.symbol] = std::max<int64_t>(-1, distance / slope + 1);
}

Status SizeBinder::bind(std::span<const std::span<const int64_t>> shapes,
                        std::span<int64_t> values) const {
  std::fill(values.begin(), values.end(), -1);
  for (size_t i = 0; i != inputs.size(); ++i) {
    if (shapes[i].size() != inputs[i].size())
      return Status::error("input '" + printable(inputNames[i]) + "' has " +
                           std::to_string(shapes[i].size()) +
                           " dimensions; expected " +
                           std::to_string(inputs[i].size()));
    for (size_t d = 0; d != inputs[i].size(); ++d) {
      const Dimension &dimension = inputs[i][d];
      if (shapes[i][d] < 0)
        return mismatch(i, d, shapes[i][d], "a size of at least 0");
      if (dimension.isLoneSymbol && values[*dimension.symbol] < 0)
        values[*dimension.symbol] = shapes[i][d];
    }
  }
  for (size_t i = 0; i != inputs.size(); ++i)
    for (size_t d = 0; d != inputs[i].size(); ++d) {
      const Dimension &dimension = inputs[i][d];
      if (dimension.symbol && values[*dimension.symbol] < 0)
        solve(dimension, shapes[i][d], values);
    }
  for (size_t i = 0; i != inputs.size(); ++i)
    for (size_t d = 0; d != inputs[i].size(); ++d) {
      const Dimension &dimension = inputs[i][d];
      int64_t found = shapes[i][d];
      if (dimension.constant) {
        if (*dimension.constant != found)
          return mismatch(i, d, found, std::to_string(*dimension.constant));
        continue;
      }
      if (dimension.isLoneSymbol) {
        const Symbol &symbol = symbols[*dimension.symbol];
        int64_t value = values[*dimension.symbol];
        if (value != found)
          return mismatch(i, d, found,
                          std::to_string(value) + ", the value of '" +
                              symbol.name + "' elsewhere");
        if (value < symbol.minimum || value > symbol.maximum ||
            value % symbol.divisor != 0)
          return mismatch(
              i, d, found,
              "'" + symbol.name + "' from " + std::to_string(symbol.minimum) +
                  " to " + std::to_string(symbol.maximum) +
                  (symbol.divisor == 1
                       ? std::string()
                       : ", a multiple of " + std::to_string(symbol.divisor)));
        continue;
      }
      StatusOr<int64_t> value = dimension.expr.evaluate(
          [&](std::string_view name) { return valueOf(name, values); });
      if (!value)
        return Status::error("input '" + printable(inputNames[i]) +
                             "', dimension " + std::to_string(d) + ": " +
                             value.message());
      if (*value != found)
        return mismatch(i, d, found,
                        std::to_string(*value) + ", which is " +
                            printable(dimension.expr.str()));
    }
  return checkValues(values);
}

Status SizeBinder::checkValues(std::span<const int64_t> values) const {
  for (size_t i = 0; i != symbols.size(); ++i) {
    const Symbol &symbol = symbols[i];
    if (values[i] >= 0 &&
        (values[i] < symbol.minimum || values[i] > symbol.maximum ||
         values[i] % symbol.divisor != 0))
      return Status::error(
          "size '" + symbol.name + "' is " + std::to_string(values[i]) +
          "; expected a multiple of " + std::to_string(symbol.divisor) +
          " from " + std::to_string(symbol.minimum) + " to " +
          std::to_string(symbol.maximum));
  }
  return Status::ok();
}
