//===- IndexingOps.td - Ops that read or make indices ------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_INDEXINGOPS_TD
#define DIALECTS_LLM_IR_INDEXINGOPS_TD

include "dialects/LLM/IR/LLMBase.td"

def LLM_EmbeddingOp : LLM_ModelOp<"embedding"> {
  let summary = "Rows of a table";
  let description = [{
    `result[..., :] = table[ids[...], :]`. An id outside of `[0, rows)` ends the
    run with an error that names the op.

    Shapes: ids `[...]`, table `[V, D]`, result `[..., D]`. A result of f32 may
    come from a table of bf16, f16 or blocks, any other from one of its own type.

    Example:
    ```mlir
    func.func @words(%ids: tensor<?x?xi64>, %table: tensor<30522x384xf32>) -> tensor<?x?x384xf32> {
      %y = llm.embedding %ids, %table : tensor<?x?xi64>, tensor<30522x384xf32> -> tensor<?x?x384xf32>
      return %y : tensor<?x?x384xf32>
    }
    ```
  }];
  let arguments = (ins LLM_IntTensor:$ids, LLM_StoredTensor:$table);
  let results = (outs LLM_Tensor:$result);
  let assemblyFormat = [{
    $ids `,` $table attr-dict `:` type($ids) `,` type($table) `->` type($result)
  }];
  let hasVerifier = 1;
}

def LLM_GatherOp : LLM_ModelOp<"gather"> {
  let summary = "Slices of a tensor, picked by indices";
  let description = [{
    Dimension `axis` of the input is replaced by the dimensions of `indices`.
    A negative index counts from the end; one outside of `[-n, n)` ends the run
    with an error that names the op.

    Example:
    ```mlir
    func.func @pick(%x: tensor<?x?x384xf32>, %i: tensor<i64>) -> tensor<?x384xf32> {
      %y = llm.gather %x, %i axis 1 : tensor<?x?x384xf32>, tensor<i64> -> tensor<?x384xf32>
      return %y : tensor<?x384xf32>
    }
    ```
  }];
  let arguments = (ins LLM_Tensor:$input, LLM_IntTensor:$indices, I64Attr:$axis);
  let results = (outs LLM_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $indices `axis` $axis attr-dict
    `:` type($input) `,` type($indices) `->` type($result)
  }];
  let hasVerifier = 1;
}

def LLM_TakeAlongOp : LLM_ModelOp<"take_along"> {
  let summary = "Elements of each row, picked by indices";
  let description = [{
    `result[..., j] = input[..., indices[..., j]]`, as NumPy's `take_along_axis`
    over the last dimension. An index outside of `[0, n)` ends the run with an
    error that names the op.

    Shapes: input `[..., N]`, indices and result `[..., K]`.

    Example:
    ```mlir
    func.func @weights_of_experts(%x: tensor<?x8xf32>, %experts: tensor<?x2xi32>) -> tensor<?x2xf32> {
      %y = llm.take_along %x, %experts : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    }
    ```
  }];
  let arguments = (ins LLM_Tensor:$input, LLM_IntTensor:$indices);
  let results = (outs LLM_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $indices attr-dict `:` type($input) `,` type($indices) `->` type($result)
  }];
  let hasVerifier = 1;
}

def LLM_TopKOp : LLM_ModelOp<"top_k"> {
  let summary = "Indices of the greatest elements of each row";
  let description = [{
    The indices along the last dimension of its `k` greatest elements, the
    greatest first; of equal ones the lower index comes first. NaN is the least.

    Shapes: input `[..., N]` with `k <= N`, result `[..., k]`.

    Example:
    ```mlir
    func.func @experts(%scores: tensor<?x8xf32>) -> tensor<?x2xi32> {
      %y = llm.top_k %scores k 2 : tensor<?x8xf32> -> tensor<?x2xi32>
      return %y : tensor<?x2xi32>
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$input, I64Attr:$k);
  let results = (outs LLM_IntTensor:$result);
  let assemblyFormat = "$input `k` $k attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def LLM_IotaOp : LLM_ModelOp<"iota"> {
  let summary = "Counts along one dimension";
  let description = [{
    `result[..., i, ...] = i` with `i` the index along `axis`.

    Example:
    ```mlir
    llm.size @sequence range(1, 512) divisor 1
    func.func @positions() -> tensor<1x?xi64> {
      %y = llm.iota axis 1 to [1, sequence] : tensor<1x?xi64>
      return %y : tensor<1x?xi64>
    }
    ```
  }];
  let arguments = (ins I64Attr:$axis, LLM_SizesAttr:$sizes);
  let results = (outs LLM_Tensor:$result);
  let assemblyFormat = "`axis` $axis `to` $sizes attr-dict `:` type($result)";
  let hasVerifier = 1;
}

#endif // DIALECTS_LLM_IR_INDEXINGOPS_TD
