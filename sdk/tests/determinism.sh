#!/bin/bash
# determinism.sh GAMEKIT NODE OUT GAME_JSON "NATIVE FLAGS" "WASM FLAGS" SOURCES...: fails unless the
# rules are the same function for gcc -O0, gcc -O2, clang -O2 and as WebAssembly: the same recorded
# matches (bots and random input, every mode, the options at their ends) give the same state after
# every tick. Exit 77 (skipped) where clang, lld or node is not here.
set -eu
gamekit=$1 node=$2 out=$3 about=$4 native=$5 wasm=$6
shift 6
for tool in clang wasm-ld "$node"; do
    command -v "$tool" >/dev/null || {
        echo "skipped: $tool is not installed"
        exit 77
    }
done
rm -rf "$out"

# build NAME COMPILER FLAGS...: OUT/NAME/game.so
build() {
    local folder=$out/$1 compiler=$2
    shift 2
    mkdir -p "$folder"
    cp "$about" "$folder/game.json"
    "$compiler" -shared $native "$@" -o "$folder/game.so"
}
build gcc-O0 gcc "$@" -O0
build gcc-O2 gcc "$@" -O2
build clang-O2 clang "$@" -O2
clang $wasm "$@" -o "$out/game.wasm"

"$gamekit" bench "$out/gcc-O2" --record "$out/matches" >"$out/bench"
wrong=0
total=0
for build in gcc-O0 gcc-O2 clang-O2; do
    hashes=0
    for match in "$out"/matches/*.replay; do
        "$gamekit" replay "$match" "$out/$build" >"$out/replay" || {
            echo "$build: $match is another match"
            wrong=1
        }
        hashes=$((hashes + $(sed -n 's/^hashes=//p' "$out/replay")))
    done
    echo "$build: hashes=$hashes"
    total=$((total + hashes))
done
echo -n "wasm32: "
"$node" "$(dirname "$0")/rerun.mjs" "$out/game.wasm" "$out"/matches/*.replay || wrong=1
[ "$total" -gt 0 ] || wrong=1
exit $wrong
