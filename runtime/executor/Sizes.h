//===- Sizes.h - Sizes from the shapes of inputs ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_EXECUTOR_SIZES_H
#define RUNTIME_EXECUTOR_SIZES_H

#include "runtime/base/SizeExpr.h"
#include "weft/artifact.pb.h"

#include <map>
#include <span>

namespace weft {

/// Finds the values of an artifact's symbolic sizes from the shapes that an
/// entry point's inputs have, and checks them.
class SizeBinder {
public:
  /// Takes a manifest that checkManifest accepted; coordinates are those of
  /// rank `rank`.
  static StatusOr<SizeBinder> create(const artifact::Manifest &manifest,
                                     const artifact::EntryPoint &entry,
                                     unsigned rank);

  /// Shapes are in the order of the entry point's inputs. On success `values`
  /// holds one number for each of Manifest.sizes; -1 for one that no input
  /// determines. Fails on a wrong rank or size, on inputs that disagree, on a
  /// value outside of its range or no multiple of its divisor; allocates
  /// nothing unless it fails.
  Status bind(std::span<const std::span<const int64_t>> shapes,
              std::span<int64_t> values) const;

  /// Checks ranges and divisors of values that were given directly.
  Status checkValues(std::span<const int64_t> values) const;

  /// The value of a size, or of a coordinate.
  std::optional<int64_t> valueOf(std::string_view name,
                                 std::span<const int64_t> values) const;
  /// The index in Manifest.sizes.
  std::optional<size_t> indexOf(std::string_view name) const;
  size_t count() const { return symbols.size(); }

private:
  struct Dimension {
    SizeExpr expr;
    /// A lone symbol, or the only symbol of an expression.
    std::optional<uint32_t> symbol;
    bool isLoneSymbol = false;
    std::optional<int64_t> constant;
  };
  struct Symbol {
    std::string name;
    int64_t minimum, maximum, divisor;
  };
  void solve(const Dimension &dimension, int64_t found,
             std::span<int64_t> values) const;
  Status mismatch(size_t input, size_t dimension, int64_t found,
                  const std::string &expected) const;

  std::map<std::string, uint32_t, std::less<>> indices;
  std::map<std::string, int64_t, std::less<>> coordinates;
  std::vector<Symbol> symbols;
  std::vector<std::string> inputNames;
  std::vector<std::vector<Dimension>> inputs;
};

} // namespace weft

#endif // RUNTIME_EXECUTOR_SIZES_H
