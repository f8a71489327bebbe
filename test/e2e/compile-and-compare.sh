#!/bin/sh
# Compiles a graph twice, to equal bytes, and compares it with onnxruntime.
# compile-and-compare.sh BIN PYTHON GRAPH.onnx DIR.weft TOLERANCE [OPTION...]
# Options are llm-compile's. With a --precision of 16 bits, weights take half of
# what the model's file does. Those of encoder_accuracy.py are in the environment
# as ACCURACY_OPTIONS.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
set -eu
bin=$1 python=$2 graph=$3 artifact=$4 tolerance=$5
shift 5
if [ ! -f "$graph" ]; then
  echo "skipped: there is no $graph; scripts/fetch-models gets it"
  exit 77
fi
rm -rf "$artifact" "$artifact.again"
"$bin/llm-compile" "$graph" -o "$artifact" "$@"
"$bin/llm-compile" "$graph" -o "$artifact.again" "$@"
diff -r "$artifact" "$artifact.again"
rm -r "$artifact.again"
case " $*" in
  *" --precision="*)
    stored=$(cat "$artifact"/weights/*.safetensors | wc -c)
    model=$(wc -c < "$(dirname "$graph")/model.safetensors")
    echo "$stored bytes of weights where the model's file has $model"
    [ $((stored * 100)) -le $((model * 52)) ]
    ;;
esac
"$python" "$(dirname "$0")/encoder_accuracy.py" "$artifact" "$graph" --llm-run "$bin/llm-run" \
  --tolerance "$tolerance" ${ACCURACY_OPTIONS:-}
