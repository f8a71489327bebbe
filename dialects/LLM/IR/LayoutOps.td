//===- LayoutOps.td - Ops that move elements ---------------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_LAYOUTOPS_TD
#define DIALECTS_LLM_IR_LAYOUTOPS_TD

include "dialects/LLM/IR/LLMBase.td"

// Element types agree; the shape follows from attributes.
class LLM_LayoutOp<string mnemonic, list<Trait> traits = []> :
    LLM_ModelOp<mnemonic, [SameOperandsAndResultElementType] # traits> {
  let results = (outs LLM_Tensor:$result);
  let hasFolder = 1;
  let hasVerifier = 1;
}

def LLM_ReshapeOp : LLM_LayoutOp<"reshape"> {
  let summary = "The same elements in row-major order under another shape";
  let description = [{
    Example:
    ```mlir
    func.func @split_heads(%x: tensor<?x?x384xf32>) -> tensor<?x?x12x32xf32> {
      %y = llm.reshape %x to [batch, sequence, 12, 32] : tensor<?x?x384xf32> -> tensor<?x?x12x32xf32>
      return %y : tensor<?x?x12x32xf32>
    }
    llm.size @batch range(1, 64) divisor 1
    llm.size @sequence range(1, 512) divisor 1
    ```
  }];
  let arguments = (ins LLM_Tensor:$input, LLM_SizesAttr:$sizes);
  let assemblyFormat = "$input `to` $sizes attr-dict `:` type($input) `->` type($result)";
}

def LLM_TransposeOp : LLM_LayoutOp<"transpose"> {
  let summary = "Dimensions in another order";
  let description = [{
    `result` dimension `i` is `input` dimension `permutation[i]`.

    Example:
    ```mlir
    func.func @heads_first(%x: tensor<?x?x12x32xf32>) -> tensor<?x12x?x32xf32> {
      %y = llm.transpose %x perm [0, 2, 1, 3] : tensor<?x?x12x32xf32> -> tensor<?x12x?x32xf32>
      return %y : tensor<?x12x?x32xf32>
    }
    ```
  }];
  let arguments = (ins LLM_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let assemblyFormat = "$input `perm` $permutation attr-dict `:` type($input) `->` type($result)";
}

def LLM_SliceOp : LLM_LayoutOp<"slice"> {
  let summary = "A part of a tensor, with a stride in each dimension";
  let description = [{
    `result[i, ...] = input[offsets[0] + i * strides[0], ...]` for
    `i < sizes[0]`. Strides are not zero; a negative one walks backwards. Of
    elements in blocks, whole blocks are taken, and all of interleaved rows.

    Example:
    ```mlir
    llm.size @sequence range(1, 512) divisor 1
    func.func @positions(%ids: tensor<1x512xi64>) -> tensor<1x?xi64> {
      %y = llm.slice %ids offsets [0, 0] sizes [1, sequence] strides [1, 1] : tensor<1x512xi64> -> tensor<1x?xi64>
      return %y : tensor<1x?xi64>
    }
    ```
  }];
  let results = (outs LLM_StoredTensor:$result);
  let arguments = (ins LLM_StoredTensor:$input, LLM_SizesAttr:$offsets, LLM_SizesAttr:$sizes,
                       DenseI64ArrayAttr:$strides);
  let assemblyFormat = [{
    $input `offsets` $offsets `sizes` $sizes `strides` $strides attr-dict
    `:` type($input) `->` type($result)
  }];
}

def LLM_ConcatOp : LLM_LayoutOp<"concat"> {
  let summary = "Tensors one after the other along one dimension";
  let description = [{
    Example:
    ```mlir
    func.func @join(%a: tensor<?x8xf32>, %b: tensor<?x24xf32>) -> tensor<?x32xf32> {
      %y = llm.concat %a, %b axis 1 : tensor<?x8xf32>, tensor<?x24xf32> -> tensor<?x32xf32>
      return %y : tensor<?x32xf32>
    }
    ```
  }];
  let results = (outs LLM_StoredTensor:$result);
  let arguments = (ins Variadic<LLM_StoredTensor>:$inputs, I64Attr:$axis);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` type($inputs) `->` type($result)";
}

def LLM_ExpandOp : LLM_LayoutOp<"expand"> {
  let summary = "A tensor repeated to a greater shape";
  let description = [{
    Dimensions align at the last one; one that is missing or of size 1 repeats.

    Example:
    ```mlir
    llm.size @batch range(1, 64) divisor 1
    func.func @rows(%x: tensor<1x384xf32>) -> tensor<?x384xf32> {
      %y = llm.expand %x to [batch, 384] : tensor<1x384xf32> -> tensor<?x384xf32>
      return %y : tensor<?x384xf32>
    }
    ```
  }];
  let arguments = (ins LLM_Tensor:$input, LLM_SizesAttr:$sizes);
  let assemblyFormat = "$input `to` $sizes attr-dict `:` type($input) `->` type($result)";
}

def LLM_PadOp : LLM_LayoutOp<"pad"> {
  let summary = "A tensor with zeros around it";
  let description = [{
    `low[i]` zeros before dimension `i` and `high[i]` behind it.

    Example:
    ```mlir
    func.func @whole_panels(%w: tensor<30522x384xf32>) -> tensor<30528x384xf32> {
      %y = llm.pad %w low [0, 0] high [6, 0] : tensor<30522x384xf32> -> tensor<30528x384xf32>
      return %y : tensor<30528x384xf32>
    }
    ```
  }];
  let results = (outs LLM_StoredTensor:$result);
  let arguments = (ins LLM_StoredTensor:$input, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high);
  let assemblyFormat = "$input `low` $low `high` $high attr-dict `:` type($input) `->` type($result)";
}

def LLM_BitcastOp : LLM_ModelOp<"bitcast"> {
  let summary = "The same bytes as a tensor of another type";
  let description = [{
    Nothing moves: input and result are static and take as many bytes. It shows
    elements in blocks as the bytes they lie in, so that other ops can move them.

    Example:
    ```mlir
    func.func @bytes(%w: tensor<1536x576x!llm.block<q4_1>>) -> tensor<1536x18x20xui8> {
      %y = llm.bitcast %w : tensor<1536x576x!llm.block<q4_1>> -> tensor<1536x18x20xui8>
      return %y : tensor<1536x18x20xui8>
    }
    ```
  }];
  let arguments = (ins LLM_StaticStoredTensor:$input);
  let results = (outs LLM_StaticStoredTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

#endif // DIALECTS_LLM_IR_LAYOUTOPS_TD
