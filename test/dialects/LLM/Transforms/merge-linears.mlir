// RUN: llm-opt %s --llm-merge-linears --split-input-file | FileCheck %s
// RUN: rm -rf %t && mkdir %t && cp %s %t/input.mlir
// RUN: awk -f %S/Inputs/weights.awk > %t/model.onnx
// RUN: llm-opt %t/input.mlir --verify --llm-merge-linears --llm-hoist-weights --llm-pack-linear-weights --llm-form-kernels --split-input-file -o /dev/null

llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(1, 16) divisor 1
llm.weight @q : tensor<8x6xf32> in "model.onnx" at 0
llm.weight @k : tensor<6x4xf32> in "model.onnx" at 192
llm.weight @v : tensor<4x6xf32> in "model.onnx" at 288
llm.weight @qb : tensor<8xf32> in "model.onnx" at 384
llm.weight @kb : tensor<4xf32> in "model.onnx" at 416
llm.weight @vb : tensor<4xf32> in "model.onnx" at 432

// Constants are merged at once.
// CHECK-LABEL: @constant_bias
func.func @constant_bias(%x: tensor<?x6xf32> {llm.sizes = #llm.sizes<[sequence, 6]>}) -> tensor<?x4xf32> {
  // CHECK: llm.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00, 5.000000e-01, 5.000000e-01, 5.000000e-01, 5.000000e-01]> : tensor<8xf32>
  %v = llm.load_weight @v : tensor<4x6xf32>
  %k = llm.load_weight @k : tensor<6x4xf32>
  %kt = llm.transpose %k perm [1, 0] : tensor<6x4xf32> -> tensor<4x6xf32>
  %vb = llm.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %kb = llm.constant dense<0.5> : tensor<4xf32>
  %0 = llm.linear %x, %v bias %vb : tensor<?x6xf32>, tensor<4x6xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %1 = llm.linear %x, %kt bias %kb : tensor<?x6xf32>, tensor<4x6xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %2 = llm.mul %0, %1 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}

// Four heads of queries, two of keys and values. What the first linear reads
// then stands before it.
// CHECK-LABEL: @grouped_attention
//  CHECK-SAME: (%[[X:.*]]: tensor<?x?x6xf32>
func.func @grouped_attention(%x: tensor<?x?x6xf32> {llm.sizes = #llm.sizes<[batch, sequence, 6]>}) -> tensor<?x?x4x2xf32> {
  // CHECK-DAG: %[[Q:.*]] = llm.load_weight @q
  // CHECK-DAG: %[[K:.*]] = llm.transpose
  // CHECK-DAG: %[[V:.*]] = llm.load_weight @v :
  // CHECK: %[[W:.*]] = llm.concat %[[Q]], %[[K]], %[[V]] axis 0 : tensor<8x6xf32>, tensor<4x6xf32>, tensor<4x6xf32> -> tensor<16x6xf32>
  // CHECK-NEXT: %[[B:.*]] = llm.concat %{{.*}}, %{{.*}}, %{{.*}} axis 0 : tensor<8xf32>, tensor<4xf32>, tensor<4xf32> -> tensor<16xf32>
  // CHECK-NEXT: %[[Y:.*]] = llm.linear %[[X]], %[[W]] bias %[[B]]
  // CHECK-NEXT: %[[H:.*]] = llm.reshape %[[Y]] to [batch, sequence, 8, 2] : tensor<?x?x16xf32> -> tensor<?x?x8x2xf32>
  // CHECK-NEXT: %[[QH:.*]] = llm.slice %[[H]] offsets [0, 0, 0, 0] sizes [batch, sequence, 4, 2]
  // CHECK-NEXT: %[[KH:.*]] = llm.slice %[[H]] offsets [0, 0, 4, 0] sizes [batch, sequence, 2, 2]
  // CHECK-NEXT: %[[VH:.*]] = llm.slice %[[H]] offsets [0, 0, 6, 0] sizes [batch, sequence, 2, 2]
  // CHECK-NEXT: llm.attention %[[QH]], %[[KH]], %[[VH]]
  %q = llm.load_weight @q : tensor<8x6xf32>
  %qb = llm.load_weight @qb : tensor<8xf32>
  %0 = llm.linear %x, %q bias %qb : tensor<?x?x6xf32>, tensor<8x6xf32>, tensor<8xf32> -> tensor<?x?x8xf32>
  %1 = llm.reshape %0 to [batch, sequence, 4, 2] : tensor<?x?x8xf32> -> tensor<?x?x4x2xf32>
  %k = llm.load_weight @k : tensor<6x4xf32>
  %kt = llm.transpose %k perm [1, 0] : tensor<6x4xf32> -> tensor<4x6xf32>
  %kb = llm.load_weight @kb : tensor<4xf32>
  %2 = llm.linear %x, %kt bias %kb : tensor<?x?x6xf32>, tensor<4x6xf32>, tensor<4xf32> -> tensor<?x?x4xf32>
  %3 = llm.reshape %2 to [batch, sequence, 2, 2] : tensor<?x?x4xf32> -> tensor<?x?x2x2xf32>
  %v = llm.load_weight @v : tensor<4x6xf32>
  %vb = llm.load_weight @vb : tensor<4xf32>
  %4 = llm.linear %x, %v bias %vb : tensor<?x?x6xf32>, tensor<4x6xf32>, tensor<4xf32> -> tensor<?x?x4xf32>
  %5 = llm.reshape %4 to [batch, sequence, 2, 2] : tensor<?x?x4xf32> -> tensor<?x?x2x2xf32>
  %6 = llm.attention %1, %3, %5 scale 0.5 : tensor<?x?x4x2xf32>, tensor<?x?x2x2xf32>, tensor<?x?x2x2xf32> -> tensor<?x?x4x2xf32>
  return %6 : tensor<?x?x4x2xf32>
}

// -----

llm.size @rows range(1, 64) divisor 1
llm.weight @gate : tensor<8x6xf32> in "model.onnx" at 0
llm.weight @up : tensor<8x6xf32> in "model.onnx" at 192

// CHECK-LABEL: @gate_and_up
func.func @gate_and_up(%x: tensor<?x6xf32> {llm.sizes = #llm.sizes<[rows, 6]>}) -> tensor<?x8xf32> {
  // CHECK: %[[Y:.*]] = llm.linear
  // CHECK-NEXT: %[[GATE:.*]] = llm.slice %[[Y]] offsets [0, 0] sizes [rows, 8]
  // CHECK-NEXT: %[[UP:.*]] = llm.slice %[[Y]] offsets [0, 8] sizes [rows, 8]
  // CHECK-NEXT: %[[G:.*]] = llm.gelu %[[GATE]]
  // CHECK-NEXT: llm.mul %[[UP]], %[[G]]
  %gate = llm.load_weight @gate : tensor<8x6xf32>
  %up = llm.load_weight @up : tensor<8x6xf32>
  %0 = llm.linear %x, %gate : tensor<?x6xf32>, tensor<8x6xf32> -> tensor<?x8xf32>
  %1 = llm.linear %x, %up : tensor<?x6xf32>, tensor<8x6xf32> -> tensor<?x8xf32>
  %2 = llm.gelu %0 approximate none : tensor<?x8xf32>
  %3 = llm.mul %1, %2 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// -----

llm.size @rows range(1, 64) divisor 1
llm.weight @a : tensor<8x6xf32> in "model.onnx" at 0
llm.weight @b : tensor<8x6xf32> in "model.onnx" at 192
llm.weight @c : tensor<8xf32> in "model.onnx" at 384

// CHECK-LABEL: @keeps_epilogues
func.func @keeps_epilogues(%x: tensor<?x6xf32> {llm.sizes = #llm.sizes<[rows, 6]>}) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  // CHECK-COUNT-2: llm.linear
  %a = llm.load_weight @a : tensor<8x6xf32>
  %b = llm.load_weight @b : tensor<8x6xf32>
  %0 = llm.linear %x, %a : tensor<?x6xf32>, tensor<8x6xf32> -> tensor<?x8xf32>
  %1 = llm.linear %x, %b : tensor<?x6xf32>, tensor<8x6xf32> -> tensor<?x8xf32>
  %2 = llm.gelu %0 approximate none : tensor<?x8xf32>
  %3 = llm.gelu %1 approximate none : tensor<?x8xf32>
  return %2, %3 : tensor<?x8xf32>, tensor<?x8xf32>
}

// CHECK-LABEL: @keeps_results
func.func @keeps_results(%x: tensor<?x6xf32> {llm.sizes = #llm.sizes<[rows, 6]>}) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  // CHECK-COUNT-2: llm.linear
  %a = llm.load_weight @a : tensor<8x6xf32>
  %b = llm.load_weight @b : tensor<8x6xf32>
  %0 = llm.linear %x, %a : tensor<?x6xf32>, tensor<8x6xf32> -> tensor<?x8xf32>
  %1 = llm.linear %x, %b : tensor<?x6xf32>, tensor<8x6xf32> -> tensor<?x8xf32>
  return %0, %1 : tensor<?x8xf32>, tensor<?x8xf32>
}

// CHECK-LABEL: @keeps_one_with_bias
func.func @keeps_one_with_bias(%x: tensor<?x6xf32> {llm.sizes = #llm.sizes<[rows, 6]>}) -> tensor<?x8xf32> {
  // CHECK-COUNT-2: llm.linear
  %a = llm.load_weight @a : tensor<8x6xf32>
  %b = llm.load_weight @b : tensor<8x6xf32>
  %c = llm.load_weight @c : tensor<8xf32>
  %0 = llm.linear %x, %a bias %c : tensor<?x6xf32>, tensor<8x6xf32>, tensor<8xf32> -> tensor<?x8xf32>
  %1 = llm.linear %x, %b : tensor<?x6xf32>, tensor<8x6xf32> -> tensor<?x8xf32>
  %2 = llm.mul %0, %1 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-LABEL: @keeps_computed_weight
func.func @keeps_computed_weight(%x: tensor<?x6xf32> {llm.sizes = #llm.sizes<[rows, 6]>}, %b: tensor<8x6xf32>) -> tensor<?x8xf32> {
  // CHECK-COUNT-2: llm.linear
  %a = llm.load_weight @a : tensor<8x6xf32>
  %0 = llm.linear %x, %a : tensor<?x6xf32>, tensor<8x6xf32> -> tensor<?x8xf32>
  %1 = llm.linear %x, %b : tensor<?x6xf32>, tensor<8x6xf32> -> tensor<?x8xf32>
  %2 = llm.mul %0, %1 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-LABEL: @keeps_other_inputs
func.func @keeps_other_inputs(%x: tensor<?x6xf32> {llm.sizes = #llm.sizes<[rows, 6]>}, %y: tensor<?x6xf32> {llm.sizes = #llm.sizes<[rows, 6]>}) -> tensor<?x8xf32> {
  // CHECK-COUNT-2: llm.linear
  %a = llm.load_weight @a : tensor<8x6xf32>
  %b = llm.load_weight @b : tensor<8x6xf32>
  %0 = llm.linear %x, %a : tensor<?x6xf32>, tensor<8x6xf32> -> tensor<?x8xf32>
  %1 = llm.linear %y, %b : tensor<?x6xf32>, tensor<8x6xf32> -> tensor<?x8xf32>
  %2 = llm.mul %0, %1 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// -----

llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(1, 16) divisor 1
llm.weight @q : tensor<8x6xf32> in "model.onnx" at 0
llm.weight @v : tensor<4x6xf32> in "model.onnx" at 288

// The values' heads are smaller; queries and keys, which are one, have only one
// linear.
// CHECK-LABEL: @keeps_heads_of_other_size
func.func @keeps_heads_of_other_size(%x: tensor<?x?x6xf32> {llm.sizes = #llm.sizes<[batch, sequence, 6]>}) -> tensor<?x?x4x1xf32> {
  // CHECK-COUNT-2: llm.linear
  %q = llm.load_weight @q : tensor<8x6xf32>
  %v = llm.load_weight @v : tensor<4x6xf32>
  %0 = llm.linear %x, %q : tensor<?x?x6xf32>, tensor<8x6xf32> -> tensor<?x?x8xf32>
  %1 = llm.reshape %0 to [batch, sequence, 4, 2] : tensor<?x?x8xf32> -> tensor<?x?x4x2xf32>
  %2 = llm.linear %x, %v : tensor<?x?x6xf32>, tensor<4x6xf32> -> tensor<?x?x4xf32>
  %3 = llm.reshape %2 to [batch, sequence, 4, 1] : tensor<?x?x4xf32> -> tensor<?x?x4x1xf32>
  %4 = llm.attention %1, %1, %3 scale 0.5 : tensor<?x?x4x2xf32>, tensor<?x?x4x2xf32>, tensor<?x?x4x1xf32> -> tensor<?x?x4x1xf32>
  return %4 : tensor<?x?x4x1xf32>
}
