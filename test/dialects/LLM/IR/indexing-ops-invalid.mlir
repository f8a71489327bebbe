// RUN: llm-opt %s --split-input-file --verify-diagnostics

func.func @f(%i: tensor<2xi64>, %x: tensor<8xf32>) {
  // expected-error @below {{table has rank 1 but needs rank 2}}
  llm.embedding %i, %x : tensor<2xi64>, tensor<8xf32> -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%i: tensor<2xi64>, %x: tensor<9x8xf32>) {
  // expected-error @below {{element type 'f16' of the result differs from 'f32' of table}}
  llm.embedding %i, %x : tensor<2xi64>, tensor<9x8xf32> -> tensor<2x8xf16>
  return
}

// -----

func.func @f(%i: tensor<2xi64>, %x: tensor<9x8xbf16>) {
  // expected-error @below {{element type 'f16' of the result differs from 'bf16' of table}}
  llm.embedding %i, %x : tensor<2xi64>, tensor<9x8xbf16> -> tensor<2x8xf16>
  return
}

// -----

func.func @f(%i: tensor<2xi64>, %x: tensor<9x8xf32>) {
  // expected-error @below {{result dimension 1 is 9 but the operands give 8}}
  llm.embedding %i, %x : tensor<2xi64>, tensor<9x8xf32> -> tensor<2x9xf32>
  return
}

// -----

func.func @f(%i: tensor<2xf32>, %x: tensor<9x8xf32>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  llm.embedding %i, %x : tensor<2xf32>, tensor<9x8xf32> -> tensor<2x9xf32>
  return
}

// -----

func.func @f(%i: tensor<2xi64>, %x: tensor<f32>) {
  // expected-error @below {{axis 0 is not in [0, 0)}}
  llm.gather %x, %i axis 0 : tensor<f32>, tensor<2xi64> -> tensor<2xf32>
  return
}

// -----

func.func @f(%i: tensor<2xi64>, %x: tensor<9x8xf32>) {
  // expected-error @below {{element type 'f16' of the result differs from 'f32' of input}}
  llm.gather %x, %i axis 0 : tensor<9x8xf32>, tensor<2xi64> -> tensor<2x8xf16>
  return
}

// -----

func.func @f(%i: tensor<2xi64>, %x: tensor<9x8xf32>) {
  // expected-error @below {{result dimension 0 is 2 but the operands give 9}}
  llm.gather %x, %i axis 1 : tensor<9x8xf32>, tensor<2xi64> -> tensor<2x9xf32>
  return
}

// -----

func.func @f() {
  // expected-error @below {{axis 1 is not in [0, 1)}}
  llm.iota axis 1 to [4] : tensor<4xi64>
  return
}

// -----

func.func @f() {
  // expected-error @below {{result dimension 0 is 5 but the operands give 4}}
  llm.iota axis 0 to [4] : tensor<5xi64>
  return
}

// -----

func.func @f() {
  // expected-error @below {{result has rank 1 but the operands give rank 2}}
  llm.iota axis 0 to [4, 4] : tensor<4xi64>
  return
}
