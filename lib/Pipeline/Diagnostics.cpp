//===- Diagnostics.cpp - MLIR diagnostics as one sentence -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Pipeline/Diagnostics.h"

#include "dialects/Exec/IR/Exec.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace weft;

/// `file:3:5` or `node "name"`; empty when the location says neither.
static std::string describe(Location location) {
  if (auto file = dyn_cast<FileLineColLoc>(location))
    return file.getFilename().str() + ":" + std::to_string(file.getLine()) +
           ":" + std::to_string(file.getColumn());
  if (auto name = dyn_cast<NameLoc>(location))
    return name.getName().str();
  if (std::string node = exec::getNodeName(location); !node.empty())
    return "node \"" + node + "\"";
  return "";
}

/// The message on one line, behind the place that it is about.
static std::string toLine(const Diagnostic &diagnostic) {
  std::string message = diagnostic.str();
  std::string where = describe(diagnostic.getLocation());
  // An importer's messages name their node themselves.
  if (!where.empty() && !StringRef(message).contains(where))
    message = where + ": " + message;
  std::replace(message.begin(), message.end(), '\n', ' ');
  return message;
}

DiagnosticCollector::DiagnosticCollector(MLIRContext *context)
    : handler(context, [this](Diagnostic &diagnostic) {
        switch (diagnostic.getSeverity()) {
        case DiagnosticSeverity::Remark:
          remarks.push_back(diagnostic.str());
          break;
        case DiagnosticSeverity::Warning:
          warnings.push_back(toLine(diagnostic));
          break;
        case DiagnosticSeverity::Error:
          if (first.empty())
            first = toLine(diagnostic);
          break;
        case DiagnosticSeverity::Note:
          break;
        }
        return success();
      }) {}

Status DiagnosticCollector::getStatus(const std::string &fallback) const {
  return Status::error(first.empty() ? fallback : first);
}
