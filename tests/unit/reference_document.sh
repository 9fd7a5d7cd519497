#!/bin/sh
# Every name of gamekit's headers stands in docs/games/reference.md, each field of the ABI in the
# chapter of its struct, and the page names nothing that is not there.
set -eu
cd "$(dirname "$0")/../.."
page=docs/games/reference.md
headers=sdk/include/gamekit
wrong=0
complain() {
    echo "$1"
    wrong=1
}

in_headers=$(
    {
        sed -nE 's/^#define +(GK_[A-Z0-9_]+).*/\1/p' $headers/*.h
        sed -nE 's/^(struct|union) (gk_[a-z0-9_]+) \{.*/\2/p' $headers/*.h
        sed -nE 's/^static inline [^(]*[ *](gk_[a-z0-9_]+)\(.*/\1/p' $headers/*.h
        sed -nE 's/^GK_MEMORY [^(]*[ *](mem[a-z]+)\(.*/\1/p' $headers/memory.h
        sed -nE 's/^#define GK_SYMBOL +"(.*)"/\1/p' $headers/game.h
    } | sort -u
)
# Inside of `...` only; "gk_name(arguments)" counts as gk_name.
in_page=$(grep -o '`[^`]*`' $page | grep -oE '(GK|gk)_[A-Za-z0-9_]+|mem(cpy|move|set|cmp)' | sort -u)
[ "$(echo "$in_headers" | wc -l)" -ge 150 ] || complain "the headers are not understood any more"
for name in $in_headers; do
    echo "$in_page" | grep -qx "$name" || complain "$page does not name $name"
done
for name in $in_page; do
    echo "$in_headers" | grep -qx "$name" || complain "$page names $name, which no header has"
done

# chapter STRUCT: its text in the page.
chapter() {
    awk -v head="## \`struct $1\`" '/^## / {inside = $0 == head} inside' $page
}
fields=$(sed -nE 's/^GK_AT\((gk_[a-z]+), [^,]*, [^,]*, (.*)\)$/\1 \2/p' $headers/layout.h |
    sed -E 's/ players\[[01]\]\.?/ /')
[ "$(echo "$fields" | wc -l)" -ge 60 ] || complain "layout.h is not understood any more"
while read -r type field; do
    [ -z "$field" ] || chapter "$type" | grep -q "\`$field\`" ||
        complain "$page does not name the field $field of struct $type"
done <<END
$fields
END
exit $wrong
