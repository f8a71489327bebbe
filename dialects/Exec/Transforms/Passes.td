//===- Passes.td - Passes on programs ---------------------*- tablegen -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_EXEC_TRANSFORMS_PASSES_TD
#define DIALECTS_EXEC_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def RemoveCopies : Pass<"exec-remove-copies", "::weft::exec::ProgramOp"> {
  let summary = "Compute outputs in place instead of copying them there";
  let description = [{
    A temporary that is copied whole into an output becomes that output.

    Before:
    ```mlir
    %t = exec.temporary bytes [16]
    exec.launch @relu_0(%x, %t) sizes []
    %y = exec.output 0 bytes [16]
    exec.copy %t offset [0] to %y offset [0] bytes [16]
    ```
    After:
    ```mlir
    %y = exec.output 0 bytes [16]
    exec.launch @relu_0(%x, %y) sizes []
    ```

    A copy of an input or a weight stays, and so does the second copy of a value
    that is returned twice.
  }];
}

def CheckWrites : Pass<"exec-check-writes", "::weft::exec::ProgramOp"> {
  let summary = "Refuse programs that read what nothing has written";
  let description = [{
    A temporary or an output must be written before it is read, in the order of
    the commands, and every output must be written. What only one side of an `if`
    or the body of a `while` writes does not count.
  }];
}

#endif // DIALECTS_EXEC_TRANSFORMS_PASSES_TD
