//===- EqualValues.h - What all ranks have alike ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_TRANSFORMS_EQUALVALUES_H
#define DIALECTS_DIST_TRANSFORMS_EQUALVALUES_H

#include "dialects/Dist/IR/Mesh.h"

namespace weft::dist {

/// Whether the ranks along `axes` compute a value of a function in local form
/// in the same way from values that are the same for all of them: arguments,
/// whole weights, and what a collective gave to all.
bool isEqualAlong(mlir::ArrayAttr axes, mlir::Value value);

} // namespace weft::dist

#endif // DIALECTS_DIST_TRANSFORMS_EQUALVALUES_H
