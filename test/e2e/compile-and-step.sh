#!/bin/sh
# Compiles a tiny decoder and compares it with the logits beside it.
# compile-and-step.sh BIN DECODER_ACCURACY MODEL REFERENCE.safetensors DIR.weft [OPTION...]
# Options are llm-compile's. GPUS in the environment says on how many to run,
# TOLERANCE how far logits may be off.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
set -eu
bin=$1 accuracy=$2 model=$3 reference=$4 artifact=$5
shift 5
rm -rf "$artifact"
"$bin/llm-compile" "$model" -o "$artifact" --kv-type=f32 --max-sequences=4 --max-tokens=192 "$@"
"$accuracy" "$artifact" "$reference" "${TOLERANCE:-1e-4}" ${GPUS:-}
