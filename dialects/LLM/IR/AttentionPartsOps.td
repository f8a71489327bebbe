//===- AttentionPartsOps.td - Attention in parts -----------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Apart from the other ops, because few passes know of it: what follows
// `llm-split-attention`.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_ATTENTIONPARTSOPS_TD
#define DIALECTS_LLM_IR_ATTENTIONPARTSOPS_TD

include "dialects/LLM/IR/LLMBase.td"

def LLM_PagedAttentionPartsOp : LLM_ModelOp<"paged_attention_parts"> {
  let summary = "Attention to paged caches, of decoding sequences in parts";
  let description = [{
    As `llm.paged_attention`, but a token that is the only one of its sequence is
    computed in `Q = max(ceil(B * P / N), 1)` parts for a `span N`, a multiple of
    P. Part p looks at positions `[p * N, (p + 1) * N)`, and
    `llm.merge_attention` puts parts together. How attention is divided depends
    on lengths only.

    Row t of the result is part 0, or all of a token that is not alone; row
    `T + s * (Q - 1) + p - 1` is part p > 0 of sequence s. Behind the E elements
    of a head lies the logarithm of its sum of exponentials, -infinity for what
    sees nothing and for parts that do not exist: those may have any elements.

    Shapes: as those of `llm.paged_attention`, result
    `[T + S * (Q - 1), H, E + 1]`.

    Example:
    ```mlir
    func.func @attend(%query: tensor<?x9x64xf32>, %keys: tensor<1024x3x64x64xf16>, %values: tensor<1024x3x64x64xf16>, %positions: tensor<?xi32>, %starts: tensor<?xi32>, %lengths: tensor<?xi32>, %blocks: tensor<?x?xi32>) -> tensor<?x9x65xf32> {
      %y = llm.paged_attention_parts %query, %keys, %values positions %positions sequences %starts lengths %lengths blocks %blocks scale 0.125 span 512 : tensor<?x9x64xf32>, tensor<1024x3x64x64xf16>, tensor<1024x3x64x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x9x65xf32>
      return %y : tensor<?x9x65xf32>
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$query, LLM_WeightTensor:$keys, LLM_WeightTensor:$values,
                       LLM_IntTensor:$positions, LLM_IntTensor:$sequence_start,
                       LLM_IntTensor:$kv_length, LLM_IntTensor:$block_table, F32Attr:$scale,
                       OptionalAttr<I64Attr>:$window, OptionalAttr<F32Attr>:$soft_cap,
                       I64Attr:$span);
  let results = (outs LLM_FloatTensor:$result);
  let assemblyFormat = [{
    $query `,` $keys `,` $values `positions` $positions `sequences` $sequence_start
    `lengths` $kv_length `blocks` $block_table `scale` $scale (`window` $window^)?
    (`soft_cap` $soft_cap^)? `span` $span attr-dict
    `:` type($query) `,` type($keys) `,` type($values) `,` type($positions) `,`
    type($sequence_start) `,` type($kv_length) `,` type($block_table) `->` type($result)
  }];
  let hasVerifier = 1;
}

def LLM_MergeAttentionOp : LLM_ModelOp<"merge_attention"> {
  let summary = "Attention from its parts";
  let description = [{
    `result[t, h] = sum over i of exp(l_i) * part_i[h] / sum over i of exp(l_i)`
    where `part_i[h]` are the E elements of the parts of token t and `l_i` the
    logarithm behind them, as `llm.paged_attention_parts` gives them; 0 where all
    are -infinity. A part whose logarithm is -infinity counts for nothing,
    whatever its elements are.

    Shapes: parts `[T + S * (Q - 1), H, E + 1]`, positions `[T]`, sequence_start
    `[S + 1]`, result `[T, H, E]`.

    Example:
    ```mlir
    func.func @merge(%parts: tensor<?x9x65xf32>, %positions: tensor<?xi32>, %starts: tensor<?xi32>) -> tensor<?x9x64xf32> {
      %y = llm.merge_attention %parts positions %positions sequences %starts : tensor<?x9x65xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x9x64xf32>
      return %y : tensor<?x9x64xf32>
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$parts, LLM_IntTensor:$positions,
                       LLM_IntTensor:$sequence_start);
  let results = (outs LLM_FloatTensor:$result);
  let assemblyFormat = [{
    $parts `positions` $positions `sequences` $sequence_start attr-dict
    `:` type($parts) `,` type($positions) `,` type($sequence_start) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // DIALECTS_LLM_IR_ATTENTIONPARTSOPS_TD
