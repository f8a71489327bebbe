//===- DistOps.td - Ops of the dist dialect -*- tablegen -*----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_IR_DISTOPS_TD
#define DIALECTS_DIST_IR_DISTOPS_TD

include "dialects/Dist/IR/DistBase.td"

def Dist_MeshOp : Dist_Op<"mesh", [Symbol]> {
  let summary = "The devices, as a grid with named axes";
  let description = [{
    Ranks are numbered in row-major order of their coordinates. A module has at
    most one mesh.

    Example:
    ```mlir
    dist.mesh @mesh <"dp" = 2, "tp" = 4>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrArrayAttr:$axes, DenseI64ArrayAttr:$sizes);
  let assemblyFormat = "$sym_name custom<MeshAxes>($axes, $sizes) attr-dict";
  let hasVerifier = 1;
}

def Dist_ReshardOp : Dist_Op<"reshard",
    [Pure, DeclareOpInterfaceMethods<LLM_ModelOpInterface>]> {
  let summary = "The same tensor under another sharding";
  let description = [{
    `of` is the size of the whole tensor. Types are whole in the global form, and
    those of the shards before and after in the local one.

    Example:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @sum(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %y = dist.reshard %x from <[{}, {} ] sum {"tp"}> to <[{}, {} ]> of [4, 8] : tensor<4x8xf32> -> tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins LLM_StoredTensor:$input, Dist_ShardingAttr:$source,
                       Dist_ShardingAttr:$target, LLM_SizesAttr:$sizes);
  let results = (outs LLM_StoredTensor:$result);
  let assemblyFormat = [{
    $input `from` $source `to` $target `of` $sizes attr-dict
    `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

// Moves data among the ranks that agree on the coordinates of all axes but
// `axes`. Not Pure: all ranks must issue the same ones in the same order.
class Dist_Collective<string mnemonic, list<Trait> traits = []> : Dist_Op<mnemonic,
    [MemoryEffects<[MemRead, MemWrite]>, DeclareOpInterfaceMethods<LLM_ModelOpInterface>]
    # traits> {
  let results = (outs LLM_Tensor:$result);
  let hasVerifier = 1;
}

def Dist_AllReduceOp : Dist_Collective<"all_reduce", [SameOperandsAndResultType]> {
  let summary = "Every rank gets the reduction of all ranks' tensors";
  let description = [{
    Example:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @sum(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %y = dist.all_reduce %x sum over ["tp"] : tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins LLM_Tensor:$input, Dist_ReductionKindAttr:$reduction, Dist_Axes:$axes);
  let assemblyFormat = "$input $reduction `over` $axes attr-dict `:` type($input)";
}

def Dist_AllGatherOp : Dist_Collective<"all_gather"> {
  let summary = "Every rank gets all ranks' blocks of one dimension";
  let description = [{
    `of` is the size of the result: what the ranks of the group hold together.

    Example:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @join(%x: tensor<4x4xf32>) -> tensor<4x8xf32> {
      %y = dist.all_gather %x dim 1 over ["tp"] of [4, 8] : tensor<4x4xf32> -> tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins LLM_Tensor:$input, I64Attr:$dimension,
                       DefaultValuedAttr<I64Attr, "1">:$granule,
                       Dist_Axes:$axes, LLM_SizesAttr:$sizes);
  let assemblyFormat = [{
    $input `dim` $dimension (`granule` $granule^)? `over` $axes `of` $sizes attr-dict
    `:` type($input) `->` type($result)
  }];
}

def Dist_ReduceScatterOp : Dist_Collective<"reduce_scatter"> {
  let summary = "Every rank gets its block of the reduction of all ranks' tensors";
  let description = [{
    `of` is the size of the input.

    Example:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @rows(%x: tensor<4x8xf32>) -> tensor<2x8xf32> {
      %y = dist.reduce_scatter %x sum dim 0 over ["tp"] of [4, 8] : tensor<4x8xf32> -> tensor<2x8xf32>
      return %y : tensor<2x8xf32>
    }
    ```
  }];
  let arguments = (ins LLM_Tensor:$input, Dist_ReductionKindAttr:$reduction, I64Attr:$dimension,
                       DefaultValuedAttr<I64Attr, "1">:$granule,
                       Dist_Axes:$axes, LLM_SizesAttr:$sizes);
  let assemblyFormat = [{
    $input $reduction `dim` $dimension (`granule` $granule^)? `over` $axes `of` $sizes attr-dict
    `:` type($input) `->` type($result)
  }];
}

def Dist_AllToAllOp : Dist_Collective<"all_to_all"> {
  let summary = "Blocks of one dimension become blocks of another";
  let description = [{
    Before, a rank has its block of dimension `concat` and all of dimension
    `split`; after, its block of `split` and all of `concat`. `of` is the size of
    what the ranks of the group hold together.

    Example:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @turn(%x: tensor<2x8xf32>) -> tensor<4x4xf32> {
      %y = dist.all_to_all %x split 1 concat 0 over ["tp"] of [4, 8] : tensor<2x8xf32> -> tensor<4x4xf32>
      return %y : tensor<4x4xf32>
    }
    ```
  }];
  let arguments = (ins LLM_Tensor:$input,
                       I64Attr:$split_dimension, DefaultValuedAttr<I64Attr, "1">:$split_granule,
                       I64Attr:$concat_dimension, DefaultValuedAttr<I64Attr, "1">:$concat_granule,
                       Dist_Axes:$axes, LLM_SizesAttr:$sizes);
  let assemblyFormat = [{
    $input `split` $split_dimension (`granule` $split_granule^)?
    `concat` $concat_dimension (`granule` $concat_granule^)?
    `over` $axes `of` $sizes attr-dict `:` type($input) `->` type($result)
  }];
}

#endif // DIALECTS_DIST_IR_DISTOPS_TD
