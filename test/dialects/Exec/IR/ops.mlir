// RUN: llm-opt %s | llm-opt | FileCheck %s
// RUN: llm-opt %s -emit-bytecode | llm-opt | FileCheck %s

llm.size @n range(1, 64) divisor 1
llm.weight @w : tensor<8x4xf32> in "model.safetensors" at 128

// CHECK: exec.declare_state @keys type f16 sizes [n, 8]
exec.declare_state @keys type f16 sizes [n, 8]

// CHECK: exec.kernel @add_0 family "map" sizes 1 items [s0] chunk [64] scratch [0] split static
// CHECK-SAME: writes [false, false, true] least_bytes [32*s0, 32, 32*s0] flops [8*s0]
exec.kernel @add_0 family "map" sizes 1 items [s0] chunk [64] scratch [0] split static writes [false, false, true] least_bytes [32*s0, 32, 32*s0] flops [8*s0]
// CHECK: exec.kernel @add_1
// CHECK-SAME: flops [8*s0] grid [ceildiv(s0, 32), 1, 1] threads 256 shared [64*s0]
exec.kernel @add_1 family "map" sizes 1 items [0] chunk [1] scratch [0] split static writes [false, true] least_bytes [32*s0, 32*s0] flops [8*s0] grid [ceildiv(s0, 32), 1, 1] threads 256 shared [64*s0]

// CHECK-LABEL: exec.program @main inputs [#exec.tensor<"x" : f32 [n, 8]>, #exec.tensor<"more" : i64 []>]
// CHECK-SAME: outputs [#exec.tensor<"y" : f32 [n, 8]>]
exec.program @main inputs [#exec.tensor<"x" : f32 [n, 8]>, #exec.tensor<"more" : i64 []>] outputs [#exec.tensor<"y" : f32 [n, 8]>] {
  // CHECK-NEXT: exec.variant guard [max(0, n - 4)] queues 2 events 1 variables 1 {
  exec.variant guard [max(0, n - 4)] queues 2 events 1 variables 1 {
    // CHECK-NEXT: %[[X:.*]] = exec.input 0 bytes [32*n]
    %x = exec.input 0 bytes [32*n]
    // CHECK-NEXT: %[[MORE:.*]] = exec.input 1 bytes [8]
    %more = exec.input 1 bytes [8]
    // CHECK-NEXT: %[[Y:.*]] = exec.output 0 bytes [32*n]
    %y = exec.output 0 bytes [32*n]
    // CHECK-NEXT: exec.weight @w bytes [128] layout "panel16"
    %w = exec.weight @w bytes [128] layout "panel16"
    // CHECK-NEXT: %[[STATE:.*]] = exec.state @keys bytes [16*n]
    %state = exec.state @keys bytes [16*n]
    // CHECK-NEXT: %[[T:.*]] = exec.temporary bytes [32*n]
    %t = exec.temporary bytes [32*n]
    // CHECK-NEXT: %[[C:.*]] = exec.constant dense<1.000000e+00> : tensor<8xf32>
    %c = exec.constant dense<1.0> : tensor<8xf32>
    // CHECK-NEXT: %[[VIEW:.*]] = exec.view %[[T]] offset [16*n] bytes [16*n]
    %view = exec.view %t offset [16*n] bytes [16*n]
    // CHECK-NEXT: exec.launch @add_0(%[[X]], %[[C]], %[[T]]) sizes [n] queue 1
    exec.launch @add_0(%x, %c, %t) sizes [n] queue 1
    // CHECK-NEXT: exec.signal 0 queue 1
    exec.signal 0 queue 1
    // CHECK-NEXT: exec.wait 0{{$}}
    exec.wait 0
    // CHECK-NEXT: exec.copy %[[T]] offset [0] to %[[Y]] offset [0] bytes [32*n]
    exec.copy %t offset [0] to %y offset [0] bytes [32*n]
    // CHECK-NEXT: exec.fill %[[STATE]] byte 0
    exec.fill %state byte 0
    // CHECK-NEXT: exec.read %[[MORE]] offset [0] type i64 into 0
    exec.read %more offset [0] type i64 into 0
    // CHECK-NEXT: exec.if [v0] {
    // CHECK-NEXT:   exec.fill %[[VIEW]] byte 1
    // CHECK-NEXT: } else {
    // CHECK-NEXT:   exec.fill %[[VIEW]] byte 2
    // CHECK-NEXT: }
    exec.if [v0] {
      exec.fill %view byte 1
    } else {
      exec.fill %view byte 2
    }
    // CHECK-NEXT: exec.while [v0] {
    // CHECK-NEXT:   exec.read %[[MORE]] offset [0] type i64 into 0
    exec.while [v0] {
      exec.read %more offset [0] type i64 into 0
    }
  }
  // CHECK: exec.variant {
  exec.variant {
    %x = exec.input 0 bytes [32*n]
    %y = exec.output 0 bytes [32*n]
    %w = exec.weight @w bytes [128]
    // CHECK: exec.gemm %{{.*}}, %{{.*}} to %{{.*}} m [n] n [8] k [4] batch [1] transpose_b type f32 output f32 accumulate f32 epilogue "gelu"
    exec.gemm %x, %w to %y m [n] n [8] k [4] batch [1] transpose_b type f32 output f32 accumulate f32 epilogue "gelu"
    // CHECK-NEXT: exec.gemm %[[GX:.*]], %[[GW:.*]] bias %[[GW]] to %[[GY:.*]] m [n] n [8] k [4] batch [1] type f16 output f32 accumulate f32 launch @add_0(%[[GX]], %[[GW]], %[[GY]]) sizes [n]{{$}}
    exec.gemm %x, %w bias %w to %y m [n] n [8] k [4] batch [1] type f16 output f32 accumulate f32 launch @add_0(%x, %w, %y) sizes [n]
    // CHECK-NEXT: exec.collective all_reduce %{{.*}} to %{{.*}} over ["tp"] reduction "sum" type f32 of [8*n]
    exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type f32 of [8*n]
    // CHECK-NEXT: exec.transfer send %{{.*}} stage 1 bytes [32*n]
    exec.transfer send %x stage 1 bytes [32*n]
  }
}
