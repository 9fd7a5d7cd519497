#!/bin/sh
# author.sh GAMEKIT [PREFIX]: what an author does, and does wrong, in a folder of its own. With the
# PREFIX of an installation also what is done without the tool: CMake and pkg-config by hand. One
# line for each promise that is broken.
set -u
gamekit=$1
prefix=${2:-}
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
wrong=0

# promise STATUS WORDS COMMAND...: it ends with this status, and says these words.
promise() {
    status=$1 words=$2
    shift 2
    "$@" >out 2>&1
    got=$?
    if [ "$got" != "$status" ] || { [ -n "$words" ] && ! grep -qF -e "$words" out; }; then
        echo "broken: \"$*\" ended with $got (promised $status, and \"$words\"):"
        cat out
        wrong=$((wrong + 1))
    fi
}

promise 0 "gamekit new" "$gamekit" help
promise 0 "ABI 1." "$gamekit"
promise 0 "begin with tutorial.md" "$gamekit" help
promise 0 "gamekit play   [FOLDER]" "$gamekit" play --help
promise 0 "gamekit new    NAME" "$gamekit" new help
promise 2 "there is no command" "$gamekit" nonsense
promise 2 "takes the name" "$gamekit" new
promise 2 "small letters" "$gamekit" new Star
promise 2 "small letters" "$gamekit" new ../star
promise 2 "at most 31" "$gamekit" new a123456789012345678901234567890z
promise 1 "no folder of a game" "$gamekit" build
promise 1 "bundle_missing_file" "$gamekit" check
promise 2 "No such file" "$gamekit" check nowhere

# From a name to a tested game.
promise 0 "cd star-catch" "$gamekit" new star-catch
promise 2 "is here already" "$gamekit" new star-catch
if grep -rni template star-catch; then
    echo "broken: the template's own name is left in the new game"
    wrong=$((wrong + 1))
fi
promise 0 "plugins.d/star-catch" "$gamekit" build star-catch
promise 0 'star-catch 0.1.0, "Star catch": a platform takes it.' "$gamekit" check star-catch
promise 0 "seconds: 30-180" "$gamekit" check star-catch/build/plugins.d/star-catch
promise 0 "sha256" "$gamekit" check star-catch/build/plugins.d/star-catch
promise 0 "nothing of it was run" "$gamekit" check star-catch/build/plugins.d/star-catch/game.so
promise 0 "" cmake --build star-catch/build
promise 0 "100% tests passed" ctest --test-dir star-catch/build
if command -v clang >/dev/null && command -v wasm-ld >/dev/null; then
    promise 0 "" test -s star-catch/build/plugins.d/star-catch/game.wasm
    promise 0 "game.wasm  " "$gamekit" check star-catch/build/plugins.d/star-catch
fi
# What is saved while it is copied is copied again: the stamp is no younger than what it stands for.
promise 1 "" sh -c 'find star-catch/build/bundle.stamp -newer star-catch/build/plugins.d/star-catch/game.json | grep .'
promise 0 "b/b.c" "$gamekit" new b
promise 0 "plugins.d/b" "$gamekit" build b

# Built from several places at once, as beside `gamekit play`.
rm -rf b/build
for _ in 1 2 3 4; do
    "$gamekit" build b >>together 2>&1 || echo "broken: one of four builds at once" >>together &
done
wait
promise 1 "" grep broken together

# The playground has all it needs, and ends when it is told to.
promise 0 "http://127.0.0.1:" timeout --preserve-status -s INT 3 "$gamekit" play b --no-browser
promise 1 "no folder of a game" "$gamekit" play nowhere

# What the author gets wrong is told in words.
cp -r star-catch broken
sed -i 's/gk_presence_age(/gk_presence_ages(/' broken/star-catch.c
promise 1 "error: implicit declaration" "$gamekit" build broken
sed -i 's/gk_presence_ages(/gk_presence_age(/' broken/star-catch.c
sed -i 's/state->ticks_left--/state->tick_left--/' broken/star-catch.c
promise 1 "star-catch.c:" "$gamekit" build broken
promise 1 "tick_left" "$gamekit" check broken
sed -i 's/state->tick_left--/static int steps; steps++/' broken/star-catch.c
promise 1 "image_statics" "$gamekit" check broken
promise 1 "refused.md:" "$gamekit" check broken
mkdir empty && : >empty/CMakeLists.txt && cp -r star-catch/game.json star-catch/client empty
promise 1 "CMakeLists.txt adds no game" "$gamekit" build empty
head -c 3000 star-catch/build/plugins.d/star-catch/game.so >cut.so
promise 1 "image_truncated" "$gamekit" check cut.so
cp -r star-catch/build/plugins.d/star-catch other-name
promise 1 "image_id" "$gamekit" check other-name
# bundle_without SCRIPT: the bundle again, in place, with a game.json that sed has changed.
bundle_without() {
    rm -rf spoiled && mkdir spoiled && cp -r star-catch/build/plugins.d/star-catch spoiled
    sed -i "$1" spoiled/star-catch/game.json
}
bundle_without 's/"icon"/"picture"/'
promise 1 "is refused: game_json" "$gamekit" check spoiled/star-catch
bundle_without 's/icon.svg/no-icon.svg/'
promise 1 "there is no file client/no-icon.svg" "$gamekit" check spoiled/star-catch
bundle_without '/"options"/,$c "options": []}'
promise 1 "is refused: game_json_options" "$gamekit" check spoiled/star-catch
bundle_without ''
head -c 100 star-catch/build/plugins.d/star-catch/game.so >spoiled/star-catch/game.wasm
promise 1 "is refused: wasm_format" "$gamekit" check spoiled/star-catch
rm spoiled/star-catch/game.wasm
promise 0 "no playback of replays" "$gamekit" check spoiled/star-catch
mkfifo pipe
promise 2 "no plain file" "$gamekit" check pipe

# What the machine lacks, too.
mkdir bin
promise 3 "There is no cmake" env PATH="$work/bin" "$gamekit" build star-catch
ln -s "$(command -v cmake)" bin/cmake
promise 3 "neither ninja nor make" env PATH="$work/bin" "$gamekit" build star-catch
ln -s "$(command -v make || command -v ninja)" bin/
promise 3 "There is no C compiler" env PATH="$work/bin" "$gamekit" build star-catch
promise 3 "variable CC" env CC=no-such-compiler "$gamekit" build star-catch
if [ "$(id -u)" = 0 ]; then # a wall that this machine lacks is named, and the probe runs
    promise 0 "a platform does: user" setpriv --bounding-set=-setuid,-setgid \
        "$gamekit" check star-catch/build/plugins.d/star-catch
else # root may write everywhere
    mkdir locked && chmod 500 locked
    promise 3 "can be made in this folder" sh -c "cd locked && '$gamekit' new star"
    cp -r star-catch read-only && rm -rf read-only/build && chmod 500 read-only
    promise 3 "cannot be written" "$gamekit" build read-only
fi

# Without the tool.
if [ -n "$prefix" ]; then
    promise 0 "" cmake -S star-catch -B by-hand -DCMAKE_PREFIX_PATH="$prefix"
    promise 0 "" cmake --build by-hand
    promise 0 "a platform takes it" "$gamekit" check by-hand/plugins.d/star-catch
    export PKG_CONFIG_PATH="$prefix/share/pkgconfig"
    # shellcheck disable=SC2046 # lists of flags
    promise 0 "" cc $(pkg-config --cflags gamekit) star-catch/star-catch.c star-catch/bot.c \
        $(pkg-config --libs gamekit) -o by-flags.so
    promise 0 "a platform takes it" "$gamekit" check by-flags.so
fi
[ "$wrong" = 0 ]
