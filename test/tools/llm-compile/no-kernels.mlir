// A program that only copies has an artifact like any other, but for its code.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: llm-compile %s -o a.weft | FileCheck %s --check-prefix=SUMMARY
// RUN: python3 %S/Inputs/write-npy.py x.npy 3 4
// RUN: python3 %S/Inputs/write-npy.py flat.npy 12
// RUN: llm-run a.weft --input x=x.npy --expect same=x.npy --expect flat=flat.npy

// RUN: not ls a.weft/stage0.so
// SUMMARY: a.weft: 0 kernels, 0 launches, 0 weights of 0.0 MiB

// RUN: echo "module {}" > empty.mlir
// RUN: not llm-compile empty.mlir -o b.weft 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: {{^}}error: {{.*}}the module has no public function, so there is nothing to run{{$}}

llm.size @n range(1, 64) divisor 1
func.func @main(%x: tensor<?x4xf32> {llm.name = "x", llm.sizes = #llm.sizes<[n, 4]>}) -> (tensor<?x4xf32> {llm.name = "same"}, tensor<?xf32> {llm.name = "flat"}) {
  %0 = llm.reshape %x to [4*n] : tensor<?x4xf32> -> tensor<?xf32>
  return %x, %0 : tensor<?x4xf32>, tensor<?xf32>
}
