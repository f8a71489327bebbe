// RUN: llm-opt %S/ops.mlir > %t.text
// RUN: llm-opt %S/ops.mlir --emit-bytecode | llm-opt | diff %t.text -
// RUN: llm-opt %S/ops.mlir --emit-bytecode -o %t.mlirbc
// RUN: head -c 700 %t.mlirbc > %t.cut
// RUN: not llm-opt %t.cut 2>&1 | FileCheck %s

// A file that was cut short is refused.

// CHECK: error:
