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
    A temporary that is copied whole into an output becomes that output; one that
    is copied into a part of it becomes a view of it, if the part starts at a
    multiple of 64 bytes as kernels need it.

    Before:
    ```mlir
    exec.kernel @zero_0 family "map" sizes 0 items [4] chunk [4] scratch [0] split static writes [true] least_bytes [16] flops [0]
    exec.program @main inputs [] outputs [#exec.tensor<"y" : f32 [4]>] {
      exec.variant {
        %t = exec.temporary bytes [16]
        exec.launch @zero_0(%t) sizes []
        %y = exec.output 0 bytes [16]
        exec.copy %t offset [0] to %y offset [0] bytes [16]
      }
    }
    ```
    After:
    ```mlir
    exec.kernel @zero_0 family "map" sizes 0 items [4] chunk [4] scratch [0] split static writes [true] least_bytes [16] flops [0]
    exec.program @main inputs [] outputs [#exec.tensor<"y" : f32 [4]>] {
      exec.variant {
        %y = exec.output 0 bytes [16]
        exec.launch @zero_0(%y) sizes []
      }
    }
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

def CheckCollectives : Pass<"exec-check-collectives", "::weft::exec::ProgramOp"> {
  let summary = "Refuse programs whose ranks may disagree on collectives";
  let description = [{
    The proof of `dist-check-collectives` for commands, which may be conditional:
    where the ranks of a group may differ in the condition of an `if`, both of its
    sides must issue the same collectives (kind, axes, type, sizes) in the same
    order; such a condition of a `while` around a collective is refused. A guard of
    a variant must not use coordinates, and collectives are on one queue: nothing
    orders two of them.

    Refused, because one rank would wait for the other:
    ```mlir
    exec.program @main inputs [#exec.tensor<"x" : f32 [4]>] outputs [#exec.tensor<"y" : f32 [4]>] {
      exec.variant {
        %x = exec.input 0 bytes [16]
        %y = exec.output 0 bytes [16]
        exec.if [coord("tp")] {
          exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type f32 of [4]
        } else {
          exec.collective all_reduce %x to %y over ["tp"] reduction "max" type f32 of [4]
        }
      }
    }
    ```
  }];
}

#endif // DIALECTS_EXEC_TRANSFORMS_PASSES_TD
