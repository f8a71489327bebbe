// RUN: llm-opt %s --llm-raise-embedding | FileCheck %s
// RUN: rm -rf %t && mkdir %t && cp %s %t/input.mlir
// RUN: awk -f %S/Inputs/weights.awk > %t/model.onnx
// RUN: llm-opt %t/input.mlir --verify --llm-raise-embedding -o /dev/null

llm.weight @table : tensor<30x4xf32> in "model.onnx" at 0
llm.weight @cube : tensor<3x10x4xf32> in "model.onnx" at 0

// CHECK-LABEL: @words
//  CHECK-SAME: (%[[IDS:.*]]: tensor<?x?xi64>)
func.func @words(%ids: tensor<?x?xi64>) -> tensor<?x?x4xf32> {
  // CHECK: %[[TABLE:.*]] = llm.load_weight @table
  // CHECK-NEXT: llm.embedding %[[IDS]], %[[TABLE]] : tensor<?x?xi64>, tensor<30x4xf32> -> tensor<?x?x4xf32>
  %table = llm.load_weight @table : tensor<30x4xf32>
  %0 = llm.gather %table, %ids axis 0 : tensor<30x4xf32>, tensor<?x?xi64> -> tensor<?x?x4xf32>
  return %0 : tensor<?x?x4xf32>
}

// CHECK-LABEL: @keeps_columns
func.func @keeps_columns(%ids: tensor<2xi64>) -> tensor<30x2xf32> {
  // CHECK: llm.gather
  %table = llm.load_weight @table : tensor<30x4xf32>
  %0 = llm.gather %table, %ids axis 1 : tensor<30x4xf32>, tensor<2xi64> -> tensor<30x2xf32>
  return %0 : tensor<30x2xf32>
}

// CHECK-LABEL: @keeps_rank_3
func.func @keeps_rank_3(%ids: tensor<2xi64>) -> tensor<2x10x4xf32> {
  // CHECK: llm.gather
  %cube = llm.load_weight @cube : tensor<3x10x4xf32>
  %0 = llm.gather %cube, %ids axis 0 : tensor<3x10x4xf32>, tensor<2xi64> -> tensor<2x10x4xf32>
  return %0 : tensor<2x10x4xf32>
}

// CHECK-LABEL: @keeps_activation
func.func @keeps_activation(%x: tensor<30x4xf32>, %ids: tensor<2xi64>) -> tensor<2x4xf32> {
  // CHECK: llm.gather
  %0 = llm.gather %x, %ids axis 0 : tensor<30x4xf32>, tensor<2xi64> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
