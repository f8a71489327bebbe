// RUN: llm-opt %s | FileCheck %s
// RUN: llm-opt %s | llm-opt | FileCheck %s
// RUN: llm-opt %s --mlir-print-op-generic | llm-opt | FileCheck %s

// Every op and each of its optional parts survives printing and parsing.

// CHECK: llm.size @batch range(1, 64) divisor 1
llm.size @batch range(1, 64) divisor 1
// CHECK: llm.size @sequence range(0, 9223372036854775807) divisor 16
llm.size @sequence range(0, 9223372036854775807) divisor 16

// CHECK: llm.weight @"encoder.layer.0/W" : tensor<32x8xf32> in "model.safetensors" at 0
llm.weight @"encoder.layer.0/W" : tensor<32x8xf32> in "model.safetensors" at 0
// CHECK: llm.weight @packed : tensor<2x8x16xf32> from @pack(@"encoder.layer.0/W")
llm.weight @packed : tensor<2x8x16xf32> from @pack(@"encoder.layer.0/W")
// CHECK: llm.weight @made : tensor<4xf32> from @ones() attributes {note}
llm.weight @made : tensor<4xf32> from @ones() attributes {note}

func.func private @ones() -> tensor<4xf32> {
  // CHECK: llm.constant dense<1.000000e+00> : tensor<4xf32>
  %0 = llm.constant dense<1.0> : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: func.func private @pack(
func.func private @pack(%w: tensor<32x8xf32>) -> tensor<2x8x16xf32> {
  // CHECK: llm.reshape %{{.*}} to [2, 16, 8] : tensor<32x8xf32> -> tensor<2x16x8xf32>
  %0 = llm.reshape %w to [2, 16, 8] : tensor<32x8xf32> -> tensor<2x16x8xf32>
  // CHECK: llm.transpose %{{.*}} perm [0, 2, 1] : tensor<2x16x8xf32> -> tensor<2x8x16xf32>
  %1 = llm.transpose %0 perm [0, 2, 1] : tensor<2x16x8xf32> -> tensor<2x8x16xf32>
  return %1 : tensor<2x8x16xf32>
}

// CHECK-LABEL: @named
// CHECK-SAME: {llm.name = "input_ids", llm.sizes = #llm.sizes<[batch, 2*sequence]>}
// CHECK-SAME: {llm.name = "out"}
func.func @named(%ids: tensor<?x?xi64> {llm.name = "input_ids", llm.sizes = #llm.sizes<[batch, 2*sequence]>})
    -> (tensor<?x?xi64> {llm.name = "out"}) {
  return %ids : tensor<?x?xi64>
}

// CHECK-LABEL: @symbols
func.func @symbols() {
  // CHECK: llm.load_weight @packed : tensor<2x8x16xf32>
  %0 = llm.load_weight @packed : tensor<2x8x16xf32>
  // CHECK: llm.sizes_to_tensor [batch, 2*sequence] : tensor<2xi64>
  %1 = llm.sizes_to_tensor [batch, sequence * 2] : tensor<2xi64>
  // CHECK: llm.sizes_to_tensor [batch] : tensor<i32>
  %2 = llm.sizes_to_tensor [batch] : tensor<i32>
  // CHECK: llm.iota axis 1 to [1, sequence] : tensor<1x?xi64>
  %3 = llm.iota axis 1 to [1, sequence] : tensor<1x?xi64>
  return
}

// CHECK-LABEL: @unary
func.func @unary(%f: tensor<?x4xf32>, %i: tensor<ui8>, %b: tensor<0xi1>) {
  // CHECK-NEXT: llm.abs %{{.*}} : tensor<ui8>
  llm.abs %i : tensor<ui8>
  // CHECK-NEXT: llm.neg %{{.*}} : tensor<?x4xf32>
  llm.neg %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.sign
  llm.sign %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.exp
  llm.exp %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.log
  llm.log %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.sqrt
  llm.sqrt %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.rsqrt
  llm.rsqrt %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.reciprocal
  llm.reciprocal %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.sin
  llm.sin %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.cos
  llm.cos %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.tanh
  llm.tanh %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.erf
  llm.erf %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.sigmoid
  llm.sigmoid %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.relu
  llm.relu %i : tensor<ui8>
  // CHECK-NEXT: llm.floor
  llm.floor %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.ceil
  llm.ceil %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.round
  llm.round %f : tensor<?x4xf32>
  // CHECK-NEXT: llm.not %{{.*}} : tensor<0xi1>
  llm.not %b : tensor<0xi1>
  // CHECK-NEXT: llm.gelu %{{.*}} approximate none : tensor<?x4xf32>
  llm.gelu %f approximate none : tensor<?x4xf32>
  // CHECK-NEXT: llm.gelu %{{.*}} approximate tanh : tensor<?x4xf32>
  llm.gelu %f approximate tanh : tensor<?x4xf32>
  return
}

// CHECK-LABEL: @binary
func.func @binary(%f: tensor<?x4xf32>, %g: tensor<4xf32>, %s: tensor<f32>, %b: tensor<3x1xi1>, %c: tensor<1x5xi1>) {
  // CHECK-NEXT: llm.add %{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  llm.add %f, %g : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  // CHECK-NEXT: llm.sub %{{.*}}, %{{.*}} : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  llm.sub %s, %f : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK-NEXT: llm.mul
  llm.mul %f, %f : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK-NEXT: llm.div
  llm.div %f, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  // CHECK-NEXT: llm.pow
  llm.pow %f, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  // CHECK-NEXT: llm.min
  llm.min %f, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  // CHECK-NEXT: llm.max
  llm.max %f, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  // CHECK-NEXT: llm.mod
  llm.mod %f, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  // CHECK-NEXT: llm.and %{{.*}}, %{{.*}} : tensor<3x1xi1>, tensor<1x5xi1> -> tensor<3x5xi1>
  llm.and %b, %c : tensor<3x1xi1>, tensor<1x5xi1> -> tensor<3x5xi1>
  // CHECK-NEXT: llm.or
  llm.or %b, %c : tensor<3x1xi1>, tensor<1x5xi1> -> tensor<3x5xi1>
  // CHECK-NEXT: llm.xor
  llm.xor %b, %c : tensor<3x1xi1>, tensor<1x5xi1> -> tensor<3x5xi1>
  // CHECK-NEXT: llm.compare eq %{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xi1>
  llm.compare eq %f, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xi1>
  // CHECK-NEXT: llm.compare ne
  llm.compare ne %f, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xi1>
  // CHECK-NEXT: llm.compare lt
  llm.compare lt %f, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xi1>
  // CHECK-NEXT: llm.compare le
  llm.compare le %f, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xi1>
  // CHECK-NEXT: llm.compare gt
  llm.compare gt %f, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xi1>
  // CHECK-NEXT: llm.compare ge
  llm.compare ge %f, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xi1>
  // CHECK-NEXT: llm.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<3x1xi1>, tensor<4xf32>, tensor<f32> -> tensor<3x4xf32>
  llm.select %b, %g, %s : tensor<3x1xi1>, tensor<4xf32>, tensor<f32> -> tensor<3x4xf32>
  // CHECK-NEXT: llm.cast %{{.*}} : tensor<?x4xf32> -> tensor<?x4xbf16>
  llm.cast %f : tensor<?x4xf32> -> tensor<?x4xbf16>
  return
}

// CHECK-LABEL: @contractions
func.func @contractions(%x: tensor<2x?x8xf32>, %w: tensor<32x8xf32>, %p: tensor<2x8x16xf32>, %b: tensor<30xf32>, %c: tensor<32xf32>,
                        %q: tensor<?x?x12x32xf32>, %k: tensor<?x?x4x32xf32>, %v: tensor<?x?x4x64xf32>, %m: tensor<?x1x1x?xf32>) {
  // CHECK-NEXT: llm.linear %{{.*}}, %{{.*}} : tensor<2x?x8xf32>, tensor<32x8xf32> -> tensor<2x?x32xf32>
  llm.linear %x, %w : tensor<2x?x8xf32>, tensor<32x8xf32> -> tensor<2x?x32xf32>
  // CHECK-NEXT: llm.linear %{{.*}}, %{{.*}} bias %{{.*}} : tensor<2x?x8xf32>, tensor<32x8xf32>, tensor<32xf32> -> tensor<2x?x32xf32>
  llm.linear %x, %w bias %c : tensor<2x?x8xf32>, tensor<32x8xf32>, tensor<32xf32> -> tensor<2x?x32xf32>
  // CHECK-NEXT: llm.linear %{{.*}}, %{{.*}} bias %{{.*}} panel 16 : tensor<2x?x8xf32>, tensor<2x8x16xf32>, tensor<30xf32> -> tensor<2x?x30xf32>
  llm.linear %x, %p bias %b panel 16 : tensor<2x?x8xf32>, tensor<2x8x16xf32>, tensor<30xf32> -> tensor<2x?x30xf32>
  // CHECK-NEXT: llm.matmul %{{.*}}, %{{.*}} : tensor<2x?x8xf32>, tensor<2x8x16xf32> -> tensor<2x?x16xf32>
  llm.matmul %x, %p : tensor<2x?x8xf32>, tensor<2x8x16xf32> -> tensor<2x?x16xf32>
  // CHECK-NEXT: llm.attention %{{.*}}, %{{.*}}, %{{.*}} scale 1.250000e-01 : tensor<?x?x12x32xf32>, tensor<?x?x4x32xf32>, tensor<?x?x4x64xf32> -> tensor<?x?x12x64xf32>
  llm.attention %q, %k, %v scale 0.125 : tensor<?x?x12x32xf32>, tensor<?x?x4x32xf32>, tensor<?x?x4x64xf32> -> tensor<?x?x12x64xf32>
  // CHECK-NEXT: llm.attention %{{.*}}, %{{.*}}, %{{.*}} mask %{{.*}} causal scale 1.250000e-01 : tensor<?x?x12x32xf32>, tensor<?x?x4x32xf32>, tensor<?x?x4x64xf32>, tensor<?x1x1x?xf32> -> tensor<?x?x12x64xf32>
  llm.attention %q, %k, %v mask %m causal scale 0.125 : tensor<?x?x12x32xf32>, tensor<?x?x4x32xf32>, tensor<?x?x4x64xf32>, tensor<?x1x1x?xf32> -> tensor<?x?x12x64xf32>
  return
}

// CHECK-LABEL: @normalizations
func.func @normalizations(%x: tensor<?x8xf32>, %s: tensor<8xf32>, %i: tensor<3x0xi32>) {
  // CHECK-NEXT: llm.layer_norm %{{.*}}, %{{.*}} epsilon 0.000000e+00 : tensor<?x8xf32>, tensor<8xf32>
  llm.layer_norm %x, %s epsilon 0.0 : tensor<?x8xf32>, tensor<8xf32>
  // CHECK-NEXT: llm.layer_norm %{{.*}}, %{{.*}} bias %{{.*}} epsilon 9.99999996E-13 {note} : tensor<?x8xf32>, tensor<8xf32>, tensor<8xf32>
  llm.layer_norm %x, %s bias %s epsilon 1.0e-12 {note} : tensor<?x8xf32>, tensor<8xf32>, tensor<8xf32>
  // CHECK-NEXT: llm.softmax %{{.*}} axis 1 : tensor<?x8xf32>
  llm.softmax %x axis 1 : tensor<?x8xf32>
  // CHECK-NEXT: llm.reduce sum %{{.*}} axes [0, 1] : tensor<?x8xf32> -> tensor<1x1xf32>
  llm.reduce sum %x axes [0, 1] : tensor<?x8xf32> -> tensor<1x1xf32>
  // CHECK-NEXT: llm.reduce mean %{{.*}} axes [] : tensor<?x8xf32> -> tensor<?x8xf32>
  llm.reduce mean %x axes [] : tensor<?x8xf32> -> tensor<?x8xf32>
  // CHECK-NEXT: llm.reduce max
  llm.reduce max %i axes [1] : tensor<3x0xi32> -> tensor<3x1xi32>
  // CHECK-NEXT: llm.reduce min
  llm.reduce min %i axes [0] : tensor<3x0xi32> -> tensor<1x0xi32>
  // CHECK-NEXT: llm.reduce prod
  llm.reduce prod %i axes [1] : tensor<3x0xi32> -> tensor<3x1xi32>
  return
}

// CHECK-LABEL: @layout
func.func @layout(%x: tensor<?x6xf32>, %s: tensor<f32>) {
  // CHECK-NEXT: llm.reshape %{{.*}} to [batch, 2, 3] : tensor<?x6xf32> -> tensor<?x2x3xf32>
  llm.reshape %x to [batch, 2, 3] : tensor<?x6xf32> -> tensor<?x2x3xf32>
  // CHECK-NEXT: llm.reshape %{{.*}} to [] : tensor<f32> -> tensor<f32>
  llm.reshape %s to [] : tensor<f32> -> tensor<f32>
  // CHECK-NEXT: llm.transpose %{{.*}} perm [1, 0] : tensor<?x6xf32> -> tensor<6x?xf32>
  llm.transpose %x perm [1, 0] : tensor<?x6xf32> -> tensor<6x?xf32>
  // CHECK-NEXT: llm.slice %{{.*}} offsets [0, 5] sizes [ceildiv(batch, 2), 3] strides [2, -2] : tensor<?x6xf32> -> tensor<?x3xf32>
  llm.slice %x offsets [0, 5] sizes [ceildiv(batch, 2), 3] strides [2, -2] : tensor<?x6xf32> -> tensor<?x3xf32>
  // CHECK-NEXT: llm.concat %{{.*}}, %{{.*}} axis 0 : tensor<?x6xf32>, tensor<?x6xf32> -> tensor<?x6xf32>
  llm.concat %x, %x axis 0 : tensor<?x6xf32>, tensor<?x6xf32> -> tensor<?x6xf32>
  // CHECK-NEXT: llm.expand %{{.*}} to [batch, 4] : tensor<f32> -> tensor<?x4xf32>
  llm.expand %s to [batch, 4] : tensor<f32> -> tensor<?x4xf32>
  // CHECK-NEXT: llm.pad %{{.*}} low [0, 1] high [2, 0] : tensor<?x6xf32> -> tensor<?x7xf32>
  llm.pad %x low [0, 1] high [2, 0] : tensor<?x6xf32> -> tensor<?x7xf32>
  return
}

// CHECK-LABEL: @indexing
func.func @indexing(%ids: tensor<?x?xi64>, %table: tensor<100x8xf16>, %i: tensor<i32>, %x: tensor<?x8xf32>) {
  // CHECK-NEXT: llm.embedding %{{.*}}, %{{.*}} : tensor<?x?xi64>, tensor<100x8xf16> -> tensor<?x?x8xf16>
  llm.embedding %ids, %table : tensor<?x?xi64>, tensor<100x8xf16> -> tensor<?x?x8xf16>
  // Weights of 16 bits that are read as f32.
  // CHECK-NEXT: llm.embedding %{{.*}}, %{{.*}} : tensor<?x?xi64>, tensor<100x8xf16> -> tensor<?x?x8xf32>
  llm.embedding %ids, %table : tensor<?x?xi64>, tensor<100x8xf16> -> tensor<?x?x8xf32>
  // CHECK-NEXT: llm.linear %{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<100x8xf16> -> tensor<?x100xf32>
  llm.linear %x, %table : tensor<?x8xf32>, tensor<100x8xf16> -> tensor<?x100xf32>
  // CHECK-NEXT: llm.gather %{{.*}}, %{{.*}} axis 0 : tensor<100x8xf16>, tensor<i32> -> tensor<8xf16>
  llm.gather %table, %i axis 0 : tensor<100x8xf16>, tensor<i32> -> tensor<8xf16>
  return
}

// CHECK-LABEL: @kernels
func.func @kernels(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>) -> tensor<?x4xf32> {
  // CHECK-NEXT: %[[Y:.*]] = llm.kernel(%{{.*}}, %{{.*}}) : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32> {
  // CHECK-NEXT: ^bb0(%[[X:.*]]: tensor<?x8xf32>, %[[W:.*]]: tensor<4x8xf32>):
  // CHECK-NEXT:   %[[Z:.*]] = llm.linear %[[X]], %[[W]]
  // CHECK-NEXT:   llm.yield %[[Z]] : tensor<?x4xf32>
  %y = llm.kernel(%x, %w) : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32> {
  ^bb0(%a: tensor<?x8xf32>, %b: tensor<4x8xf32>):
    %z = llm.linear %a, %b : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
    llm.yield %z : tensor<?x4xf32>
  }
  // CHECK: llm.kernel() : () -> tensor<f32>
  %c = llm.kernel() : () -> tensor<f32> {
    %one = llm.constant dense<1.0> : tensor<f32>
    llm.yield %one : tensor<f32>
  }
  return %y : tensor<?x4xf32>
}
