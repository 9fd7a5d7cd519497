#!/bin/sh
# portable.sh OUT NATIVE_FLAGS WASM_FLAGS SOURCES...: fails unless the rules compile with clang, and
# link as WebAssembly without an import. The flags are those of cmake/gamekit_game.cmake, each list
# one argument. Exit 77 (skipped) when clang or lld is absent.
set -eu
out=$1 native=$2 wasm=$3
shift 3
for tool in clang wasm-ld; do
    command -v $tool >/dev/null || {
        echo "skipped: $tool is not installed"
        exit 77
    }
done
mkdir -p "$out"
# shellcheck disable=SC2086 # lists of flags
clang $native -shared -fuse-ld=lld "$@" -o "$out/game.so"
# shellcheck disable=SC2086
clang $wasm "$@" -o "$out/game.wasm"
echo "game.wasm: $(wc -c <"$out/game.wasm") bytes"
