// RUN: llm-opt %s --llm-pack-linear-weights=panel=0 --verify-diagnostics

// expected-error @below {{panel is 0 but must be at least 1}}
module {}
