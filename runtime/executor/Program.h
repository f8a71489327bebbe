//===- Program.h - A program, decoded ---------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_EXECUTOR_PROGRAM_H
#define RUNTIME_EXECUTOR_PROGRAM_H

#include "runtime/base/SizeExpr.h"
#include "runtime/collectives/Group.h"
#include "runtime/device/MatrixProduct.h"
#include "weft/artifact.pb.h"

#include <map>
#include <string>
#include <vector>

namespace weft {

using ExprId = uint32_t;

/// The distinct expressions of a program: each is evaluated once for a set of
/// sizes.
class ExpressionTable {
public:
  ExprId add(const SizeExpr &expr);
  size_t size() const { return exprs.size(); }
  const SizeExpr &operator[](ExprId id) const { return exprs[id]; }
  /// True when it uses a variable, whose value only a `read` gives.
  bool isDynamic(ExprId id) const { return dynamic[id]; }

private:
  std::map<SizeExpr, ExprId> ids;
  std::vector<SizeExpr> exprs;
  std::vector<bool> dynamic;
};

struct ProgramBuffer {
  artifact::Buffer::Kind kind;
  uint32_t index = 0; // of an input or output
  std::string name;   // of a weight or state
  std::string data;   // of a constant
  ExprId bytes = 0;
  /// The buffer it is a view of, and where; `root` is behind all views.
  uint32_t base = 0, root = 0;
  ExprId offset = 0;
  /// Its size or place follows from a variable.
  bool isDynamic = false;
  /// Of an output: see artifact.proto. None: all ranks.
  std::optional<SizeExpr> owner;
};

struct LaunchOp {
  uint32_t kernel = 0; // in the kernel table
  std::vector<uint32_t> buffers;
  std::vector<ExprId> leastBytes; // of each buffer
  std::vector<bool> writes;       // each buffer
  std::vector<ExprId> sizes;      // s0, s1, ...
  ExprId items = 0, chunk = 0, scratchBytes = 0, flops = 0;
  bool isSplitDynamic = false;
  /// Of a GPU's kernel: blocks in x, y and z, and shared memory of each.
  std::vector<ExprId> grid;
  ExprId sharedBytes = 0;
  uint32_t blockThreads = 1;
};

struct GemmOp {
  uint32_t a = 0, b = 0, d = 0;
  std::optional<uint32_t> bias;
  ExprId m = 0, n = 0, k = 0, batch = 0;
  bool transposeA = false, transposeB = false;
  DataType type = DataType::Invalid, output = DataType::Invalid;
  Epilogue epilogue = Epilogue::None;
  /// The kernel that computes the same, among the variant's launches.
  std::optional<uint32_t> launch;
};

struct CopyOp {
  uint32_t source = 0, destination = 0;
  ExprId sourceOffset = 0, destinationOffset = 0, bytes = 0;
};

struct FillOp {
  uint32_t buffer = 0;
  uint8_t byte = 0;
};

struct ReadOp {
  uint32_t buffer = 0, variable = 0;
  ExprId offset = 0;
  artifact::DataType type;
};

struct CollectiveOp {
  CollectiveKind kind = CollectiveKind::AllReduce;
  Reduction reduction = Reduction::None;
  DataType type = DataType::Invalid;
  uint32_t source = 0, destination = 0;
  std::vector<ExprId> sizes;
  uint32_t splitDimension = 0, concatDimension = 0;
  uint64_t splitGranule = 1, concatGranule = 1;
  std::vector<std::string> axes;
  /// This rank's; whoever decodes a program finds it.
  Group *group = nullptr;
};

/// `if` and `while` become jumps.
struct JumpOp {
  uint32_t target = 0;
  bool isConditional = false; // taken when `condition` is 0
  ExprId condition = 0;
};

struct Op {
  enum class Kind {
    Launch,
    Gemm,
    Collective,
    Copy,
    Fill,
    Read,
    Jump,
    Signal,
    Wait
  };
  Kind kind;
  uint32_t index = 0; // in the list of its kind; of the event
  uint32_t queue = 0;
  /// Of the outermost command that holds it: its place in the order of
  /// lifetimes.
  uint32_t position = 0;
  bool isDynamic = false;
  std::string node;
};

struct ProgramVariant {
  std::optional<SizeExpr> guard;
  uint32_t queues = 1, events = 0, variables = 0;
  ExpressionTable exprs;
  std::vector<ProgramBuffer> buffers;
  std::vector<Op> ops;
  std::vector<LaunchOp> launches; // also those of products
  std::vector<GemmOp> gemms;
  std::vector<CollectiveOp> collectives;
  std::vector<CopyOp> copies;
  std::vector<FillOp> fills;
  std::vector<ReadOp> reads;
  std::vector<JumpOp> jumps;

  /// The buffers an op uses, and of which queue and position.
  struct Use {
    uint32_t buffer, queue, position;
  };
  std::vector<Use> uses() const;
};

/// Decodes a variant that checkManifest accepted. Fails on commands that need a
/// device or a peer that this runtime does not have.
StatusOr<ProgramVariant> decodeVariant(const artifact::Variant &variant,
                                       const artifact::KernelTable &kernels);

} // namespace weft

#endif // RUNTIME_EXECUTOR_PROGRAM_H
