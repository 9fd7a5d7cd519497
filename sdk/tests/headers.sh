#!/bin/sh
# headers.sh INCLUDE: fails unless each header of the SDK stands alone, without a warning and
# without a hole in a struct, as C11, C17, C++17 and for WebAssembly. Skips a compiler that is not
# installed, and says so.
set -u
include=$1
wrong=0
tried=0
strict="-ffreestanding -Wall -Wextra -Wpedantic -Wpadded -Werror -fsyntax-only"
try() {
    compiler=$1
    shift
    command -v "$compiler" >/dev/null || {
        echo "$compiler is not installed: not tried with $*"
        return
    }
    for header in "$include"/gamekit/*.h; do
        tried=$((tried + 1))
        echo "#include <gamekit/$(basename "$header")>" |
            "$compiler" "$@" $strict -I "$include" - || wrong=1
    done
}
try gcc -std=c11 -x c
try gcc -std=c17 -x c
try g++ -std=c++17 -x c++
try clang -std=c11 -x c
try clang++ -std=c++17 -x c++
try clang --target=wasm32 -std=c17 -x c
[ "$tried" != 0 ] || wrong=1
exit $wrong
