// How far weights of 16 bits move results is said, pass by pass.
// RUN: rm -rf %t && split-file %s %t
// RUN: awk -f %S/../../dialects/LLM/Transforms/Inputs/weights.awk > %t/model.onnx
// RUN: printf '\000\000\200\107' > %t/65536.bin
// RUN: llm-opt %t/encode.mlir --verify --llm-lower-precision=type=bf16 --llm-form-kernels --llm-pack-linear-weights 2>&1 | FileCheck %s --check-prefixes=REPORT,BF16
// RUN: llm-opt %t/encode.mlir --verify --llm-lower-precision=type=f16 2>&1 | FileCheck %s --check-prefixes=REPORT,F16
// RUN: llm-opt %t/encode.mlir --verify --llm-lower-precision=type=f32 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not llm-opt %t/beyond.mlir --verify --llm-lower-precision=type=f16 2>&1 | FileCheck %s --check-prefix=BEYOND
// RUN: llm-opt %t/beyond.mlir --verify --llm-lower-precision=type=bf16 2>&1 | FileCheck %s --check-prefix=EXACT

// The pass's own tolerance allows for the rounding; those behind it are compared
// with what it gave. A pass that changes nothing has nothing to say.
// REPORT: remark: pass `llm-lower-precision` moved result `hidden` of `encode` by
// BF16-SAME: {{ 0.[0-9]+}}% (root mean square), at most {{[0-9.e-]+}} where {{[0-9.e-]+}} was expected
// F16-SAME: {{ 0.0[0-9]+}}% (root mean square), at most {{[0-9.e-]+}} where {{[0-9.e-]+}} was expected
// REPORT-NOT: remark
// BF16: llm.linear {{.*}} panel 16 {{.*}}bf16
// NOTHING-NOT: remark
// NOTHING: llm.linear

//--- encode.mlir
llm.size @tokens range(1, 64) divisor 1
llm.weight @w : tensor<30x8xf32> in "model.onnx" at 0
func.func @encode(%x: tensor<?x8xf32> {llm.sizes = #llm.sizes<[tokens, 8]>}) -> (tensor<?x30xf32> {llm.name = "hidden"}) {
  %w = llm.load_weight @w : tensor<30x8xf32>
  %0 = llm.linear %x, %w : tensor<?x8xf32>, tensor<30x8xf32> -> tensor<?x30xf32>
  return %0 : tensor<?x30xf32>
}

// 65536 is beyond f16's greatest number: an infinity, which no tolerance allows.
// BEYOND: error: {{.*}}pass `llm-lower-precision` changed the results of `f`: op llm.linear{{.*}} gives {{-?}}inf
// EXACT: remark: pass `llm-lower-precision` moved result 0 of `f` by 0% (root mean square)
// EXACT: llm.linear

//--- beyond.mlir
llm.weight @w : tensor<1x1xf32> in "65536.bin" at 0
func.func @f(%x: tensor<2x1xf32>) -> tensor<2x1xf32> {
  %w = llm.load_weight @w : tensor<1x1xf32>
  %0 = llm.linear %x, %w : tensor<2x1xf32>, tensor<1x1xf32> -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}
