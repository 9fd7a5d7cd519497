#!/bin/sh
# frozen.sh FROZEN TODAY OUT: fails when a field, a callback or a constant of the header in the
# folder FROZEN is another one in TODAY: another place, length, type or value, or gone. As long as
# both are of the same minor nothing may be new either. A later minor may take from `reserved`, and
# put fields behind those of the structs that say their size. Knows nothing of gamekit/layout.h.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
frozen=$1
today=$2
out=$3
mkdir -p "$out"

# describe INCLUDE: a line for each field and constant of its gamekit/game.h.
describe() {
    echo '#include <gamekit/game.h>' >"$out/header.c"
    cc -std=c17 -E -P -I "$1" "$out/header.c" | awk -f "$here/layout.awk" >"$out/layout.c"
    cc -std=c17 -I "$1" "$out/layout.c" -o "$out/layout" && "$out/layout"
    # Values, not the macros with arguments or of the header's own making: those are compiled into a
    # game and break none.
    cc -std=c17 -E -dM -I "$1" "$out/header.c" | grep -E '^#define GK_[A-Z_]+ [^ ]' |
        grep -vE '^#define GK_(ABI_MINOR|STATIC_ASSERT|DATA|DATA_END) ' | sort
}
minor() {
    sed -n 's/^#define GK_ABI_MINOR *//p' "$1/gamekit/game.h"
}

# differ FROZEN TODAY: prints what is not as it was; false when nothing is.
differ() {
    describe "$1" >"$out/was"
    describe "$2" >"$out/is"
    if [ "$(minor "$1")" = "$(minor "$2")" ]; then
        ! diff "$out/was" "$out/is"
    else
        grep -vE '^gk_[a-z]+\.reserved |^gk_(manifest|host|game|note) ends |^gk_note.manifest ' \
            "$out/was" | grep -vxFf "$out/is"
    fi
}

[ "$(describe "$frozen" | wc -l)" -ge 80 ] || {
    echo "the header is not understood any more: see layout.awk"
    exit 1
}
if differ "$frozen" "$today"; then
    echo "gamekit/game.h is not what was frozen: a plugin built with it would break"
    exit 1
fi

# And it would have been seen: each of these is a change that compiles.
while read -r change; do
    rm -rf "$out/changed"
    mkdir -p "$out/changed/gamekit"
    sed "$change" "$today/gamekit/game.h" >"$out/changed/gamekit/game.h"
    : >"$out/changed/gamekit/layout.h"
    if cmp -s "$today/gamekit/game.h" "$out/changed/gamekit/game.h" ||
        ! differ "$frozen" "$out/changed" >"$out/seen"; then
        echo "a changed header passes: $change"
        exit 1
    fi
done <<'END'
s/uint32_t state_schema_oldest;/uint64_t state_schema_oldest;/
s/uint32_t mode; /uint32_t kind; /
s/int32_t score;/uint32_t score;/
s/uint32_t slot, uint32_t reason);/uint32_t reason, uint32_t slot);/
s/#define GK_LEAVE_LEFT  *2u/#define GK_LEAVE_LEFT 3u/
s/#define GK_OUTCOME_DRAW.*//
END
