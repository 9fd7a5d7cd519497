#!/bin/sh
# Every code with which a game is refused is explained in docs/games/refused.md, and no other;
# and so are those of a replay file in docs/games/replay.md.
set -eu
cd "$(dirname "$0")/../.."
in_code=$(
    {
        sed -n 's/^ *X([A-Z0-9_]*, *"\([a-z0-9_]*\)").*/\1/p' sdk/host/image.h \
            sdk/host/bundle.h sdk/host/wasm.h
        grep -o 'code = [^;]*;' platform/games/admit.c | grep -o '"[a-z_]*"' | tr -d '"'
        grep -o 'refuse(admission, "[a-z_]*"' sdk/host/admit.c | grep -o '"[a-z_]*"' | tr -d '"'
        sed -n 's/.*\(return\|?\) "\(impure\|probe_[a-z]*\)".*/\2/p' sdk/host/probe_game.c sdk/host/probe_verdict.c
    } | grep -v '^fine$' | sort -u
)
in_document=$(sed -n 's/^| `\([a-z0-9_]*\)` |.*/\1/p' docs/games/refused.md | sort)
same() {
    [ "$1" = "$2" ] && return
    echo "the codes differ: code, document"
    printf '%s\n' "$1" >/tmp/refused_codes.$$
    printf '%s\n' "$2" | diff /tmp/refused_codes.$$ - || true
    rm -f /tmp/refused_codes.$$
    exit 1
}
same "$in_code" "$in_document"
same "$(sed -n 's/^ *X([A-Z]*, *"\(replay_[a-z]*\)").*/\1/p' sdk/host/replay.h | sort)" \
    "$(sed -n 's/^| `\(replay_[a-z]*\)` |.*/\1/p' docs/games/replay.md | sort)"
