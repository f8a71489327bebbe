// RUN: llm-opt %s --llm-evaluate --split-input-file --verify-diagnostics -o /dev/null

dist.mesh @mesh <"tp" = 2>
func.func @ranks_disagree() -> tensor<1xi64> attributes {dist.local} {
  // expected-error @below {{result 0 of `ranks_disagree` differs between ranks 0 and 1, which hold the same shard: rank 1 has 1 at [0] where 0 was expected}}
  %0 = llm.sizes_to_tensor [coord("tp")] : tensor<1xi64>
  return %0 : tensor<1xi64>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @wrong_shard() -> (tensor<?xi64> {dist.sharding = #dist.sharding<[{"tp"}]>}) attributes {dist.local} {
  %x = llm.constant dense<[1, 2, 3]> : tensor<3xi64>
  // expected-error @below {{result 0 of `wrong_shard` has shape [1] on rank 0 but its shard of [3] has shape [2]}}
  %0 = llm.slice %x offsets [coord("tp")] sizes [1 + coord("tp")] strides [1] : tensor<3xi64> -> tensor<?xi64>
  return %0 : tensor<?xi64>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @wrong_block() -> tensor<3xi64> attributes {dist.local} {
  %0 = llm.constant dense<[1, 2]> : tensor<2xi64>
  // expected-error @below {{gets an input of shape [2] on rank 1 but expects [1]}}
  %1 = dist.all_gather %0 dim 0 over ["tp"] of [3] : tensor<2xi64> -> tensor<3xi64>
  return %1 : tensor<3xi64>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @group_sizes() -> tensor<?xi64> attributes {dist.local} {
  %x = llm.constant dense<[1, 2, 3]> : tensor<3xi64>
  %0 = llm.slice %x offsets [0] sizes [1] strides [1] : tensor<3xi64> -> tensor<1xi64>
  // expected-error @below {{is of [2] on rank 0 but of [3] on rank 1 of the same group}}
  %1 = dist.all_gather %0 dim 0 over ["tp"] of [2 + coord("tp")] : tensor<1xi64> -> tensor<?xi64>
  return %1 : tensor<?xi64>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @partial_shapes() -> tensor<?xi64> attributes {dist.local} {
  %x = llm.constant dense<[1, 2]> : tensor<2xi64>
  %0 = llm.slice %x offsets [0] sizes [1 + coord("tp")] strides [1] : tensor<2xi64> -> tensor<?xi64>
  // expected-error @below {{of a value that has shape [2] on rank 1 but [1] on rank 0, and both hold partial values of the same elements}}
  %1 = dist.reshard %0 from <[{}] sum {"tp"}> to <[{}]> of [2] : tensor<?xi64> -> tensor<?xi64>
  return %1 : tensor<?xi64>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @not_local() -> tensor<2xf32> {
  %0 = llm.constant dense<[1.0, 2.0]> : tensor<2xf32>
  // expected-error @below {{has no value on one rank alone: the function is not marked as dist.local}}
  %1 = dist.all_reduce %0 sum over ["tp"] : tensor<2xf32>
  return %1 : tensor<2xf32>
}
