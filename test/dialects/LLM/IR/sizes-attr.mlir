// RUN: llm-opt %s --allow-unregistered-dialect | FileCheck %s
// RUN: llm-opt %s --allow-unregistered-dialect | llm-opt --allow-unregistered-dialect | FileCheck %s

// Sizes are kept in normal form, so that equal sizes print alike.

// CHECK-LABEL: @forms
// CHECK-SAME: #llm.sizes<[batch, 2*sequence, 384]>
func.func @forms(%x: tensor<?x?x384xf32> {llm.sizes = #llm.sizes<[batch, 2 * sequence, 384]>}) {
  // CHECK: "scalar"() {sizes = #llm.sizes<[]>}
  "scalar"() {sizes = #llm.sizes<[]>} : () -> ()
  // CHECK: "sums"() {sizes = #llm.sizes<[a + b, a + b, 0, -a + 3, 2*a]>}
  "sums"() {sizes = #llm.sizes<[a + b, b + a, a - a, 3 - a, a -(-a)]>} : () -> ()
  // CHECK: "products"() {sizes = #llm.sizes<[a*b + 2*a, 6]>}
  "products"() {sizes = #llm.sizes<[a * (b + 2), 2 * 3]>} : () -> ()
  // CHECK: "functions"() {sizes = #llm.sizes<[ceildiv(a, 16), floordiv(a, 16), mod(a, 16), min(a, b), max(a, b), coord("tp")]>}
  "functions"() {sizes = #llm.sizes<[ceildiv(a, 16), floordiv(a, 16), mod(a, 16), min(b, a), max(a, b), coord("tp")]>} : () -> ()
  // CHECK: "constants"() {sizes = #llm.sizes<[2, 1, 7, 4, 9223372036854775807]>}
  "constants"() {sizes = #llm.sizes<[ceildiv(17, 16), mod(17, 16), max(3, 7), min(4, 0x10), 9223372036854775807]>} : () -> ()
  // Names may look like types and keywords of MLIR.
  // CHECK: "names"() {sizes = #llm.sizes<[_past.0 + f32 + func + tensor]>}
  "names"() {sizes = #llm.sizes<[f32 + tensor + _past.0 + func]>} : () -> ()
  return
}
