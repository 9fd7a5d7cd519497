#!/bin/sh
# fuzz.sh GAMEKIT: gamekit fuzz finds nothing wrong with a new game, and finds each of these faults,
# names its callback, and records it so that it is seen again.
set -eu
gamekit=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$gamekit" new catch >/dev/null

# promise STATUS WORDS COMMAND...
promise() {
    wanted=$1 words=$2
    shift 2
    status=0
    "$@" >output 2>&1 || status=$?
    grep -q -- "$words" output && [ "$status" = "$wanted" ] && return
    echo "status $status instead of $wanted, or not \"$words\": $*"
    tail -n 60 output
    exit 1
}

# fault CALLBACK WORDS LINE AFTER: the game with LINE behind the line that matches AFTER.
fault() {
    cp catch/catch.c sound.c
    sed -i "/$4/a $3" catch/catch.c
    promise 1 "callback=$1\$" "$gamekit" fuzz catch --seconds 60 --seed 3
    grep -q "$2" output || { echo "not \"$2\": $3" && cat output && exit 1; }
    where=$(grep -E '^(match|tick)=' output)
    file=$(sed -n 's/.*--replay //p' output)
    promise 1 "callback=$1\$" "$gamekit" fuzz catch --seconds 60 --seed 3
    [ "$where" = "$(grep -E '^(match|tick)=' output)" ] || { echo "seed 3 found another one" && exit 1; }
    if [ "$2" != "does not return" ]; then
        status=0
        "$gamekit" fuzz catch --replay "$file" >output 2>&1 || status=$?
        [ "$status" != 0 ] && grep -q "$2" output || {
            echo "the replay of \"$2\" ends with $status"
            cat output
            exit 1
        }
    fi
    cp sound.c catch/catch.c
}

promise 0 '^findings=0$' "$gamekit" fuzz catch --seconds 3
grep -Eq '^matches=[1-9]' output && grep -Eq '^ticks=[1-9]' output
promise 2 'fuzz takes the folder' "$gamekit" fuzz catch --seconds soon
promise 1 'is no folder of a game' "$gamekit" fuzz "$work"

step='state->ticks_left--;'
fault input AddressSanitizer 'if (count == 3) ret_input[0] = bytes[count];' 'int8_t dx = gk_read'
fault tick AddressSanitizer \
    'if (state->players[0].score == 3) ((volatile struct player *)state->players)[4000].dx = 1;' "$step"
fault tick 'signed integer overflow' \
    '{ volatile int32_t sum = 2147483647; sum += state->players[0].score; }' "$step"
fault tick 'two answers' '{ int16_t x[40]; __asm__ volatile("" : : "r"(x) : "memory"); state->players[0].score = x[7] \& 1; }' "$step"
divides='{ volatile int none = 0; if (state->players[0].score == 2) none = 100 / none; }'
fault tick 'division by zero' "$divides" "$step"
cp catch/catch.c sound.c
sed -i "/$step/a $divides" catch/catch.c
promise 1 'In tick [1-9][0-9]*, tick died: Floating point exception. To stand there: .* --gdb [1-9]' \
    "$gamekit" replay "$file" catch
cp sound.c catch/catch.c
fault check 'invariant broken' 'if (state->players[0].score == 2) state->players[0].x = 0;' \
    'take_inputs(state, inputs);'
fault tick 'does not return' 'for (volatile int on = 1; on \&\& state->players[0].score == 2;) ;' "$step"
