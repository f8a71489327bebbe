//===- RaisePasses.td - From an importer's ops to the dialect's *- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_RAISEPASSES_TD
#define DIALECTS_LLM_TRANSFORMS_RAISEPASSES_TD

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

#endif // DIALECTS_LLM_TRANSFORMS_RAISEPASSES_TD
