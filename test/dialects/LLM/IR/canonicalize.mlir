// RUN: llm-opt %s --canonicalize --symbol-dce | FileCheck %s

// A weight without users is dead; one that an initializer reads is not.
// CHECK: llm.weight @read
// CHECK-NOT: llm.weight @unread
llm.weight @read : tensor<4xf32> in "f" at 0
llm.weight @unread : tensor<4xf32> in "f" at 16
// CHECK: llm.weight @made
llm.weight @made : tensor<4xf32> from @negate(@read)
// CHECK: @negate
func.func private @negate(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = llm.neg %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK-NOT: @unused_initializer
func.func private @unused_initializer(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
func.func @uses_weights() -> tensor<4xf32> {
  %0 = llm.load_weight @made : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: @neutral_floats
// CHECK-SAME: (%[[X:.*]]: tensor<?xf32>)
// CHECK-NEXT: return %[[X]], %[[X]], %[[X]], %[[X]], %[[X]]
func.func @neutral_floats(%x: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  %minus_zero = llm.constant dense<-0.0> : tensor<f32>
  %zero = llm.constant dense<0.0> : tensor<f32>
  %one = llm.constant dense<1.0> : tensor<f32>
  %a = llm.add %minus_zero, %x : tensor<f32>, tensor<?xf32> -> tensor<?xf32>
  %b = llm.sub %x, %zero : tensor<?xf32>, tensor<f32> -> tensor<?xf32>
  %c = llm.mul %one, %x : tensor<f32>, tensor<?xf32> -> tensor<?xf32>
  %d = llm.div %x, %one : tensor<?xf32>, tensor<f32> -> tensor<?xf32>
  %e = llm.pow %x, %one : tensor<?xf32>, tensor<f32> -> tensor<?xf32>
  return %a, %b, %c, %d, %e : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}

// -0.0 + 0.0 is 0.0, x * 0 may be NaN, 1 / x and 0 - x are not x.
// CHECK-LABEL: @keeps_inexact
// CHECK: llm.add
// CHECK: llm.mul
// CHECK: llm.div
// CHECK: llm.sub
func.func @keeps_inexact(%x: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  %zero = llm.constant dense<0.0> : tensor<f32>
  %one = llm.constant dense<1.0> : tensor<f32>
  %a = llm.add %x, %zero : tensor<?xf32>, tensor<f32> -> tensor<?xf32>
  %b = llm.mul %x, %zero : tensor<?xf32>, tensor<f32> -> tensor<?xf32>
  %c = llm.div %one, %x : tensor<f32>, tensor<?xf32> -> tensor<?xf32>
  %d = llm.sub %zero, %x : tensor<f32>, tensor<?xf32> -> tensor<?xf32>
  return %a, %b, %c, %d : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}

// CHECK-LABEL: @keeps_broadcast
// CHECK: llm.add
func.func @keeps_broadcast(%x: tensor<4xi32>) -> tensor<2x4xi32> {
  %zero = llm.constant dense<0> : tensor<2x1xi32>
  %a = llm.add %x, %zero : tensor<4xi32>, tensor<2x1xi32> -> tensor<2x4xi32>
  return %a : tensor<2x4xi32>
}

// CHECK-LABEL: @neutral_integers
// CHECK-SAME: (%[[X:.*]]: tensor<?xi32>, %[[B:.*]]: tensor<?xi1>)
// CHECK-NEXT: return %[[X]], %[[X]], %[[B]], %[[B]], %[[B]]
func.func @neutral_integers(%x: tensor<?xi32>, %b: tensor<?xi1>) -> (tensor<?xi32>, tensor<?xi32>, tensor<?xi1>, tensor<?xi1>, tensor<?xi1>) {
  %zero = llm.constant dense<0> : tensor<i32>
  %one = llm.constant dense<1> : tensor<1xi32>
  %true = llm.constant dense<true> : tensor<i1>
  %false = llm.constant dense<false> : tensor<i1>
  %c = llm.add %zero, %x : tensor<i32>, tensor<?xi32> -> tensor<?xi32>
  %d = llm.div %x, %one : tensor<?xi32>, tensor<1xi32> -> tensor<?xi32>
  %e = llm.and %true, %b : tensor<i1>, tensor<?xi1> -> tensor<?xi1>
  %f = llm.or %b, %false : tensor<?xi1>, tensor<i1> -> tensor<?xi1>
  %g = llm.xor %b, %false : tensor<?xi1>, tensor<i1> -> tensor<?xi1>
  return %c, %d, %e, %f, %g : tensor<?xi32>, tensor<?xi32>, tensor<?xi1>, tensor<?xi1>, tensor<?xi1>
}

// CHECK-LABEL: @twice
// CHECK-SAME: (%[[X:.*]]: tensor<?xf32>, %[[B:.*]]: tensor<?xi1>)
// CHECK-NEXT: return %[[X]], %[[B]], %[[X]], %[[B]]
func.func @twice(%x: tensor<?xf32>, %b: tensor<?xi1>) -> (tensor<?xf32>, tensor<?xi1>, tensor<?xf32>, tensor<?xi1>) {
  %a = llm.neg %x : tensor<?xf32>
  %c = llm.neg %a : tensor<?xf32>
  %d = llm.not %b : tensor<?xi1>
  %e = llm.not %d : tensor<?xi1>
  %f = llm.max %x, %x : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %g = llm.and %b, %b : tensor<?xi1>, tensor<?xi1> -> tensor<?xi1>
  return %c, %e, %f, %g : tensor<?xf32>, tensor<?xi1>, tensor<?xf32>, tensor<?xi1>
}

// CHECK-LABEL: @selects
// CHECK-SAME: (%[[C:.*]]: tensor<3xi1>, %[[X:.*]]: tensor<3xf32>, %[[Y:.*]]: tensor<3xf32>)
// CHECK-NEXT: return %[[X]], %[[Y]], %[[X]]
func.func @selects(%c: tensor<3xi1>, %x: tensor<3xf32>, %y: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %true = llm.constant dense<true> : tensor<3xi1>
  %false = llm.constant dense<false> : tensor<i1>
  %a = llm.select %true, %x, %y : tensor<3xi1>, tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  %b = llm.select %false, %x, %y : tensor<i1>, tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  %d = llm.select %c, %x, %x : tensor<3xi1>, tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %a, %b, %d : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: @casts
// CHECK-SAME: (%[[X:.*]]: tensor<?xf16>, %[[I:.*]]: tensor<?xi32>)
// CHECK-NEXT: %[[A:.*]] = llm.cast %[[X]] : tensor<?xf16> -> tensor<?xbf16>
// CHECK-NEXT: %[[B:.*]] = llm.cast %[[I]] : tensor<?xi32> -> tensor<?xf32>
// CHECK-NEXT: %[[C:.*]] = llm.cast %[[B]] : tensor<?xf32> -> tensor<?xi32>
// CHECK-NEXT: return %[[X]], %[[X]], %[[A]], %[[C]], %[[I]]
func.func @casts(%x: tensor<?xf16>, %i: tensor<?xi32>) -> (tensor<?xf16>, tensor<?xf16>, tensor<?xbf16>, tensor<?xi32>, tensor<?xi32>) {
  %a = llm.cast %x : tensor<?xf16> -> tensor<?xf16>
  %wide = llm.cast %x : tensor<?xf16> -> tensor<?xf32>
  %b = llm.cast %wide : tensor<?xf32> -> tensor<?xf16>
  %c = llm.cast %wide : tensor<?xf32> -> tensor<?xbf16>
  // f32 holds integers to 2^24 only.
  %rounded = llm.cast %i : tensor<?xi32> -> tensor<?xf32>
  %d = llm.cast %rounded : tensor<?xf32> -> tensor<?xi32>
  %exact = llm.cast %i : tensor<?xi32> -> tensor<?xf64>
  %e = llm.cast %exact : tensor<?xf64> -> tensor<?xi32>
  return %a, %b, %c, %d, %e : tensor<?xf16>, tensor<?xf16>, tensor<?xbf16>, tensor<?xi32>, tensor<?xi32>
}

// CHECK-LABEL: @reshapes
// CHECK-SAME: (%[[X:.*]]: tensor<?x6xf32>, %[[Y:.*]]: tensor<?x?xf32>)
// CHECK-NEXT: %[[A:.*]] = llm.reshape %[[X]] to [2*batch, 3]
// CHECK-NEXT: %[[B:.*]] = llm.reshape %[[Y]] to [sequence, batch]
// CHECK-NEXT: return %[[X]], %[[A]], %[[B]]
func.func @reshapes(%x: tensor<?x6xf32>, %y: tensor<?x?xf32>) -> (tensor<?x6xf32>, tensor<?x3xf32>, tensor<?x?xf32>) {
  %a = llm.reshape %x to [batch, 6] : tensor<?x6xf32> -> tensor<?x6xf32>
  %b = llm.reshape %x to [batch, 2, 3] : tensor<?x6xf32> -> tensor<?x2x3xf32>
  %c = llm.reshape %b to [2 * batch, 3] : tensor<?x2x3xf32> -> tensor<?x3xf32>
  // Its type does not say that the sizes are not swapped.
  %d = llm.reshape %y to [sequence, batch] : tensor<?x?xf32> -> tensor<?x?xf32>
  return %a, %c, %d : tensor<?x6xf32>, tensor<?x3xf32>, tensor<?x?xf32>
}

// CHECK-LABEL: @transposes
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x5xf32>)
// CHECK-NEXT: %[[A:.*]] = llm.transpose %[[X]] perm [2, 0, 1] : tensor<?x4x5xf32> -> tensor<5x?x4xf32>
// CHECK-NEXT: return %[[X]], %[[A]]
func.func @transposes(%x: tensor<?x4x5xf32>) -> (tensor<?x4x5xf32>, tensor<5x?x4xf32>) {
  %a = llm.transpose %x perm [1, 2, 0] : tensor<?x4x5xf32> -> tensor<4x5x?xf32>
  %b = llm.transpose %a perm [2, 0, 1] : tensor<4x5x?xf32> -> tensor<?x4x5xf32>
  %c = llm.transpose %a perm [1, 2, 0] : tensor<4x5x?xf32> -> tensor<5x?x4xf32>
  return %b, %c : tensor<?x4x5xf32>, tensor<5x?x4xf32>
}

// CHECK-LABEL: @moves_nothing
// CHECK-SAME: (%[[X:.*]]: tensor<4x5xf32>)
// CHECK-NEXT: return %[[X]], %[[X]], %[[X]], %[[X]]
func.func @moves_nothing(%x: tensor<4x5xf32>) -> (tensor<4x5xf32>, tensor<4x5xf32>, tensor<4x5xf32>, tensor<4x5xf32>) {
  %a = llm.slice %x offsets [0, 0] sizes [4, 5] strides [1, 1] : tensor<4x5xf32> -> tensor<4x5xf32>
  %b = llm.concat %x axis 0 : tensor<4x5xf32> -> tensor<4x5xf32>
  %c = llm.expand %x to [4, 5] : tensor<4x5xf32> -> tensor<4x5xf32>
  %d = llm.pad %x low [0, 0] high [0, 0] : tensor<4x5xf32> -> tensor<4x5xf32>
  return %a, %b, %c, %d : tensor<4x5xf32>, tensor<4x5xf32>, tensor<4x5xf32>, tensor<4x5xf32>
}

// CHECK-LABEL: @keeps_moves
// CHECK: llm.slice
// CHECK: llm.expand
func.func @keeps_moves(%x: tensor<4xf32>, %y: tensor<?xf32>) -> (tensor<4xf32>, tensor<?xf32>) {
  %a = llm.slice %x offsets [3] sizes [4] strides [-1] : tensor<4xf32> -> tensor<4xf32>
  %b = llm.expand %y to [batch] : tensor<?xf32> -> tensor<?xf32>
  return %a, %b : tensor<4xf32>, tensor<?xf32>
}

// What exporters write to split heads: shape arithmetic vanishes.
// CHECK-LABEL: @shape_arithmetic
// CHECK-NEXT: %[[S:.*]] = llm.sizes_to_tensor [batch, sequence, 12, 32] : tensor<4xi64>
// CHECK-NEXT: return %[[S]]
func.func @shape_arithmetic() -> tensor<4xi64> {
  %shape = llm.sizes_to_tensor [batch, sequence, 384] : tensor<3xi64>
  %two = llm.constant dense<-1> : tensor<i64>
  %heads = llm.constant dense<12> : tensor<1xi64>
  %hidden = llm.gather %shape, %two axis 0 : tensor<3xi64>, tensor<i64> -> tensor<i64>
  %row = llm.reshape %hidden to [1] : tensor<i64> -> tensor<1xi64>
  %size = llm.div %row, %heads : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  %outer = llm.slice %shape offsets [0] sizes [2] strides [1] : tensor<3xi64> -> tensor<2xi64>
  %all = llm.concat %outer, %heads, %size axis 0 : tensor<2xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<4xi64>
  return %all : tensor<4xi64>
}

// CHECK-LABEL: @more_shape_arithmetic
// CHECK-DAG: llm.sizes_to_tensor [batch*sequence] : tensor<1xi32>
// CHECK-DAG: llm.sizes_to_tensor [sequence, batch] : tensor<2xi32>
// CHECK-DAG: llm.sizes_to_tensor [batch + 7, sequence + 7] : tensor<2xi32>
// CHECK-DAG: llm.sizes_to_tensor [min(batch, 7), min(sequence, 7)] : tensor<2xi32>
// CHECK-DAG: llm.sizes_to_tensor [mod(batch, 7), mod(sequence, 7)] : tensor<2xi32>
// CHECK-NOT: llm.cast
// CHECK: return
func.func @more_shape_arithmetic() -> (tensor<1xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) {
  %long = llm.sizes_to_tensor [batch, sequence] : tensor<2xi64>
  %shape = llm.cast %long : tensor<2xi64> -> tensor<2xi32>
  %seven = llm.constant dense<7> : tensor<i32>
  %a = llm.reduce prod %shape axes [0] : tensor<2xi32> -> tensor<1xi32>
  %b = llm.slice %shape offsets [1] sizes [2] strides [-1] : tensor<2xi32> -> tensor<2xi32>
  %c = llm.add %shape, %seven : tensor<2xi32>, tensor<i32> -> tensor<2xi32>
  %d = llm.min %shape, %seven : tensor<2xi32>, tensor<i32> -> tensor<2xi32>
  %e = llm.mod %shape, %seven : tensor<2xi32>, tensor<i32> -> tensor<2xi32>
  return %a, %b, %c, %d, %e : tensor<1xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>
}

// Rounding towards zero and down differ where a size might be negative.
// CHECK-LABEL: @keeps_inexact_division
// CHECK: llm.div
func.func @keeps_inexact_division() -> tensor<1xi64> {
  %shape = llm.sizes_to_tensor [batch - sequence] : tensor<1xi64>
  %two = llm.constant dense<2> : tensor<1xi64>
  %a = llm.div %shape, %two : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  return %a : tensor<1xi64>
}

// CHECK-LABEL: @bitcasts
func.func @bitcasts(%w: tensor<4x64x!llm.block<q4_1>>) -> (tensor<4x64x!llm.block<q4_1>>, tensor<160xi8>) {
  %0 = llm.bitcast %w : tensor<4x64x!llm.block<q4_1>> -> tensor<4x2x20xui8>
  %1 = llm.bitcast %0 : tensor<4x2x20xui8> -> tensor<4x64x!llm.block<q4_1>>
  // CHECK-NEXT: %[[BYTES:.*]] = llm.bitcast %{{.*}} : tensor<4x64x!llm.block<q4_1>> -> tensor<160xi8>
  %2 = llm.bitcast %0 : tensor<4x2x20xui8> -> tensor<160xi8>
  // CHECK-NEXT: return %{{.*}}, %[[BYTES]]
  return %1, %2 : tensor<4x64x!llm.block<q4_1>>, tensor<160xi8>
}
