// RUN: llm-opt %s --llm-simplify-indices | FileCheck %s
// RUN: llm-opt %s --verify --llm-simplify-indices -o /dev/null

llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(1, 512) divisor 1

// As GatherND(mask, concat(b, s)) is imported.
// CHECK-LABEL: @padding
//  CHECK-SAME: (%[[MASK:.*]]: tensor<?x?xi1> {{.*}})
func.func @padding(%mask: tensor<?x?xi1> {llm.sizes = #llm.sizes<[batch, sequence]>}) -> tensor<?x1x1x?xi1> {
  // CHECK-NEXT: %[[Y:.*]] = llm.reshape %[[MASK]] to [batch, 1, 1, sequence]
  // CHECK-NEXT: return %[[Y]]
  %zero = llm.constant dense<0> : tensor<i64>
  %rows = llm.sizes_to_tensor [batch] : tensor<i64>
  %length = llm.sizes_to_tensor [sequence] : tensor<i64>
  %b = llm.iota axis 0 to [batch] : tensor<?xi64>
  %b4 = llm.reshape %b to [batch, 1, 1, 1] : tensor<?xi64> -> tensor<?x1x1x1xi64>
  %be = llm.expand %b4 to [batch, 1, 1, sequence] : tensor<?x1x1x1xi64> -> tensor<?x1x1x?xi64>
  %b5 = llm.reshape %be to [batch, 1, 1, sequence, 1] : tensor<?x1x1x?xi64> -> tensor<?x1x1x?x1xi64>
  %s = llm.iota axis 3 to [1, 1, 1, sequence] : tensor<1x1x1x?xi64>
  %se = llm.expand %s to [batch, 1, 1, sequence] : tensor<1x1x1x?xi64> -> tensor<?x1x1x?xi64>
  %s5 = llm.reshape %se to [batch, 1, 1, sequence, 1] : tensor<?x1x1x?xi64> -> tensor<?x1x1x?x1xi64>
  %i = llm.concat %b5, %s5 axis 4 : tensor<?x1x1x?x1xi64>, tensor<?x1x1x?x1xi64> -> tensor<?x1x1x?x2xi64>
  %0 = llm.slice %i offsets [0, 0, 0, 0, 0] sizes [batch, 1, 1, sequence, 1] strides [1, 1, 1, 1, 1] : tensor<?x1x1x?x2xi64> -> tensor<?x1x1x?x1xi64>
  %1 = llm.reshape %0 to [batch, 1, 1, sequence] : tensor<?x1x1x?x1xi64> -> tensor<?x1x1x?xi64>
  %2 = llm.slice %i offsets [0, 0, 0, 0, 1] sizes [batch, 1, 1, sequence, 1] strides [1, 1, 1, 1, 1] : tensor<?x1x1x?x2xi64> -> tensor<?x1x1x?x1xi64>
  %3 = llm.reshape %2 to [batch, 1, 1, sequence] : tensor<?x1x1x?x1xi64> -> tensor<?x1x1x?xi64>
  // Negative indices count from the end; these are none.
  %4 = llm.compare lt %1, %zero : tensor<?x1x1x?xi64>, tensor<i64> -> tensor<?x1x1x?xi1>
  %5 = llm.add %1, %rows : tensor<?x1x1x?xi64>, tensor<i64> -> tensor<?x1x1x?xi64>
  %6 = llm.select %4, %5, %1 : tensor<?x1x1x?xi1>, tensor<?x1x1x?xi64>, tensor<?x1x1x?xi64> -> tensor<?x1x1x?xi64>
  %7 = llm.mul %6, %length : tensor<?x1x1x?xi64>, tensor<i64> -> tensor<?x1x1x?xi64>
  %8 = llm.add %7, %3 : tensor<?x1x1x?xi64>, tensor<?x1x1x?xi64> -> tensor<?x1x1x?xi64>
  %flat = llm.reshape %mask to [batch * sequence] : tensor<?x?xi1> -> tensor<?xi1>
  %9 = llm.gather %flat, %8 axis 0 : tensor<?xi1>, tensor<?x1x1x?xi64> -> tensor<?x1x1x?xi1>
  return %9 : tensor<?x1x1x?xi1>
}

// CHECK-LABEL: @always_true
func.func @always_true(%x: tensor<?x?xi1> {llm.sizes = #llm.sizes<[batch, sequence]>}) -> tensor<?x?xi1> {
  // CHECK-NEXT: return %{{.*}} : tensor<?x?xi1>
  %zero = llm.constant dense<0> : tensor<i64>
  %s = llm.iota axis 1 to [1, sequence] : tensor<1x?xi64>
  %0 = llm.compare ge %s, %zero : tensor<1x?xi64>, tensor<i64> -> tensor<1x?xi1>
  %1 = llm.and %0, %x : tensor<1x?xi1>, tensor<?x?xi1> -> tensor<?x?xi1>
  return %1 : tensor<?x?xi1>
}

// CHECK-LABEL: @keeps_undecided
func.func @keeps_undecided(%n: tensor<?xf32> {llm.sizes = #llm.sizes<[sequence]>}) -> tensor<?xi1> {
  // CHECK: llm.compare
  %one = llm.constant dense<1> : tensor<i64>
  %s = llm.iota axis 0 to [sequence] : tensor<?xi64>
  %0 = llm.compare ge %s, %one : tensor<?xi64>, tensor<i64> -> tensor<?xi1>
  return %0 : tensor<?xi1>
}

// CHECK-LABEL: @keeps_causal
func.func @keeps_causal(%n: tensor<?xf32> {llm.sizes = #llm.sizes<[sequence]>}) -> tensor<?x?xi1> {
  // CHECK: llm.compare
  %q = llm.iota axis 0 to [sequence, 1] : tensor<?x1xi64>
  %k = llm.iota axis 1 to [1, sequence] : tensor<1x?xi64>
  %0 = llm.compare le %k, %q : tensor<1x?xi64>, tensor<?x1xi64> -> tensor<?x?xi1>
  return %0 : tensor<?x?xi1>
}

// CHECK-LABEL: @keeps_reordered
func.func @keeps_reordered(%x: tensor<6xf32>) -> tensor<2x3xf32> {
  // CHECK: llm.gather
  %two = llm.constant dense<2> : tensor<i64>
  %a = llm.iota axis 0 to [2, 1] : tensor<2x1xi64>
  %b = llm.iota axis 1 to [1, 3] : tensor<1x3xi64>
  %0 = llm.mul %b, %two : tensor<1x3xi64>, tensor<i64> -> tensor<1x3xi64>
  %1 = llm.add %a, %0 : tensor<2x1xi64>, tensor<1x3xi64> -> tensor<2x3xi64>
  %2 = llm.gather %x, %1 axis 0 : tensor<6xf32>, tensor<2x3xi64> -> tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}

// CHECK-LABEL: @keeps_part
func.func @keeps_part(%x: tensor<7xf32>) -> tensor<6xf32> {
  // CHECK: llm.gather
  %i = llm.iota axis 0 to [6] : tensor<6xi64>
  %0 = llm.gather %x, %i axis 0 : tensor<7xf32>, tensor<6xi64> -> tensor<6xf32>
  return %0 : tensor<6xf32>
}
