// RUN: llm-opt %s --convert-llm-to-exec | FileCheck %s
// RUN: llm-opt %s --convert-llm-to-exec | llm-opt --pass-pipeline='builtin.module(exec.program(exec-remove-copies))' | FileCheck %s --check-prefix=INPLACE

dist.mesh @mesh <"dp" = 2, "tp" = 2>
llm.size @batch range(1, 64) divisor 1
llm.weight @w : tensor<8x16xf32> in "model.safetensors" at 0
llm.weight @w.computed : tensor<4x16xf32> from @slice(@w)

// A kernel knows neither sizes nor ranks by name.
// CHECK: func.func private @slice_relu_0(
// CHECK-SAME: %[[X:.*]]: tensor<?x16xf32> {llm.sizes = #llm.sizes<[s0, 16]>}
// CHECK-SAME: attributes {exec.sizes = 2 : i64}
// CHECK-NEXT: llm.slice %[[X]] offsets [min(s1*ceildiv(s0, 2), s0), 0]

// CHECK-LABEL: exec.program @main
// CHECK-SAME: inputs [#exec.tensor<"x" : f32 [batch, 16]>]
// CHECK-SAME: outputs [#exec.tensor<"y" : f32 [batch, 16]>, #exec.tensor<"z" : f32 [batch, 16]>]
func.func @main(%x: tensor<?x16xf32> {llm.name = "x", llm.sizes = #llm.sizes<[batch, 16]>})
    -> (tensor<?x16xf32> {llm.name = "y", llm.sizes = #llm.sizes<[batch, 16]>, dist.sharding = #dist.sharding<[{"dp"}, {}]>},
        tensor<?x16xf32> {llm.name = "z"}) {
  // CHECK: %[[X:.*]] = exec.input 0 bytes [64*batch]
  // CHECK: %[[T:.*]] = exec.temporary bytes [64*min(ceildiv(batch, 2), max(0, -coord("dp")*ceildiv(batch, 2) + batch))]
  // CHECK: exec.launch @slice_relu_0(%[[X]], %[[T]]) sizes [batch, coord("dp")]
  %0 = llm.kernel(%x) : (tensor<?x16xf32>) -> tensor<?x16xf32> {
  ^bb0(%in: tensor<?x16xf32>):
    %1 = llm.slice %in offsets [min(batch, ceildiv(batch, 2)*coord("dp")), 0] sizes [min(ceildiv(batch, 2), max(0, batch-ceildiv(batch, 2)*coord("dp"))), 16] strides [1, 1] : tensor<?x16xf32> -> tensor<?x16xf32>
    %2 = llm.relu %1 : tensor<?x16xf32>
    llm.yield %2 : tensor<?x16xf32>
  }
  // CHECK: %[[SUM:.*]] = exec.temporary
  // CHECK: exec.collective all_reduce %[[T]] to %[[SUM]] over ["tp"] reduction "sum" type f32 of [min(ceildiv(batch, 2), max(0, -coord("dp")*ceildiv(batch, 2) + batch)), 16]
  %3 = dist.all_reduce %0 sum over ["tp"] : tensor<?x16xf32>
  // CHECK: %[[ALL:.*]] = exec.temporary bytes [64*batch]
  // CHECK: exec.collective all_gather %[[SUM]] to %[[ALL]] concat 0 over ["dp"] type f32 of [batch, 16]
  %4 = dist.all_gather %3 dim 0 over ["dp"] of [batch, 16] : tensor<?x16xf32> -> tensor<?x16xf32>
  // The ranks with the first coordinate on "tp" write the rows that they hold.
  // CHECK: %[[Y:.*]] = exec.output 0 bytes [64*batch] owner [-min(coord("tp"), 1) + 1]
  // CHECK: exec.copy %[[SUM]] offset [0] to %[[Y]] offset [64*min(coord("dp")*ceildiv(batch, 2), batch)]
  // CHECK: %[[Z:.*]] = exec.output 1 bytes [64*batch] owner [-min(coord("dp") + coord("tp"), 1) + 1]
  // CHECK: exec.copy %[[ALL]] offset [0] to %[[Z]] offset [0] bytes [64*batch]
  return %3, %4 : tensor<?x16xf32>, tensor<?x16xf32>
}

// What a rank reads of a weight is a parameter of the weight's initializer.
// CHECK: func.func private @slice
// CHECK-SAME: exec.size_values = #llm.sizes<[coord("tp")]>, exec.sizes = 1 : i64
// CHECK-NEXT: llm.slice %{{.*}} offsets [4*s0, 0]
func.func private @slice(%w: tensor<8x16xf32>) -> tensor<4x16xf32> {
  %0 = llm.slice %w offsets [4*coord("tp"), 0] sizes [4, 16] strides [1, 1] : tensor<8x16xf32> -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// A part of the output that starts on 64 bytes is computed in place.
// INPLACE: %[[Y:.*]] = exec.output 0
// INPLACE: %[[PART:.*]] = exec.view %[[Y]] offset [64*min(coord("dp")*ceildiv(batch, 2), batch)]
// INPLACE: exec.collective all_reduce %{{.*}} to %[[PART]]
// INPLACE: %[[Z:.*]] = exec.output 1
// INPLACE: exec.collective all_gather %[[PART]] to %[[Z]]
