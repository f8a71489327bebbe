// RUN: llm-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(exec.program(exec-check-collectives))' -o /dev/null

// A condition over axes outside of the group; and sides that issue the same.
dist.mesh @mesh <"dp" = 2, "tp" = 2>
exec.program @agrees inputs [#exec.tensor<"x" : f32 [n]>] outputs [#exec.tensor<"y" : f32 [n]>] {
  exec.variant {
    %x = exec.input 0 bytes [4 * n]
    %y = exec.output 0 bytes [4 * n]
    exec.if [coord("dp")] {
      exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type f32 of [n]
    }
    exec.if [coord("tp")] {
      exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type f32 of [n]
    } else {
      exec.fill %y byte 0
      exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type f32 of [n]
    }
    exec.while [max(0, 3 - n)] {
      exec.collective all_gather %x to %y concat 0 over ["dp", "tp"] type f32 of [n]
    }
  }
}

// -----

dist.mesh @mesh <"tp" = 2>
exec.program @differs inputs [#exec.tensor<"x" : f32 [4]>] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    %x = exec.input 0 bytes [16]
    %y = exec.output 0 bytes [16]
    exec.if [coord("tp")] {
      exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type f32 of [4]
      // expected-error @below {{'exec.collective' op ranks of a group may differ in `coord("tp")`: where some issue all_reduce sum over ["tp"] of f32 [4], others issue all_gather concat 0 over ["tp"] of f32 [4]}}
      exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type f32 of [4]
    } else {
      exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type f32 of [4]
      // expected-note @below {{the other collective}}
      exec.collective all_gather %x to %y concat 0 over ["tp"] type f32 of [4]
    }
  }
}

// -----

dist.mesh @mesh <"tp" = 2>
exec.program @alone inputs [#exec.tensor<"x" : f32 [4]>] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    %x = exec.input 0 bytes [16]
    %y = exec.output 0 bytes [16]
    exec.if [1 - coord("tp")] {
      // expected-error @below {{where some issue all_reduce sum over ["tp"] of f32 [4], others issue nothing}}
      exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type f32 of [4]
    }
  }
}

// -----

// How often a loop runs that reads its condition, each rank finds out by itself.
dist.mesh @mesh <"tp" = 2>
exec.program @loop inputs [#exec.tensor<"x" : i64 [1]>] outputs [#exec.tensor<"y" : i64 [1]>] {
  exec.variant variables 1 {
    %x = exec.input 0 bytes [8]
    %y = exec.output 0 bytes [8]
    exec.read %x offset [0] type i64 into 0
    exec.while [v0] {
      // expected-error @below {{ranks of a group may differ in `v0`: where some issue all_reduce sum over ["tp"] of i64 [1], others issue nothing}}
      exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type i64 of [1]
    }
  }
}

// -----

dist.mesh @mesh <"tp" = 2>
exec.program @nested inputs [#exec.tensor<"x" : i64 [1]>] outputs [#exec.tensor<"y" : i64 [1]>] {
  exec.variant {
    %x = exec.input 0 bytes [8]
    %y = exec.output 0 bytes [8]
    exec.if [coord("tp")] {
      exec.if [1] {
        // expected-error @below {{is inside of two conditions, and ranks of a group may differ in `coord("tp")`}}
        exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type i64 of [1]
      }
    } else {
      exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type i64 of [1]
    }
  }
}

// -----

dist.mesh @mesh <"tp" = 2>
exec.program @queues inputs [#exec.tensor<"x" : f32 [4]>] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant queues 2 {
    %x = exec.input 0 bytes [16]
    %y = exec.output 0 bytes [16]
    // expected-note @below {{the other collective}}
    exec.collective all_reduce %x to %y over ["tp"] reduction "sum" type f32 of [4]
    // expected-error @below {{ranks may run all_reduce max over ["tp"] of f32 [4] on queue 1 and all_reduce sum over ["tp"] of f32 [4] on queue 0 in different orders; collectives must be on one queue}}
    exec.collective all_reduce %x to %y over ["tp"] reduction "max" type f32 of [4] queue 1
  }
}

// -----

dist.mesh @mesh <"tp" = 2>
exec.program @size inputs [#exec.tensor<"x" : i64 [1]>] outputs [#exec.tensor<"y" : i64 [1]>] {
  exec.variant variables 1 {
    %x = exec.input 0 bytes [8]
    %y = exec.temporary bytes [8 * v0]
    exec.read %x offset [0] type i64 into 0
    // expected-error @below {{ranks may disagree on dimension 0 of all_gather concat 0 over ["tp"] of i64 [v0]: its size uses `v0`, which each rank finds out by itself}}
    exec.collective all_gather %x to %y concat 0 over ["tp"] type i64 of [v0]
  }
}

// -----

dist.mesh @mesh <"tp" = 2>
exec.program @guard inputs [] outputs [#exec.tensor<"y" : i64 [1]>] {
  // expected-error @below {{has a guard that uses the coordinate along 'tp': ranks would run different variants}}
  exec.variant guard [coord("tp")] {
    %y = exec.output 0 bytes [8]
    exec.fill %y byte 0
  }
}
