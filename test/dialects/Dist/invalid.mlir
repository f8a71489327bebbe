// RUN: llm-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{axis 'tp' has 0 devices; expected 1 to 65536}}
dist.mesh @mesh <"tp" = 0>

// -----

// expected-error @below {{has two axes called 'tp'}}
dist.mesh @mesh <"tp" = 2, "tp" = 2>

// -----

// expected-error @below {{has more than 65536 devices}}
dist.mesh @mesh <"a" = 65536, "b" = 65536>

// -----

// expected-error @below {{axis 't p' is not a name}}
dist.mesh @mesh <"t p" = 2>

// -----

dist.mesh @mesh <"tp" = 2>
// expected-error @below {{is the second mesh of the module; there can be one}}
dist.mesh @other <"tp" = 2>

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{dist.sharding of the result: the module declares no dist.mesh}}
  %y = llm.exp %x {dist.sharding = #dist.sharding<[{}]>} : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh <"tp" = 2>
// expected-error @below {{dist.sharding of argument 0: sharding has 2 dimensions but the tensor has 1}}
func.func @f(%x: tensor<4xf32> {dist.sharding = #dist.sharding<[{}, {}]>}) {
  return
}

// -----

dist.mesh @mesh <"tp" = 2>
// expected-error @below {{dist.sharding of result 0: sharding uses axis "pp", which the mesh does not have}}
func.func private @f() -> (tensor<4xf32> {dist.sharding = #dist.sharding<[{"pp"}]>})

// -----

dist.mesh @mesh <"tp" = 2>
// expected-error @below {{sharding uses axis "tp" twice}}
func.func private @f() -> (tensor<4x4xf32> {dist.sharding = #dist.sharding<[{"tp"}, {"tp"}]>})

// -----

dist.mesh @mesh <"tp" = 2>
// expected-error @below {{only tensors have a sharding, not 'i32'}}
func.func private @f() -> (i32 {dist.sharding = #dist.sharding<[]>})

// -----

dist.mesh @mesh <"tp" = 2>
// expected-error @below {{expected dist.sharding and a #dist.sharding}}
func.func private @f() -> (tensor<4xf32> {dist.shape = 3})

// -----

// expected-error @below {{granule is 0; expected at least 1}}
func.func private @f() -> (tensor<4xf32> {dist.sharding = #dist.sharding<[{"tp"} granule 0]>})

// -----

// expected-error @below {{'?' must be the last in its braces}}
func.func private @f() -> (tensor<4xf32> {dist.sharding = #dist.sharding<[{?, "tp"}]>})

// -----

// expected-error @below {{'mean' is not one of sum, max, min}}
func.func private @f() -> (tensor<4xf32> {dist.sharding = #dist.sharding<[{}] mean {"tp"}>})

// -----

dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{has types that are neither those of the whole tensor nor those of its shards: 'tensor<4xf32>' and 'tensor<3xf32>'}}
  %y = dist.reshard %x from <[{}]> to <[{"tp"}]> of [4] : tensor<4xf32> -> tensor<3xf32>
  return
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{names axis "dp", which the mesh does not have}}
  %y = dist.all_reduce %x sum over ["dp"] : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{names axis "tp" twice}}
  %y = dist.all_reduce %x sum over ["tp", "tp"] : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{names no axis}}
  %y = dist.all_reduce %x sum over [] : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{dim is dimension 1 but the tensor has 1 dimensions}}
  %y = dist.all_gather %x dim 1 over ["tp"] of [8] : tensor<4xf32> -> tensor<8xf32>
  return
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{the input has size 3 in dimension 0 but a rank holds 4}}
  %y = dist.all_gather %x dim 0 over ["tp"] of [8] : tensor<3xf32> -> tensor<8xf32>
  return
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{the result has size 2 in dimension 0 but a rank holds 4}}
  %y = dist.reduce_scatter %x sum dim 0 over ["tp"] of [8] : tensor<8xf32> -> tensor<2xf32>
  return
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<4x8xf32>) {
  // expected-error @below {{splits and concatenates dimension 0}}
  %y = dist.all_to_all %x split 0 concat 0 over ["tp"] of [8, 8] : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<8xf32>) {
  // expected-error @below {{changes the element type from 'f32' to 'f16'}}
  %y = dist.reduce_scatter %x sum dim 0 over ["tp"] of [8] : tensor<8xf32> -> tensor<4xf16>
  return
}

// -----

// expected-error @below {{dist.local: the module declares no dist.mesh}}
func.func @f() attributes {dist.local} {
  return
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{dist.local is an attribute of functions, without a value}}
  %y = llm.exp %x {dist.local} : tensor<4xf32>
  return
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @f(%x: tensor<4xf32>) attributes {dist.local} {
  // expected-error @below {{has types that are neither those of the whole tensor nor those of its shards: 'tensor<4xf32>' and 'tensor<4xf32>'}}
  %y = dist.reshard %x from <[{}]> to <[{"tp"}]> of [4] : tensor<4xf32> -> tensor<4xf32>
  return
}
