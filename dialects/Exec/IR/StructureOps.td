//===- StructureOps.td - Programs, variants and kernels ---*- tablegen -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_EXEC_IR_STRUCTUREOPS_TD
#define DIALECTS_EXEC_IR_STRUCTUREOPS_TD

include "dialects/Exec/IR/ExecBase.td"

def Exec_ProgramOp : Exec_Op<"program", [
    Symbol, IsolatedFromAbove, SingleBlock, NoTerminator]> {
  let summary = "What one entry point does on one stage";
  let description = [{
    Holds variants; the first one whose guard is not zero is run.

    Example:
    ```mlir
    llm.size @batch range(1, 64) divisor 1
    exec.program @main inputs [#exec.tensor<"x" : f32 [batch, 8]>] outputs [#exec.tensor<"y" : f32 [batch, 8]>] {
      exec.variant {
        %x = exec.input 0 bytes [32 * batch]
        %y = exec.output 0 bytes [32 * batch]
        exec.copy %x offset [0] to %y offset [0] bytes [32 * batch]
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Exec_TensorArrayAttr:$inputs,
                       Exec_TensorArrayAttr:$outputs);
  let regions = (region SizedRegion<1>:$variants);
  let assemblyFormat = [{
    $sym_name `inputs` $inputs `outputs` $outputs attr-dict-with-keyword $variants
  }];
  let hasRegionVerifier = 1;
}

def Exec_VariantOp : Exec_Op<"variant", [
    HasParent<"ProgramOp">, SingleBlock, NoTerminator]> {
  let summary = "Buffers and commands for the sizes that a guard admits";
  let description = [{
    Without a guard the variant always applies. `queues`, `events` and
    `variables` say how many of them the commands use; 1, 0 and 0 are not
    written.

    Example:
    ```mlir
    llm.size @tokens range(1, 512) divisor 1
    exec.program @main inputs [] outputs [#exec.tensor<"y" : i8 [tokens]>] {
      exec.variant guard [max(0, 2 - tokens)] {
        %y = exec.output 0 bytes [tokens]
        exec.fill %y byte 1
      }
      exec.variant queues 2 events 1 {
        %y = exec.output 0 bytes [tokens]
        exec.fill %y byte 2 queue 1
        exec.signal 0 queue 1
        exec.wait 0
      }
    }
    ```
  }];
  let arguments = (ins OptionalAttr<Exec_Size>:$guard,
                       DefaultValuedAttr<I64Attr, "1">:$queues,
                       DefaultValuedAttr<I64Attr, "0">:$events,
                       DefaultValuedAttr<I64Attr, "0">:$variables);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`guard` $guard^)? (`queues` $queues^)? (`events` $events^)?
    (`variables` $variables^)? attr-dict-with-keyword $body
  }];
  let hasRegionVerifier = 1;
}

def Exec_Split : Exec_Enum<"Split", "How workers share the items of a launch", [
    I32EnumAttrCase<"fixed", 1, "static">, I32EnumAttrCase<"dynamic", 2>]>;

def Exec_KernelOp : Exec_Op<"kernel", [Symbol]> {
  let summary = "A compiled kernel: what a launch must know of it";
  let description = [{
    Takes the place of a kernel's function once there is machine code for it.
    Expressions are over the kernel's own parameters `s0`, `s1`, ...; their
    number is `sizes`. For each buffer, `writes` says whether the kernel writes
    it and `least_bytes` how large it must be.

    A kernel of a GPU has no items, but a `grid` of blocks (x, y and z), the
    threads of a block and the bytes of dynamic shared memory that it needs.

    Example:
    ```mlir
    exec.kernel @add_0 family "map" sizes 1 items [s0] chunk [64] scratch [0] split static writes [false, false, true] least_bytes [32 * s0, 32, 32 * s0] flops [8 * s0]
    exec.kernel @add_1 family "map" sizes 1 items [0] chunk [1] scratch [0] split static writes [false, true] least_bytes [32 * s0, 32 * s0] flops [8 * s0] grid [ceildiv(s0, 32), 1, 1] threads 256 shared [0]
    ```
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name, StrAttr:$family, I64Attr:$sizes, Exec_Size:$items,
    Exec_Size:$chunk, Exec_Size:$scratch, Exec_Split:$split,
    DenseBoolArrayAttr:$writes, LLM_SizesAttr:$least_bytes, Exec_Size:$flops,
    OptionalAttr<LLM_SizesAttr>:$grid, OptionalAttr<I64Attr>:$threads,
    OptionalAttr<Exec_Size>:$shared);
  let assemblyFormat = [{
    $sym_name `family` $family `sizes` $sizes `items` $items `chunk` $chunk
    `scratch` $scratch `split` $split `writes` $writes `least_bytes` $least_bytes
    `flops` $flops (`grid` $grid^ `threads` $threads `shared` $shared)? attr-dict
  }];
  let hasVerifier = 1;
}

def Exec_DeclareStateOp : Exec_Op<"declare_state", [Symbol]> {
  let summary = "Device memory that outlives a call";
  let description = [{
    Example:
    ```mlir
    llm.size @blocks range(1, 4096) divisor 1
    exec.declare_state @keys type f16 sizes [blocks, 8, 64, 128]
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type, LLM_SizesAttr:$sizes);
  let assemblyFormat = "$sym_name `type` $type `sizes` $sizes attr-dict";
}

#endif // DIALECTS_EXEC_IR_STRUCTUREOPS_TD
