// RUN: llm-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<2x8xf32>, %s: tensor<7xf32>) {
  // expected-error @below {{dimension 0 of scale is 7 but the last dimension of input is 8}}
  llm.layer_norm %x, %s epsilon 0.0 : tensor<2x8xf32>, tensor<7xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %s: tensor<8xf32>, %b: tensor<7xf32>) {
  // expected-error @below {{dimension 0 of bias is 7 but the last dimension of input is 8}}
  llm.layer_norm %x, %s bias %b epsilon 0.0 : tensor<2x8xf32>, tensor<8xf32>, tensor<7xf32>
  return
}

// -----

func.func @f(%x: tensor<f32>, %s: tensor<8xf32>) {
  // expected-error @below {{input has rank 0 but needs rank 1 or more}}
  llm.layer_norm %x, %s epsilon 0.0 : tensor<f32>, tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %s: tensor<1x8xf32>) {
  // expected-error @below {{scale has rank 2 but needs rank 1}}
  llm.layer_norm %x, %s epsilon 0.0 : tensor<2x8xf32>, tensor<1x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %s: tensor<8xf32>, %b: tensor<f32>) {
  // expected-error @below {{bias has rank 0 but needs rank 1}}
  llm.layer_norm %x, %s bias %b epsilon 0.0 : tensor<2x8xf32>, tensor<8xf32>, tensor<f32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %s: tensor<8xf32>) {
  // expected-error @below {{epsilon is -1.000000e+00 but needs to be finite and not negative}}
  llm.layer_norm %x, %s epsilon -1.0 : tensor<2x8xf32>, tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %s: tensor<8xf32>) {
  // expected-error @below {{but needs to be finite and not negative}}
  llm.layer_norm %x, %s epsilon 0x7FC00000 : tensor<2x8xf32>, tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %s: tensor<8xf32>) {
  // expected-error @below {{result type 'tensor<2x8xf16>' differs from 'tensor<2x8xf32>' of input}}
  "llm.layer_norm"(%x, %s) {epsilon = 0.0 : f32} : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf16>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{axis 2 is not in [0, 2)}}
  llm.softmax %x axis 2 : tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{axis -1 is not in [0, 2)}}
  llm.softmax %x axis -1 : tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<f32>) {
  // expected-error @below {{axis 0 is not in [0, 0)}}
  llm.softmax %x axis 0 : tensor<f32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{axis 2 is not in [0, 2)}}
  llm.reduce sum %x axes [2] : tensor<2x8xf32> -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{axes are not ascending: 1 comes before 0}}
  llm.reduce sum %x axes [1, 0] : tensor<2x8xf32> -> tensor<1x1xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{axes are not ascending: 1 comes before 1}}
  llm.reduce sum %x axes [1, 1] : tensor<2x8xf32> -> tensor<2x1xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>) {
  // expected-error @below {{result has rank 1 but the operands give rank 2}}
  llm.reduce sum %x axes [1] : tensor<2x8xf32> -> tensor<2xf32>
  return
}
