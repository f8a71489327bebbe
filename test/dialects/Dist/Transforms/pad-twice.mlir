// RUN: llm-opt %s --dist-annotate=mesh=tp=5 | FileCheck %s

// A weight between two padded values grows in rows and columns.
// CHECK: %[[S:.*]] = llm.load_weight @s.weight
// CHECK: llm.pad %{{.*}} : tensor<12x12xf32> -> tensor<{{15x12|12x15}}xf32>
// CHECK: llm.pad %{{.*}} : tensor<{{15x12|12x15}}xf32> -> tensor<15x15xf32>
llm.size @batch range(1, 64) divisor 1
llm.weight @g.weight : tensor<12x8xf32> in "model.safetensors" at 0
llm.weight @u.weight : tensor<12x8xf32> in "model.safetensors" at 1024
llm.weight @d.weight : tensor<8x12xf32> in "model.safetensors" at 2048
llm.weight @s.weight : tensor<12x12xf32> in "model.safetensors" at 4096
func.func @main(%x: tensor<?x8xf32> {llm.name = "x", llm.sizes = #llm.sizes<[batch, 8]>}) -> tensor<?x8xf32> {
  %wg = llm.load_weight @g.weight : tensor<12x8xf32>
  %wu = llm.load_weight @u.weight : tensor<12x8xf32>
  %wd = llm.load_weight @d.weight : tensor<8x12xf32>
  %ws = llm.load_weight @s.weight : tensor<12x12xf32>
  %g = llm.linear %x, %wg : tensor<?x8xf32>, tensor<12x8xf32> -> tensor<?x12xf32>
  %u = llm.linear %x, %wu : tensor<?x8xf32>, tensor<12x8xf32> -> tensor<?x12xf32>
  %r = llm.relu %g : tensor<?x12xf32>
  %b = llm.linear %r, %ws : tensor<?x12xf32>, tensor<12x12xf32> -> tensor<?x12xf32>
  %m = llm.mul %g, %b : tensor<?x12xf32>, tensor<?x12xf32> -> tensor<?x12xf32>
  %d = llm.linear %m, %wd : tensor<?x12xf32>, tensor<8x12xf32> -> tensor<?x8xf32>
  return %d : tensor<?x8xf32>
}
