#!/bin/sh
# replay.sh GAMEKIT GAME OTHER: gamekit bench records matches of the bundle GAME, gamekit replay finds
# them the same, also out of a store, refuses what is broken or of the game OTHER, and stops gdb before
# a tick.
set -eu
gamekit=$1 game=$2 other=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
file=$work/matches/match-0.replay

# expect STATUS WORDS COMMAND...
expect() {
    wanted=$1 words=$2
    shift 2
    status=0
    "$@" >"$work/output" 2>&1 </dev/null || status=$?
    grep -q -- "$words" "$work/output" && [ "$status" = "$wanted" ] && return
    echo "status $status instead of $wanted, or not \"$words\": $*"
    cat "$work/output"
    exit 1
}

expect 0 '^ns_per_tick=[1-9]' "$gamekit" bench "$game" --record "$work/matches" --seed 5
for key in game version matches ticks hashes_checked ticks_per_second state_bytes view_bytes_mean \
    view_bytes_max input_bytes; do
    grep -q "^$key=." "$work/output" || { echo "bench says no $key" && exit 1; }
done
cp -r "$work/matches" "$work/first"
expect 0 . "$gamekit" bench "$game" --record "$work/matches" --seed 5
diff -r "$work/matches" "$work/first" || { echo "the same seed recorded other matches" && exit 1; }
expect 2 'takes a game' "$gamekit" bench "$game" --seed x

expect 0 'the same to its end' "$gamekit" replay "$file" "$game"
expect 2 'is of the game' "$gamekit" replay "$file" "$other"
expect 0 'the same to its end' "$gamekit" replay "$file" "$other" "$game" # each knows its own
mkdir -p "$work/store"
cp -r "$other" "$work/store/one"
expect 2 'game.so has the SHA-256 [0-9a-f]\{64\}: no folder in' "$gamekit" replay "$file" \
    --store "$work/store"
cp -r "$game" "$work/store/another"
expect 0 'the same to its end' "$gamekit" replay "$file" --store "$work/store"
expect 2 'replay takes a file' "$gamekit" replay "$file" --store
expect 2 'replay takes a file' "$gamekit" replay
expect 2 'replay takes a file' "$gamekit" replay "$file" "$game" --gdb soon
expect 2 'no plain file' "$gamekit" replay "$work" "$game"
head -c -1 "$file" >"$work/cut"
expect 2 replay_truncated "$gamekit" replay "$work/cut" "$game"
{
    head -c -1 "$file"
    printf x
} >"$work/changed"
expect 2 replay_check "$gamekit" replay "$work/changed" "$game"
expect 2 replay_magic "$gamekit" replay "$game/game.so" "$game"

command -v gdb >/dev/null || {
    echo "skipped: gdb is not installed"
    exit 77
}
printf 'print "before"\nbacktrace 1\nkill\n' >"$work/questions"
timeout -k 5 60 "$gamekit" replay "$file" "$game" --gdb 40 <"$work/questions" >"$work/output" 2>&1 || true
grep -q 'gamekit_replay_stop' "$work/output" && grep -Eq '#0 .*tick' "$work/output" || {
    echo "gdb did not stop in tick"
    cat "$work/output"
    exit 1
}
