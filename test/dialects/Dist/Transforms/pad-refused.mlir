// RUN: not llm-opt %s --dist-annotate=mesh=tp=5 2>&1 | FileCheck %s

// exp of the padding is 1, and the product of matrices would sum it.
// CHECK: dimension 0 of weight @g.weight has 12 elements, which 5 devices cannot share evenly
llm.size @batch range(1, 64) divisor 1
llm.weight @g.weight : tensor<12x8xf32> in "model.safetensors" at 0
llm.weight @u.weight : tensor<12x8xf32> in "model.safetensors" at 1024
llm.weight @d.weight : tensor<8x12xf32> in "model.safetensors" at 2048
llm.weight @s.weight : tensor<12x12xf32> in "model.safetensors" at 4096
func.func @main(%x: tensor<?x8xf32> {llm.name = "x", llm.sizes = #llm.sizes<[batch, 8]>}) -> (tensor<?x8xf32>, tensor<?x?xf32>) {
  %wg = llm.load_weight @g.weight : tensor<12x8xf32>
  %wu = llm.load_weight @u.weight : tensor<12x8xf32>
  %wd = llm.load_weight @d.weight : tensor<8x12xf32>
  %ws = llm.load_weight @s.weight : tensor<12x12xf32>
  %g = llm.linear %x, %wg : tensor<?x8xf32>, tensor<12x8xf32> -> tensor<?x12xf32>
  %u = llm.linear %x, %wu : tensor<?x8xf32>, tensor<12x8xf32> -> tensor<?x12xf32>
  %m = llm.mul %g, %u : tensor<?x12xf32>, tensor<?x12xf32> -> tensor<?x12xf32>
  %d = llm.linear %m, %wd : tensor<?x12xf32>, tensor<8x12xf32> -> tensor<?x8xf32>
  %e = llm.exp %u : tensor<?x12xf32>
  %t = llm.transpose %e perm [1, 0] : tensor<?x12xf32> -> tensor<12x?xf32>
  %k = llm.matmul %e, %t : tensor<?x12xf32>, tensor<12x?xf32> -> tensor<?x?xf32>
  return %d, %k : tensor<?x8xf32>, tensor<?x?xf32>
}
