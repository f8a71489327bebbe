//===- ElementwiseOps.td - Ops on each element -------------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_ELEMENTWISEOPS_TD
#define DIALECTS_LLM_IR_ELEMENTWISEOPS_TD

include "dialects/LLM/IR/LLMBase.td"

defvar LLM_ElementwiseAnswers = [{
    ::weft::Sizes $cppClass::reifySizes(::llvm::ArrayRef<::weft::Sizes> operands) {
      return ::weft::broadcast(operands);
    }
    ::weft::ShardingRule $cppClass::getShardingRule(
        ::llvm::ArrayRef<::weft::Sizes> operands, const ::weft::Sizes &result) {
      return ::weft::elementwiseRule(operands, result);
    }
    ::weft::Cost $cppClass::getCost(::llvm::ArrayRef<::weft::Sizes> operands,
                                    const ::weft::Sizes &result) {
      return ::weft::elementwiseCost(*this, operands, result);
    }
}];

// Ops on each element: what they answer follows from their shapes.
class LLM_ElementwiseOp<string mnemonic, list<Trait> traits = []> :
    LLM_ModelOp<mnemonic, traits> {
  let extraClassDefinition = LLM_ElementwiseAnswers;
}

// One operand, a result of its shape and element type; its meaning is a row of
// the table in Scalars.cpp.
class LLM_UnaryOp<string mnemonic, string formula, TypeConstraint type,
                  string example = "tensor<?x384xf32>"> :
    LLM_ElementwiseOp<mnemonic, [SameOperandsAndResultType]> {
  let summary = formula # ", element by element";
  let description = "\nExample:\n```mlir\nfunc.func @example(%x: " # example # ") -> "
    # example # " {\n  %y = llm." # mnemonic # " %x : " # example
    # "\n  return %y : " # example # "\n}\n```\n";
  let arguments = (ins type:$input);
  let results = (outs type:$result);
  let assemblyFormat = "$input attr-dict `:` type($result)";
  let hasFolder = 1;
  let extraClassDefinition = LLM_ElementwiseAnswers # [{
    ::mlir::FailureOr<::weft::HostTensor> $cppClass::evaluate(
        ::llvm::ArrayRef<::weft::HostTensor> operands,
        const ::weft::Evaluation &evaluation) {
      return ::weft::evaluateUnary(*this, operands, evaluation);
    }
    ::mlir::OpFoldResult $cppClass::fold(FoldAdaptor adaptor) {
      return ::weft::foldUnary(*this);
    }
  }];
}

def LLM_AbsOp        : LLM_UnaryOp<"abs", "|x|", LLM_Tensor>;
def LLM_NegOp        : LLM_UnaryOp<"neg", "-x", LLM_Tensor>;
def LLM_SignOp       : LLM_UnaryOp<"sign", "-1, 0 or 1 as x is", LLM_Tensor>;
def LLM_ExpOp        : LLM_UnaryOp<"exp", "e^x", LLM_FloatTensor>;
def LLM_LogOp        : LLM_UnaryOp<"log", "Natural logarithm of x", LLM_FloatTensor>;
def LLM_SqrtOp       : LLM_UnaryOp<"sqrt", "Square root of x", LLM_FloatTensor>;
def LLM_RsqrtOp      : LLM_UnaryOp<"rsqrt", "1 / sqrt(x)", LLM_FloatTensor>;
def LLM_ReciprocalOp : LLM_UnaryOp<"reciprocal", "1 / x", LLM_FloatTensor>;
def LLM_SinOp        : LLM_UnaryOp<"sin", "Sine of x in radians", LLM_FloatTensor>;
def LLM_CosOp        : LLM_UnaryOp<"cos", "Cosine of x in radians", LLM_FloatTensor>;
def LLM_TanhOp       : LLM_UnaryOp<"tanh", "Hyperbolic tangent of x", LLM_FloatTensor>;
def LLM_ErfOp        : LLM_UnaryOp<"erf", "Error function of x", LLM_FloatTensor>;
def LLM_SigmoidOp    : LLM_UnaryOp<"sigmoid", "1 / (1 + e^-x)", LLM_FloatTensor>;
def LLM_SiLUOp       : LLM_UnaryOp<"silu", "x / (1 + e^-x)", LLM_FloatTensor>;
def LLM_ReluOp       : LLM_UnaryOp<"relu", "max(x, 0)", LLM_Tensor>;
def LLM_FloorOp      : LLM_UnaryOp<"floor", "The greatest integer not above x", LLM_FloatTensor>;
def LLM_CeilOp       : LLM_UnaryOp<"ceil", "The least integer not below x", LLM_FloatTensor>;
def LLM_RoundOp      : LLM_UnaryOp<"round", "The nearest integer to x, halves to even", LLM_FloatTensor>;
def LLM_NotOp        : LLM_UnaryOp<"not", "Bitwise complement of x; logical for i1", LLM_IntTensor, "tensor<?x384xi1>">;

def LLM_GeluApproximation : LLM_Enum<"GeluApproximation", "How gelu is computed", [
    I32EnumAttrCase<"none", 0>, I32EnumAttrCase<"tanh", 1>]>;

def LLM_GeluOp : LLM_ElementwiseOp<"gelu", [SameOperandsAndResultType]> {
  let summary = "Gaussian error linear unit";
  let description = [{
    `none`: `x / 2 * (1 + erf(x / sqrt(2)))`;
    `tanh`: `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))`
    (Hendrycks and Gimpel, arXiv:1606.08415).

    Example:
    ```mlir
    func.func @activation(%x: tensor<?x1536xf32>) -> tensor<?x1536xf32> {
      %y = llm.gelu %x approximate none : tensor<?x1536xf32>
      return %y : tensor<?x1536xf32>
    }
    ```
  }];
  let arguments = (ins LLM_FloatTensor:$input, LLM_GeluApproximation:$approximate);
  let results = (outs LLM_FloatTensor:$result);
  let assemblyFormat = "$input `approximate` $approximate attr-dict `:` type($result)";
}

// Two operands of one element type, broadcast against each other as NumPy does:
// aligned at the last dimension, a missing or 1-sized dimension repeats.
class LLM_BinaryOp<string mnemonic, string formula,
                   TypeConstraint type = LLM_Tensor, list<Trait> traits = [],
                   string element = "f32"> :
    LLM_ElementwiseOp<mnemonic, [SameOperandsAndResultElementType] # traits> {
  let summary = formula # ", element by element with broadcasting";
  let description = "\nShapes broadcast as NumPy's do.\n\nExample:\n```mlir\nfunc.func @example(%x: tensor<?x384x"
    # element # ">, %y: tensor<384x" # element # ">) -> tensor<?x384x" # element
    # "> {\n  %z = llm." # mnemonic # " %x, %y : tensor<?x384x" # element
    # ">, tensor<384x" # element # "> -> tensor<?x384x" # element
    # ">\n  return %z : tensor<?x384x" # element # ">\n}\n```\n";
  let arguments = (ins type:$lhs, type:$rhs);
  let results = (outs type:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let hasFolder = 1;
  let hasVerifier = 1;
  let extraClassDefinition = LLM_ElementwiseAnswers # [{
    ::mlir::FailureOr<::weft::HostTensor> $cppClass::evaluate(
        ::llvm::ArrayRef<::weft::HostTensor> operands,
        const ::weft::Evaluation &evaluation) {
      return ::weft::evaluateBinary(*this, operands, evaluation);
    }
    ::mlir::OpFoldResult $cppClass::fold(FoldAdaptor adaptor) {
      return ::weft::foldBinary(*this, adaptor.getLhs(), adaptor.getRhs());
    }
    ::llvm::LogicalResult $cppClass::verify() {
      return ::weft::verifyElementwise(*this);
    }
  }];
}

def LLM_AddOp : LLM_BinaryOp<"add", "x + y", LLM_Tensor, [Commutative]>;
def LLM_SubOp : LLM_BinaryOp<"sub", "x - y">;
def LLM_MulOp : LLM_BinaryOp<"mul", "x * y", LLM_Tensor, [Commutative]>;
def LLM_DivOp : LLM_BinaryOp<"div", "x / y, towards zero for integers">;
def LLM_PowOp : LLM_BinaryOp<"pow", "x to the power y", LLM_FloatTensor>;
def LLM_MinOp : LLM_BinaryOp<"min", "The lesser of x and y, NaN if either is", LLM_Tensor, [Commutative]>;
def LLM_MaxOp : LLM_BinaryOp<"max", "The greater of x and y, NaN if either is", LLM_Tensor, [Commutative]>;
def LLM_ModOp : LLM_BinaryOp<"mod", "x - floor(x / y) * y, of y's sign">;
def LLM_SwiGLUOp : LLM_BinaryOp<"swiglu", "silu(x) * y", LLM_FloatTensor>;
def LLM_AndOp : LLM_BinaryOp<"and", "Bitwise x and y", LLM_IntTensor, [Commutative], "i1">;
def LLM_OrOp  : LLM_BinaryOp<"or", "Bitwise x or y", LLM_IntTensor, [Commutative], "i1">;
def LLM_XorOp : LLM_BinaryOp<"xor", "Bitwise x exclusive or y", LLM_IntTensor, [Commutative], "i1">;

def LLM_Comparison : LLM_Enum<"Comparison", "How two elements compare", [
    I32EnumAttrCase<"eq", 0>, I32EnumAttrCase<"ne", 1>, I32EnumAttrCase<"lt", 2>,
    I32EnumAttrCase<"le", 3>, I32EnumAttrCase<"gt", 4>, I32EnumAttrCase<"ge", 5>]>;

def LLM_CompareOp : LLM_ElementwiseOp<"compare", [SameOperandsElementType]> {
  let summary = "Comparison, element by element with broadcasting";
  let description = [{
    Integers compare as signed unless their type is unsigned. A comparison with
    NaN is false but for `ne`.

    Example:
    ```mlir
    func.func @padding(%mask: tensor<?x?xi64>) -> tensor<?x?xi1> {
      %zero = llm.constant dense<0> : tensor<i64>
      %kept = llm.compare ne %mask, %zero : tensor<?x?xi64>, tensor<i64> -> tensor<?x?xi1>
      return %kept : tensor<?x?xi1>
    }
    ```
  }];
  let arguments = (ins LLM_Comparison:$predicate, LLM_Tensor:$lhs, LLM_Tensor:$rhs);
  let results = (outs RankedTensorOf<[I1]>:$result);
  let assemblyFormat = [{
    $predicate $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let hasFolder = 1;
  let hasVerifier = 1;
}

def LLM_SelectOp : LLM_ElementwiseOp<"select"> {
  let summary = "condition ? x : y, element by element with broadcasting";
  let description = [{
    Example:
    ```mlir
    func.func @mask(%keep: tensor<?x?xi1>, %x: tensor<?x?xf32>) -> tensor<?x?xf32> {
      %lowest = llm.constant dense<-3.40282347E+38> : tensor<f32>
      %y = llm.select %keep, %x, %lowest : tensor<?x?xi1>, tensor<?x?xf32>, tensor<f32> -> tensor<?x?xf32>
      return %y : tensor<?x?xf32>
    }
    ```
  }];
  let arguments = (ins RankedTensorOf<[I1]>:$condition, LLM_Tensor:$lhs, LLM_Tensor:$rhs);
  let results = (outs LLM_Tensor:$result);
  let assemblyFormat = [{
    $condition `,` $lhs `,` $rhs attr-dict `:` type($condition) `,` type($lhs) `,` type($rhs)
    `->` type($result)
  }];
  let hasFolder = 1;
  let hasVerifier = 1;
}

def LLM_CastOp : LLM_ElementwiseOp<"cast", [SameOperandsAndResultShape]> {
  let summary = "Conversion to another element type";
  let description = [{
    Float to integer rounds towards zero; out of range saturates and NaN gives
    0. Anything to i1 is `x != 0`. Narrower floats round to nearest, ties to
    even.

    Example:
    ```mlir
    func.func @to_float(%mask: tensor<?x?xi64>) -> tensor<?x?xf32> {
      %y = llm.cast %mask : tensor<?x?xi64> -> tensor<?x?xf32>
      return %y : tensor<?x?xf32>
    }
    ```
  }];
  let arguments = (ins LLM_Tensor:$input);
  let results = (outs LLM_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
}

#endif // DIALECTS_LLM_IR_ELEMENTWISEOPS_TD
