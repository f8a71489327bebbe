//===- StateOps.td - State between steps, and paged caches -*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_STATEOPS_TD
#define DIALECTS_LLM_IR_STATEOPS_TD

include "mlir/IR/SymbolInterfaces.td"
include "dialects/LLM/IR/LLMBase.td"

def LLM_StateOp : LLM_Op<"state", [Symbol]> {
  let summary = "A tensor that lives from one step to the next";
  let description = [{
    Zero before the first step. The runtime owns it; `llm.load_state` and
    `llm.store_state` read and replace it.

    Example:
    ```mlir
    llm.state @keys : tensor<1024x3x64x64xf16>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<LLM_StaticStoredTensor>:$type);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getTensorType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getType());
    }
    /// Only the functions of the module name states.
    static ::mlir::SymbolTable::Visibility getVisibility() {
      return ::mlir::SymbolTable::Visibility::Private;
    }
  }];
}

def LLM_StateResource : Resource<"::weft::StateResource">;

def LLM_LoadStateOp : LLM_Op<"load_state",
    [DeclareOpInterfaceMethods<SymbolUserOpInterface>,
     DeclareOpInterfaceMethods<LLM_ModelOpInterface>]> {
  let summary = "The value of an `llm.state`";
  let description = [{
    Example:
    ```mlir
    llm.state @count : tensor<1xi64>
    func.func @next() -> tensor<1xi64> {
      %one = llm.constant dense<1> : tensor<1xi64>
      %count = llm.load_state @count : tensor<1xi64>
      %next = llm.add %count, %one : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
      llm.store_state %next, @count : tensor<1xi64>
      return %next : tensor<1xi64>
    }
    ```
  }];
  let arguments = (ins Arg<FlatSymbolRefAttr, "", [MemRead<LLM_StateResource, 0, FullEffect>]>:$state);
  let results = (outs LLM_StaticStoredTensor:$result);
  let assemblyFormat = "$state attr-dict `:` type($result)";
}

def LLM_StoreStateOp : LLM_Op<"store_state",
    [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "A new value for an `llm.state`";
  let description = [{
    Example:
    ```mlir
    llm.state @last : tensor<4xf32>
    func.func @remember(%x: tensor<4xf32>) {
      llm.store_state %x, @last : tensor<4xf32>
      return
    }
    ```
  }];
  let arguments = (ins LLM_StaticStoredTensor:$value,
                       Arg<FlatSymbolRefAttr, "", [MemWrite<LLM_StateResource, 0, FullEffect>]>:$state);
  let assemblyFormat = "$value `,` $state attr-dict `:` type($value)";
}

def LLM_WriteCacheOp : LLM_ModelOp<"write_cache", [AllTypesMatch<["pool", "result"]>]> {
  let summary = "A paged cache with the rows of a step's tokens in it";
  let description = [{
    The pool, in which the row of each token has replaced what was at its place.
    Token `t` belongs to the sequence `s` with
    `sequence_start[s] <= t < sequence_start[s + 1]`; its place is the slot
    `positions[t] mod P` of the pool's block `block_table[s, positions[t] / P]`.
    A token outside of all sequences is written nowhere. A position or a block
    that the table or the pool does not have ends the run with an error that
    names the op.

    Shapes: rows `[T, G, D]`, pool and result `[blocks, G, P, D]`, or with
    `transposed` `[blocks, G, D, P]`; positions `[T]`, sequence_start `[S + 1]`,
    block_table `[S, B]`. Rows are converted to the pool's element type.

    The result takes over the memory of the pool, which has no other users.

    Example:
    ```mlir
    llm.state @keys : tensor<1024x3x64x64xf16>
    func.func @append(%rows: tensor<?x3x64xf32>, %positions: tensor<?xi32>, %starts: tensor<?xi32>, %blocks: tensor<?x?xi32>) {
      %pool = llm.load_state @keys : tensor<1024x3x64x64xf16>
      %next = llm.write_cache %rows, %pool positions %positions sequences %starts blocks %blocks transposed : tensor<?x3x64xf32>, tensor<1024x3x64x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
      llm.store_state %next, @keys : tensor<1024x3x64x64xf16>
      return
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$rows, LLM_WeightTensor:$pool, LLM_IntTensor:$positions,
                       LLM_IntTensor:$sequence_start, LLM_IntTensor:$block_table,
                       UnitAttr:$transposed);
  let results = (outs LLM_WeightTensor:$result);
  let assemblyFormat = [{
    $rows `,` $pool `positions` $positions `sequences` $sequence_start `blocks` $block_table
    (`transposed` $transposed^)? attr-dict
    `:` type($rows) `,` type($pool) `,` type($positions) `,` type($sequence_start) `,`
    type($block_table)
  }];
  let hasVerifier = 1;
}

def LLM_PagedAttentionOp : LLM_ModelOp<"paged_attention"> {
  let summary = "Attention of a step's tokens to the paged caches of their sequences";
  let description = [{
    `result[t, h] = softmax over j of (cap(scale * query[t, h] . key[j, g])) *
    value[j, g]`, where `g = h / (H / G)` and `j` counts the positions of the
    sequence `s` of token `t`: `sequence_start[s] <= t < sequence_start[s + 1]`.
    Key and value of position `j` lie in slot `j mod P` of the pools' block
    `block_table[s, j / P]`. Token `t` sees those with `j <= positions[t]`,
    `j < kv_length[s]` and, with a `window`, `j > positions[t] - window`;
    one that sees none gives zeros, as does a token outside of all sequences.
    With `soft_cap c`, `cap(x) = c * tanh(x / c)`, else `cap(x) = x`. A block
    that the pool does not have ends the run with an error that names the op.

    Shapes: query `[T, H, D]`, keys `[blocks, G, D, P]`, values
    `[blocks, G, P, E]`, positions `[T]`, sequence_start `[S + 1]`, kv_length
    `[S]`, block_table `[S, B]`, result `[T, H, E]`; H is a multiple of G.

    Example:
    ```mlir
    func.func @attend(%query: tensor<?x9x64xf32>, %keys: tensor<1024x3x64x64xf16>, %values: tensor<1024x3x64x64xf16>, %positions: tensor<?xi32>, %starts: tensor<?xi32>, %lengths: tensor<?xi32>, %blocks: tensor<?x?xi32>) -> tensor<?x9x64xf32> {
      %y = llm.paged_attention %query, %keys, %values positions %positions sequences %starts lengths %lengths blocks %blocks scale 0.125 window 4096 : tensor<?x9x64xf32>, tensor<1024x3x64x64xf16>, tensor<1024x3x64x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x9x64xf32>
      return %y : tensor<?x9x64xf32>
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$query, LLM_WeightTensor:$keys, LLM_WeightTensor:$values,
                       LLM_IntTensor:$positions, LLM_IntTensor:$sequence_start,
                       LLM_IntTensor:$kv_length, LLM_IntTensor:$block_table, F32Attr:$scale,
                       OptionalAttr<I64Attr>:$window, OptionalAttr<F32Attr>:$soft_cap);
  let results = (outs LLM_FloatTensor:$result);
  let assemblyFormat = [{
    $query `,` $keys `,` $values `positions` $positions `sequences` $sequence_start
    `lengths` $kv_length `blocks` $block_table `scale` $scale (`window` $window^)?
    (`soft_cap` $soft_cap^)? attr-dict
    `:` type($query) `,` type($keys) `,` type($values) `,` type($positions) `,`
    type($sequence_start) `,` type($kv_length) `,` type($block_table) `->` type($result)
  }];
  let hasVerifier = 1;
}

def LLM_RopeStyle : LLM_Enum<"RopeStyle", "Which two elements a rotation turns", [
    I32EnumAttrCase<"half", 0>, I32EnumAttrCase<"interleaved", 1>]>;

def LLM_RopeOp : LLM_ModelOp<"rope", [AllTypesMatch<["input", "result"]>]> {
  let summary = "Rotary position embedding";
  let description = [{
    Turns pairs of elements of each head (Su et al., arXiv:2104.09864):
    `result[t, h, a] = input[t, h, a] * cos[t, i] - input[t, h, b] * sin[t, i]`,
    `result[t, h, b] = input[t, h, b] * cos[t, i] + input[t, h, a] * sin[t, i]`
    for `i < R / 2`, where `(a, b)` is `(i, i + R / 2)` in the style `half` and
    `(2i, 2i + 1)` in the style `interleaved`. Elements from R on stay as they
    are.

    Shapes: input and result `[T, H, D]`, cos and sin `[T, R / 2]` with
    `R <= D`.

    Example:
    ```mlir
    func.func @turn(%x: tensor<?x9x64xf32>, %cos: tensor<?x32xf32>, %sin: tensor<?x32xf32>) -> tensor<?x9x64xf32> {
      %y = llm.rope %x, %cos, %sin style half : tensor<?x9x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
      return %y : tensor<?x9x64xf32>
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$input, LLM_FloatTensor:$cos, LLM_FloatTensor:$sin,
                       LLM_RopeStyle:$style);
  let results = (outs LLM_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $cos `,` $sin `style` $style attr-dict
    `:` type($input) `,` type($cos) `,` type($sin)
  }];
  let hasVerifier = 1;
}

#endif // DIALECTS_LLM_IR_STATEOPS_TD
