// RUN: llm-opt %s --convert-llm-to-exec --split-input-file --verify-diagnostics

llm.state @last : tensor<4xf32>
func.func @reads_what_was_overwritten(%x: tensor<4xf32>) -> tensor<4xf32> {
  %old = llm.load_state @last : tensor<4xf32>
  // expected-note @below {{by this op}}
  llm.store_state %x, @last : tensor<4xf32>
  // expected-error @below {{uses a value of @last that was overwritten in place before}}
  return %old : tensor<4xf32>
}

// -----

llm.size @tokens range(1, 64) divisor 1
llm.state @a : tensor<2x1x64x4xf32>
llm.state @b : tensor<2x1x64x4xf32>
func.func @stores_elsewhere(%rows: tensor<?x1x4xf32> {llm.sizes = #llm.sizes<[tokens, 1, 4]>}, %positions: tensor<?xi32> {llm.sizes = #llm.sizes<[tokens]>}, %starts: tensor<2xi32>, %blocks: tensor<1x2xi32>) {
  %pool = llm.load_state @a : tensor<2x1x64x4xf32>
  %next = llm.kernel(%rows, %pool, %positions, %starts, %blocks) : (tensor<?x1x4xf32>, tensor<2x1x64x4xf32>, tensor<?xi32>, tensor<2xi32>, tensor<1x2xi32>) -> tensor<2x1x64x4xf32> {
  ^bb0(%r: tensor<?x1x4xf32>, %p: tensor<2x1x64x4xf32>, %at: tensor<?xi32>, %s: tensor<2xi32>, %t: tensor<1x2xi32>):
    %0 = llm.write_cache %r, %p positions %at sequences %s blocks %t : tensor<?x1x4xf32>, tensor<2x1x64x4xf32>, tensor<?xi32>, tensor<2xi32>, tensor<1x2xi32>
    llm.yield %0 : tensor<2x1x64x4xf32>
  }
  // expected-error @below {{stores a value of @a to @b; a cache stays in its own state}}
  llm.store_state %next, @b : tensor<2x1x64x4xf32>
  return
}

// -----

llm.size @tokens range(1, 64) divisor 1
llm.state @a : tensor<2x1x64x4xf32>
func.func @stores_nothing(%rows: tensor<?x1x4xf32> {llm.sizes = #llm.sizes<[tokens, 1, 4]>}, %positions: tensor<?xi32> {llm.sizes = #llm.sizes<[tokens]>}, %starts: tensor<2xi32>, %blocks: tensor<1x2xi32>) -> tensor<2x1x64x4xf32> {
  %pool = llm.load_state @a : tensor<2x1x64x4xf32>
  // expected-error @below {{writes to the memory of @a, but no llm.store_state stores the result}}
  %next = llm.kernel(%rows, %pool, %positions, %starts, %blocks) : (tensor<?x1x4xf32>, tensor<2x1x64x4xf32>, tensor<?xi32>, tensor<2xi32>, tensor<1x2xi32>) -> tensor<2x1x64x4xf32> {
  ^bb0(%r: tensor<?x1x4xf32>, %p: tensor<2x1x64x4xf32>, %at: tensor<?xi32>, %s: tensor<2xi32>, %t: tensor<1x2xi32>):
    %0 = llm.write_cache %r, %p positions %at sequences %s blocks %t : tensor<?x1x4xf32>, tensor<2x1x64x4xf32>, tensor<?xi32>, tensor<2xi32>, tensor<1x2xi32>
    llm.yield %0 : tensor<2x1x64x4xf32>
  }
  return %next : tensor<2x1x64x4xf32>
}

// -----

llm.size @tokens range(1, 64) divisor 1
llm.state @a : tensor<2x1x64x4xf32>
func.func @loads_too_early(%rows: tensor<?x1x4xf32> {llm.sizes = #llm.sizes<[tokens, 1, 4]>}, %positions: tensor<?xi32> {llm.sizes = #llm.sizes<[tokens]>}, %starts: tensor<2xi32>, %blocks: tensor<1x2xi32>) -> tensor<2x1x64x4xf32> {
  %pool = llm.load_state @a : tensor<2x1x64x4xf32>
  // expected-note @below {{which was written here}}
  %next = llm.kernel(%rows, %pool, %positions, %starts, %blocks) : (tensor<?x1x4xf32>, tensor<2x1x64x4xf32>, tensor<?xi32>, tensor<2xi32>, tensor<1x2xi32>) -> tensor<2x1x64x4xf32> {
  ^bb0(%r: tensor<?x1x4xf32>, %p: tensor<2x1x64x4xf32>, %at: tensor<?xi32>, %s: tensor<2xi32>, %t: tensor<1x2xi32>):
    %0 = llm.write_cache %r, %p positions %at sequences %s blocks %t : tensor<?x1x4xf32>, tensor<2x1x64x4xf32>, tensor<?xi32>, tensor<2xi32>, tensor<1x2xi32>
    llm.yield %0 : tensor<2x1x64x4xf32>
  }
  // expected-error @below {{reads @a, whose memory holds a value that no llm.store_state has stored yet}}
  %again = llm.load_state @a : tensor<2x1x64x4xf32>
  llm.store_state %next, @a : tensor<2x1x64x4xf32>
  return %again : tensor<2x1x64x4xf32>
}

// -----

func.func @writes_to_an_input(%rows: tensor<3x1x4xf32>, %pool: tensor<2x1x64x4xf32>, %positions: tensor<3xi32>, %starts: tensor<2xi32>, %blocks: tensor<1x2xi32>) -> tensor<2x1x64x4xf32> {
  // expected-error @below {{writes in place to a value that is no state's; load it by llm.load_state}}
  %next = llm.kernel(%rows, %pool, %positions, %starts, %blocks) : (tensor<3x1x4xf32>, tensor<2x1x64x4xf32>, tensor<3xi32>, tensor<2xi32>, tensor<1x2xi32>) -> tensor<2x1x64x4xf32> {
  ^bb0(%r: tensor<3x1x4xf32>, %p: tensor<2x1x64x4xf32>, %at: tensor<3xi32>, %s: tensor<2xi32>, %t: tensor<1x2xi32>):
    %0 = llm.write_cache %r, %p positions %at sequences %s blocks %t : tensor<3x1x4xf32>, tensor<2x1x64x4xf32>, tensor<3xi32>, tensor<2xi32>, tensor<1x2xi32>
    llm.yield %0 : tensor<2x1x64x4xf32>
  }
  return %next : tensor<2x1x64x4xf32>
}
