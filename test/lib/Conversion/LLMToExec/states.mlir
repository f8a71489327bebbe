// RUN: llm-opt %s --convert-llm-to-exec | FileCheck %s

llm.size @tokens range(1, 64) divisor 1
llm.size @sequences range(1, 4) divisor 1
llm.size @table range(1, 2) divisor 1

// CHECK: exec.declare_state @values type f16 sizes [8, 3, 64, 16]
llm.state @values : tensor<8x3x64x16xf16>
// CHECK: exec.declare_state @last type f32 sizes [4]
llm.state @last : tensor<4xf32>
// CHECK-NOT: llm.state

// The cache is written where it lies.
// CHECK: exec.program @append
func.func @append(%rows: tensor<?x3x16xf32> {llm.sizes = #llm.sizes<[tokens, 3, 16]>}, %positions: tensor<?xi32> {llm.sizes = #llm.sizes<[tokens]>}, %starts: tensor<?xi32> {llm.sizes = #llm.sizes<[sequences + 1]>}, %blocks: tensor<?x?xi32> {llm.sizes = #llm.sizes<[sequences, table]>}) -> tensor<8x3x64x16xf16> {
  // CHECK: %[[ROWS:.*]] = exec.input 0
  // CHECK: %[[POSITIONS:.*]] = exec.input 1
  // CHECK: %[[STARTS:.*]] = exec.input 2
  // CHECK: %[[BLOCKS:.*]] = exec.input 3
  // CHECK-NEXT: %[[POOL:.*]] = exec.state @values bytes [49152]
  // CHECK-NEXT: exec.launch @write_cache_0(%[[ROWS]], %[[POOL]], %[[POSITIONS]], %[[STARTS]], %[[BLOCKS]], %[[POOL]])
  // CHECK-NEXT: %[[OUT:.*]] = exec.output 0
  // CHECK-NEXT: exec.copy %[[POOL]] offset [0] to %[[OUT]]
  %pool = llm.load_state @values : tensor<8x3x64x16xf16>
  %next = llm.kernel(%rows, %pool, %positions, %starts, %blocks) : (tensor<?x3x16xf32>, tensor<8x3x64x16xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>) -> tensor<8x3x64x16xf16> {
  ^bb0(%r: tensor<?x3x16xf32>, %p: tensor<8x3x64x16xf16>, %at: tensor<?xi32>, %s: tensor<?xi32>, %b: tensor<?x?xi32>):
    %0 = llm.write_cache %r, %p positions %at sequences %s blocks %b : tensor<?x3x16xf32>, tensor<8x3x64x16xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
    llm.yield %0 : tensor<8x3x64x16xf16>
  }
  llm.store_state %next, @values : tensor<8x3x64x16xf16>
  return %next : tensor<8x3x64x16xf16>
}

// Any other value is copied into the state's memory.
// CHECK: exec.program @remember
func.func @remember(%x: tensor<4xf32>) {
  // CHECK: %[[X:.*]] = exec.input 0
  // CHECK-NEXT: %[[LAST:.*]] = exec.state @last bytes [16]
  // CHECK-NEXT: exec.copy %[[X]] offset [0] to %[[LAST]] offset [0] bytes [16]
  llm.store_state %x, @last : tensor<4xf32>
  return
}
