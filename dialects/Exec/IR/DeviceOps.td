//===- DeviceOps.td - Commands for libraries and ranks -----*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_EXEC_IR_DEVICEOPS_TD
#define DIALECTS_EXEC_IR_DEVICEOPS_TD

include "dialects/Exec/IR/CommandOps.td"

def Exec_GemmOp : Exec_Command<"gemm", [AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "A matrix product by the device's library (cuBLASLt)";
  let description = [{
    `d = epilogue(op(a) op(b) + bias)`: a is `[batch, m, k]` (`[batch, k, m]` with
    `transpose_a`), b `[batch, k, n]` (`[batch, n, k]` with `transpose_b`), d
    `[batch, m, n]`, bias `[n]`. a and b have `type` (f16, bf16 or f32), d and bias
    `output`: the same type or f32. Sums are taken in f32. `epilogue` is "relu",
    "gelu" (its form by tanh) or empty. `launch` names a kernel that computes the
    same, with its buffers and sizes as for `exec.launch`, for devices without a
    library.

    Example:
    ```mlir
    llm.size @rows range(1, 64) divisor 1
    llm.weight @w : tensor<32x16xf16> in "model.safetensors" at 128
    exec.program @main inputs [#exec.tensor<"x" : f16 [rows, 16]>] outputs [#exec.tensor<"y" : f16 [rows, 32]>] {
      exec.variant {
        %x = exec.input 0 bytes [32 * rows]
        %w = exec.weight @w bytes [1024]
        %y = exec.output 0 bytes [64 * rows]
        exec.gemm %x, %w to %y m [rows] n [32] k [16] batch [1] transpose_b type f16 output f16 accumulate f32
      }
    }
    ```
  }];
  let arguments = (ins
    Exec_BufferType:$a, Exec_BufferType:$b, Optional<Exec_BufferType>:$bias,
    Exec_BufferType:$d, Exec_Size:$m, Exec_Size:$n, Exec_Size:$k, Exec_Size:$batch,
    UnitAttr:$transpose_a, UnitAttr:$transpose_b, TypeAttr:$type, TypeAttr:$output,
    TypeAttr:$accumulate, DefaultValuedStrAttr<StrAttr, "">:$epilogue,
    OptionalAttr<FlatSymbolRefAttr>:$kernel, Variadic<Exec_BufferType>:$kernel_buffers,
    OptionalAttr<LLM_SizesAttr>:$kernel_sizes, Exec_Queue:$queue);
  let assemblyFormat = [{
    $a `,` $b (`bias` $bias^)? `to` $d `m` $m `n` $n `k` $k `batch` $batch
    (`transpose_a` $transpose_a^)? (`transpose_b` $transpose_b^)? `type` $type
    `output` $output `accumulate` $accumulate (`epilogue` $epilogue^)?
    (`launch` $kernel^ `(` $kernel_buffers `)` `sizes` $kernel_sizes)?
    (`queue` $queue^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Exec_CollectiveKind : Exec_Enum<"CollectiveKind", "What a collective does", [
    I32EnumAttrCase<"all_reduce", 1>, I32EnumAttrCase<"all_gather", 2>,
    I32EnumAttrCase<"reduce_scatter", 3>, I32EnumAttrCase<"all_to_all", 4>,
    I32EnumAttrCase<"broadcast", 5>, I32EnumAttrCase<"permute", 6>]>;

def Exec_CollectiveOp : Exec_Command<"collective"> {
  let summary = "Exchanges data between the ranks along mesh axes";
  let description = [{
    The ranks that agree on the coordinates of all axes but those of `over` are a
    group, in order of their coordinates on those, major to minor. `of` is the
    size of the tensor that they hold together, each a block of it (see the `dist`
    dialect): an all_gather's source is the rank's block of dimension `concat`, a
    reduce_scatter's destination its block of `split`; an all_to_all goes from the
    one to the other. `reduction` ("sum", "max", "min") is for collectives that
    reduce.

    Example:
    ```mlir
    llm.size @n range(1, 64) divisor 1
    exec.program @main inputs [#exec.tensor<"x" : f32 [n, 8]>] outputs [#exec.tensor<"y" : f32 [2 * n, 8]>] {
      exec.variant {
        %x = exec.input 0 bytes [32 * n]
        %t = exec.temporary bytes [32 * n]
        exec.collective all_reduce %x to %t over ["dp"] reduction "sum" type f32 of [n, 8]
        %y = exec.output 0 bytes [64 * n]
        exec.collective all_gather %t to %y concat 0 over ["tp"] type f32 of [2 * n, 8]
      }
    }
    ```
  }];
  let arguments = (ins
    Exec_CollectiveKind:$kind, Exec_BufferType:$source, Exec_BufferType:$destination,
    OptionalAttr<I64Attr>:$split_dimension, DefaultValuedAttr<I64Attr, "1">:$split_granule,
    OptionalAttr<I64Attr>:$concat_dimension, DefaultValuedAttr<I64Attr, "1">:$concat_granule,
    StrArrayAttr:$axes, DefaultValuedStrAttr<StrAttr, "">:$reduction, TypeAttr:$type,
    LLM_SizesAttr:$sizes, Exec_Queue:$queue);
  let assemblyFormat = [{
    $kind $source `to` $destination
    (`split` $split_dimension^)? (`split_granule` $split_granule^)?
    (`concat` $concat_dimension^)? (`concat_granule` $concat_granule^)?
    `over` $axes (`reduction` $reduction^)? `type` $type `of` $sizes
    (`queue` $queue^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Exec_Direction : Exec_Enum<"Direction", "Which way a transfer goes", [
    I32EnumAttrCase<"receive", 0>, I32EnumAttrCase<"send", 1>]>;

def Exec_TransferOp : Exec_Command<"transfer"> {
  let summary = "Moves a buffer to or from another stage";
  let description = [{
    Example:
    ```mlir
    llm.size @n range(1, 64) divisor 1
    exec.program @main inputs [#exec.tensor<"x" : f32 [n]>] outputs [] {
      exec.variant {
        %x = exec.input 0 bytes [4 * n]
        exec.transfer send %x stage 1 bytes [4 * n]
      }
    }
    ```
  }];
  let arguments = (ins Exec_Direction:$direction, Exec_BufferType:$buffer,
                       I64Attr:$stage, Exec_Size:$bytes, Exec_Queue:$queue);
  let assemblyFormat = [{
    $direction $buffer `stage` $stage `bytes` $bytes (`queue` $queue^)? attr-dict
  }];
}

#endif // DIALECTS_EXEC_IR_DEVICEOPS_TD
