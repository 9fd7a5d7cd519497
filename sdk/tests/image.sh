#!/bin/sh
# image.sh GAME.so: fails unless the image is what a host accepts. It reads the file with readelf
# and nm and runs nothing of it. One line for each thing that is wrong.
set -u
image=$1
wrong=0
refuse() {
    echo "$image: $1"
    wrong=1
}
sections=$(readelf --wide --section-headers "$image") || exit 1
dynamic=$(readelf --wide --dynamic "$image")
exported=$(nm -D --defined-only "$image" | awk '{print $3}')
undefined=$(nm -D --undefined-only "$image")

# section NAME: its size in hexadecimal, or nothing.
section_size() {
    echo "$sections" | sed 's/^ *\[ *[0-9]*\] *//' | awk -v name="$1" '$1 == name {print $5}'
}

echo "$dynamic" | grep -q NEEDED && refuse "it needs a library"
echo "$dynamic" | grep -Eq 'INIT|FINI' && refuse "it runs code when it is loaded or unloaded"
echo "$dynamic" | grep -Eq 'TEXTREL' && refuse "its code would be changed while it is loaded"
[ -z "$undefined" ] || refuse "it has undefined symbols: $undefined"
[ "$exported" = gk_game_v1 ] || refuse "it exports more or less than gk_game_v1: $exported"
for name in .data .bss .tdata .tbss .init_array .fini_array .ctors .dtors; do
    size=$(section_size "$name")
    case $size in
    '' | *[!0]*) [ -z "$size" ] || refuse "it has $name, 0x$size bytes" ;;
    esac
done
[ -n "$(section_size .note.gamekit)" ] || refuse "it has no manifest (.note.gamekit)"
stack=$(readelf --wide --program-headers "$image" | grep GNU_STACK)
[ "${stack#*RWE}" = "$stack" ] || refuse "its stack is executable"
exit $wrong
