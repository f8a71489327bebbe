# Shared by the scripts; sourced, not run.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
BUILD=$ROOT/build/release
BIN=$BUILD/bin
PYTHON=$ROOT/.venv/bin/python
CACHE=${WEFT_CACHE:-$HOME/.cache/weft}
# A compiler on MLIR's headers takes half a gigabyte: more jobs than cores swap.
JOBS=${WEFT_JOBS:-$(nproc)}

fail() { # one sentence
  echo "error: $*" >&2
  exit 1
}

# Prints the comment at the head of the running script.
usage() {
  sed -n '2,/^# SPDX/{/^# SPDX/d;s/^# \{0,1\}//p}' "$0"
}

# Runs a command with its output in a log; shows the log's end if it fails.
logged() { # name, command...
  local name=$1 log=$ROOT/build/logs/$1.log
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    fail "$name failed; the whole log is $log"
  }
}
