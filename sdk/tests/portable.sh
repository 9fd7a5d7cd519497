#!/bin/sh
# portable.sh INCLUDE OUT SOURCES...: fails unless the rules compile with clang, and link as
# WebAssembly without an import. Exit 77 (skipped) when clang or lld is absent.
set -eu
include=$1
out=$2
shift 2
for tool in clang wasm-ld; do
    command -v $tool >/dev/null || {
        echo "skipped: $tool is not installed"
        exit 77
    }
done
mkdir -p "$out"
flags="-std=c17 -O2 -Wall -Wextra -Wpedantic -Werror -ffreestanding -fvisibility=hidden
       -ffp-contract=off -nostdlib"
clang $flags -I "$include" -fPIC -shared -fuse-ld=lld -Wl,-z,defs "$@" -o "$out/game.so"
# A WebAssembly module has no ELF notes: the manifest becomes plain data.
clang --target=wasm32 $flags -I "$include" -mbulk-memory -Wl,--no-entry -Wl,--strip-all \
    -Wl,--export=gk_game_v1 -Wl,--export-table "$@" -o "$out/game.wasm"
echo "game.wasm: $(wc -c <"$out/game.wasm") bytes"
