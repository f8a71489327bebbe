//===- Options.td - The command line of llm-compile --------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "tools/common/Options.td"

def output : JoinedOrSeparate<["-"], "o">, MetaVarName<"DIR.weft">,
    HelpText<"The artifact to write; one that exists is replaced">;
defm target : Assigned<"target", "TARGET", "The kind of device: cpu (default) or cuda">;
defm arch : Assigned<"arch", "ARCH",
    "CPU: host (default), x86-64, x86-64-v3 (AVX2) or x86-64-v4 (AVX-512), perhaps with features: x86-64-v3+avxvnni, x86-64-v4+avx512vnni+amx-bf16. CUDA: sm_80 (default), or several: sm_80,sm_90">;
defm cubin : Assigned<"cubin", "CHOICE",
    "CUDA: assemble for each arch too: auto (default, where ptxas is installed), none (the driver compiles the PTX) or require">;
defm gemm : Assigned<"gemm", "CHOICE",
    "CUDA: what multiplies matrices where nothing is fused with it: cublas (default; cuBLASLt where it is installed, else generated kernels) or generated">;
defm precision : Assigned<"precision", "TYPE",
    "What weights are held in: keep (default, as the model does), f32, bf16 or f16">;
defm activations : Assigned<"activations", "TYPE",
    "What products with quantized weights round their inputs to: int8 (fast, the default on CPUs) or f32 (exact, the default on GPUs)">;
defm context : Assigned<"context", "TOKENS",
    "Greatest length of a sequence (default: what the model was made for)">;
defm max_sequences : Assigned<"max-sequences", "N",
    "Sequences that one step can continue (default 8)">;
defm max_tokens : Assigned<"max-tokens", "N",
    "Tokens that one step takes, of all sequences; longer prompts take several (default 256, on GPUs 512)">;
defm kv_type : Assigned<"kv-type", "TYPE",
    "What the cache of keys and values is held in: f16 (default), f32 or q8_0">;
defm mesh : Assigned<"mesh", "AXIS=N,...",
    "Split the model over devices: tp=2 splits layers, dp=2 the batch, dp=2,tp=2 both">;
defm shard : Assigned<"shard", "PATTERN=AXIS:DIM,...",
    "Split these weights' dimension over an axis of the mesh, instead of tp's choice">;
defm report : Assigned<"report", "FILE.html",
    "A page that says how the model was split and why; the same in FILE.json">;
defm memory_budget : Assigned<"memory-budget", "SIZE",
    "Bytes of weights in memory at once (default 2GiB)">;

def verify : Flag<["--"], "verify">,
    HelpText<"Run the program before and after each pass and compare">;
def verify_EQ : Joined<["--"], "verify=">, MetaVarName<"TOLERANCE">, HelpText<
    "Like --verify, where |difference| <= TOLERANCE * (1 + |expected|) (default 1e-5)">;
def plan_only : Flag<["--"], "plan-only">,
    HelpText<"Print launches, buffers and work; read no weights, write nothing">;
defm stop_after : Assigned<"stop-after", "PHASE",
    "Print the IR after import, simplify, precision, partition, fuse, schedule or codegen">;
defm save_phases : Assigned<"save-phases", "DIR",
    "Write the IR after each phase to DIR/1-import.mlir, ...">;
