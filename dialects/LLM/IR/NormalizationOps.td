//===- NormalizationOps.td - Normalizations and reductions -*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_NORMALIZATIONOPS_TD
#define DIALECTS_LLM_IR_NORMALIZATIONOPS_TD

include "dialects/LLM/IR/LLMBase.td"

def LLM_LayerNormOp : LLM_ModelOp<"layer_norm"> {
  let summary = "Layer normalization over the last dimension";
  let description = [{
    `result[..., i] = (input[..., i] - mean) / sqrt(variance + epsilon) * scale[i]
    + bias[i]` (Ba et al., arXiv:1607.06450), with the variance divided by the
    number of elements. Mean and variance are taken in f32 or wider.

    Shapes: input and result `[..., N]`, scale and bias `[N]`.

    Example:
    ```mlir
    func.func @norm(%x: tensor<?x?x384xf32>, %scale: tensor<384xf32>, %bias: tensor<384xf32>) -> tensor<?x?x384xf32> {
      %y = llm.layer_norm %x, %scale bias %bias epsilon 1.0e-12 : tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>
      return %y : tensor<?x?x384xf32>
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$input, LLM_FloatTensor:$scale,
                       Optional<LLM_FloatTensor>:$bias, F32Attr:$epsilon);
  let results = (outs LLM_FloatTensor:$result);
  // The result has the input's type.
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def LLM_RMSNormOp : LLM_ModelOp<"rms_norm", [AllTypesMatch<["input", "result"]>]> {
  let summary = "Root-mean-square normalization over the last dimension";
  let description = [{
    `result[..., i] = input[..., i] / sqrt(mean of input^2 + epsilon) * scale[i]`
    (Zhang and Sennrich, arXiv:1910.07467). The mean is taken in f32 or wider.

    Shapes: input and result `[..., N]`, scale `[N]`.

    Example:
    ```mlir
    func.func @norm(%x: tensor<?x576xf32>, %scale: tensor<576xf32>) -> tensor<?x576xf32> {
      %y = llm.rms_norm %x, %scale epsilon 1.0e-5 : tensor<?x576xf32>, tensor<576xf32>
      return %y : tensor<?x576xf32>
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$input, LLM_FloatTensor:$scale, F32Attr:$epsilon);
  let results = (outs LLM_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $scale `epsilon` $epsilon attr-dict `:` type($input) `,` type($scale)
  }];
  let hasVerifier = 1;
}

def LLM_SoftmaxOp : LLM_ModelOp<"softmax", [SameOperandsAndResultType]> {
  let summary = "Softmax over one dimension";
  let description = [{
    `result = e^(input - m) / sum of e^(input - m)` with `m` the maximum over
    `axis`. A row that is -infinity everywhere gives zeros.

    Example:
    ```mlir
    func.func @weights(%x: tensor<?x12x?x?xf32>) -> tensor<?x12x?x?xf32> {
      %y = llm.softmax %x axis 3 : tensor<?x12x?x?xf32>
      return %y : tensor<?x12x?x?xf32>
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$input, I64Attr:$axis);
  let results = (outs LLM_FloatTensor:$result);
  let assemblyFormat = "$input `axis` $axis attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def LLM_Reduction : LLM_Enum<"Reduction", "What a reduction computes", [
    I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"mean", 1>, I32EnumAttrCase<"max", 2>,
    I32EnumAttrCase<"min", 3>, I32EnumAttrCase<"prod", 4>]>;

def LLM_ReduceOp : LLM_ModelOp<"reduce", [SameOperandsAndResultElementType]> {
  let summary = "Reduction over some dimensions";
  let description = [{
    The dimensions in `axes` (ascending) are reduced to size 1; `llm.reshape` can
    drop them. Over no elements: 0, NaN, -infinity, infinity and 1 (the lowest
    and highest value for integers).

    Example:
    ```mlir
    func.func @mean(%x: tensor<?x?x384xf32>) -> tensor<?x?x1xf32> {
      %y = llm.reduce mean %x axes [2] : tensor<?x?x384xf32> -> tensor<?x?x1xf32>
      return %y : tensor<?x?x1xf32>
    }
    ```
  }];
  let arguments = (ins LLM_Reduction:$kind, LLM_Tensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs LLM_Tensor:$result);
  let assemblyFormat = [{
    $kind $input `axes` $axes attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // DIALECTS_LLM_IR_NORMALIZATIONOPS_TD
