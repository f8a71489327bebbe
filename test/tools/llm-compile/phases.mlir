// Each phase's IR can be seen, and a plan made without reading weights.
// RUN: llm-compile %s --stop-after=simplify | FileCheck %s --check-prefix=SIMPLIFY
// RUN: llm-compile %s --stop-after=precision --precision=bf16 | FileCheck %s --check-prefix=PRECISION
// RUN: llm-compile %s --stop-after=fuse | FileCheck %s --check-prefix=FUSE
// RUN: llm-compile %s --stop-after=schedule | FileCheck %s --check-prefix=SCHEDULE
// RUN: llm-compile %s --stop-after=codegen --arch=x86-64-v3 | FileCheck %s --check-prefix=CODEGEN
// RUN: llm-compile %s --plan-only | FileCheck %s --check-prefix=PLAN
// RUN: rm -rf %t && llm-compile %s --stop-after=schedule --save-phases=%t
// RUN: llm-opt %t/1-import.mlir | FileCheck %s --check-prefix=IMPORT
// RUN: llm-opt %t/6-schedule.mlir | FileCheck %s --check-prefix=SCHEDULE

// IMPORT: llm.matmul
// SIMPLIFY: llm.linear
// PRECISION: llm.weight @w.bf16 : tensor<16x8xbf16> from @transpose_cast(@w)
// PRECISION: llm.linear {{.*}} tensor<16x8xbf16>
// FUSE: llm.weight @w{{.*}} from @
// FUSE: llm.kernel
// FUSE: llm.linear {{.*}} panel 16
// SCHEDULE: func.func private @linear_gelu_0
// SCHEDULE: exec.program @main
// SCHEDULE: exec.launch @linear_gelu_0(
// CODEGEN: exec.kernel @linear_gelu_0 family
// CODEGEN: exec.launch @linear_gelu_0(

// PLAN: size tokens: 1 to 512
// PLAN: program main
// PLAN: input x: f32 [tokens, 8]
// PLAN: 0 linear_gelu_0
// PLAN: 1 launches of 1 kernels
// PLAN: weights: 512 bytes

llm.size @tokens range(1, 512) divisor 1
llm.weight @w : tensor<8x16xf32> in "missing.bin" at 0
func.func @main(%x: tensor<?x8xf32> {llm.name = "x", llm.sizes = #llm.sizes<[tokens, 8]>}) -> (tensor<?x16xf32> {llm.name = "y"}) {
  %w = llm.load_weight @w : tensor<8x16xf32>
  %0 = llm.matmul %x, %w : tensor<?x8xf32>, tensor<8x16xf32> -> tensor<?x16xf32>
  %1 = llm.gelu %0 approximate none : tensor<?x16xf32>
  return %1 : tensor<?x16xf32>
}
