//===- Diagnostics.h - MLIR diagnostics as one sentence --------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PIPELINE_DIAGNOSTICS_H
#define LIB_PIPELINE_DIAGNOSTICS_H

#include "weft/Status.h"

#include "mlir/IR/Diagnostics.h"

namespace weft {

/// Keeps the first error of a context while it lives, and all remarks and
/// warnings; notes are dropped.
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(mlir::MLIRContext *context);

  /// What went wrong, on one line, with the model's node in front when the
  /// location names it. `fallback` when nothing was said.
  Status getStatus(const std::string &fallback) const;

  llvm::ArrayRef<std::string> getRemarks() const { return remarks; }
  /// Each on one line, as an error.
  llvm::ArrayRef<std::string> getWarnings() const { return warnings; }

private:
  std::string first;
  std::vector<std::string> remarks;
  std::vector<std::string> warnings;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace weft

#endif // LIB_PIPELINE_DIAGNOSTICS_H
