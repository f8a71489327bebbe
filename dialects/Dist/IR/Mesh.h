//===- Mesh.h - Devices as a grid -------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_IR_MESH_H
#define DIALECTS_DIST_IR_MESH_H

#include "dialects/Dist/IR/Dist.h"

namespace weft::dist {

/// The axes of a `dist.mesh`. Ranks are numbered in row-major order of their
/// coordinates.
class Mesh {
public:
  Mesh() = default;
  explicit Mesh(MeshOp op);
  /// Of the module around `operation`; none when it declares no mesh.
  static std::optional<Mesh> find(mlir::Operation *operation);
  /// Of a module that a pass needs to have one; else fails with a diagnostic.
  static mlir::FailureOr<Mesh> require(mlir::Operation *module);

  llvm::ArrayRef<mlir::StringAttr> getAxes() const { return axes; }
  llvm::ArrayRef<int64_t> getSizes() const { return sizes; }
  bool contains(mlir::StringAttr axis) const {
    return llvm::is_contained(axes, axis);
  }
  /// Devices along an axis of this mesh.
  int64_t getSize(mlir::StringAttr axis) const;
  /// Devices in a group over these axes.
  int64_t getSize(llvm::ArrayRef<mlir::StringAttr> axes) const;
  int64_t getNumRanks() const;
  /// One coordinate for each axis.
  llvm::SmallVector<int64_t> getCoordinates(int64_t rank) const;
  int64_t getRank(llvm::ArrayRef<int64_t> coordinates) const;
  /// The ranks that share `rank`'s coordinates on all axes but these, in order
  /// of their coordinates on `axes`, major to minor.
  llvm::SmallVector<int64_t>
  getGroup(int64_t rank, llvm::ArrayRef<mlir::StringAttr> axes) const;

private:
  llvm::SmallVector<mlir::StringAttr> axes;
  llvm::SmallVector<int64_t> sizes;
};

/// Adds the axes whose coordinates `size` uses.
void collectCoordinates(const SizeExpr &size, std::set<std::string> &axes);

} // namespace weft::dist

#endif // DIALECTS_DIST_IR_MESH_H
