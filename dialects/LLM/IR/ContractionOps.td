//===- ContractionOps.td - Products and attention ----------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_CONTRACTIONOPS_TD
#define DIALECTS_LLM_IR_CONTRACTIONOPS_TD

include "dialects/LLM/IR/LLMBase.td"

def LLM_LinearOp : LLM_ModelOp<"linear"> {
  let summary = "A dense layer, input * weight^T + bias";
  let description = [{
    `result[..., n] = sum over k of input[..., k] * weight[n, k] + bias[n]`

    Shapes: input `[..., K]`, weight `[N, K]`, bias `[N]`, result `[..., N]`.
    All elements are of one type; beside f32 the weight may be bf16 or f16, and
    is widened where it is read.

    With `panel P` the weight is packed for the CPU's kernels: its shape is
    `[ceil(N / P), K, P]`, element `[i, k, j]` is `weight[i * P + j, k]`, and zero
    where `i * P + j >= N`.

    Example:
    ```mlir
    func.func @layer(%x: tensor<?x?x384xf32>, %w: tensor<1536x384xf32>, %b: tensor<1536xf32>) -> tensor<?x?x1536xf32> {
      %y = llm.linear %x, %w bias %b : tensor<?x?x384xf32>, tensor<1536x384xf32>, tensor<1536xf32> -> tensor<?x?x1536xf32>
      return %y : tensor<?x?x1536xf32>
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$input, LLM_FloatTensor:$weight,
                       Optional<LLM_FloatTensor>:$bias, OptionalAttr<I64Attr>:$panel);
  let results = (outs LLM_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? (`panel` $panel^)? attr-dict
    `:` type($input) `,` type($weight) (`,` type($bias)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

def LLM_MatMulOp : LLM_ModelOp<"matmul", [SameOperandsAndResultElementType]> {
  let summary = "Product of two (stacks of) matrices";
  let description = [{
    `result[..., m, n] = sum over k of lhs[..., m, k] * rhs[..., k, n]`; the
    leading dimensions broadcast as NumPy's do.

    Example:
    ```mlir
    func.func @scores(%q: tensor<?x12x?x32xf32>, %k: tensor<?x12x32x?xf32>) -> tensor<?x12x?x?xf32> {
      %s = llm.matmul %q, %k : tensor<?x12x?x32xf32>, tensor<?x12x32x?xf32> -> tensor<?x12x?x?xf32>
      return %s : tensor<?x12x?x?xf32>
    }
    ```
  }];
  let arguments = (ins LLM_Tensor:$lhs, LLM_Tensor:$rhs);
  let results = (outs LLM_Tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let hasVerifier = 1;
}

def LLM_AttentionOp : LLM_ModelOp<"attention"> {
  let summary = "Scaled dot-product attention with grouped heads";
  let description = [{
    `result[b, s, h] = softmax over t of (scale * query[b, s, h] . key[b, t, g] +
    mask[b, h, s, t]) * value[b, t, g]`, where `g = h / (H / G)`.

    Shapes: query `[B, S, H, D]`, key `[B, T, G, D]`, value `[B, T, G, E]`,
    result `[B, S, H, E]`; H is a multiple of G. The mask is additive and
    broadcasts to `[B, H, S, T]`. `causal` hides keys `t > s + T - S`.

    A row whose scores are all -infinity gives zeros.

    Example:
    ```mlir
    func.func @attend(%q: tensor<?x?x12x32xf32>, %k: tensor<?x?x12x32xf32>, %v: tensor<?x?x12x32xf32>, %mask: tensor<?x1x1x?xf32>) -> tensor<?x?x12x32xf32> {
      %y = llm.attention %q, %k, %v mask %mask scale 0.17677669 : tensor<?x?x12x32xf32>, tensor<?x?x12x32xf32>, tensor<?x?x12x32xf32>, tensor<?x1x1x?xf32> -> tensor<?x?x12x32xf32>
      return %y : tensor<?x?x12x32xf32>
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$query, LLM_FloatTensor:$key, LLM_FloatTensor:$value,
                       Optional<LLM_FloatTensor>:$mask, UnitAttr:$causal, F32Attr:$scale);
  let results = (outs LLM_FloatTensor:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`mask` $mask^)? (`causal` $causal^)? `scale` $scale attr-dict
    `:` type($query) `,` type($key) `,` type($value) (`,` type($mask)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // DIALECTS_LLM_IR_CONTRACTIONOPS_TD
