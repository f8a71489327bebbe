//===- KernelPasses.td - From ops to kernels ---------------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_KERNELPASSES_TD
#define DIALECTS_LLM_TRANSFORMS_KERNELPASSES_TD

include "mlir/Pass/PassBase.td"

def HoistWeightsPass : Pass<"llm-hoist-weights", "::mlir::ModuleOp"> {
  let summary = "Move computations on weights into initializers";
  let description = [{
    What depends on weights and constants only is computed once, at packaging:
    it becomes a weight with an initializer, a private function. Equal
    computations share a function; a weight that nothing loads any more and no
    initializer reads is erased.

    Before:
    ```mlir
    llm.weight @w : tensor<384x1536xf32> in "model.onnx" at 0
    func.func @layer(%x: tensor<?x384xf32>) -> tensor<?x1536xf32> {
      %w = llm.load_weight @w : tensor<384x1536xf32>
      %0 = llm.transpose %w perm [1, 0] : tensor<384x1536xf32> -> tensor<1536x384xf32>
      %1 = llm.linear %x, %0 : tensor<?x384xf32>, tensor<1536x384xf32> -> tensor<?x1536xf32>
      return %1 : tensor<?x1536xf32>
    }
    ```
    After:
    ```mlir
    llm.weight @w : tensor<384x1536xf32> in "model.onnx" at 0
    llm.weight @w.transposed : tensor<1536x384xf32> from @transpose(@w)
    func.func @layer(%x: tensor<?x384xf32>) -> tensor<?x1536xf32> {
      %w = llm.load_weight @w.transposed : tensor<1536x384xf32>
      %1 = llm.linear %x, %w : tensor<?x384xf32>, tensor<1536x384xf32> -> tensor<?x1536xf32>
      return %1 : tensor<?x1536xf32>
    }
    func.func private @transpose(%w: tensor<384x1536xf32>) -> tensor<1536x384xf32> {
      %0 = llm.transpose %w perm [1, 0] : tensor<384x1536xf32> -> tensor<1536x384xf32>
      return %0 : tensor<1536x384xf32>
    }
    ```
    Products, gathers and reductions of weights stay, and all that has a size
    known only at run time. In an initializer, elements in blocks are moved as the
    bytes they lie in: a slice of them becomes one of bytes between two bitcasts.
  }];
  let dependentDialects = ["::weft::LLMDialect"];
}

def MergeLinearsPass : Pass<"llm-merge-linears", "::mlir::func::FuncOp"> {
  let summary = "Merge linears of one input into one, and slice its result";
  let description = [{
    The projections of query, key and value become one product over the
    concatenated weight, whose result attention reads through slices of heads;
    gate and up likewise, through slices of columns. `llm-hoist-weights` then
    makes the concatenation a weight of its own. A weight may be a rank's slice
    of a whole one.

    Before:
    ```mlir
    llm.size @rows range(1, 512) divisor 1
    llm.weight @gate : tensor<1536x384xf32> in "model.onnx" at 0
    llm.weight @up : tensor<1536x384xf32> in "model.onnx" at 2359296
    func.func @gated(%x: tensor<?x384xf32> {llm.sizes = #llm.sizes<[rows, 384]>}) -> tensor<?x1536xf32> {
      %gate = llm.load_weight @gate : tensor<1536x384xf32>
      %up = llm.load_weight @up : tensor<1536x384xf32>
      %0 = llm.linear %x, %gate : tensor<?x384xf32>, tensor<1536x384xf32> -> tensor<?x1536xf32>
      %1 = llm.linear %x, %up : tensor<?x384xf32>, tensor<1536x384xf32> -> tensor<?x1536xf32>
      %2 = llm.gelu %0 approximate none : tensor<?x1536xf32>
      %3 = llm.mul %2, %1 : tensor<?x1536xf32>, tensor<?x1536xf32> -> tensor<?x1536xf32>
      return %3 : tensor<?x1536xf32>
    }
    ```
    After:
    ```mlir
    llm.size @rows range(1, 512) divisor 1
    llm.weight @gate : tensor<1536x384xf32> in "model.onnx" at 0
    llm.weight @up : tensor<1536x384xf32> in "model.onnx" at 2359296
    func.func @gated(%x: tensor<?x384xf32> {llm.sizes = #llm.sizes<[rows, 384]>}) -> tensor<?x1536xf32> {
      %gate = llm.load_weight @gate : tensor<1536x384xf32>
      %up = llm.load_weight @up : tensor<1536x384xf32>
      %w = llm.concat %gate, %up axis 0 : tensor<1536x384xf32>, tensor<1536x384xf32> -> tensor<3072x384xf32>
      %y = llm.linear %x, %w : tensor<?x384xf32>, tensor<3072x384xf32> -> tensor<?x3072xf32>
      %0 = llm.slice %y offsets [0, 0] sizes [rows, 1536] strides [1, 1] : tensor<?x3072xf32> -> tensor<?x1536xf32>
      %1 = llm.slice %y offsets [0, 1536] sizes [rows, 1536] strides [1, 1] : tensor<?x3072xf32> -> tensor<?x1536xf32>
      %2 = llm.gelu %0 approximate none : tensor<?x1536xf32>
      %3 = llm.mul %2, %1 : tensor<?x1536xf32>, tensor<?x1536xf32> -> tensor<?x1536xf32>
      return %3 : tensor<?x1536xf32>
    }
    ```
    Stay as they are: a linear whose weight or bias is computed at run time or
    has a size that only a rank knows; linears of which some have a bias and
    others none; heads of different sizes; a linear whose result something else
    than attention or one chain of elementwise ops reads, since a slice would be
    copied for it; and linears whose chains don't meet, since each has an
    epilogue to lose.
  }];
  let dependentDialects = ["::weft::LLMDialect"];
}

def PackLinearWeightsPass : Pass<"llm-pack-linear-weights", "::mlir::ModuleOp"> {
  let summary = "Pack the weights of `llm.linear` in panels, as a CPU's GEMM reads them";
  let description = [{
    An initializer that the weight has already is inlined, so that packaging runs
    one function on the file's bytes.

    A weight in blocks gets 16 rows interleaved instead (`!llm.block<q4_1, 16>`,
    dialects/LLM/IR/BlockLayout.h). An embedding that reads the same weight gathers
    from the packed one: directly of blocks, through a transpose and a reshape of
    floats, which the embedding's kernel computes for the rows that it reads.

    Before:
    ```mlir
    llm.weight @w : tensor<30x8xf32> in "model.onnx" at 0
    func.func @layer(%x: tensor<?x8xf32>) -> tensor<?x30xf32> {
      %w = llm.load_weight @w : tensor<30x8xf32>
      %0 = llm.linear %x, %w : tensor<?x8xf32>, tensor<30x8xf32> -> tensor<?x30xf32>
      return %0 : tensor<?x30xf32>
    }
    ```
    After:
    ```mlir
    llm.weight @w : tensor<30x8xf32> in "model.onnx" at 0
    llm.weight @w.panel16 : tensor<2x8x16xf32> from @pad_reshape_transpose(@w)
    func.func @layer(%x: tensor<?x8xf32>) -> tensor<?x30xf32> {
      %w = llm.load_weight @w.panel16 : tensor<2x8x16xf32>
      %0 = llm.linear %x, %w panel 16 : tensor<?x8xf32>, tensor<2x8x16xf32> -> tensor<?x30xf32>
      return %0 : tensor<?x30xf32>
    }
    func.func private @pad_reshape_transpose(%w: tensor<30x8xf32>) -> tensor<2x8x16xf32> {
      %0 = llm.pad %w low [0, 0] high [2, 0] : tensor<30x8xf32> -> tensor<32x8xf32>
      %1 = llm.reshape %0 to [2, 16, 8] : tensor<32x8xf32> -> tensor<2x16x8xf32>
      %2 = llm.transpose %1 perm [0, 2, 1] : tensor<2x16x8xf32> -> tensor<2x8x16xf32>
      return %2 : tensor<2x8x16xf32>
    }
    ```
    A linear whose weight is computed at run time stays, and so does one whose
    kernel reads the weight for something else too.
  }];
  let options = [
    Option<"panel", "panel", "int64_t", /*default=*/"16",
           "Rows of the weight in a panel">,
    Option<"onlyBlocks", "only-blocks", "bool", /*default=*/"false",
           "Leave weights of floats row by row, as a GPU reads them">,
  ];
  let dependentDialects = ["::weft::LLMDialect"];
}

def FormKernelsPass : Pass<"llm-form-kernels", "::mlir::func::FuncOp"> {
  let summary = "Group ops into `llm.kernel` regions, one launch each";
  let description = [{
    Each linear, matmul, attention, norm, softmax and reduction is the anchor of
    a kernel. Norms, softmax and reductions take the elementwise ops and
    embeddings before them that nothing else reads, attention the slices and
    transposes of its query, key and value that keep rows whole, paged attention
    and cache writes the slices, reshapes and rotations of their rows, a linear the
    slices and concatenations of its bias; every anchor takes the elementwise ops
    of the result's size behind it, while each is the only user
    of the one before. A linear with a weight packed for the CPU takes a norm
    behind those too, of f32, that alone reads them: its items count themselves,
    and the last one of some rows norms them. What is left forms kernels of its
    own: an op together with all producers that only this kernel reads.

    Reshapes that rename row-major elements stay outside; they cost nothing.
    Splat constants and iota are computed in each kernel that uses them.

    Before:
    ```mlir
    func.func @feed_forward(%x: tensor<8x384xf32>, %w: tensor<384x384xf32>, %scale: tensor<384xf32>) -> tensor<8x384xf32> {
      %0 = llm.linear %x, %w : tensor<8x384xf32>, tensor<384x384xf32> -> tensor<8x384xf32>
      %1 = llm.gelu %0 approximate none : tensor<8x384xf32>
      %2 = llm.add %1, %x : tensor<8x384xf32>, tensor<8x384xf32> -> tensor<8x384xf32>
      %3 = llm.layer_norm %2, %scale epsilon 1.0e-12 : tensor<8x384xf32>, tensor<384xf32>
      return %3 : tensor<8x384xf32>
    }
    ```
    After:
    ```mlir
    func.func @feed_forward(%x: tensor<8x384xf32>, %w: tensor<384x384xf32>, %scale: tensor<384xf32>) -> tensor<8x384xf32> {
      %0 = llm.kernel(%x, %w) : (tensor<8x384xf32>, tensor<384x384xf32>) -> tensor<8x384xf32> {
      ^bb0(%in: tensor<8x384xf32>, %weight: tensor<384x384xf32>):
        %2 = llm.linear %in, %weight : tensor<8x384xf32>, tensor<384x384xf32> -> tensor<8x384xf32>
        %3 = llm.gelu %2 approximate none : tensor<8x384xf32>
        llm.yield %3 : tensor<8x384xf32>
      }
      %1 = llm.kernel(%0, %x, %scale) : (tensor<8x384xf32>, tensor<8x384xf32>, tensor<384xf32>) -> tensor<8x384xf32> {
      ^bb0(%activated: tensor<8x384xf32>, %residual: tensor<8x384xf32>, %s: tensor<384xf32>):
        %2 = llm.add %activated, %residual : tensor<8x384xf32>, tensor<8x384xf32> -> tensor<8x384xf32>
        %3 = llm.layer_norm %2, %s epsilon 1.0e-12 : tensor<8x384xf32>, tensor<384xf32>
        llm.yield %3 : tensor<8x384xf32>
      }
      return %1 : tensor<8x384xf32>
    }
    ```
    A value with users in two kernels is computed in neither: it is the result of
    a third. exp, erf and their like are not computed again where their result is
    broadcast.

    Not so where the norm's input has other users, where elementwise ops follow
    the norm that are better done with it, or on GPUs, whose weights of floats
    are not packed.

    A norm is no prologue of the product behind it: each of the product's items,
    a block of rows times a group of columns, would norm its rows anew. For 16
    rows of 384 columns that is a third of an item's time; the launch it saves is
    one in seven. A product with weights in blocks is the exception, as it
    brings its rows to scratch once for all of a worker's items: it computes an
    `rms_norm`, elementwise ops and slices on the way.

    With `join-halves` a product of bytes takes what its two halves become, as the
    `swiglu` of gate and up projection: the CPU's kernels have both halves at
    hand, and write and read half of the columns.
  }];
  let options = [
    Option<"joinHalves", "join-halves", "bool", /*default=*/"false",
           "Let what the halves of a product's columns become be its end">,
  ];
  let dependentDialects = ["::weft::LLMDialect"];
}

def RoundProductInputsPass : Pass<"llm-round-product-inputs", "::mlir::func::FuncOp"> {
  let summary = "Round inputs of products with 16-bit weights where they are computed";
  let description = [{
    A matrix library multiplies operands of one type, and a GPU's matrix units do.
    A kernel that is nothing but such a product reads its input in 16 bits: the
    kernel that computes it rounds it, or, where others read it too, one of its own.
    Sums stay in f32.

    Before:
    ```mlir
    func.func @layer(%x: tensor<8x16xf32>, %w: tensor<32x16xf16>) -> tensor<8x32xf32> {
      %0 = llm.kernel(%x) : (tensor<8x16xf32>) -> tensor<8x16xf32> {
      ^bb0(%in: tensor<8x16xf32>):
        %2 = llm.silu %in : tensor<8x16xf32>
        llm.yield %2 : tensor<8x16xf32>
      }
      %1 = llm.kernel(%0, %w) : (tensor<8x16xf32>, tensor<32x16xf16>) -> tensor<8x32xf32> {
      ^bb0(%in: tensor<8x16xf32>, %weight: tensor<32x16xf16>):
        %2 = llm.linear %in, %weight : tensor<8x16xf32>, tensor<32x16xf16> -> tensor<8x32xf32>
        llm.yield %2 : tensor<8x32xf32>
      }
      return %1 : tensor<8x32xf32>
    }
    ```
    After:
    ```mlir
    func.func @layer(%x: tensor<8x16xf32>, %w: tensor<32x16xf16>) -> tensor<8x32xf32> {
      %0 = llm.kernel(%x) : (tensor<8x16xf32>) -> tensor<8x16xf16> {
      ^bb0(%in: tensor<8x16xf32>):
        %2 = llm.silu %in : tensor<8x16xf32>
        %3 = llm.cast %2 : tensor<8x16xf32> -> tensor<8x16xf16>
        llm.yield %3 : tensor<8x16xf16>
      }
      %1 = llm.kernel(%0, %w) : (tensor<8x16xf16>, tensor<32x16xf16>) -> tensor<8x32xf32> {
      ^bb0(%in: tensor<8x16xf16>, %weight: tensor<32x16xf16>):
        %2 = llm.cast %in : tensor<8x16xf16> -> tensor<8x16xf32>
        %3 = llm.linear %2, %weight : tensor<8x16xf32>, tensor<32x16xf16> -> tensor<8x32xf32>
        llm.yield %3 : tensor<8x32xf32>
      }
      return %1 : tensor<8x32xf32>
    }
    ```
    The input of a product that adds a residual stays: no library computes it.
  }];
}

#endif // DIALECTS_LLM_TRANSFORMS_KERNELPASSES_TD
