// RUN: llm-opt %s --pass-pipeline='builtin.module(exec.program(exec-remove-copies))' | FileCheck %s

exec.kernel @fill_0 family "map" sizes 0 items [4] chunk [1] scratch [0] split static writes [true] least_bytes [16] flops [0]

// CHECK-LABEL: exec.program @computes_in_place
exec.program @computes_in_place inputs [] outputs [#exec.tensor<"y" : f32 [4]>] {
  // CHECK-NEXT: exec.variant {
  exec.variant {
    // CHECK-NEXT: %[[Y:.*]] = exec.output 0 bytes [16]
    // CHECK-NEXT: exec.launch @fill_0(%[[Y]]) sizes []
    // CHECK-NEXT: }
    %t = exec.temporary bytes [16]
    exec.launch @fill_0(%t) sizes []
    %y = exec.output 0 bytes [16]
    exec.copy %t offset [0] to %y offset [0] bytes [16]
  }
}

// CHECK-LABEL: exec.program @returns_twice
exec.program @returns_twice inputs [] outputs [#exec.tensor<"y" : f32 [4]>, #exec.tensor<"z" : f32 [4]>] {
  exec.variant {
    // CHECK: %[[Y:.*]] = exec.output 0 bytes [16]
    // CHECK-NEXT: exec.launch @fill_0(%[[Y]]) sizes []
    // CHECK-NEXT: %[[Z:.*]] = exec.output 1 bytes [16]
    // CHECK-NEXT: exec.copy %[[Y]] offset [0] to %[[Z]] offset [0] bytes [16]
    %t = exec.temporary bytes [16]
    exec.launch @fill_0(%t) sizes []
    %y = exec.output 0 bytes [16]
    exec.copy %t offset [0] to %y offset [0] bytes [16]
    %z = exec.output 1 bytes [16]
    exec.copy %t offset [0] to %z offset [0] bytes [16]
  }
}

// CHECK-LABEL: exec.program @keeps_copy_of_input
exec.program @keeps_copy_of_input inputs [#exec.tensor<"x" : f32 [4]>] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    // CHECK: exec.copy
    %x = exec.input 0 bytes [16]
    %y = exec.output 0 bytes [16]
    exec.copy %x offset [0] to %y offset [0] bytes [16]
  }
}

// CHECK-LABEL: exec.program @keeps_copy_of_part
exec.program @keeps_copy_of_part inputs [] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    // CHECK: exec.copy
    %t = exec.temporary bytes [32]
    exec.launch @fill_0(%t) sizes []
    %y = exec.output 0 bytes [16]
    exec.copy %t offset [16] to %y offset [0] bytes [16]
  }
}

// CHECK-LABEL: exec.program @keeps_conditional_copy
exec.program @keeps_conditional_copy inputs [] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    // CHECK: exec.copy
    %t = exec.temporary bytes [16]
    exec.launch @fill_0(%t) sizes []
    %y = exec.output 0 bytes [16]
    exec.if [1] {
      exec.copy %t offset [0] to %y offset [0] bytes [16]
    }
  }
}
