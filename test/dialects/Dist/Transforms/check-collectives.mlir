// RUN: llm-opt %s --dist-check-collectives --split-input-file --verify-diagnostics -o /dev/null

// Sizes may use coordinates of axes outside of the group.
dist.mesh @mesh <"dp" = 2, "tp" = 2>
llm.size @batch range(1, 64) divisor 1
func.func @agrees(%x: tensor<?x8xf32> {llm.sizes = #llm.sizes<[batch, 8]>}) -> tensor<?x8xf32> attributes {dist.local} {
  %0 = llm.slice %x offsets [ceildiv(batch, 2) * coord("dp"), 4 * coord("tp")] sizes [min(ceildiv(batch, 2), max(batch - ceildiv(batch, 2) * coord("dp"), 0)), 4] strides [1, 1] : tensor<?x8xf32> -> tensor<?x4xf32>
  %1 = dist.all_reduce %0 sum over ["tp"] : tensor<?x4xf32>
  %2 = dist.all_gather %1 dim 1 over ["tp"] of [min(ceildiv(batch, 2), max(batch - ceildiv(batch, 2) * coord("dp"), 0)), 8] : tensor<?x4xf32> -> tensor<?x8xf32>
  %3 = dist.all_gather %2 dim 0 over ["dp"] of [batch, 8] : tensor<?x8xf32> -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// -----

// The same on an axis that has one device, along which no ranks differ.
dist.mesh @mesh <"dp" = 1, "tp" = 2>
func.func @one_device(%x: tensor<8xf32>) -> tensor<?xf32> attributes {dist.local} {
  %0 = llm.slice %x offsets [0] sizes [8 - coord("dp")] strides [1] : tensor<8xf32> -> tensor<?xf32>
  %1 = dist.all_reduce %0 sum over ["dp", "tp"] : tensor<?xf32>
  return %1 : tensor<?xf32>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @own_coordinate(%x: tensor<8xf32>) -> tensor<?xf32> attributes {dist.local} {
  %0 = llm.slice %x offsets [0] sizes [4 + coord("tp")] strides [1] : tensor<8xf32> -> tensor<?xf32>
  // expected-error @below {{ranks may disagree on dimension 0 of all_reduce sum over ["tp"] of f32 [coord("tp") + 4]: its size uses the coordinate along 'tp', in which ranks of the group differ}}
  %1 = dist.all_reduce %0 sum over ["tp"] : tensor<?xf32>
  return %1 : tensor<?xf32>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @own_coordinate_of_gather(%x: tensor<8xf32>) -> tensor<?xf32> attributes {dist.local} {
  // expected-error @below {{ranks may disagree on dimension 0 of all_gather dim 0 granule 2 over ["tp"] of f32 [4*coord("tp") + 16]: its size uses the coordinate along 'tp'}}
  %1 = dist.all_gather %x dim 0 granule 2 over ["tp"] of [16 + 4 * coord("tp")] : tensor<8xf32> -> tensor<?xf32>
  return %1 : tensor<?xf32>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @kernel(%x: tensor<8xf32>) -> tensor<8xf32> attributes {dist.local} {
  %0 = llm.kernel(%x) : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%in: tensor<8xf32>):
    // expected-error @below {{is inside of 'llm.kernel', of which it is not known whether all ranks run it}}
    %1 = dist.all_reduce %in sum over ["tp"] : tensor<8xf32>
    llm.yield %1 : tensor<8xf32>
  }
  return %0 : tensor<8xf32>
}

// -----

dist.mesh @mesh <"tp" = 2>
func.func @reshard(%x: tensor<8xf32>) -> tensor<8xf32> attributes {dist.local} {
  // expected-error @below {{is not lowered to collectives, whose order could be checked; run dist-lower-reshards first}}
  %0 = dist.reshard %x from <[{}] sum {"tp"}> to <[{}]> of [8] : tensor<8xf32> -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
