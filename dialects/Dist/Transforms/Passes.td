//===- Passes.td - Passes that partition -------------------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_TRANSFORMS_PASSES_TD
#define DIALECTS_DIST_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def AnnotatePass : Pass<"dist-annotate", "::mlir::ModuleOp"> {
  let summary = "Declare the mesh and give weights and inputs their shardings";
  let description = [{
    Patterns say which dimension of which weights an axis splits; two that
    contradict are an error. Two axes need no pattern:

    - `dp` splits the batch: dimension 0 of the inputs that share the first one's.
    - `tp` splits linear layers as Megatron-LM does. A layer's weight is split in
      columns (dimension 0) when all that its output reaches passes the columns on
      to other linear layers, which sum them and get their rows (dimension 1)
      split: query, key, value and output of an attention, up and down of an MLP.
      Heads stay whole. A layer whose output reaches a norm or a result stays.
      Shards of weights are equal: where the devices don't divide the heads or
      columns, zeros make up for those that are missing, which takes no longer.

    A bias of a layer with split rows becomes an `llm.add` behind it, so that it
    is added once.

    Before, with `mesh=tp=2`:
    ```mlir
    llm.weight @up : tensor<64x16xf32> in "model.safetensors" at 0
    llm.weight @down : tensor<16x64xf32> in "model.safetensors" at 4096
    llm.weight @bias : tensor<16xf32> in "model.safetensors" at 8192
    func.func @mlp(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
      %up = llm.load_weight @up : tensor<64x16xf32>
      %down = llm.load_weight @down : tensor<16x64xf32>
      %bias = llm.load_weight @bias : tensor<16xf32>
      %0 = llm.linear %x, %up : tensor<4x16xf32>, tensor<64x16xf32> -> tensor<4x64xf32>
      %1 = llm.relu %0 : tensor<4x64xf32>
      %2 = llm.linear %1, %down bias %bias : tensor<4x64xf32>, tensor<16x64xf32>, tensor<16xf32> -> tensor<4x16xf32>
      return %2 : tensor<4x16xf32>
    }
    ```
    After:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    llm.weight @up : tensor<64x16xf32> in "model.safetensors" at 0
    llm.weight @down : tensor<16x64xf32> in "model.safetensors" at 4096
    llm.weight @bias : tensor<16xf32> in "model.safetensors" at 8192
    func.func @mlp(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
      %up = llm.load_weight @up {dist.origin = "tp: columns of a layer", dist.sharding = #dist.sharding<[{"tp"}, {} ]>} : tensor<64x16xf32>
      %down = llm.load_weight @down {dist.origin = "tp: rows of a layer", dist.sharding = #dist.sharding<[{}, {"tp"} ]>} : tensor<16x64xf32>
      %bias = llm.load_weight @bias : tensor<16xf32>
      %0 = llm.linear %x, %up : tensor<4x16xf32>, tensor<64x16xf32> -> tensor<4x64xf32>
      %1 = llm.relu %0 : tensor<4x64xf32>
      %2 = llm.linear %1, %down : tensor<4x64xf32>, tensor<16x64xf32> -> tensor<4x16xf32>
      %3 = llm.add %2, %bias : tensor<4x16xf32>, tensor<16xf32> -> tensor<4x16xf32>
      return %3 : tensor<4x16xf32>
    }
    ```
  }];
  let options = [
    Option<"mesh", "mesh", "std::string", "\"\"",
           "axes and their devices, as in dp=2,tp=4; none when the module has a dist.mesh">,
    Option<"shard", "shard", "std::string", "\"\"",
           "weights to split, PATTERN=axis:dimension with commas between; axes that are named here have no built-in choice">];
  let dependentDialects = ["::weft::dist::DistDialect"];
}

def PropagatePass : Pass<"dist-propagate", "::mlir::ModuleOp"> {
  let summary = "Give every value a sharding";
  let description = [{
    Follows the sharding rules of the ops, forwards and backwards, from the
    shardings that are there, which stay: first through ops that move no data
    between devices however they are split, then through all. An axis splits one
    factor of an op; where two ask for it, a weight's wins, else the first one's.
    `dist.origin` says where a sharding came from.

    Before:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<4x16xf32>, %w: tensor<64x16xf32> {dist.sharding = #dist.sharding<[{"tp"}, {} ]>}) -> tensor<4x64xf32> {
      %0 = llm.linear %x, %w : tensor<4x16xf32>, tensor<64x16xf32> -> tensor<4x64xf32>
      return %0 : tensor<4x64xf32>
    }
    ```
    After:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<4x16xf32> {dist.sharding = #dist.sharding<[{}, {} ]>}, %w: tensor<64x16xf32> {dist.origin = "tp: input 1", dist.sharding = #dist.sharding<[{"tp"}, {} ]>}) -> tensor<4x64xf32> {
      %0 = llm.linear %x, %w {dist.origin = "tp: input 1", dist.sharding = #dist.sharding<[{}, {"tp"} ]>} : tensor<4x16xf32>, tensor<64x16xf32> -> tensor<4x64xf32>
      return %0 : tensor<4x64xf32>
    }
    ```
    Constants and inputs without a sharding stay whole: cutting them is free.
  }];
  let dependentDialects = ["::weft::dist::DistDialect"];
}

def InsertReshardsPass : Pass<"dist-insert-reshards", "::mlir::ModuleOp"> {
  let summary = "Reshard operands and results until every op agrees with its rule";
  let description = [{
    Each op is computed with its factors split in the way that takes the least
    time: that of its work, and of the communication between the shardings of its
    operands and of its result. Where it sums over a split factor its result is
    partial, and is reduced at once. Weights, constants and inputs are whole on
    every device: their shards are cut.

    A result of the function stays split when dimension 0 alone is split, and
    becomes whole otherwise.

    Before:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<8x16xf32>, %y: tensor<16x8xf32>) -> tensor<8x8xf32> {
      %0 = llm.exp %x {dist.sharding = #dist.sharding<[{}, {"tp"} ]>} : tensor<8x16xf32>
      %1 = llm.exp %y {dist.sharding = #dist.sharding<[{"tp"}, {} ]>} : tensor<16x8xf32>
      %2 = llm.matmul %0, %1 {dist.sharding = #dist.sharding<[{}, {} ]>} : tensor<8x16xf32>, tensor<16x8xf32> -> tensor<8x8xf32>
      return %2 : tensor<8x8xf32>
    }
    ```
    After:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<8x16xf32>, %y: tensor<16x8xf32>) -> tensor<8x8xf32> {
      %0 = dist.reshard %x from <[{}, {} ]> to <[{}, {"tp"} ]> of [8, 16] : tensor<8x16xf32> -> tensor<8x16xf32>
      %1 = llm.exp %0 {dist.sharding = #dist.sharding<[{}, {"tp"} ]>} : tensor<8x16xf32>
      %2 = dist.reshard %y from <[{}, {} ]> to <[{"tp"}, {} ]> of [16, 8] : tensor<16x8xf32> -> tensor<16x8xf32>
      %3 = llm.exp %2 {dist.sharding = #dist.sharding<[{"tp"}, {} ]>} : tensor<16x8xf32>
      %4 = llm.matmul %1, %3 {dist.sharding = #dist.sharding<[{}, {} ] sum {"tp"}>} : tensor<8x16xf32>, tensor<16x8xf32> -> tensor<8x8xf32>
      %5 = dist.reshard %4 from <[{}, {} ] sum {"tp"}> to <[{}, {} ]> of [8, 8] : tensor<8x8xf32> -> tensor<8x8xf32>
      return %5 : tensor<8x8xf32>
    }
    ```
  }];
  let dependentDialects = ["::weft::dist::DistDialect"];
}

def LocalizePass : Pass<"dist-localize", "::mlir::ModuleOp"> {
  let summary = "From whole tensors to one device's shards";
  let description = [{
    Types and sizes become those of a shard; the program is then the same for
    every device, and its sizes may use the device's coordinates. Needs a program
    in which every op agrees with its rule (`dist-insert-reshards`).

    Before:
    ```mlir
    llm.size @batch range(1, 64) divisor 1
    dist.mesh @mesh <"dp" = 2>
    func.func @f(%x: tensor<?x8xf32> {llm.sizes = #llm.sizes<[batch, 8]>}) -> (tensor<?x2x4xf32> {dist.sharding = #dist.sharding<[{"dp"}, {}, {} ]>}) {
      %0 = dist.reshard %x from <[{}, {} ]> to <[{"dp"}, {} ]> of [batch, 8] : tensor<?x8xf32> -> tensor<?x8xf32>
      %1 = llm.reshape %0 to [batch, 2, 4] {dist.sharding = #dist.sharding<[{"dp"}, {}, {} ]>} : tensor<?x8xf32> -> tensor<?x2x4xf32>
      return %1 : tensor<?x2x4xf32>
    }
    ```
    After:
    ```mlir
    llm.size @batch range(1, 64) divisor 1
    dist.mesh @mesh <"dp" = 2>
    func.func @f(%x: tensor<?x8xf32> {llm.sizes = #llm.sizes<[batch, 8]>}) -> (tensor<?x2x4xf32> {dist.sharding = #dist.sharding<[{"dp"}, {}, {} ]>, llm.sizes = #llm.sizes<[batch, 2, 4]>}) attributes {dist.local} {
      %0 = dist.reshard %x from <[{}, {} ]> to <[{"dp"}, {} ]> of [batch, 8] : tensor<?x8xf32> -> tensor<?x8xf32>
      %1 = llm.reshape %0 to [min(ceildiv(batch, 2), max(batch - ceildiv(batch, 2) * coord("dp"), 0)), 2, 4] : tensor<?x8xf32> -> tensor<?x2x4xf32>
      return %1 : tensor<?x2x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::weft::dist::DistDialect"];
}

def LowerReshardsPass : Pass<"dist-lower-reshards", "::mlir::ModuleOp"> {
  let summary = "From `dist.reshard` to the cheapest collectives and slices";
  let description = [{
    Finds the list of collectives, each over one axis, that is expected to take
    the least time: a reduction whose result is split becomes one reduce_scatter,
    and an axis that moves from one dimension to another one all_to_all. Cutting a
    tensor that a device has is an `llm.slice`.

    Before:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<4x8xf32>) -> tensor<2x8xf32> {
      %0 = dist.reshard %x from <[{}, {} ] sum {"tp"}> to <[{"tp"}, {} ]> of [4, 8] : tensor<4x8xf32> -> tensor<2x8xf32>
      return %0 : tensor<2x8xf32>
    }
    ```
    After:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<4x8xf32>) -> tensor<2x8xf32> {
      %0 = dist.reduce_scatter %x sum dim 0 over ["tp"] of [4, 8] : tensor<4x8xf32> -> tensor<2x8xf32>
      return %0 : tensor<2x8xf32>
    }
    ```
  }];
  let dependentDialects = ["::weft::dist::DistDialect"];
}

def MergeCollectivesPass : Pass<"dist-merge-collectives", "::mlir::ModuleOp"> {
  let summary = "Join collectives, and reduce no more than what is read";
  let description = [{
    - Equal collectives of one value become one.
    - Reductions over one axis and then another become one over both; so do
      gathers and scatters of one dimension where its blocks are even.
    - A reduction of which every device reads only its block becomes a
      reduce_scatter.
    - The sum of two reductions becomes the reduction of the sum.

    Before:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %0 = dist.all_reduce %x sum over ["tp"] : tensor<4x8xf32>
      %1 = dist.all_reduce %y sum over ["tp"] : tensor<4x8xf32>
      %2 = llm.add %0, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
      return %2 : tensor<4x8xf32>
    }
    ```
    After:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %0 = llm.add %x, %y : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
      %1 = dist.all_reduce %0 sum over ["tp"] : tensor<4x8xf32>
      return %1 : tensor<4x8xf32>
    }
    ```
    A collective whose result has other users stays.
  }];
  let dependentDialects = ["::weft::dist::DistDialect"];
}

def SequenceParallelPass : Pass<"dist-sequence-parallel", "::mlir::ModuleOp"> {
  let summary = "Let each rank norm its own rows between a reduction and a product";
  let description = [{
    What ranks compute alike of a sum over them, row by row, like a residual and a
    norm, is computed by each for its block of the rows alone: the all_reduce
    becomes a reduce_scatter, and an all_gather stands before what needs all rows.
    Together they move the bytes of the all_reduce (Korthikanti et al.: Reducing
    Activation Recomputation in Large Transformer Models, 2022). Rows are all
    dimensions but the last, as one; there may be fewer than ranks.

    Before:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<4x8xf32>, %r: tensor<4x8xf32>, %scale: tensor<8xf32>, %w: tensor<16x8xf32>) -> tensor<4x16xf32> attributes {dist.local} {
      %0 = dist.all_reduce %x sum over ["tp"] : tensor<4x8xf32>
      %1 = llm.add %0, %r : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
      %2 = llm.layer_norm %1, %scale epsilon 1.0e-5 : tensor<4x8xf32>, tensor<8xf32>
      %3 = llm.linear %2, %w : tensor<4x8xf32>, tensor<16x8xf32> -> tensor<4x16xf32>
      return %3 : tensor<4x16xf32>
    }
    ```
    After:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<4x8xf32>, %r: tensor<4x8xf32>, %scale: tensor<8xf32>, %w: tensor<16x8xf32>) -> tensor<4x16xf32> attributes {dist.local} {
      %0 = dist.reduce_scatter %x sum dim 0 over ["tp"] of [4, 8] : tensor<4x8xf32> -> tensor<2x8xf32>
      %1 = llm.slice %r offsets [2 * coord("tp"), 0] sizes [2, 8] strides [1, 1] : tensor<4x8xf32> -> tensor<2x8xf32>
      %2 = llm.add %0, %1 : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2x8xf32>
      %3 = llm.layer_norm %2, %scale epsilon 1.0e-5 : tensor<2x8xf32>, tensor<8xf32>
      %4 = dist.all_gather %3 dim 0 over ["tp"] of [4, 8] : tensor<2x8xf32> -> tensor<4x8xf32>
      %5 = llm.linear %4, %w : tensor<4x8xf32>, tensor<16x8xf32> -> tensor<4x16xf32>
      return %5 : tensor<4x16xf32>
    }
    ```
    Values that need each other's rows stay whole where more of them would be
    gathered than are reduced, where no norm is among them, and where ranks hold
    different operands. So do those of a model with state: its steps of one token
    would wait for two collectives instead of one.
  }];
  let dependentDialects = ["::weft::dist::DistDialect"];
}

def SinkReductionsPass : Pass<"dist-sink-reductions", "::mlir::ModuleOp"> {
  let summary = "Add to a product before it is reduced, on one rank";
  let description = [{
    What is added to a sum over ranks, like a residual, is added by the first of
    them before the sum: then it is part of the product's kernel, where the value
    is in a register, and no launch of its own that every rank repeats.

    Before:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<4x8xf32>, %r: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {dist.local} {
      %0 = dist.all_reduce %x sum over ["tp"] : tensor<4x8xf32>
      %1 = llm.add %0, %r : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
      return %1 : tensor<4x8xf32>
    }
    ```
    After:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<4x8xf32>, %r: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {dist.local} {
      %rank = llm.sizes_to_tensor [coord("tp")] : tensor<i64>
      %zero = llm.constant dense<0> : tensor<i64>
      %first = llm.compare eq %rank, %zero : tensor<i64>, tensor<i64> -> tensor<i1>
      %none = llm.constant dense<0.0> : tensor<f32>
      %0 = llm.select %first, %r, %none : tensor<i1>, tensor<4x8xf32>, tensor<f32> -> tensor<4x8xf32>
      %1 = llm.add %x, %0 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
      %2 = dist.all_reduce %1 sum over ["tp"] : tensor<4x8xf32>
      return %2 : tensor<4x8xf32>
    }
    ```
    A sum that only a norm reads stays: it is added in the norm's kernel. So does
    one with what ranks hold parts of, like a slice at an offset that uses their
    coordinates.
  }];
  let dependentDialects = ["::weft::dist::DistDialect"];
}

def CheckCollectivesPass : Pass<"dist-check-collectives", "::mlir::ModuleOp"> {
  let summary = "Refuse programs whose ranks may disagree on collectives";
  let description = [{
    All ranks run one program, so its text orders the collectives, and kind, axes
    and element type of each are the same on all ranks. What this does not say is
    proved here:

    - every rank of a group comes to the collective. Straight-line code runs
      everywhere. A collective inside of a region is refused: no op of this level
      says which ranks run its region (`exec-check-collectives` knows `exec.if`).
    - the ranks of a group know the same sizes. A size may use coordinates, but
      only of axes outside of the group, and symbols that all ranks know alike:
      those of the inputs' sizes, not those that a rank finds in its data.

    No rank then waits in vain: of the collectives that some rank has issued and
    that are not completed, the ranks of the first one in the text all come to it,
    as none of them waits in an earlier one.

    Refused, because the ranks of the group would gather different tensors:
    ```mlir
    dist.mesh @mesh <"tp" = 2>
    func.func @f(%x: tensor<4xf32>) -> tensor<?xf32> attributes {dist.local} {
      %0 = dist.all_gather %x dim 0 over ["tp"] of [8 + coord("tp")] : tensor<4xf32> -> tensor<?xf32>
      return %0 : tensor<?xf32>
    }
    ```
  }];
}

#endif // DIALECTS_DIST_TRANSFORMS_PASSES_TD
