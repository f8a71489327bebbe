// RUN: llm-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(exec.program(exec-check-writes))'

exec.program @accepts_both_sides_of_an_if inputs [#exec.tensor<"x" : i8 [4]>] outputs [#exec.tensor<"y" : i8 [4]>] {
  exec.variant {
    %x = exec.input 0 bytes [4]
    %y = exec.output 0 bytes [4]
    %t = exec.temporary bytes [4]
    exec.if [1] {
      exec.fill %t byte 0
    } else {
      exec.copy %x offset [0] to %t offset [0] bytes [4]
    }
    exec.copy %t offset [0] to %y offset [0] bytes [4]
  }
}

// -----

exec.program @main inputs [] outputs [#exec.tensor<"y" : i8 [4]>] {
  exec.variant {
    %y = exec.output 0 bytes [4]
    // expected-note @below {{the buffer is here}}
    %t = exec.temporary bytes [4]
    // expected-error @below {{'exec.copy' op reads a buffer that no command before it writes}}
    exec.copy %t offset [0] to %y offset [0] bytes [4]
  }
}

// -----

exec.program @main inputs [] outputs [#exec.tensor<"y" : i8 [4]>] {
  exec.variant {
    // expected-error @below {{'exec.output' op is never written}}
    %y = exec.output 0 bytes [4]
    exec.if [1] {
      exec.fill %y byte 0
    }
  }
}

// -----

exec.program @main inputs [] outputs [#exec.tensor<"y" : i8 [4]>] {
  exec.variant {
    %y = exec.output 0 bytes [4]
    // expected-note @below {{the buffer is here}}
    %t = exec.temporary bytes [4]
    %part = exec.view %t offset [0] bytes [2]
    exec.while [1] {
      exec.fill %t byte 0
    }
    // expected-error @below {{'exec.copy' op reads a buffer that no command before it writes}}
    exec.copy %part offset [0] to %y offset [0] bytes [2]
  }
}
