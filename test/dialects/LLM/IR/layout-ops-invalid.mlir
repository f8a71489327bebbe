// RUN: llm-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{the number of elements of input is 16 but that of the result is 15}}
  llm.reshape %x to [15] : tensor<2x8xf32> -> tensor<15xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{result dimension 0 is 16 but the operands give 15}}
  llm.reshape %x to [15] : tensor<2x8xf32> -> tensor<16xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{the operands give result dimension 0 the negative size -16}}
  llm.reshape %x to [-16] : tensor<2x8xf32> -> tensor<?xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{the number of elements of input is 16 but that of the result is 17}}
  llm.reshape %x to [17] : tensor<2x8xf32> -> tensor<?xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{the number of elements does not fit 64 bits}}
  llm.reshape %x to [4294967296, 4294967296] : tensor<4xf32> -> tensor<4294967296x4294967296xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{permutation has 1 elements but the input has rank 2}}
  llm.transpose %x perm [0] : tensor<2x8xf32> -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{permutation has 2, which is not a dimension of the input}}
  llm.transpose %x perm [0, 2] : tensor<2x8xf32> -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{permutation has 0, which is there already}}
  llm.transpose %x perm [0, 0] : tensor<2x8xf32> -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{result dimension 0 is 2 but the operands give 8}}
  llm.transpose %x perm [1, 0] : tensor<2x8xf32> -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{offsets has 2 elements but the input has rank 1}}
  llm.slice %x offsets [0, 0] sizes [1] strides [1] : tensor<8xf32> -> tensor<1xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{sizes has 0 elements but the input has rank 1}}
  llm.slice %x offsets [0] sizes [] strides [1] : tensor<8xf32> -> tensor<1xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{strides has 2 elements but the input has rank 1}}
  llm.slice %x offsets [0] sizes [1] strides [1, 1] : tensor<8xf32> -> tensor<1xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{has a stride of 0}}
  llm.slice %x offsets [0] sizes [1] strides [0] : tensor<8xf32> -> tensor<1xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{slice of dimension 0 from 4, 3 elements with stride 2, leaves the input's 8}}
  llm.slice %x offsets [4] sizes [3] strides [2] : tensor<8xf32> -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{slice of dimension 0 from 1, 3 elements with stride -1, leaves the input's 8}}
  llm.slice %x offsets [1] sizes [3] strides [-1] : tensor<8xf32> -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{slice of dimension 0 from 9, 1 elements with stride 1, leaves the input's 8}}
  llm.slice %x offsets [9] sizes [1] strides [1] : tensor<8xf32> -> tensor<1xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{elements with stride 9223372036854775807, leaves the input's 8}}
  llm.slice %x offsets [0] sizes [4] strides [9223372036854775807] : tensor<8xf32> -> tensor<4xf32>
  return
}

// -----

func.func @f() {
  // expected-error @below {{expected 1 or more operands, but found 0}}
  "llm.concat"() {axis = 0 : i64} : () -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{axis 2 is not in [0, 2)}}
  llm.concat %x axis 2 : tensor<2x8xf32> -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %y: tensor<8xf32>) {
  // expected-error @below {{input 1 has rank 1 but needs rank 2}}
  llm.concat %x, %y axis 0 : tensor<2x8xf32>, tensor<8xf32> -> tensor<3x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %y: tensor<2x7xf32>) {
  // expected-error @below {{dimension 1 of input 0 is 8 but that of input 1 is 7}}
  llm.concat %x, %y axis 0 : tensor<2x8xf32>, tensor<2x7xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{result dimension 0 is 3 but the operands give 4}}
  llm.concat %x, %x axis 0 : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<3x8xf32>
  return
}

// -----

func.func @f(%x: tensor<9223372036854775807xi1>) {
  // expected-error @below {{the size of result dimension 0 does not fit 64 bits}}
  llm.concat %x, %x axis 0 : tensor<9223372036854775807xi1>, tensor<9223372036854775807xi1> -> tensor<?xi1>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{input has rank 2 but the result has rank 1}}
  llm.expand %x to [8] : tensor<2x8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{dimension 0 of input is 2 but that of the result is 4}}
  llm.expand %x to [4, 8] : tensor<2x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{low has 2 elements but the input has rank 1}}
  llm.pad %x low [0, 0] high [0] : tensor<8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{high has 0 elements but the input has rank 1}}
  llm.pad %x low [0] high [] : tensor<8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{has a negative number of zeros, -1}}
  llm.pad %x low [0] high [-1] : tensor<8xf32> -> tensor<7xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{result dimension 0 is 9 but the operands give 11}}
  llm.pad %x low [1] high [2] : tensor<8xf32> -> tensor<9xf32>
  return
}
