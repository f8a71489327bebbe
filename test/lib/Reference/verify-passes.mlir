// RUN: split-file %s %t
// RUN: llm-opt %t/right.mlir --verify --canonicalize --cse --llm-simplify | FileCheck %s --check-prefix=RIGHT
// RUN: not llm-opt %t/right.mlir --verify=0 --llm-simplify 2>&1 | FileCheck %s --check-prefix=EXACT
// RUN: not llm-opt %t/right.mlir --verify=tight 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: not llm-opt %t/swapped.mlir --verify --canonicalize --test-llm-miscompile --cse 2>&1 | FileCheck %s --check-prefix=SWAPPED
// RUN: llm-opt %t/swapped.mlir --verify=1e9 --test-llm-miscompile | FileCheck %s --check-prefix=LOOSE
// RUN: not llm-opt %t/nan.mlir --verify --test-llm-miscompile 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not llm-opt %t/kernel.mlir --verify --test-llm-miscompile 2>&1 | FileCheck %s --check-prefix=KERNEL
// RUN: not llm-opt %t/unnamed.mlir --verify --test-llm-miscompile 2>&1 | FileCheck %s --check-prefix=UNNAMED
// RUN: not llm-opt %t/no-value.mlir --verify --test-llm-miscompile 2>&1 | FileCheck %s --check-prefix=NO-VALUE
// RUN: not llm-opt %t/no-weight.mlir --verify --canonicalize 2>&1 | FileCheck %s --check-prefix=NO-WEIGHT

// Passes that keep the meaning pass; a reordered sum is within the tolerance,
// but not within 0.
// RIGHT: llm.gelu
// EXACT: error: pass `llm-raise-gelu` changed the results of `gelu`: op llm.gelu{{.*}} gives {{.*}} where {{.*}} was expected, so that result 0 has {{.*}} (tolerance 0)
// OPTION: error: --verify=tight: the tolerance is a number that is not below 0

//--- right.mlir
llm.size @rows range(1, 64) divisor 1
func.func @gelu(%x: tensor<?x4xf32> {llm.sizes = #llm.sizes<[rows, 4]>}) -> tensor<?x4xf32> {
  %root = llm.constant dense<1.41421354> : tensor<f32>
  %one = llm.constant dense<1.0> : tensor<f32>
  %half = llm.constant dense<0.5> : tensor<f32>
  %0 = llm.div %x, %root : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %1 = llm.erf %0 : tensor<?x4xf32>
  %2 = llm.add %1, %one : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %3 = llm.mul %x, %2 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %4 = llm.mul %3, %half : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  return %4 : tensor<?x4xf32>
}

// The pass, the function, the op that went wrong first and the result. Only one
// error: the passes behind it don't run.
// SWAPPED: error: {{.*}}: pass `test-llm-miscompile` changed the results of `encode`: op llm.sub (node "layer.0/Sub" (Sub, opset 17)) gives {{-[0-9.]+}} at [{{.*}}] where {{[0-9.]+}} was expected, so that result `hidden` has {{.*}} was expected (tolerance 1e-05)
// SWAPPED-NOT: error
// LOOSE: llm.tanh

//--- swapped.mlir
llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(1, 512) divisor 1
func.func @other(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = llm.exp %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @encode(%x: tensor<?x?x4xf32> {llm.sizes = #llm.sizes<[batch, sequence, 4]>},
                  %y: tensor<4xf32>) -> (tensor<?x?x4xf32> {llm.name = "hidden"}) {
  %0 = llm.exp %x : tensor<?x?x4xf32> loc("node \"layer.0/Exp\" (Exp, opset 17)")
  %1 = llm.sub %0, %y {test.miscompile} : tensor<?x?x4xf32>, tensor<4xf32> -> tensor<?x?x4xf32> loc("node \"layer.0/Sub\" (Sub, opset 17)")
  %2 = llm.tanh %1 : tensor<?x?x4xf32> loc("node \"layer.0/Tanh\" (Tanh, opset 17)")
  return %2 : tensor<?x?x4xf32>
}

// NaN where a number was expected is beyond every tolerance.
// NAN: pass `test-llm-miscompile` changed the results of `f`: {{.*}} so that result 0 has nan at [0] where

//--- nan.mlir
func.func @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = llm.exp %x {test.miscompile = "nan"} : tensor<3xf32> loc("exp")
  %1 = llm.neg %0 : tensor<3xf32> loc("neg")
  return %1 : tensor<3xf32>
}

// Ops in a kernel are looked at too.
// KERNEL: pass `test-llm-miscompile` changed the results of `f`: op llm.div (inner) gives

//--- kernel.mlir
func.func @f(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  %0 = llm.kernel(%x, %y) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32> {
  ^bb0(%a: tensor<3xf32>, %b: tensor<3xf32>):
    %1 = llm.div %a, %b {test.miscompile} : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32> loc("inner")
    llm.yield %1 : tensor<3xf32>
  } loc("outer")
  return %0 : tensor<3xf32>
}

// Without names there is still the function and the result.
// UNNAMED: pass `test-llm-miscompile` changed the results of `f`: result 1 has

//--- unnamed.mlir
func.func @f(%x: tensor<3xf32>, %y: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0 = llm.exp %x : tensor<3xf32> loc(unknown)
  %1 = llm.sub %x, %y {test.miscompile} : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32> loc(unknown)
  return %0, %1 : tensor<3xf32>, tensor<3xf32>
}

// The pass makes an index too large.
// NO-VALUE: pass `test-llm-miscompile` left `f` without a value: {{.*}}

//--- no-value.mlir
func.func @f(%x: tensor<3xi64>) -> tensor<3x2xf32> {
  %table = llm.constant dense<1.0> : tensor<5x2xf32>
  %nine = llm.constant dense<9> : tensor<3xi64>
  // No input is above 4, the last row; 9 - 4 is above.
  %0 = llm.sub %x, %nine {test.miscompile} : tensor<3xi64>, tensor<3xi64> -> tensor<3xi64>
  %1 = llm.relu %0 : tensor<3xi64>
  %2 = llm.gather %table, %1 axis 0 : tensor<5x2xf32>, tensor<3xi64> -> tensor<3x2xf32>
  return %2 : tensor<3x2xf32>
}

// NO-WEIGHT: cannot verify passes: `f` has no value on the inputs drawn: weight `w` lies in {{.*}}nowhere.bin", which cannot be opened

//--- no-weight.mlir
llm.weight @w : tensor<3xf32> in "nowhere.bin" at 0
func.func @f() -> tensor<3xf32> {
  %0 = llm.load_weight @w : tensor<3xf32>
  return %0 : tensor<3xf32>
}
