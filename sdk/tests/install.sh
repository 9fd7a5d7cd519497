#!/bin/sh
# install.sh SOURCE: gamekit by itself. Builds it from sdk/ alone, installs it, moves the installation
# elsewhere, and lets an author work with it (author.sh) where nothing of SOURCE can be seen, as far
# as this machine can hide it.
set -eu
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
launcher=
command -v ccache >/dev/null && launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache
generator="Unix Makefiles"
command -v ninja >/dev/null && generator=Ninja

cmake -S "$source/sdk" -B "$work/build" -G "$generator" $launcher >"$work/log"
cmake --build "$work/build" --target gamekit_tool >>"$work/log" || {
    tail -n 40 "$work/log"
    exit 1
}
cmake --install "$work/build" --component sdk --prefix "$work/first" >>"$work/log"
mv "$work/first" "$work/prefix"
rm -rf "$work/build"
cp "$source/sdk/tests/author.sh" "$work"

if grep -rlF -e "$source" -e "$work/first" "$work/prefix/share" "$work/prefix/include"; then
    echo "these files of the installation know where it was built"
    exit 1
fi
# A link leads to a page that is installed beside it.
for page in "$work"/prefix/share/doc/gamekit/*.md; do
    grep -oE '\]\([^)#:]+' "$page" | cut -c3- | while read -r link; do
        [ -f "$work/prefix/share/doc/gamekit/$link" ] || echo "$(basename "$page") has a link to $link"
    done
done >"$work/links"
if [ -s "$work/links" ]; then
    cat "$work/links"
    exit 1
fi
if find "$work/prefix" -type l | grep .; then
    echo "these files of the installation are links"
    exit 1
fi
set -- "$work/author.sh" "$work/prefix/bin/gamekit" "$work/prefix"
cd /
# shellcheck disable=SC2016 # for the shell inside
if unshare --mount true 2>/dev/null && unshare --mount mount -t tmpfs none "$source" 2>/dev/null; then
    unshare --mount sh -c 'mount -t tmpfs none "$0" && exec "$@"' "$source" "$@"
else
    echo "the sources cannot be hidden here: only the files were searched for them"
    "$@"
fi
