//===- CachePasses.td - Passes over paged caches -----------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_CACHEPASSES_TD
#define DIALECTS_LLM_TRANSFORMS_CACHEPASSES_TD

include "mlir/Pass/PassBase.td"

def SplitAttentionPass : Pass<"llm-split-attention", "::mlir::func::FuncOp"> {
  let summary = "Compute the attention of decoding sequences in parts";
  let description = [{
    A sequence that decodes alone has one item for each head of the cache, which
    is too few for many threads. In parts of a fixed number of positions it has
    more, however many threads there are.

    Before:
    ```mlir
    func.func @attend(%query: tensor<?x9x64xf32>, %keys: tensor<1024x3x64x64xf16>, %values: tensor<1024x3x64x64xf16>, %positions: tensor<?xi32>, %starts: tensor<?xi32>, %lengths: tensor<?xi32>, %blocks: tensor<?x?xi32>) -> tensor<?x9x64xf32> {
      %y = llm.paged_attention %query, %keys, %values positions %positions sequences %starts lengths %lengths blocks %blocks scale 0.125 : tensor<?x9x64xf32>, tensor<1024x3x64x64xf16>, tensor<1024x3x64x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x9x64xf32>
      return %y : tensor<?x9x64xf32>
    }
    ```
    After:
    ```mlir
    func.func @attend(%query: tensor<?x9x64xf32>, %keys: tensor<1024x3x64x64xf16>, %values: tensor<1024x3x64x64xf16>, %positions: tensor<?xi32>, %starts: tensor<?xi32>, %lengths: tensor<?xi32>, %blocks: tensor<?x?xi32>) -> tensor<?x9x64xf32> {
      %parts = llm.paged_attention_parts %query, %keys, %values positions %positions sequences %starts lengths %lengths blocks %blocks scale 0.125 span 512 : tensor<?x9x64xf32>, tensor<1024x3x64x64xf16>, tensor<1024x3x64x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x9x65xf32>
      %y = llm.merge_attention %parts positions %positions sequences %starts : tensor<?x9x65xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x9x64xf32>
      return %y : tensor<?x9x64xf32>
    }
    ```
    How attention is divided depends on lengths only. Attention of sequences
    that are never longer than a part stays whole, and so does one whose head
    sizes are not known or whose blocks do not divide the span.
  }];
  let options = [
    Option<"span", "span", "int64_t", /*default=*/"512",
           "Positions of a part, a multiple of the cache's blocks; 0 keeps attention whole">];
}

def PadCacheHeadsPass : Pass<"llm-pad-cache-heads", "::mlir::ModuleOp"> {
  let summary = "Give the heads of paged caches whole vectors";
  let description = [{
    A GPU reads a cache in vectors of 16 bytes. Heads of other sizes than whole
    vectors are padded with zeros in the cache, in the rows that are written to
    it, and in queries, which changes no product; what attention gives has columns
    of zeros that are cut off.

    Before:
    ```mlir
    llm.state @keys : tensor<1024x3x12x64xf16>
    func.func @append(%rows: tensor<?x3x12xf32>, %positions: tensor<?xi32>, %starts: tensor<?xi32>, %blocks: tensor<?x?xi32>) {
      %pool = llm.load_state @keys : tensor<1024x3x12x64xf16>
      %next = llm.write_cache %rows, %pool positions %positions sequences %starts blocks %blocks transposed : tensor<?x3x12xf32>, tensor<1024x3x12x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
      llm.store_state %next, @keys : tensor<1024x3x12x64xf16>
      return
    }
    ```
    After:
    ```mlir
    llm.state @keys : tensor<1024x3x16x64xf16>
    func.func @append(%rows: tensor<?x3x12xf32>, %positions: tensor<?xi32>, %starts: tensor<?xi32>, %blocks: tensor<?x?xi32>) {
      %pool = llm.load_state @keys : tensor<1024x3x16x64xf16>
      %padded = llm.pad %rows low [0, 0, 0] high [0, 0, 4] : tensor<?x3x12xf32> -> tensor<?x3x16xf32>
      %next = llm.write_cache %padded, %pool positions %positions sequences %starts blocks %blocks transposed : tensor<?x3x16xf32>, tensor<1024x3x16x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
      llm.store_state %next, @keys : tensor<1024x3x16x64xf16>
      return
    }
    ```
    Caches whose elements lie in blocks, and states of which something else is
    read, stay.
  }];
  let options = [
    Option<"multiple", "multiple", "int64_t", /*default=*/"8",
           "What sizes of heads are multiples of then">];
}

#endif // DIALECTS_LLM_TRANSFORMS_CACHEPASSES_TD
