#!/bin/sh
# build.sh OUT: builds the frozen Pong from the frozen headers beside this file, as x86-64/game.so was
# built (gcc 12.2, Debian 12). Only to look at what it is: x86-64/game.so itself is never replaced.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
gcc -std=c17 -O2 -ffreestanding -fvisibility=hidden -ffp-contract=off -fPIC -fno-stack-protector \
    -fno-asynchronous-unwind-tables -Wall -Wextra -Wpedantic -I "$here/include" \
    "$here/pong/pong.c" "$here/pong/bot.c" -shared -nostdlib -nostartfiles \
    -Wl,-z,defs,-z,now,-z,relro -Wl,-z,noexecstack -Wl,--build-id=none -Wl,--strip-all -o "$1"
