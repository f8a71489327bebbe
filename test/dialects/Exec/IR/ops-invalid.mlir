// RUN: llm-opt %s --split-input-file --verify-diagnostics

exec.program @main inputs [] outputs [] {
  // expected-error @below {{'llm.constant' op is not a variant: a program holds variants only}}
  %c = llm.constant dense<1.0> : tensor<f32>
}

// -----

// expected-error @below {{'exec.program' op two outputs are named 'y'}}
exec.program @main inputs [#exec.tensor<"y" : f32 [4]>] outputs [#exec.tensor<"y" : f32 [4]>, #exec.tensor<"y" : f32 [4]>] {
}

// -----

// expected-error @below {{'exec.program' op the name of input 1 is empty or holds control characters}}
exec.program @main inputs [#exec.tensor<"x" : f32 [4]>, #exec.tensor<"\0A" : f32 [4]>] outputs [] {
}

// -----

exec.program @main inputs [] outputs [] {
  exec.variant {
    // expected-error @below {{'exec.input' op is input 0 of a program with 0}}
    %x = exec.input 0 bytes [8]
  }
}

// -----

llm.size @n range(1, 64) divisor 1
exec.program @main inputs [#exec.tensor<"x" : f32 [n, 4]>] outputs [] {
  exec.variant {
    // expected-error @below {{'exec.input' op has 8*n bytes, but input "x" has 16*n}}
    %x = exec.input 0 bytes [8*n]
  }
}

// -----

exec.program @main inputs [#exec.tensor<"x" : i4 [4]>] outputs [] {
  exec.variant {
    // expected-error @below {{'exec.input' op holds elements of type 'i4', which no buffer can}}
    %x = exec.input 0 bytes [2]
  }
}

// -----

exec.program @main inputs [] outputs [] {
  exec.variant {
    // expected-error @below {{'exec.weight' op names @w, which is no llm.weight of this module}}
    %w = exec.weight @w bytes [8]
  }
}

// -----

llm.weight @w : tensor<4xf32> in "model.safetensors" at 0
exec.program @main inputs [] outputs [] {
  exec.variant {
    // expected-error @below {{'exec.weight' op has 8 bytes, but the weight has 16}}
    %w = exec.weight @w bytes [8]
  }
}

// -----

exec.program @main inputs [] outputs [] {
  exec.variant {
    // expected-error @below {{'exec.state' op names @keys, which no exec.declare_state declares}}
    %s = exec.state @keys bytes [8]
  }
}

// -----

exec.program @main inputs [] outputs [] {
  exec.variant queues 2 {
    %t = exec.temporary bytes [8]
    // expected-error @below {{'exec.fill' op queue 2 is not one of the 2 that the variant has}}
    exec.fill %t byte 0 queue 2
  }
}

// -----

exec.program @main inputs [] outputs [] {
  exec.variant {
    // expected-error @below {{'exec.signal' op event 0 is not one of the 0 that the variant has}}
    exec.signal 0
  }
}

// -----

exec.program @main inputs [] outputs [] {
  exec.variant variables 1 {
    %t = exec.temporary bytes [8]
    // expected-error @below {{'exec.read' op variable 1 is not one of the 1 that the variant has}}
    exec.read %t offset [0] type i64 into 1
  }
}

// -----

exec.program @main inputs [#exec.tensor<"x" : f32 [4]>] outputs [] {
  exec.variant {
    // expected-note @below {{the buffer is here}}
    %x = exec.input 0 bytes [16]
    // expected-error @below {{'exec.fill' op writes a buffer that is not a temporary, an output or a state}}
    exec.fill %x byte 0
  }
}

// -----

exec.program @main inputs [#exec.tensor<"x" : f32 [4]>] outputs [] {
  exec.variant {
    %x = exec.input 0 bytes [16]
    // expected-note @below {{the buffer is here}}
    %part = exec.view %x offset [8] bytes [8]
    // expected-error @below {{'exec.fill' op writes a buffer that is not a temporary, an output or a state}}
    exec.fill %part byte 0
  }
}

// -----

exec.program @main inputs [] outputs [] {
  exec.variant {
    %t = exec.temporary bytes [16]
    // expected-error @below {{'exec.launch' op launches @relu, which is no kernel of this module}}
    exec.launch @relu(%t) sizes []
  }
}

// -----

exec.kernel @relu family "map" sizes 1 items [s0] chunk [1] scratch [0] split static writes [false, true] least_bytes [4*s0, 4*s0] flops [s0]
exec.program @main inputs [] outputs [] {
  exec.variant {
    %t = exec.temporary bytes [16]
    // expected-error @below {{'exec.launch' op has 1 buffers, but the kernel takes 2}}
    exec.launch @relu(%t) sizes [4]
  }
}

// -----

exec.kernel @relu family "map" sizes 1 items [s0] chunk [1] scratch [0] split static writes [true] least_bytes [4*s0] flops [s0]
exec.program @main inputs [] outputs [] {
  exec.variant {
    %t = exec.temporary bytes [16]
    // expected-error @below {{'exec.launch' op has 0 sizes, but the kernel takes 1}}
    exec.launch @relu(%t) sizes []
  }
}

// -----

// expected-error @below {{'exec.kernel' op says of 2 buffers whether they are written, but has least bytes of 1}}
exec.kernel @relu family "map" sizes 1 items [s0] chunk [1] scratch [0] split static writes [false, true] least_bytes [4*s0] flops [s0]

// -----

// expected-error @below {{'exec.kernel' op needs a grid of three sizes, threads and shared bytes to run on a GPU}}
exec.kernel @relu family "map" sizes 1 items [0] chunk [1] scratch [0] split static writes [true] least_bytes [4*s0] flops [s0] grid [s0] threads 32 shared [0]

// -----

// expected-error @below {{'exec.kernel' op has blocks of 1025 threads; expected 1 to 1024}}
exec.kernel @relu family "map" sizes 1 items [0] chunk [1] scratch [0] split static writes [true] least_bytes [4*s0] flops [s0] grid [s0, 1, 1] threads 1025 shared [0]

// -----

exec.program @main inputs [] outputs [] {
  exec.variant {
    // expected-error @below {{attribute 'bytes' failed to satisfy constraint: A list of symbolic sizes, one for each dimension of one size expression}}
    %t = exec.temporary bytes [8, 8]
  }
}

// -----

exec.program @main inputs [] outputs [] {
  exec.variant {
    // expected-error @below {{'llm.constant' op is neither a buffer nor a command}}
    %c = llm.constant dense<1.0> : tensor<f32>
  }
}

// -----

exec.program @main inputs [] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    %t = exec.temporary bytes [16]
    %y = exec.output 0 bytes [16]
    // expected-error @below {{all_reduce needs a reduction}}
    exec.collective all_reduce %t to %y over ["tp"] type f32 of [4]
  }
}

// -----

exec.program @main inputs [] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    %t = exec.temporary bytes [16]
    %y = exec.output 0 bytes [16]
    // expected-error @below {{all_gather reduces nothing, but names a reduction}}
    exec.collective all_gather %t to %y concat 0 over ["tp"] reduction "sum" type f32 of [4]
  }
}

// -----

exec.program @main inputs [] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    %t = exec.temporary bytes [16]
    %y = exec.output 0 bytes [16]
    // expected-error @below {{reduce_scatter needs a split dimension}}
    exec.collective reduce_scatter %t to %y over ["tp"] reduction "sum" type f32 of [4]
  }
}

// -----

exec.program @main inputs [] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    %t = exec.temporary bytes [16]
    %y = exec.output 0 bytes [16]
    // expected-error @below {{concats dimension 1 of a tensor that has 1}}
    exec.collective all_gather %t to %y concat 1 over ["tp"] type f32 of [4]
  }
}

// -----

exec.program @main inputs [#exec.tensor<"x" : f32 [4]>] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    %x = exec.input 0 bytes [16]
    %y = exec.output 0 bytes [16]
    // expected-error @below {{multiplies 'f64'; expected f16, bf16 or f32}}
    exec.gemm %x, %x to %y m [2] n [2] k [2] batch [1] type f64 output f64 accumulate f32
  }
}

// -----

exec.program @main inputs [#exec.tensor<"x" : f32 [4]>] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    %x = exec.input 0 bytes [16]
    %y = exec.output 0 bytes [16]
    // expected-error @below {{makes 'bf16' of 'f16'; expected the same type or f32}}
    exec.gemm %x, %x to %y m [2] n [2] k [2] batch [1] type f16 output bf16 accumulate f32
  }
}

// -----

exec.program @main inputs [#exec.tensor<"x" : f32 [4]>] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    %x = exec.input 0 bytes [16]
    %y = exec.output 0 bytes [16]
    // expected-error @below {{sums in 'f16'; expected f32}}
    exec.gemm %x, %x to %y m [2] n [2] k [2] batch [1] type f16 output f16 accumulate f16
  }
}

// -----

exec.program @main inputs [#exec.tensor<"x" : f32 [4]>] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    %x = exec.input 0 bytes [16]
    %y = exec.output 0 bytes [16]
    // expected-error @below {{has epilogue "tanh"; expected "relu", "gelu" or none}}
    exec.gemm %x, %x to %y m [2] n [2] k [2] batch [1] type f32 output f32 accumulate f32 epilogue "tanh"
  }
}

// -----

exec.program @main inputs [#exec.tensor<"x" : f32 [4]>] outputs [#exec.tensor<"y" : f32 [4]>] {
  exec.variant {
    %x = exec.input 0 bytes [16]
    %y = exec.output 0 bytes [16]
    // expected-error @below {{launches @product, which is no kernel of this module}}
    exec.gemm %x, %x to %y m [2] n [2] k [2] batch [1] type f32 output f32 accumulate f32 launch @product(%x, %x, %y) sizes [2]
  }
}
