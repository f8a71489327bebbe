// RUN: llm-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{block arguments have types ('tensor<5xf32>') but the inputs have ('tensor<4xf32>')}}
  llm.kernel(%x) : (tensor<4xf32>) -> tensor<5xf32> {
  ^bb0(%a: tensor<5xf32>):
    llm.yield %a : tensor<5xf32>
  }
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{block arguments have types () but the inputs have ('tensor<4xf32>')}}
  llm.kernel(%x) : (tensor<4xf32>) -> tensor<f32> {
    %c = llm.constant dense<1.0> : tensor<f32>
    llm.yield %c : tensor<f32>
  }
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{yields 'tensor<4xf32>' but its result is 'tensor<5xf32>'}}
  llm.kernel(%x) : (tensor<4xf32>) -> tensor<5xf32> {
  ^bb0(%a: tensor<4xf32>):
    llm.yield %a : tensor<4xf32>
  }
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{body does not end in an llm.yield}}
  llm.kernel(%x) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    %b = llm.neg %a : tensor<4xf32>
  }
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  llm.kernel(%x) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    // expected-error @below {{is not an op of a model, which are all that an llm.kernel holds}}
    %b = func.call @f(%a) : (tensor<4xf32>) -> tensor<4xf32>
    llm.yield %b : tensor<4xf32>
  }
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  llm.kernel(%x) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    // expected-note @below {{the first is here}}
    %b = llm.softmax %a axis 0 : tensor<4xf32>
    // expected-error @below {{is the second anchor of an llm.kernel, which holds one at most}}
    %c = llm.reduce sum %b axes [0] : tensor<4xf32> -> tensor<1xf32>
    %d = llm.mul %a, %c : tensor<4xf32>, tensor<1xf32> -> tensor<4xf32>
    llm.yield %d : tensor<4xf32>
  }
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-note @below {{required by region isolation constraints}}
  llm.kernel() : () -> tensor<4xf32> {
    // expected-error @below {{using value defined outside the region}}
    llm.yield %x : tensor<4xf32>
  }
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{expects a non-empty block}}
  "llm.kernel"() ({
  ^bb0:
  }) : () -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{region #0 ('body') failed to verify constraint: region with 1 blocks}}
  "llm.kernel"() ({
  }) : () -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expects parent op 'llm.kernel'}}
  llm.yield %x : tensor<4xf32>
}
