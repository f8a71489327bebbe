// One artifact for all devices of a mesh.
// RUN: rm -rf %t && mkdir %t && cp %s %t/mlp.mlir && seq 4000 > %t/model.bin
// RUN: llm-compile %t/mlp.mlir -o %t/mlp.weft --mesh=dp=2,tp=2 | FileCheck %s --check-prefix=SUMMARY
// RUN: llm-objdump %t/mlp.weft --weights | FileCheck %s --check-prefix=FILES
// RUN: llm-compile %t/mlp.mlir -o %t/again.weft --mesh=dp=2,tp=2
// RUN: diff -r %t/mlp.weft %t/again.weft
// RUN: mv %t/again.weft/weights/tp0.safetensors %t/tp0 && mv %t/again.weft/weights/tp1.safetensors %t/again.weft/weights/tp0.safetensors
// RUN: mv %t/tp0 %t/again.weft/weights/tp1.safetensors
// RUN: not llm-bench %t/again.weft --sizes=rows=2 2>&1 | FileCheck %s --check-prefix=SWAPPED
// RUN: llm-compile %t/mlp.mlir --stop-after=partition --mesh=tp=2 | FileCheck %s --check-prefix=PARTITION
// RUN: llm-compile %t/mlp.mlir --stop-after=partition --mesh=tp=2 --shard='up*=tp:1' | FileCheck %s --check-prefix=SHARD
// RUN: not llm-compile %t/mlp.mlir -o %t/bad.weft --mesh=tp=two 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: not llm-compile %t/mlp.mlir -o %t/bad.weft --mesh=tp=2 --shard='down=tp:0,nothing=tp:0' 2>&1 | FileCheck %s --check-prefix=NOTHING

// SUMMARY: 3 kernels, 3 launches
// SUMMARY: mesh: dp=2 x tp=2, 4 ranks
// SUMMARY-NEXT: weights of a rank: 2 shards of 0.00 MiB, 0 whole of 0.00 MiB
// SUMMARY-NEXT: collectives of a run: 1 all_reduce over tp of 64*min(ceildiv(rows, 2), max(0, -coord("dp")*ceildiv(rows, 2) + rows)) bytes

// FILES-NOT: weights/dp
// FILES: weights/tp0.safetensors
// FILES: weights/tp1.safetensors

// SWAPPED: {{^}}error: {{.*}}'weights/tp0.safetensors' says that it is 'weights/tp1.safetensors'; put the files back where they were

// Columns of the first layer, rows of the second, one sum.
// PARTITION: llm.weight @up{{.*}} : tensor<32x16xf32> from
// PARTITION: llm.weight @down{{.*}} : tensor<16x32xf32> from
// PARTITION: llm.linear
// PARTITION: llm.linear
// PARTITION-NEXT: dist.all_reduce %{{.*}} sum over ["tp"]

// SHARD: tensor<64x8xf32>

// BAD: {{^}}error: {{.*}}two
// NOTHING: {{^}}error: {{.*}}nothing

llm.size @rows range(1, 64) divisor 1
llm.weight @up : tensor<64x16xf32> in "model.bin" at 0
llm.weight @down : tensor<16x64xf32> in "model.bin" at 4096
func.func @main(%x: tensor<?x16xf32> {llm.name = "x", llm.sizes = #llm.sizes<[rows, 16]>}) -> (tensor<?x16xf32> {llm.name = "y"}) {
  %up = llm.load_weight @up : tensor<64x16xf32>
  %down = llm.load_weight @down : tensor<16x64xf32>
  %0 = llm.linear %x, %up : tensor<?x16xf32>, tensor<64x16xf32> -> tensor<?x64xf32>
  %1 = llm.relu %0 : tensor<?x64xf32>
  %2 = llm.linear %1, %down : tensor<?x64xf32>, tensor<16x64xf32> -> tensor<?x16xf32>
  return %2 : tensor<?x16xf32>
}
