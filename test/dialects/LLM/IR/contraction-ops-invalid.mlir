// RUN: llm-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<2x8xf32>, %w: tensor<4x7xf32>) {
  // expected-error @below {{the last dimension of input is 8 but dimension 1 of weight is 7}}
  llm.linear %x, %w : tensor<2x8xf32>, tensor<4x7xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<f32>, %w: tensor<4x7xf32>) {
  // expected-error @below {{input has rank 0 but needs rank 1 or more}}
  llm.linear %x, %w : tensor<f32>, tensor<4x7xf32> -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<4x8x1xf32>) {
  // expected-error @below {{weight has rank 3 but needs rank 2}}
  llm.linear %x, %w : tensor<2x8xf32>, tensor<4x8x1xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{dimension 0 of bias is 3 but dimension 0 of weight is 4}}
  llm.linear %x, %w bias %b : tensor<2x8xf32>, tensor<4x8xf32>, tensor<3xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>, %b: tensor<1x4xf32>) {
  // expected-error @below {{bias has rank 2 but needs rank 1}}
  llm.linear %x, %w bias %b : tensor<2x8xf32>, tensor<4x8xf32>, tensor<1x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>) {
  // expected-error @below {{result dimension 1 is 5 but the operands give 4}}
  llm.linear %x, %w : tensor<2x8xf32>, tensor<4x8xf32> -> tensor<2x5xf32>
  return
}

// -----

// Only f32 may have a weight of 16 bits.
func.func @f(%x: tensor<2x8xf16>, %w: tensor<4x8xbf16>) {
  // expected-error @below {{element type 'bf16' of an operand differs from 'f16' of input}}
  llm.linear %x, %w : tensor<2x8xf16>, tensor<4x8xbf16> -> tensor<2x4xf16>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<4x8xf64>) {
  // expected-error @below {{element type 'f64' of an operand differs from 'f32' of input}}
  llm.linear %x, %w : tensor<2x8xf32>, tensor<4x8xf64> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<4x8xf16>, %b: tensor<4xf16>) {
  // expected-error @below {{element type 'f16' of an operand differs from 'f32' of input}}
  llm.linear %x, %w bias %b : tensor<2x8xf32>, tensor<4x8xf16>, tensor<4xf16> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>) {
  // expected-error @below {{element type 'f16' of the result differs from 'f32' of input}}
  llm.linear %x, %w : tensor<2x8xf32>, tensor<4x8xf32> -> tensor<2x4xf16>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<2x8x16xf32>) {
  // expected-error @below {{panel is 0 but needs to be 1 or more}}
  llm.linear %x, %w panel 0 : tensor<2x8xf32>, tensor<2x8x16xf32> -> tensor<2x32xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<2x8x16xf32>) {
  // expected-error @below {{panel is 8 but dimension 2 of weight is 16}}
  llm.linear %x, %w panel 8 : tensor<2x8xf32>, tensor<2x8x16xf32> -> tensor<2x32xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>) {
  // expected-error @below {{weight has rank 2 but needs rank 3}}
  llm.linear %x, %w panel 16 : tensor<2x8xf32>, tensor<4x8xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<2x8x16xf32>) {
  // expected-error @below {{dimension 0 of weight is 2 but the number of panels of the result is 3}}
  llm.linear %x, %w panel 16 : tensor<2x8xf32>, tensor<2x8x16xf32> -> tensor<2x33xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<2x8x16xf32>, %b: tensor<31xf32>) {
  // expected-error @below {{dimension 0 of bias is 31 but the last dimension of the result is 32}}
  llm.linear %x, %w bias %b panel 16 : tensor<2x8xf32>, tensor<2x8x16xf32>, tensor<31xf32> -> tensor<2x32xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<2x8x16xf32>) {
  // expected-error @below {{with a panel needs a result whose last dimension is static}}
  llm.linear %x, %w panel 16 : tensor<2x8xf32>, tensor<2x8x16xf32> -> tensor<2x?xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>, %y: tensor<8x8xf32>) {
  // expected-error @below {{lhs has rank 1 but needs rank 2 or more}}
  llm.matmul %x, %y : tensor<8xf32>, tensor<8x8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>, %y: tensor<8x8xf32>) {
  // expected-error @below {{rhs has rank 1 but needs rank 2 or more}}
  llm.matmul %y, %x : tensor<8x8xf32>, tensor<8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %y: tensor<7x3xf32>) {
  // expected-error @below {{the last dimension of lhs is 8 but the second to last dimension of rhs is 7}}
  llm.matmul %x, %y : tensor<2x8xf32>, tensor<7x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x1x8xf32>, %y: tensor<3x8x3xf32>) {
  // expected-error @below {{operands do not broadcast: sizes 2 and 3 meet at dimension -1}}
  llm.matmul %x, %y : tensor<2x1x8xf32>, tensor<3x8x3xf32> -> tensor<3x1x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %y: tensor<8x3xf32>) {
  // expected-error @below {{result dimension 0 is 3 but the operands give 2}}
  llm.matmul %x, %y : tensor<2x8xf32>, tensor<8x3xf32> -> tensor<3x3xf32>
  return
}

// -----

func.func @f(%q: tensor<5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x7x2x8xf32>) {
  // expected-error @below {{query has rank 3 but needs rank 4}}
  llm.attention %q, %k, %v scale 1.0 : tensor<5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x8xf32> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<5x4x8xf32>, %v: tensor<2x7x2x8xf32>) {
  // expected-error @below {{key has rank 3 but needs rank 4}}
  llm.attention %q, %k, %v scale 1.0 : tensor<2x5x4x8xf32>, tensor<5x4x8xf32>, tensor<2x7x2x8xf32> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<5x4x8xf32>) {
  // expected-error @below {{value has rank 3 but needs rank 4}}
  llm.attention %q, %k, %v scale 1.0 : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<5x4x8xf32> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<1x7x2x8xf32>, %v: tensor<2x7x2x8xf32>) {
  // expected-error @below {{batch of query is 2 but that of key is 1}}
  llm.attention %q, %k, %v scale 1.0 : tensor<2x5x4x8xf32>, tensor<1x7x2x8xf32>, tensor<2x7x2x8xf32> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<1x7x2x8xf32>) {
  // expected-error @below {{batch of query is 2 but that of value is 1}}
  llm.attention %q, %k, %v scale 1.0 : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<1x7x2x8xf32> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x6x2x8xf32>) {
  // expected-error @below {{sequence of key is 7 but that of value is 6}}
  llm.attention %q, %k, %v scale 1.0 : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x6x2x8xf32> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x7x4x8xf32>) {
  // expected-error @below {{number of heads of key is 2 but that of value is 4}}
  llm.attention %q, %k, %v scale 1.0 : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x4x8xf32> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x9xf32>, %v: tensor<2x7x2x8xf32>) {
  // expected-error @below {{head size of query is 8 but that of key is 9}}
  llm.attention %q, %k, %v scale 1.0 : tensor<2x5x4x8xf32>, tensor<2x7x2x9xf32>, tensor<2x7x2x8xf32> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x3x8xf32>, %v: tensor<2x7x3x8xf32>) {
  // expected-error @below {{query has 4 heads, which is no multiple of the 3 heads of key}}
  llm.attention %q, %k, %v scale 1.0 : tensor<2x5x4x8xf32>, tensor<2x7x3x8xf32>, tensor<2x7x3x8xf32> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x0x8xf32>, %v: tensor<2x7x0x8xf32>) {
  // expected-error @below {{query has 4 heads, which is no multiple of the 0 heads of key}}
  llm.attention %q, %k, %v scale 1.0 : tensor<2x5x4x8xf32>, tensor<2x7x0x8xf32>, tensor<2x7x0x8xf32> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x7x2x8xf32>, %m: tensor<1x1x1x1x7xf32>) {
  // expected-error @below {{mask has rank 5 but needs rank 4 or less}}
  llm.attention %q, %k, %v mask %m scale 1.0 : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x8xf32>, tensor<1x1x1x1x7xf32> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x7x2x8xf32>, %m: tensor<5x2xf32>) {
  // expected-error @below {{dimension 1 of mask is 2 but that of the scores is 7}}
  llm.attention %q, %k, %v mask %m scale 1.0 : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x8xf32>, tensor<5x2xf32> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x7x2x8xf16>) {
  // expected-error @below {{element type 'f16' of key, value or result differs from 'f32' of query}}
  llm.attention %q, %k, %v scale 1.0 : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x8xf16> -> tensor<2x5x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x7x2x8xf32>) {
  // expected-error @below {{result dimension 3 is 9 but the operands give 8}}
  llm.attention %q, %k, %v scale 1.0 : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x8xf32> -> tensor<2x5x4x9xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x2x8xf32>) {
  // expected-error @below {{scale is not finite}}
  llm.attention %q, %k, %k scale 0x7F800000 : tensor<2x5x4x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x8xf32> -> tensor<2x5x4x8xf32>
  return
}
