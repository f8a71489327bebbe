//===- PartitionReport.h - Why a model was split as it is -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Collected in two places of the pipeline and written for people and programs:
//
//   PartitionReport report;
//   report.collectShardings(module);   // the global form of `dist`
//   report.collectProgram(module);     // the program of a rank
//   report.printHtml(out);
//   report.printJson(out);
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REPORT_PARTITIONREPORT_H
#define LIB_REPORT_PARTITIONREPORT_H

#include "dialects/Dist/IR/Mesh.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

#include <string>
#include <vector>

namespace weft {

/// A value of the model.
struct ReportedTensor {
  std::string name; // of a weight, an input or the node that computes it
  std::string kind; // "input", "weight", or the op: "linear"
  std::string type; // "f32[batch, sequence, 384]"
  std::string sharding;
  std::string reason;
};

struct ReportedCollective {
  std::string kind;    // "all_reduce"
  std::string axes;    // "tp"
  std::string type;    // "f32[batch, sequence, 384]"
  std::string node;    // what caused it
  std::string bytes;   // of the tensor, as an expression
  double typicalBytes; // with the typical sizes
  double seconds;      // predicted, with the typical sizes
};

/// What one rank holds.
struct ReportedRank {
  std::vector<int64_t> coordinates;
  int64_t weightBytes;
  /// Most of the temporary buffers that live at once, with the typical sizes.
  int64_t temporaryBytes;
};

class PartitionReport {
public:
  /// Takes the shardings and their reasons from functions in global form.
  void collectShardings(mlir::ModuleOp module);
  /// Takes mesh, collectives and memory from programs.
  void collectProgram(mlir::ModuleOp module);

  llvm::json::Value getJson() const;
  /// One page that needs no other file.
  void printHtml(llvm::raw_ostream &out, llvm::StringRef model) const;

private:
  std::vector<std::pair<std::string, int64_t>> axes;
  /// "batch = 8, sequence = 128": what typical sizes are.
  std::string typicalSizes;
  std::vector<ReportedTensor> tensors;
  std::vector<ReportedCollective> collectives;
  std::vector<ReportedRank> ranks;
};

} // namespace weft

#endif // LIB_REPORT_PARTITIONREPORT_H
