// RUN: mkdir -p %t
// RUN: printf '\377\000\000\200\077\000\000\000\300\000\074\000\274\376\377\377\001' > %t/model.bin
// RUN: llm-opt %s --llm-evaluate=weight-directory=%t | FileCheck %s

// The file: a byte of something else, then f32 1 and -2, f16 1 and -1, i16 -2
// and a true.
llm.weight @singles : tensor<2xf32> in "model.bin" at 1
llm.weight @halves : tensor<2xf16> in "model.bin" at 9
llm.weight @shorts : tensor<1xi16> in "model.bin" at 13
llm.weight @unsigned : tensor<1xui16> in "model.bin" at 13
llm.weight @bools : tensor<2xi1> in "model.bin" at 15
llm.weight @flipped : tensor<2xf32> from @reverse(@singles)

func.func private @reverse(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = llm.slice %x offsets [1] sizes [2] strides [-1] : tensor<2xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// CHECK-LABEL: @load
// CHECK-NEXT: dense<[1.000000e+00, -2.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: dense<[1.000000e+00, -1.000000e+00]> : tensor<2xf16>
// CHECK-NEXT: dense<-2> : tensor<1xi16>
// CHECK-NEXT: dense<65534> : tensor<1xui16>
// CHECK-NEXT: dense<true> : tensor<2xi1>
// CHECK-NEXT: dense<[-2.000000e+00, 1.000000e+00]> : tensor<2xf32>
func.func @load() -> (tensor<2xf32>, tensor<2xf16>, tensor<1xi16>, tensor<1xui16>, tensor<2xi1>, tensor<2xf32>) {
  %0 = llm.load_weight @singles : tensor<2xf32>
  %1 = llm.load_weight @halves : tensor<2xf16>
  %2 = llm.load_weight @shorts : tensor<1xi16>
  %3 = llm.load_weight @unsigned : tensor<1xui16>
  %4 = llm.load_weight @bools : tensor<2xi1>
  %5 = llm.load_weight @flipped : tensor<2xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<2xf32>, tensor<2xf16>, tensor<1xi16>, tensor<1xui16>, tensor<2xi1>, tensor<2xf32>
}
