// RUN: llm-opt %s --dist-annotate=mesh=tp=2 --split-input-file | FileCheck %s

// One weight sums both cuts: its rows are split once.
// CHECK-LABEL: @main
// CHECK: llm.load_weight @w.weight {{.*}}<[{"tp"}, {}]>
// CHECK: llm.load_weight @v.weight {{.*}}<[{}, {"tp"}]>
llm.size @batch range(1, 64) divisor 1
llm.weight @w.weight : tensor<16x8xf32> in "model.safetensors" at 0
llm.weight @v.weight : tensor<8x16xf32> in "model.safetensors" at 2048
func.func @main(%x: tensor<?x8xf32> {llm.name = "x", llm.sizes = #llm.sizes<[batch, 8]>}) -> tensor<?x8xf32> {
  %w = llm.load_weight @w.weight : tensor<16x8xf32>
  %v = llm.load_weight @v.weight : tensor<8x16xf32>
  %0 = llm.linear %x, %w : tensor<?x8xf32>, tensor<16x8xf32> -> tensor<?x16xf32>
  %1 = llm.relu %0 : tensor<?x16xf32>
  %2 = llm.linear %1, %v : tensor<?x16xf32>, tensor<8x16xf32> -> tensor<?x8xf32>
  %3 = llm.tanh %0 : tensor<?x16xf32>
  %4 = llm.linear %3, %v : tensor<?x16xf32>, tensor<8x16xf32> -> tensor<?x8xf32>
  %5 = llm.sub %2, %4 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// -----

// A weight that would be split both ways stays whole.
// CHECK-LABEL: @main
// CHECK-NOT: {"tp"}
llm.size @batch range(1, 64) divisor 1
llm.weight @w.weight : tensor<8x8xf32> in "model.safetensors" at 0
llm.weight @b.weight : tensor<8xf32> in "model.safetensors" at 1024
func.func @main(%x: tensor<?x8xf32> {llm.name = "x", llm.sizes = #llm.sizes<[batch, 8]>}) -> tensor<?x8xf32> {
  %w = llm.load_weight @w.weight : tensor<8x8xf32>
  %0 = llm.linear %x, %w : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
  %1 = llm.relu %0 : tensor<?x8xf32>
  %2 = llm.linear %1, %w : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}
func.func @other(%x: tensor<?x8xf32> {llm.name = "x", llm.sizes = #llm.sizes<[batch, 8]>}) -> tensor<?x8xf32> {
  %w = llm.load_weight @w.weight : tensor<8x8xf32>
  %0 = llm.linear %x, %w : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// Layers that share their weights, as ALBERT's: both add the bias behind the sum.
// CHECK-LABEL: @main
// CHECK: llm.load_weight @v.weight {{.*}}<[{}, {"tp"}]>
// CHECK-COUNT-2: llm.add %{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<8xf32>
llm.size @batch range(1, 64) divisor 1
llm.weight @w.weight : tensor<16x8xf32> in "model.safetensors" at 0
llm.weight @b.weight : tensor<8xf32> in "model.safetensors" at 1024
llm.weight @b16.weight : tensor<16xf32> in "model.safetensors" at 1536
llm.weight @v.weight : tensor<8x16xf32> in "model.safetensors" at 2048
func.func @main(%x: tensor<?x8xf32> {llm.name = "x", llm.sizes = #llm.sizes<[batch, 8]>}) -> tensor<?x8xf32> {
  %w = llm.load_weight @w.weight : tensor<16x8xf32>
  %v = llm.load_weight @v.weight : tensor<8x16xf32>
  %b = llm.load_weight @b.weight : tensor<8xf32>
  %b16 = llm.load_weight @b16.weight : tensor<16xf32>
  %0 = llm.linear %x, %w bias %b16 : tensor<?x8xf32>, tensor<16x8xf32>, tensor<16xf32> -> tensor<?x16xf32>
  %1 = llm.relu %0 : tensor<?x16xf32>
  %2 = llm.linear %1, %v bias %b : tensor<?x16xf32>, tensor<8x16xf32>, tensor<8xf32> -> tensor<?x8xf32>
  %3 = llm.linear %2, %w bias %b16 : tensor<?x8xf32>, tensor<16x8xf32>, tensor<16xf32> -> tensor<?x16xf32>
  %4 = llm.relu %3 : tensor<?x16xf32>
  %5 = llm.linear %4, %v bias %b : tensor<?x16xf32>, tensor<8x16xf32>, tensor<8xf32> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}
