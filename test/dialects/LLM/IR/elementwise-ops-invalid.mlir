// RUN: llm-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<3xf32>, %y: tensor<4xf32>) {
  // expected-error @below {{operands do not broadcast: sizes 3 and 4 meet at dimension -1}}
  llm.add %x, %y : tensor<3xf32>, tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<4x1xf32>) {
  // expected-error @below {{operands do not broadcast: sizes 2 and 4 meet at dimension -2}}
  llm.add %x, %y : tensor<2x3xf32>, tensor<4x1xf32> -> tensor<4x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x1xf32>, %y: tensor<4xf32>) {
  // expected-error @below {{result dimension 1 is 5 but the operands give 4}}
  llm.add %x, %y : tensor<2x1xf32>, tensor<4xf32> -> tensor<2x5xf32>
  return
}

// -----

func.func @f(%x: tensor<0xf32>, %y: tensor<?xf32>) {
  // expected-error @below {{result dimension 0 is 1 but the operands give 0}}
  llm.add %x, %y : tensor<0xf32>, tensor<?xf32> -> tensor<1xf32>
  return
}

// -----

func.func @f(%x: tensor<2x1xf32>, %y: tensor<4xf32>) {
  // expected-error @below {{result has rank 1 but the operands give rank 2}}
  llm.add %x, %y : tensor<2x1xf32>, tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %y: tensor<4xf64>) {
  // expected-error @below {{requires the same element type for all operands and results}}
  llm.add %x, %y : tensor<4xf32>, tensor<4xf64> -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<*xf32>) {
  // expected-error @below {{expected builtin.tensor, but found 'tensor<*xf32>'}}
  llm.exp %x : tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<4xi32>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  llm.exp %x : tensor<4xi32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  llm.not %x : tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xi128>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  llm.neg %x : tensor<4xi128>
  return
}

// -----

func.func @f(%x: tensor<4xindex>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  llm.neg %x : tensor<4xindex>
  return
}

// -----

func.func @f(%x: tensor<4xf80>) {
  // expected-error @below {{operand #0 must be ranked tensor of}}
  llm.neg %x : tensor<4xf80>
  return
}

// -----

func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  "llm.exp"(%x) : (tensor<3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{result #0 must be ranked tensor of}}
  llm.compare eq %x, %x : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{result dimension 0 is 4 but the operands give 3}}
  llm.compare eq %x, %x : tensor<3xf32>, tensor<3xf32> -> tensor<4xi1>
  return
}

// -----

func.func @f(%c: tensor<3xi1>, %x: tensor<3xf32>, %y: tensor<3xf16>) {
  // expected-error @below {{element types 'f32', 'f16' and 'f32' of lhs, rhs and result differ}}
  llm.select %c, %x, %y : tensor<3xi1>, tensor<3xf32>, tensor<3xf16> -> tensor<3xf32>
  return
}

// -----

func.func @f(%c: tensor<3xi1>, %x: tensor<4xf32>) {
  // expected-error @below {{operands do not broadcast: sizes 3 and 4 meet at dimension -1}}
  llm.select %c, %x, %x : tensor<3xi1>, tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{requires the same shape for all operands and results}}
  llm.cast %x : tensor<3xf32> -> tensor<4xf16>
  return
}
