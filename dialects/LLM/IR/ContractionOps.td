//===- ContractionOps.td - Products and attention ----------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_CONTRACTIONOPS_TD
#define DIALECTS_LLM_IR_CONTRACTIONOPS_TD

include "dialects/LLM/IR/LLMBase.td"

def LLM_ActivationFormat : LLM_Enum<"ActivationFormat", "How a product rounds its input", [
    I32EnumAttrCase<"q8", 0>]>;

def LLM_LinearOp : LLM_ModelOp<"linear"> {
  let summary = "A dense layer, input * weight^T + bias";
  let description = [{
    `result[..., n] = sum over k of input[..., k] * weight[n, k] + bias[n]`

    Shapes: input `[..., K]`, weight `[N, K]`, bias `[N]`, result `[..., N]`.
    All elements are of one type; beside f32 the weight may be bf16, f16 or in
    blocks, and is widened where it is read.

    With `activations q8` each row of the input is rounded before the product, as
    kernels of integer products need it: in blocks of 32 along K, the last one
    perhaps shorter, `x` becomes `d * round(x / d)` with `d = max |x| / 127` in
    f32 and halves rounded to even.

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
  let arguments = (ins LLM_FloatTensor:$input, LLM_WeightTensor:$weight,
                       Optional<LLM_FloatTensor>:$bias, OptionalAttr<I64Attr>:$panel,
                       OptionalAttr<LLM_ActivationFormat>:$activations);
  let results = (outs LLM_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? (`panel` $panel^)?
    (`activations` $activations^)? attr-dict
    `:` type($input) `,` type($weight) (`,` type($bias)^)? `->` type($result)
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$input,
                                 "::mlir::Value":$weight, CArg<"::mlir::Value", "{}">:$bias,
                                 CArg<"::mlir::IntegerAttr", "{}">:$panel), [{
    build($_builder, $_state, result, input, weight, bias, panel,
          ::weft::ActivationFormatAttr());
  }]>];
  let hasVerifier = 1;
}

def LLM_ExpertLinearOp : LLM_ModelOp<"expert_linear"> {
  let summary = "A dense layer of an expert of each row's choice";
  let description = [{
    `result[t, j, n] = sum over k of input[t, j, k] * weight[experts[t, j], n, k]`;
    an input of rank 2 is the same for all experts of its row. An expert outside
    of `[0, E)` ends the run with an error that names the op.

    Shapes: input `[T, K]` or `[T, J, K]`, weight `[E, N, K]`, experts `[T, J]`,
    result `[T, J, N]`. Element types and `activations` are as in `llm.linear`.

    Example:
    ```mlir
    func.func @up(%x: tensor<?x64xf32>, %w: tensor<8x128x64xf32>, %experts: tensor<?x2xi32>) -> tensor<?x2x128xf32> {
      %y = llm.expert_linear %x, %w, %experts : tensor<?x64xf32>, tensor<8x128x64xf32>, tensor<?x2xi32> -> tensor<?x2x128xf32>
      return %y : tensor<?x2x128xf32>
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$input, LLM_WeightTensor:$weight, LLM_IntTensor:$experts,
                       OptionalAttr<LLM_ActivationFormat>:$activations);
  let results = (outs LLM_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight `,` $experts (`activations` $activations^)? attr-dict
    `:` type($input) `,` type($weight) `,` type($experts) `->` type($result)
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
