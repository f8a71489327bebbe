// RUN: llm-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{needs either a file or an initializer, but has none}}
llm.weight @w : tensor<4xf32>

// -----

// expected-error @below {{needs either a file or an initializer, but has both}}
"llm.weight"() {sym_name = "w", type = tensor<4xf32>, file = "f", initializer = @i, sources = []} : () -> ()

// -----

// expected-error @below {{has an empty file name}}
llm.weight @w : tensor<4xf32> in "" at 0

// -----

// expected-error @below {{offset is -8 but needs to be 0 or more}}
llm.weight @w : tensor<4xf32> in "f" at -8

// -----

// expected-error @below {{has an initializer, so that it has no offset}}
"llm.weight"() {sym_name = "w", type = tensor<4xf32>, offset = 8, initializer = @i, sources = []} : () -> ()

// -----

// expected-error @below {{needs an initializer and sources together}}
"llm.weight"() {sym_name = "w", type = tensor<4xf32>, initializer = @i} : () -> ()

// -----

// expected-error @below {{source 1 : i64 is not a symbol}}
"llm.weight"() {sym_name = "w", type = tensor<4xf32>, initializer = @i, sources = [1]} : () -> ()

// -----

// expected-error @below {{initializer @missing is not a function of this module}}
llm.weight @w : tensor<4xf32> from @missing()

// -----

// expected-error @below {{source @missing is not a weight of this module}}
llm.weight @w : tensor<4xf32> from @copy(@missing)
func.func private @copy(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

llm.weight @source : tensor<4xf32> in "f" at 0
// expected-error @below {{initializer @copy has type '(tensor<8xf32>) -> tensor<8xf32>' but needs '(tensor<4xf32>) -> tensor<4xf32>'}}
llm.weight @w : tensor<4xf32> from @copy(@source)
func.func private @copy(%x: tensor<8xf32>) -> tensor<8xf32> {
  return %x : tensor<8xf32>
}

// -----

// expected-error @below {{failed to satisfy constraint: type attribute of statically shaped tensor of}}
llm.weight @w : tensor<?xf32> in "f" at 0

// -----

// expected-error @below {{failed to satisfy constraint: type attribute of statically shaped tensor of}}
llm.weight @w : memref<4xf32> in "f" at 0

// -----

func.func @f() {
  // expected-error @below {{@missing is not a weight of this module}}
  llm.load_weight @missing : tensor<4xf32>
  return
}

// -----

llm.weight @w : tensor<4xf32> in "f" at 0
func.func @f() {
  // expected-error @below {{result type 'tensor<4xf64>' differs from 'tensor<4xf32>' of the weight}}
  llm.load_weight @w : tensor<4xf64>
  return
}

// -----

// Sizes and constants.

// expected-error @below {{range(2, 1) needs 0 <= minimum <= maximum}}
llm.size @s range(2, 1) divisor 1

// -----

// expected-error @below {{range(-1, 1) needs 0 <= minimum <= maximum}}
llm.size @s range(-1, 1) divisor 1

// -----

// expected-error @below {{divisor is 0 but needs to be 1 or more}}
llm.size @s range(0, 1) divisor 0

// -----

// expected-error @below {{has no multiple of 8 in range(1, 7)}}
llm.size @s range(1, 7) divisor 8

// -----

// expected-error @below {{name "a-b" needs to be a letter or _, then letters, digits, _ or .}}
llm.size @"a-b" range(1, 7) divisor 1

// -----

func.func @f() {
  // expected-error @below {{value is not a dense attribute}}
  llm.constant dense_resource<blob> : tensor<4xf32>
  return
}

// -----

func.func @f() {
  // expected-error @below {{must be statically shaped tensor of}}
  "llm.constant"() {value = dense<(1.0, 2.0)> : tensor<1xcomplex<f32>>} : () -> tensor<1xcomplex<f32>>
  return
}

// -----

func.func @f() {
  // expected-error @below {{result has rank 2 but needs rank 0 or 1}}
  llm.sizes_to_tensor [a] : tensor<1x1xi64>
  return
}

// -----

func.func @f() {
  // expected-error @below {{has 2 sizes but the result's type is 'tensor<3xi64>'}}
  llm.sizes_to_tensor [a, b] : tensor<3xi64>
  return
}

// -----

func.func @f() {
  // expected-error @below {{has 2 sizes but the result's type is 'tensor<i64>'}}
  llm.sizes_to_tensor [a, b] : tensor<i64>
  return
}

// -----

func.func @f() {
  // expected-error @below {{has 2 sizes but the result's type is 'tensor<?xi64>'}}
  llm.sizes_to_tensor [a, b] : tensor<?xi64>
  return
}

// -----

func.func @f() {
  // expected-error @below {{expected ')'}}
  llm.sizes_to_tensor [(a + 1] : tensor<1xi64>
  return
}

// -----

// Arguments and results of functions.

// expected-error @below {{llm.sizes of argument 0 has 1 sizes but its rank is 2}}
func.func @f(%x: tensor<?x?xf32> {llm.sizes = #llm.sizes<[a]>}) {
  return
}

// -----

// expected-error @below {{llm.sizes of argument 0 has b for dimension 1 of size 8}}
func.func @f(%x: tensor<?x8xf32> {llm.sizes = #llm.sizes<[a, b]>}) {
  return
}

// -----

// expected-error @below {{llm.sizes of argument 0 has 7 for dimension 0 of size 8}}
func.func @f(%x: tensor<8xf32> {llm.sizes = #llm.sizes<[7]>}) {
  return
}

// -----

// expected-error @below {{llm.sizes of argument 0 has the negative size -7}}
func.func @f(%x: tensor<?xf32> {llm.sizes = #llm.sizes<[-7]>}) {
  return
}

// -----

// expected-error @below {{llm.sizes of argument 0 needs #llm.sizes and a ranked tensor}}
func.func @f(%x: tensor<*xf32> {llm.sizes = #llm.sizes<[]>}) {
  return
}

// -----

// expected-error @below {{llm.sizes of argument 0 needs #llm.sizes and a ranked tensor}}
func.func @f(%x: tensor<?xf32> {llm.sizes = "a"}) {
  return
}

// -----

// expected-error @below {{llm.name of argument 0 is not a string}}
func.func @f(%x: tensor<?xf32> {llm.name = 1}) {
  return
}

// -----

// expected-error @below {{unknown attribute "llm.shape" of argument 0, expected llm.sizes or llm.name}}
func.func @f(%x: tensor<?xf32> {llm.shape = 1}) {
  return
}

// -----

// expected-error @below {{llm.sizes of result 0 has 0 sizes but its rank is 1}}
func.func private @f() -> (tensor<?xf32> {llm.sizes = #llm.sizes<[]>})
