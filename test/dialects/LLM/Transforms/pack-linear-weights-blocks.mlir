// RUN: llm-opt %s --llm-pack-linear-weights | FileCheck %s
// RUN: rm -rf %t && mkdir %t && cp %s %t/input.mlir
// RUN: awk 'BEGIN { for (i = 0; i < 800; ++i) printf "%%s", "kI.@p" }' > %t/model.gguf
// RUN: llm-opt %t/input.mlir --verify --llm-pack-linear-weights -o /dev/null

// Rows of blocks are interleaved as bytes, once for a table and the product that
// shares it; a table alone stays as it is.

// CHECK: llm.weight @shared : tensor<20x64x!llm.block<q4_1>>
// CHECK-NEXT: llm.weight @shared.rows16 : tensor<20x64x!llm.block<q4_1, 16>> from @[[PACK:.*]](@shared)
llm.weight @shared : tensor<20x64x!llm.block<q4_1>> in "model.gguf" at 0
// CHECK: llm.weight @alone : tensor<20x64x!llm.block<q4_1>> in
// CHECK-NOT: @alone.rows16
llm.weight @alone : tensor<20x64x!llm.block<q4_1>> in "model.gguf" at 1600

// CHECK-LABEL: @tied
func.func @tied(%ids: tensor<3xi32>) -> tensor<3x20xf32> {
  // CHECK-DAG: %[[T:.*]] = llm.load_weight @shared.rows16 : tensor<20x64x!llm.block<q4_1, 16>>
  // CHECK-DAG: %[[A:.*]] = llm.load_weight @alone : tensor<20x64x!llm.block<q4_1>>
  // CHECK-DAG: llm.embedding %{{.*}}, %{{.*}} : tensor<3xi32>, tensor<20x64x!llm.block<q4_1, 16>>
  // CHECK-DAG: llm.embedding %{{.*}}, %[[A]]
  // CHECK: llm.linear %{{.*}}, %{{.*}} activations q8 : tensor<3x64xf32>, tensor<20x64x!llm.block<q4_1, 16>>
  %t = llm.load_weight @shared : tensor<20x64x!llm.block<q4_1>>
  %x = llm.embedding %ids, %t : tensor<3xi32>, tensor<20x64x!llm.block<q4_1>> -> tensor<3x64xf32>
  %a = llm.load_weight @alone : tensor<20x64x!llm.block<q4_1>>
  %y = llm.embedding %ids, %a : tensor<3xi32>, tensor<20x64x!llm.block<q4_1>> -> tensor<3x64xf32>
  %z = llm.add %x, %y : tensor<3x64xf32>, tensor<3x64xf32> -> tensor<3x64xf32>
  %o = llm.load_weight @shared : tensor<20x64x!llm.block<q4_1>>
  %r = llm.linear %z, %o activations q8 : tensor<3x64xf32>, tensor<20x64x!llm.block<q4_1>> -> tensor<3x20xf32>
  return %r : tensor<3x20xf32>
}

// 20 rows are two panels. Two planes: scales and minima of 16 rows in units of two
// bytes, quants in units of four.
// CHECK: func.func private @[[PACK]](%[[W:.*]]: tensor<20x64x!llm.block<q4_1>>) -> tensor<20x64x!llm.block<q4_1, 16>>
// CHECK-NEXT: %[[B:.*]] = llm.bitcast %[[W]] : tensor<20x64x!llm.block<q4_1>> -> tensor<20x2x20xui8>
// CHECK-NEXT: %[[P:.*]] = llm.pad %[[B]] low [0, 0, 0] high [12, 0, 0]
// CHECK-NEXT: %[[S:.*]] = llm.slice %[[P]] offsets [0, 0, 0] sizes [32, 2, 4]
// CHECK-NEXT: %[[S1:.*]] = llm.reshape %[[S]] to [2, 16, 2, 2, 2]
// CHECK-NEXT: %[[S2:.*]] = llm.transpose %[[S1]] perm [0, 2, 3, 1, 4]
// CHECK-NEXT: %[[S3:.*]] = llm.reshape %[[S2]] to [2, 128]
// CHECK-NEXT: %[[Q:.*]] = llm.slice %[[P]] offsets [0, 0, 4] sizes [32, 2, 16]
// CHECK-NEXT: %[[Q1:.*]] = llm.reshape %[[Q]] to [2, 16, 2, 4, 4]
// CHECK-NEXT: %[[Q2:.*]] = llm.transpose %[[Q1]] perm [0, 2, 3, 1, 4]
// CHECK-NEXT: %[[Q3:.*]] = llm.reshape %[[Q2]] to [2, 512]
// CHECK-NEXT: %[[C:.*]] = llm.concat %[[S3]], %[[Q3]] axis 1
// CHECK-NEXT: %[[R:.*]] = llm.bitcast %[[C]] : tensor<2x640xui8> -> tensor<20x64x!llm.block<q4_1, 16>>
// CHECK-NEXT: return %[[R]]
