// RUN: llm-opt %s --split-input-file --verify --dist-sequence-parallel --dist-check-collectives | FileCheck %s

dist.mesh @mesh <"dp" = 2, "tp" = 2>
llm.size @batch range(1, 64) divisor 1
llm.size @sequence range(1, 64) divisor 1

// The rows are all tokens of all sequences: one sequence is split too. The
// second residual has been split already.
// CHECK-LABEL: @norms_behind_residuals
// CHECK-SAME: (%[[X:.*]]: tensor<?x?x8xf32> {{.*}}, %[[R:.*]]: tensor<?x?x8xf32> {{.*}}, %[[SCALE:.*]]: tensor<8xf32>, %[[W:.*]]: tensor<8x8xf32>)
func.func @norms_behind_residuals(%x: tensor<?x?x8xf32> {llm.sizes = #llm.sizes<[batch, sequence, 8]>}, %r: tensor<?x?x8xf32> {llm.sizes = #llm.sizes<[batch, sequence, 8]>}, %scale: tensor<8xf32>, %w: tensor<8x8xf32>) -> tensor<?x?x8xf32> attributes {dist.local} {
  // CHECK-NEXT: %[[FLAT:.*]] = llm.reshape %[[X]] to [batch*sequence, 8]
  // CHECK-NEXT: %[[SUM:.*]] = dist.reduce_scatter %[[FLAT]] sum dim 0 over ["tp"] of [batch*sequence, 8] : tensor<?x8xf32> -> tensor<?x8xf32>
  // CHECK-NEXT: %[[BIASED:.*]] = llm.add %[[SUM]], %[[SCALE]] : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  // CHECK-NEXT: %[[FLAT_R:.*]] = llm.reshape %[[R]] to [batch*sequence, 8]
  // CHECK-NEXT: %[[OWN_R:.*]] = llm.slice %[[FLAT_R]] offsets [min(batch*sequence, coord("tp")*ceildiv(batch*sequence, 2)), 0] sizes [min(ceildiv(batch*sequence, 2), max(0, batch*sequence - coord("tp")*ceildiv(batch*sequence, 2))), 8]
  // CHECK-NEXT: %[[ADDED:.*]] = llm.add %[[BIASED]], %[[OWN_R]]
  // CHECK-NEXT: %[[NORM:.*]] = llm.layer_norm %[[ADDED]], %[[SCALE]] {{.*}} : tensor<?x8xf32>, tensor<8xf32>
  // CHECK-NEXT: %[[ALL:.*]] = dist.all_gather %[[NORM]] dim 0 over ["tp"] of [batch*sequence, 8] : tensor<?x8xf32> -> tensor<?x8xf32>
  // CHECK-NEXT: %[[ROWS:.*]] = llm.reshape %[[ALL]] to [batch, sequence, 8]
  // CHECK-NEXT: %[[PRODUCT:.*]] = llm.linear %[[ROWS]], %[[W]]
  // CHECK-NEXT: %[[FLAT_PRODUCT:.*]] = llm.reshape %[[PRODUCT]]
  // CHECK-NEXT: %[[SUM_2:.*]] = dist.reduce_scatter %[[FLAT_PRODUCT]]
  // CHECK-NEXT: %[[ADDED_2:.*]] = llm.add %[[NORM]], %[[SUM_2]]
  // CHECK-NEXT: %[[NORM_2:.*]] = llm.layer_norm %[[ADDED_2]]
  // CHECK-NEXT: %[[ALL_2:.*]] = dist.all_gather %[[NORM_2]]
  // CHECK-NEXT: %[[RESULT:.*]] = llm.reshape %[[ALL_2]] to [batch, sequence, 8]
  // CHECK-NEXT: return %[[RESULT]]
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<?x?x8xf32>
  %1 = llm.add %0, %scale : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x8xf32>
  %2 = llm.add %1, %r : tensor<?x?x8xf32>, tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  %3 = llm.layer_norm %2, %scale epsilon 1.0e-5 : tensor<?x?x8xf32>, tensor<8xf32>
  %4 = llm.linear %3, %w : tensor<?x?x8xf32>, tensor<8x8xf32> -> tensor<?x?x8xf32>
  %5 = dist.all_reduce %4 sum over ["tp"] : tensor<?x?x8xf32>
  %6 = llm.add %3, %5 : tensor<?x?x8xf32>, tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  %7 = llm.layer_norm %6, %scale epsilon 1.0e-5 : tensor<?x?x8xf32>, tensor<8xf32>
  return %7 : tensor<?x?x8xf32>
}

// What is normed stays split from one layer to the next.
// CHECK-LABEL: @norms_in_front
func.func @norms_in_front(%x: tensor<5x8xf32>, %r: tensor<5x8xf32>, %scale: tensor<8xf32>, %w: tensor<8x8xf32>) -> tensor<5x8xf32> attributes {dist.local} {
  // CHECK-NEXT: %[[SUM:.*]] = dist.reduce_scatter %arg0 sum dim 0 over ["tp"] of [5, 8] : tensor<5x8xf32> -> tensor<?x8xf32>
  // CHECK-NEXT: %[[R:.*]] = llm.slice %arg1 offsets [min(3*coord("tp"), 5), 0] sizes [min(max(0, -3*coord("tp") + 5), 3), 8]
  // CHECK-NEXT: %[[H:.*]] = llm.add %[[SUM]], %[[R]]
  // CHECK-NEXT: %[[NORM:.*]] = llm.rms_norm %[[H]]
  // CHECK-NEXT: %[[ALL:.*]] = dist.all_gather %[[NORM]]
  // CHECK-NEXT: %[[PRODUCT:.*]] = llm.linear %[[ALL]]
  // CHECK-NEXT: %[[SUM_2:.*]] = dist.reduce_scatter %[[PRODUCT]]
  // CHECK-NEXT: %[[H_2:.*]] = llm.add %[[H]], %[[SUM_2]]
  // CHECK-NEXT: %[[RESULT:.*]] = dist.all_gather %[[H_2]]
  // CHECK-NEXT: return %[[RESULT]]
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<5x8xf32>
  %1 = llm.add %0, %r : tensor<5x8xf32>, tensor<5x8xf32> -> tensor<5x8xf32>
  %2 = llm.rms_norm %1, %scale epsilon 1.0e-5 : tensor<5x8xf32>, tensor<8xf32>
  %3 = llm.linear %2, %w : tensor<5x8xf32>, tensor<8x8xf32> -> tensor<5x8xf32>
  %4 = dist.all_reduce %3 sum over ["tp"] : tensor<5x8xf32>
  %5 = llm.add %1, %4 : tensor<5x8xf32>, tensor<5x8xf32> -> tensor<5x8xf32>
  return %5 : tensor<5x8xf32>
}

// A residual alone is no work worth the second meeting.
// CHECK-LABEL: @keeps_sums_without_a_norm
func.func @keeps_sums_without_a_norm(%x: tensor<4x8xf32>, %r: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {dist.local} {
  // CHECK-NEXT: dist.all_reduce
  // CHECK-NEXT: llm.add
  // CHECK-NEXT: return
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<4x8xf32>
  %1 = llm.add %0, %r : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// Two gathers would move more than one reduction does.
// CHECK-LABEL: @keeps_what_is_read_before_and_behind_the_norm
func.func @keeps_what_is_read_before_and_behind_the_norm(%x: tensor<4x8xf32>, %scale: tensor<8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) attributes {dist.local} {
  // CHECK-NEXT: dist.all_reduce
  // CHECK-NEXT: llm.layer_norm
  // CHECK-NEXT: return
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<4x8xf32>
  %1 = llm.layer_norm %0, %scale epsilon 1.0e-5 : tensor<4x8xf32>, tensor<8xf32>
  return %0, %1 : tensor<4x8xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: @keeps_one_row
func.func @keeps_one_row(%x: tensor<1x1x8xf32>, %scale: tensor<8xf32>) -> tensor<1x1x8xf32> attributes {dist.local} {
  // CHECK-NEXT: dist.all_reduce
  // CHECK-NEXT: llm.layer_norm
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<1x1x8xf32>
  %1 = llm.layer_norm %0, %scale epsilon 1.0e-5 : tensor<1x1x8xf32>, tensor<8xf32>
  return %1 : tensor<1x1x8xf32>
}

// Each rank adds its own columns of a table: gathered rows would have those of
// another rank.
// CHECK-LABEL: @keeps_what_differs_between_ranks
func.func @keeps_what_differs_between_ranks(%x: tensor<4x8xf32>, %table: tensor<4x16xf32>, %scale: tensor<8xf32>) -> (tensor<4x8xf32> {dist.sharding = #dist.sharding<[{}, {"tp"}]>}) attributes {dist.local} {
  // CHECK-NEXT: dist.all_reduce
  // CHECK-NEXT: llm.slice
  // CHECK-NEXT: llm.add
  // CHECK-NEXT: llm.layer_norm
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<4x8xf32>
  %1 = llm.slice %table offsets [0, 8*coord("tp")] sizes [4, 8] strides [1, 1] : tensor<4x16xf32> -> tensor<4x8xf32>
  %2 = llm.add %0, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %3 = llm.layer_norm %2, %scale epsilon 1.0e-5 : tensor<4x8xf32>, tensor<8xf32>
  return %3 : tensor<4x8xf32>
}

// What positions add is no row of all tokens: the norm behind it stays whole.
// CHECK-LABEL: @keeps_broadcast_rows
func.func @keeps_broadcast_rows(%x: tensor<2x4x8xf32>, %p: tensor<1x4x8xf32>, %scale: tensor<8xf32>) -> tensor<2x4x8xf32> attributes {dist.local} {
  // CHECK-NEXT: dist.all_reduce
  // CHECK-NEXT: llm.add
  // CHECK-NEXT: llm.layer_norm
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<2x4x8xf32>
  %1 = llm.add %0, %p : tensor<2x4x8xf32>, tensor<1x4x8xf32> -> tensor<2x4x8xf32>
  %2 = llm.layer_norm %1, %scale epsilon 1.0e-5 : tensor<2x4x8xf32>, tensor<8xf32>
  return %2 : tensor<2x4x8xf32>
}

// CHECK-LABEL: @keeps_sums_over_two_axes
func.func @keeps_sums_over_two_axes(%x: tensor<4x8xf32>, %scale: tensor<8xf32>) -> tensor<4x8xf32> attributes {dist.local} {
  // CHECK-NEXT: dist.all_reduce
  // CHECK-NEXT: llm.layer_norm
  %0 = dist.all_reduce %x sum over ["dp", "tp"] : tensor<4x8xf32>
  %1 = llm.layer_norm %0, %scale epsilon 1.0e-5 : tensor<4x8xf32>, tensor<8xf32>
  return %1 : tensor<4x8xf32>
}

// -----

// A step of a language model has few tokens.
dist.mesh @mesh <"tp" = 2>
llm.size @tokens range(1, 512) divisor 1
llm.state @cache : tensor<4x8xf16>
// CHECK-LABEL: @keeps_steps_with_state
func.func @keeps_steps_with_state(%x: tensor<?x8xf32> {llm.sizes = #llm.sizes<[tokens, 8]>}, %scale: tensor<8xf32>) -> tensor<?x8xf32> attributes {dist.local} {
  // CHECK-NEXT: dist.all_reduce
  // CHECK-NEXT: llm.rms_norm
  %0 = dist.all_reduce %x sum over ["tp"] : tensor<?x8xf32>
  %1 = llm.rms_norm %0, %scale epsilon 1.0e-5 : tensor<?x8xf32>, tensor<8xf32>
  return %1 : tensor<?x8xf32>
}
