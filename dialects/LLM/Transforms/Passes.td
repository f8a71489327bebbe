//===- Passes.td - Passes on the llm dialect ---------------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_PASSES_TD
#define DIALECTS_LLM_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def SimplifyIndicesPass : Pass<"llm-simplify-indices", "::mlir::func::FuncOp"> {
  let summary = "Replace gathers that read in order, and decide comparisons of positions";
  let description = [{
    PyTorch exports the padding mask of an encoder as a gather by computed
    positions. Where the positions turn out to be 0, 1, 2, ... the gather is a
    reshape.

    Before:
    ```mlir
    llm.size @batch range(1, 64) divisor 1
    llm.size @sequence range(1, 512) divisor 1
    func.func @padding(%mask: tensor<?xi1> {llm.sizes = #llm.sizes<[batch * sequence]>}) -> tensor<?x?xi1> {
      %zero = llm.constant dense<0> : tensor<i64>
      %length = llm.sizes_to_tensor [sequence] : tensor<i64>
      %0 = llm.iota axis 0 to [batch, 1] : tensor<?x1xi64>
      %1 = llm.mul %0, %length : tensor<?x1xi64>, tensor<i64> -> tensor<?x1xi64>
      %2 = llm.iota axis 1 to [1, sequence] : tensor<1x?xi64>
      %3 = llm.add %1, %2 : tensor<?x1xi64>, tensor<1x?xi64> -> tensor<?x?xi64>
      %4 = llm.gather %mask, %3 axis 0 : tensor<?xi1>, tensor<?x?xi64> -> tensor<?x?xi1>
      %5 = llm.compare ge %2, %zero : tensor<1x?xi64>, tensor<i64> -> tensor<1x?xi1>
      %6 = llm.and %4, %5 : tensor<?x?xi1>, tensor<1x?xi1> -> tensor<?x?xi1>
      return %6 : tensor<?x?xi1>
    }
    ```
    After:
    ```mlir
    llm.size @batch range(1, 64) divisor 1
    llm.size @sequence range(1, 512) divisor 1
    func.func @padding(%mask: tensor<?xi1> {llm.sizes = #llm.sizes<[batch * sequence]>}) -> tensor<?x?xi1> {
      %0 = llm.reshape %mask to [batch, sequence] : tensor<?xi1> -> tensor<?x?xi1>
      return %0 : tensor<?x?xi1>
    }
    ```
    A gather that skips, repeats or reorders elements stays, and so does a
    comparison that some size of its range would decide in another way.
  }];
  let dependentDialects = ["::weft::LLMDialect"];
}

def SimplifyLayoutPass : Pass<"llm-simplify-layout", "::mlir::func::FuncOp"> {
  let summary = "Remove reshapes, slices, transposes and expansions that sizes show to be none";
  let description = [{
    Before:
    ```mlir
    llm.size @batch range(1, 64) divisor 1
    llm.size @sequence range(1, 512) divisor 1
    func.func @keys(%k: tensor<?x12x?x32xf32> {llm.sizes = #llm.sizes<[batch, 12, sequence, 32]>}) -> tensor<?x12x32x?xf32> {
      %0 = llm.reshape %k to [12 * batch, sequence, 32] : tensor<?x12x?x32xf32> -> tensor<?x?x32xf32>
      %1 = llm.transpose %0 perm [0, 2, 1] : tensor<?x?x32xf32> -> tensor<?x32x?xf32>
      %2 = llm.reshape %1 to [batch, 12, 32, sequence] : tensor<?x32x?xf32> -> tensor<?x12x32x?xf32>
      return %2 : tensor<?x12x32x?xf32>
    }
    func.func @mask(%keep: tensor<?x1x1x?xi1> {llm.sizes = #llm.sizes<[batch, 1, 1, sequence]>}) -> tensor<?x1x?x?xf32> {
      %zero = llm.constant dense<0.0> : tensor<f32>
      %lowest = llm.constant dense<-3.40282347E+38> : tensor<f32>
      %0 = llm.expand %keep to [batch, 1, sequence, sequence] : tensor<?x1x1x?xi1> -> tensor<?x1x?x?xi1>
      %1 = llm.select %0, %zero, %lowest : tensor<?x1x?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x1x?x?xf32>
      return %1 : tensor<?x1x?x?xf32>
    }
    ```
    After:
    ```mlir
    llm.size @batch range(1, 64) divisor 1
    llm.size @sequence range(1, 512) divisor 1
    func.func @keys(%k: tensor<?x12x?x32xf32> {llm.sizes = #llm.sizes<[batch, 12, sequence, 32]>}) -> tensor<?x12x32x?xf32> {
      %0 = llm.transpose %k perm [0, 1, 3, 2] : tensor<?x12x?x32xf32> -> tensor<?x12x32x?xf32>
      return %0 : tensor<?x12x32x?xf32>
    }
    func.func @mask(%keep: tensor<?x1x1x?xi1> {llm.sizes = #llm.sizes<[batch, 1, 1, sequence]>}) -> tensor<?x1x?x?xf32> {
      %zero = llm.constant dense<0.0> : tensor<f32>
      %lowest = llm.constant dense<-3.40282347E+38> : tensor<f32>
      %0 = llm.select %keep, %zero, %lowest : tensor<?x1x1x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x1x1x?xf32>
      %1 = llm.expand %0 to [batch, 1, sequence, sequence] : tensor<?x1x1x?xf32> -> tensor<?x1x?x?xf32>
      return %1 : tensor<?x1x?x?xf32>
    }
    ```
    An expansion of a size that is only unknown stays: it may be 1 at run time.
    A transpose becomes a reshape where only dimensions of size 1 move.
  }];
  let dependentDialects = ["::weft::LLMDialect"];
}

def RaiseLinearPass : Pass<"llm-raise-linear", "::mlir::func::FuncOp"> {
  let summary = "Raise a product with a weight and the bias behind it to `llm.linear`";
  let description = [{
    Before, as ONNX has it, with the weight `[K, N]`:
    ```mlir
    llm.weight @w : tensor<384x1536xf32> in "model.onnx" at 0
    llm.weight @b : tensor<1536xf32> in "model.onnx" at 2359296
    func.func @layer(%x: tensor<?x384xf32>) -> tensor<?x1536xf32> {
      %w = llm.load_weight @w : tensor<384x1536xf32>
      %b = llm.load_weight @b : tensor<1536xf32>
      %0 = llm.matmul %x, %w : tensor<?x384xf32>, tensor<384x1536xf32> -> tensor<?x1536xf32>
      %1 = llm.add %b, %0 : tensor<1536xf32>, tensor<?x1536xf32> -> tensor<?x1536xf32>
      return %1 : tensor<?x1536xf32>
    }
    ```
    After; `llm-hoist-weights` then makes the transposed weight one of its own:
    ```mlir
    llm.weight @w : tensor<384x1536xf32> in "model.onnx" at 0
    llm.weight @b : tensor<1536xf32> in "model.onnx" at 2359296
    func.func @layer(%x: tensor<?x384xf32>) -> tensor<?x1536xf32> {
      %w = llm.load_weight @w : tensor<384x1536xf32>
      %b = llm.load_weight @b : tensor<1536xf32>
      %0 = llm.transpose %w perm [1, 0] : tensor<384x1536xf32> -> tensor<1536x384xf32>
      %1 = llm.linear %x, %0 bias %b : tensor<?x384xf32>, tensor<1536x384xf32>, tensor<1536xf32> -> tensor<?x1536xf32>
      return %1 : tensor<?x1536xf32>
    }
    ```
    A product of two activations stays a matmul: its right side would be
    transposed on every run. So does a product with a stack of weights (rank 3
    and more). A bias stays an add if the product has other users, is wider than
    the product, or is not known before the model runs.
  }];
  let dependentDialects = ["::weft::LLMDialect"];
}

def RaiseLayerNormPass : Pass<"llm-raise-layer-norm", "::mlir::func::FuncOp"> {
  let summary = "Raise mean, variance and scale to `llm.layer_norm`";
  let description = [{
    The division may be a product with rsqrt or with a reciprocal, the square a
    power or a product, operands in any order.

    Before:
    ```mlir
    func.func @norm(%x: tensor<?x384xf32>, %scale: tensor<384xf32>, %bias: tensor<384xf32>) -> tensor<?x384xf32> {
      %two = llm.constant dense<2.0> : tensor<f32>
      %epsilon = llm.constant dense<1.0e-12> : tensor<f32>
      %0 = llm.reduce mean %x axes [1] : tensor<?x384xf32> -> tensor<?x1xf32>
      %1 = llm.sub %x, %0 : tensor<?x384xf32>, tensor<?x1xf32> -> tensor<?x384xf32>
      %2 = llm.pow %1, %two : tensor<?x384xf32>, tensor<f32> -> tensor<?x384xf32>
      %3 = llm.reduce mean %2 axes [1] : tensor<?x384xf32> -> tensor<?x1xf32>
      %4 = llm.add %3, %epsilon : tensor<?x1xf32>, tensor<f32> -> tensor<?x1xf32>
      %5 = llm.sqrt %4 : tensor<?x1xf32>
      %6 = llm.div %1, %5 : tensor<?x384xf32>, tensor<?x1xf32> -> tensor<?x384xf32>
      %7 = llm.mul %6, %scale : tensor<?x384xf32>, tensor<384xf32> -> tensor<?x384xf32>
      %8 = llm.add %7, %bias : tensor<?x384xf32>, tensor<384xf32> -> tensor<?x384xf32>
      return %8 : tensor<?x384xf32>
    }
    ```
    After:
    ```mlir
    func.func @norm(%x: tensor<?x384xf32>, %scale: tensor<384xf32>, %bias: tensor<384xf32>) -> tensor<?x384xf32> {
      %0 = llm.layer_norm %x, %scale bias %bias epsilon 1.0e-12 : tensor<?x384xf32>, tensor<384xf32>, tensor<384xf32>
      return %0 : tensor<?x384xf32>
    }
    ```
    A norm over another dimension than the last stays, and so does one without
    scale, or whose mean, difference or variance have other users.
  }];
  let dependentDialects = ["::weft::LLMDialect"];
}

def RaiseGeluPass : Pass<"llm-raise-gelu", "::mlir::func::FuncOp"> {
  let summary = "Raise formulas with erf or tanh to `llm.gelu`";
  let description = [{
    `0.5 * x * (1 + erf(x / sqrt(2)))` and
    `0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))` in any order and
    grouping of factors; constants may differ by rounding to f32.

    Before:
    ```mlir
    func.func @activation(%x: tensor<?x1536xf32>) -> tensor<?x1536xf32> {
      %root = llm.constant dense<1.41421354> : tensor<f32>
      %one = llm.constant dense<1.0> : tensor<f32>
      %half = llm.constant dense<0.5> : tensor<f32>
      %0 = llm.div %x, %root : tensor<?x1536xf32>, tensor<f32> -> tensor<?x1536xf32>
      %1 = llm.erf %0 : tensor<?x1536xf32>
      %2 = llm.add %1, %one : tensor<?x1536xf32>, tensor<f32> -> tensor<?x1536xf32>
      %3 = llm.mul %x, %2 : tensor<?x1536xf32>, tensor<?x1536xf32> -> tensor<?x1536xf32>
      %4 = llm.mul %3, %half : tensor<?x1536xf32>, tensor<f32> -> tensor<?x1536xf32>
      return %4 : tensor<?x1536xf32>
    }
    ```
    After:
    ```mlir
    func.func @activation(%x: tensor<?x1536xf32>) -> tensor<?x1536xf32> {
      %0 = llm.gelu %x approximate none : tensor<?x1536xf32>
      return %0 : tensor<?x1536xf32>
    }
    ```
    Other constants stay, and so does a formula whose inner values have other
    users.
  }];
  let dependentDialects = ["::weft::LLMDialect"];
}

def RaiseAttentionPass : Pass<"llm-raise-attention", "::mlir::func::FuncOp"> {
  let summary = "Raise softmax between two products to `llm.attention`";
  let description = [{
    Scales on the scores, on query or key, or on both are multiplied together.
    Masks may be added or selected (`where(hidden, -inf, scores)`); causal ones
    stay masks. `where(isnan(p), 0, p)` around the softmax, as PyTorch exports
    scaled_dot_product_attention, goes away: `llm.softmax` gives no NaN for rows
    that are hidden whole. Repeated key and value heads (expand and reshape)
    become grouped heads. The transposes around disappear, since the op's layout
    is `[batch, sequence, heads, head size]`.

    Before:
    ```mlir
    func.func @attend(%q: tensor<2x8x12x32xf32>, %k: tensor<2x8x12x32xf32>, %v: tensor<2x8x12x32xf32>, %mask: tensor<2x1x1x8xf32>) -> tensor<2x8x12x32xf32> {
      %scale = llm.constant dense<5.65685415> : tensor<f32>
      %0 = llm.transpose %q perm [0, 2, 1, 3] : tensor<2x8x12x32xf32> -> tensor<2x12x8x32xf32>
      %1 = llm.transpose %k perm [0, 2, 3, 1] : tensor<2x8x12x32xf32> -> tensor<2x12x32x8xf32>
      %2 = llm.transpose %v perm [0, 2, 1, 3] : tensor<2x8x12x32xf32> -> tensor<2x12x8x32xf32>
      %3 = llm.matmul %0, %1 : tensor<2x12x8x32xf32>, tensor<2x12x32x8xf32> -> tensor<2x12x8x8xf32>
      %4 = llm.div %3, %scale : tensor<2x12x8x8xf32>, tensor<f32> -> tensor<2x12x8x8xf32>
      %5 = llm.add %4, %mask : tensor<2x12x8x8xf32>, tensor<2x1x1x8xf32> -> tensor<2x12x8x8xf32>
      %6 = llm.softmax %5 axis 3 : tensor<2x12x8x8xf32>
      %7 = llm.matmul %6, %2 : tensor<2x12x8x8xf32>, tensor<2x12x8x32xf32> -> tensor<2x12x8x32xf32>
      %8 = llm.transpose %7 perm [0, 2, 1, 3] : tensor<2x12x8x32xf32> -> tensor<2x8x12x32xf32>
      return %8 : tensor<2x8x12x32xf32>
    }
    ```
    After (with `--canonicalize`):
    ```mlir
    func.func @attend(%q: tensor<2x8x12x32xf32>, %k: tensor<2x8x12x32xf32>, %v: tensor<2x8x12x32xf32>, %mask: tensor<2x1x1x8xf32>) -> tensor<2x8x12x32xf32> {
      %0 = llm.attention %q, %k, %v mask %mask scale 0.176776692 : tensor<2x8x12x32xf32>, tensor<2x8x12x32xf32>, tensor<2x8x12x32xf32>, tensor<2x1x1x8xf32> -> tensor<2x8x12x32xf32>
      return %0 : tensor<2x8x12x32xf32>
    }
    ```
    Stay as they are: scores or probabilities with other users, a softmax over
    another dimension, operands whose batch or heads broadcast, a selected mask
    of -1e30 or above (a row that is hidden whole would change), and any rank
    but 4.
  }];
  let dependentDialects = ["::weft::LLMDialect"];
}

def RaiseEmbeddingPass : Pass<"llm-raise-embedding", "::mlir::func::FuncOp"> {
  let summary = "Raise a gather of a weight's rows to `llm.embedding`";
  let description = [{
    An embedding takes no negative ids: models have none, and an error is better
    than a row from the table's end.

    Before:
    ```mlir
    llm.weight @table : tensor<30522x384xf32> in "model.onnx" at 0
    func.func @words(%ids: tensor<?x?xi64>) -> tensor<?x?x384xf32> {
      %table = llm.load_weight @table : tensor<30522x384xf32>
      %0 = llm.gather %table, %ids axis 0 : tensor<30522x384xf32>, tensor<?x?xi64> -> tensor<?x?x384xf32>
      return %0 : tensor<?x?x384xf32>
    }
    ```
    After:
    ```mlir
    llm.weight @table : tensor<30522x384xf32> in "model.onnx" at 0
    func.func @words(%ids: tensor<?x?xi64>) -> tensor<?x?x384xf32> {
      %table = llm.load_weight @table : tensor<30522x384xf32>
      %0 = llm.embedding %ids, %table : tensor<?x?xi64>, tensor<30522x384xf32> -> tensor<?x?x384xf32>
      return %0 : tensor<?x?x384xf32>
    }
    ```
    A gather along another axis, of a tensor that is not of rank 2, or of an
    activation stays.
  }];
  let dependentDialects = ["::weft::LLMDialect"];
}

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

def QuantizeActivationsPass : Pass<"llm-quantize-activations", "::mlir::ModuleOp"> {
  let summary = "Round the inputs of products with quantized weights to 8 bits";
  let description = [{
    Products of a weight in blocks are then integer products. Those of other
    weights stay as they are.

    Before:
    ```mlir
    func.func @layer(%x: tensor<?x64xf32>, %w: tensor<30x64x!llm.block<q4_0>>) -> tensor<?x30xf32> {
      %0 = llm.linear %x, %w : tensor<?x64xf32>, tensor<30x64x!llm.block<q4_0>> -> tensor<?x30xf32>
      return %0 : tensor<?x30xf32>
    }
    ```
    After:
    ```mlir
    func.func @layer(%x: tensor<?x64xf32>, %w: tensor<30x64x!llm.block<q4_0>>) -> tensor<?x30xf32> {
      %0 = llm.linear %x, %w activations q8 : tensor<?x64xf32>, tensor<30x64x!llm.block<q4_0>> -> tensor<?x30xf32>
      return %0 : tensor<?x30xf32>
    }
    ```
  }];
  let options = [
    Option<"type", "type", "std::string", /*default=*/"\"int8\"",
           "What inputs are rounded to: int8, or f32 to leave them">];
}

def LowerPrecisionPass : Pass<"llm-lower-precision", "::mlir::ModuleOp"> {
  let summary = "Hold the weights of `llm.linear` and `llm.embedding` in 16 bits";
  let description = [{
    The weight is rounded to the nearest number of the type, ties to even, by an
    initializer; kernels widen it where they read it, and compute in f32. Biases,
    norms and activations stay f32.

    Before:
    ```mlir
    llm.weight @w : tensor<30x8xf32> in "model.onnx" at 0
    llm.weight @b : tensor<30xf32> in "model.onnx" at 960
    func.func @layer(%x: tensor<?x8xf32>) -> tensor<?x30xf32> {
      %w = llm.load_weight @w : tensor<30x8xf32>
      %b = llm.load_weight @b : tensor<30xf32>
      %0 = llm.linear %x, %w bias %b : tensor<?x8xf32>, tensor<30x8xf32>, tensor<30xf32> -> tensor<?x30xf32>
      return %0 : tensor<?x30xf32>
    }
    ```
    After, with `type=bf16`:
    ```mlir
    llm.weight @w : tensor<30x8xf32> in "model.onnx" at 0
    llm.weight @w.bf16 : tensor<30x8xbf16> from @cast(@w)
    llm.weight @b : tensor<30xf32> in "model.onnx" at 960
    func.func @layer(%x: tensor<?x8xf32>) -> tensor<?x30xf32> {
      %w = llm.load_weight @w.bf16 : tensor<30x8xbf16>
      %b = llm.load_weight @b : tensor<30xf32>
      %0 = llm.linear %x, %w bias %b : tensor<?x8xf32>, tensor<30x8xbf16>, tensor<30xf32> -> tensor<?x30xf32>
      return %0 : tensor<?x30xf32>
    }
    func.func private @cast(%w: tensor<30x8xf32>) -> tensor<30x8xbf16> {
      %0 = llm.cast %w : tensor<30x8xf32> -> tensor<30x8xbf16>
      return %0 : tensor<30x8xbf16>
    }
    ```
    `type=keep` takes the type in which the model's file holds the weight, also
    where the model widens it before use; `type=f32` widens. A number that is
    beyond the type's greatest ends packaging with an error: it would become an
    infinity.

    Stay as they are: weights of ops that compute in another type than f32, of
    ops in kernels, and a table that is sliced instead of looked up.
  }];
  let options = [Option<"type", "type", "std::string", /*default=*/"\"keep\"",
                        "keep, f32, bf16 or f16">];
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

#endif // DIALECTS_LLM_TRANSFORMS_PASSES_TD
