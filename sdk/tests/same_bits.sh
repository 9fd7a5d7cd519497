#!/bin/sh
# same_bits.sh INCLUDE OUT: fails unless the companions give the same bits whoever compiled them,
# however hard it tried, for whichever machine: the hash of same_bits.c is always the one below.
# Exit 77 (skipped) when clang, lld, node or qemu-aarch64 is absent, after the others have been tried.
set -u
include=$1
out=$2
expected=c09d0d0ae0e7a46b
here=$(cd "$(dirname "$0")" && pwd)
wrong=0
missing=
flags="-std=c17 -Wall -Wextra -Werror -ffreestanding -fno-stack-protector -ffp-contract=off
       -I $include"
mkdir -p "$out"

# compare WHO HASH
compare() {
    echo "$2 $1"
    [ "$2" = "$expected" ] || {
        echo "$1: the bits differ, $expected was expected"
        wrong=1
    }
}
has() {
    command -v "$1" >/dev/null || {
        echo "NOT TRIED: $1 is not installed"
        missing="$missing $1"
        return 1
    }
}

for level in -O0 -O1 -O2 -O3 "-O3 -march=native"; do
    gcc $flags $level "$here/same_bits.c" -o "$out/same_bits" && compare "gcc $level" "$("$out/same_bits")" ||
        wrong=1
done
if has clang; then
    for level in -O0 -O2 "-O3 -march=native"; do
        clang $flags $level "$here/same_bits.c" -o "$out/same_bits" &&
            compare "clang $level" "$("$out/same_bits")" || wrong=1
    done
    if has wasm-ld && has node; then
        for level in -O0 -O2; do
            clang --target=wasm32 $flags $level -nostdlib -Wl,--no-entry -Wl,--export=sweep \
                "$here/same_bits.c" -o "$out/same_bits.wasm" || wrong=1
            hash=$(node -e 'const bytes = require("fs").readFileSync(process.argv[1]);
                WebAssembly.instantiate(bytes).then(({ instance }) => console.log(
                    BigInt.asUintN(64, instance.exports.sweep()).toString(16).padStart(16, "0")));' \
                "$out/same_bits.wasm")
            compare "wasm32 $level" "$hash"
        done
    fi
    if has ld.lld && has qemu-aarch64; then
        clang --target=aarch64-linux-gnu $flags -O2 -DWITHOUT_LIBC -nostdlib -static -fuse-ld=lld \
            "$here/same_bits.c" -o "$out/same_bits" &&
            compare "aarch64 -O2" "$(qemu-aarch64 "$out/same_bits")" || wrong=1
    fi
fi
[ "$wrong" = 0 ] || exit 1
[ -z "$missing" ] || exit 77
