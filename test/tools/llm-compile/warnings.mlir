// A warning is one line that names the place; the artifact is written.
// RUN: rm -rf %t && mkdir %t && cp %s %t/mlp.mlir && seq 4000 > %t/model.bin
// RUN: llm-compile %t/mlp.mlir -o %t/mlp.weft --mesh=tp=2 2>&1 >/dev/null | FileCheck %s
// RUN: test -f %t/mlp.weft/manifest.pb
// CHECK: {{^}}warning: {{.*}}mlp.mlir:17:{{.*}}: 9 columns are padded to 10, so that the 2 devices of axis "tp" have equal shards{{$}}
// CHECK-NOT: {{.}}

llm.size @rows range(1, 64) divisor 1
llm.weight @up : tensor<9x16xf32> in "model.bin" at 0
llm.weight @down : tensor<16x9xf32> in "model.bin" at 576
func.func @mlp(
    %x: tensor<?x16xf32> {llm.sizes = #llm.sizes<[rows, 16]>, llm.name = "x"})
    -> (tensor<?x16xf32> {llm.name = "y"}) {
  %up = llm.load_weight @up : tensor<9x16xf32>
  %down = llm.load_weight @down : tensor<16x9xf32>
  // Two devices cannot share nine columns.
  %0 = llm.linear %x, %up : tensor<?x16xf32>, tensor<9x16xf32> -> tensor<?x9xf32>
  %1 = llm.relu %0 : tensor<?x9xf32>
  %2 = llm.linear %1, %down : tensor<?x9xf32>, tensor<16x9xf32> -> tensor<?x16xf32>
  return %2 : tensor<?x16xf32>
}
