// RUN: llm-opt %s --print-cuda-tiles='arch=sm_80,sm_90' 2>&1 >/dev/null | FileCheck %s
// RUN: not llm-opt %s --print-cuda-tiles='arch=sm_70' 2>&1 | FileCheck %s --check-prefix=ARCH
// ARCH: error: arch 'sm_70' is unknown

// CHECK: :[[@LINE+5]]:{{.*}}remark: sm_80: tiles of 128 x 128, 32 terms in each of 2 stages, 128 threads with 215 registers; 2 blocks together, occupancy 12%; predicted {{[0-9.]+}} us for 512 rows
// CHECK: remark: sm_90: tiles of {{.*}} for 512 rows
func.func @wide(%x: tensor<?x4096xf16> {llm.sizes = #llm.sizes<[s0, 4096]>},
                %w: tensor<16384x4096xf16>)
                -> tensor<?x16384xf16> {
  %y = llm.linear %x, %w : tensor<?x4096xf16>, tensor<16384x4096xf16> -> tensor<?x16384xf16>
  return %y : tensor<?x16384xf16>
}

// CHECK: remark: sm_80: tiles of 64 x 64, {{.*}} for 32 rows
// CHECK: remark: sm_90: tiles of 64 x 64,
func.func @narrow(%x: tensor<32x256xf32>, %w: tensor<64x256xf32>) -> tensor<32x64xf32> {
  %y = llm.linear %x, %w : tensor<32x256xf32>, tensor<64x256xf32> -> tensor<32x64xf32>
  %z = llm.relu %y : tensor<32x64xf32>
  return %z : tensor<32x64xf32>
}

// What is no product has no tile.
// CHECK-NOT: remark
func.func @elements(%x: tensor<32x64xf32>) -> tensor<32x64xf32> {
  %y = llm.relu %x : tensor<32x64xf32>
  return %y : tensor<32x64xf32>
}
