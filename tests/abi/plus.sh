#!/bin/sh
# plus.sh INCLUDE PLAY_IMAGE OUT: fails unless a game in C++17 compiles without a warning, is one that
# a host accepts, and plays the same match whoever compiled it. Exit 77 (skipped) when no C++
# compiler is installed.
set -u
include=$1
play=$2
out=$3
here=$(cd "$(dirname "$0")" && pwd)
first=
wrong=0
mkdir -p "$out"
for compiler in g++ clang++; do
    command -v $compiler >/dev/null || {
        echo "NOT TRIED: $compiler is not installed"
        continue
    }
    $compiler -std=c++17 -O2 -Wall -Wextra -Wpedantic -Werror -ffreestanding -fvisibility=hidden \
        -ffp-contract=off -fPIC -fno-exceptions -fno-rtti -fno-stack-protector \
        -fno-asynchronous-unwind-tables -I "$include" "$here/plus.cc" -shared -nostdlib \
        -nostartfiles -Wl,-z,defs,-z,now,-z,relro -Wl,-z,noexecstack -Wl,--build-id=none \
        -o "$out/$compiler.so" && played=$("$play" "$out/$compiler.so" 10000) || {
        wrong=1
        continue
    }
    echo "$compiler: $played"
    [ -z "$first" ] || [ "$first" = "$played" ] || wrong=1
    first=$played
done
[ "$wrong" = 0 ] || exit 1
[ -n "$first" ] || exit 77
