#!/bin/sh
# headers.sh INCLUDE: fails unless each header of the SDK stands alone, without a warning and
# without a hole in a struct, as C11, C17, C++17 and for WebAssembly. Skips a compiler that is not
# installed, and says so.
set -u
include=$1
wrong=0
tried=0
strict="-ffreestanding -Wall -Wextra -Wpedantic -Wpadded -Werror -fsyntax-only"

# asking HEADER: a source that includes it and asks for the size of each struct that it defines: clang
# lays out a struct, and so speaks of its holes, only when somebody asks.
asking() {
    echo "#include <gamekit/$(basename "$1")>"
    sed -n 's/^struct \([a-z_]*\) {.*/GK_STATIC_ASSERT(sizeof(struct \1) != 0, "asked");/p' "$1"
}

try() {
    compiler=$1
    shift
    command -v "$compiler" >/dev/null || {
        echo "$compiler is not installed: not tried with $*"
        return
    }
    for header in "$include"/gamekit/*.h; do
        tried=$((tried + 1))
        asking "$header" | "$compiler" "$@" $strict -I "$include" - || wrong=1
    done
    hole='struct holed { char first; int second; }; extern char asked[sizeof(struct holed)];'
    if echo "$hole" | "$compiler" "$@" $strict - 2>/dev/null; then
        echo "$compiler $*: it does not speak of a hole, so this test means nothing"
        wrong=1
    fi
}
try gcc -std=c11 -x c
try gcc -std=c17 -x c
try g++ -std=c++17 -x c++
try clang -std=c11 -x c
try clang -std=c17 -x c
try clang++ -std=c++17 -x c++
try clang --target=wasm32 -std=c17 -x c
[ "$tried" != 0 ] || wrong=1
exit $wrong
