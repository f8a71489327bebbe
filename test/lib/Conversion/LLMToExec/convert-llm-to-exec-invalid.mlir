// RUN: llm-opt %s --convert-llm-to-exec --split-input-file --verify-diagnostics

func.func @outside(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'llm.relu' op is in no llm.kernel: form kernels of all ops first (--llm-form-kernels)}}
  %0 = llm.relu %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// expected-error @below {{a tensor has size arg0.0, but no llm.size @arg0.0 says which values that takes}}
func.func @unknown_size(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

// expected-error @below {{elements of type 'i4' have no form in a buffer}}
func.func @odd_type(%x: tensor<4xi4>) -> tensor<4xi4> {
  return %x : tensor<4xi4>
}
