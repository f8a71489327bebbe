// RUN: llm-opt %s --dist-annotate=mesh=dp=2 | FileCheck %s

// The batch is the input with a symbol, not the first one.
// CHECK-LABEL: @main
// CHECK-SAME: tensor<8xf32> {llm.name = "b"}, %{{.*}}: tensor<?x8xf32> {dist.origin = "dp: batch batch", dist.sharding = #dist.sharding<[{"dp"}, {}]>
llm.size @batch range(1, 64) divisor 1
llm.weight @w.weight : tensor<16x8xf32> in "model.safetensors" at 0
llm.weight @v.weight : tensor<8x16xf32> in "model.safetensors" at 2048
func.func @main(%b: tensor<8xf32> {llm.name = "b"}, %x: tensor<?x8xf32> {llm.name = "x", llm.sizes = #llm.sizes<[batch, 8]>}) -> tensor<?x8xf32> {
  %w = llm.load_weight @w.weight : tensor<16x8xf32>
  %v = llm.load_weight @v.weight : tensor<8x16xf32>
  %0 = llm.linear %x, %w : tensor<?x8xf32>, tensor<16x8xf32> -> tensor<?x16xf32>
  %1 = llm.relu %0 : tensor<?x16xf32>
  %2 = llm.linear %1, %v : tensor<?x16xf32>, tensor<8x16xf32> -> tensor<?x8xf32>
  %3 = llm.add %2, %b : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}
