// RUN: llm-opt %s --llm-evaluate --split-input-file --verify-diagnostics

func.func @position() -> tensor<2x1x2x2xf32> {
  %row = llm.constant dense<1.0> : tensor<1x1x2xf32>
  %pool = llm.constant dense<0.0> : tensor<2x1x2x2xf32>
  %position = llm.constant dense<2> : tensor<1xi32>
  %starts = llm.constant dense<[0, 1]> : tensor<2xi32>
  %blocks = llm.constant dense<1> : tensor<1x1xi32>
  // expected-error @+1 {{'llm.write_cache' op position 2 is not in [0, 2)}}
  %next = llm.write_cache %row, %pool positions %position sequences %starts blocks %blocks : tensor<1x1x2xf32>, tensor<2x1x2x2xf32>, tensor<1xi32>, tensor<2xi32>, tensor<1x1xi32>
  return %next : tensor<2x1x2x2xf32>
}

// -----
func.func @block() -> tensor<2x1x2x2xf32> {
  %row = llm.constant dense<1.0> : tensor<1x1x2xf32>
  %pool = llm.constant dense<0.0> : tensor<2x1x2x2xf32>
  %position = llm.constant dense<1> : tensor<1xi32>
  %starts = llm.constant dense<[0, 1]> : tensor<2xi32>
  %blocks = llm.constant dense<-1> : tensor<1x1xi32>
  // expected-error @+1 {{'llm.write_cache' op block -1 is not in [0, 2)}}
  %next = llm.write_cache %row, %pool positions %position sequences %starts blocks %blocks : tensor<1x1x2xf32>, tensor<2x1x2x2xf32>, tensor<1xi32>, tensor<2xi32>, tensor<1x1xi32>
  return %next : tensor<2x1x2x2xf32>
}

// -----
func.func @expert() -> tensor<1x1x1xf32> {
  %x = llm.constant dense<1.0> : tensor<1x4xf32>
  %w = llm.constant dense<1.0> : tensor<2x1x4xf32>
  %experts = llm.constant dense<2> : tensor<1x1xi32>
  // expected-error @+1 {{'llm.expert_linear' op expert 2 is not in [0, 2)}}
  %y = llm.expert_linear %x, %w, %experts : tensor<1x4xf32>, tensor<2x1x4xf32>, tensor<1x1xi32> -> tensor<1x1x1xf32>
  return %y : tensor<1x1x1xf32>
}

// -----
func.func @id() -> tensor<1x32xf32> {
  %ids = llm.constant dense<4> : tensor<1xi32>
  %bytes = llm.constant dense<0> : tensor<4x18xui8>
  %table = llm.bitcast %bytes : tensor<4x18xui8> -> tensor<4x32x!llm.block<q4_0>>
  // expected-error @+1 {{'llm.embedding' op id 4 is not in [0, 4)}}
  %y = llm.embedding %ids, %table : tensor<1xi32>, tensor<4x32x!llm.block<q4_0>> -> tensor<1x32xf32>
  return %y : tensor<1x32xf32>
}
