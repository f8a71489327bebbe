// On GPUs decoding attention is divided into parts where heads alone are too
// few blocks of threads: that depends on heads, context and arch.
// RUN: sed 's/HEADS/3/g; s/TABLE/128/' %s > %t.few.mlir
// RUN: llm-compile %t.few.mlir --stop-after=fuse --target=cuda | FileCheck %s --check-prefix=FEW
// RUN: llm-compile %t.few.mlir --stop-after=fuse | FileCheck %s --check-prefix=WHOLE
// RUN: sed 's/HEADS/8/g; s/TABLE/2048/' %s > %t.long.mlir
// RUN: llm-compile %t.long.mlir --stop-after=fuse --target=cuda | FileCheck %s --check-prefix=LONG
// RUN: sed 's/HEADS/3/g; s/TABLE/4/' %s > %t.short.mlir
// RUN: llm-compile %t.short.mlir --stop-after=fuse --target=cuda | FileCheck %s --check-prefix=WHOLE
// RUN: sed 's/HEADS/108/g; s/TABLE/128/' %s > %t.many.mlir
// RUN: llm-compile %t.many.mlir --stop-after=fuse --target=cuda --arch=sm_80,sm_90 | FileCheck %s --check-prefix=WHOLE
// RUN: llm-compile %t.many.mlir --stop-after=fuse --target=cuda --arch=sm_90 | FileCheck %s --check-prefix=LONG

// FEW:  llm.paged_attention_parts {{.*}} span 256
// FEW:  llm.merge_attention
// LONG: llm.paged_attention_parts {{.*}} span 512
// WHOLE-NOT: llm.merge_attention
// WHOLE: llm.paged_attention %
// WHOLE-NOT: llm.merge_attention

llm.size @tokens range(1, 512) divisor 1
llm.size @sequences range(1, 8) divisor 1
llm.size @table range(1, TABLE) divisor 1
llm.state @keys : tensor<1024xHEADSx64x64xf16>
llm.state @values : tensor<1024xHEADSx64x64xf16>
func.func @step(%query: tensor<?xHEADSx64xf32> {llm.sizes = #llm.sizes<[tokens, HEADS, 64]>},
    %positions: tensor<?xi32> {llm.sizes = #llm.sizes<[tokens]>},
    %starts: tensor<?xi32> {llm.sizes = #llm.sizes<[sequences + 1]>},
    %lengths: tensor<?xi32> {llm.sizes = #llm.sizes<[sequences]>},
    %blocks: tensor<?x?xi32> {llm.sizes = #llm.sizes<[sequences, table]>}) -> tensor<?xHEADSx64xf32> {
  %keys = llm.load_state @keys : tensor<1024xHEADSx64x64xf16>
  %values = llm.load_state @values : tensor<1024xHEADSx64x64xf16>
  %0 = llm.paged_attention %query, %keys, %values positions %positions sequences %starts lengths %lengths blocks %blocks scale 0.125 : tensor<?xHEADSx64xf32>, tensor<1024xHEADSx64x64xf16>, tensor<1024xHEADSx64x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?xHEADSx64xf32>
  return %0 : tensor<?xHEADSx64xf32>
}
