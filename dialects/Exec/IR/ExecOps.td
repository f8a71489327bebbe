//===- ExecOps.td - All ops of the exec dialect -----------*- tablegen -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_EXEC_IR_EXECOPS_TD
#define DIALECTS_EXEC_IR_EXECOPS_TD

include "dialects/Exec/IR/StructureOps.td"
include "dialects/Exec/IR/BufferOps.td"
include "dialects/Exec/IR/CommandOps.td"
include "dialects/Exec/IR/DeviceOps.td"

#endif // DIALECTS_EXEC_IR_EXECOPS_TD
