#!/usr/bin/env bash
# run.sh BUILD OUT SECONDS: every fuzzer of the build folder for so long, as many at once as there
# are processors, from real seeds and from what earlier runs found worth keeping (BUILD/corpus). A
# finding is printed with its input, which stays in OUT. The last line: "PASSED FAILED 0".
set -euo pipefail
build=$1 out=$2
export seconds=$3
here=$(dirname "$0")
targets=(image wasm archive replay game_json crash records frames worker supervisor)
mkdir -p "$out"
rm -rf "${out:?}"/*
node "$here/seeds.mjs" "$build" "$out/seeds" >/dev/null

# One fuzzer; its exit status is its own.
fuzz() {
    local build=$1 out=$2 name=$3 status=0
    mkdir -p "$build/corpus/$name" "$out/findings"
    FUZZ_GAME=$build/plugins.d/pong/game.so ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
        UBSAN_OPTIONS=print_stacktrace=1 \
        "$build/bin/fuzz-$name" "$build/corpus/$name" "$out/seeds/$name" -max_total_time="$seconds" \
        -max_len=70000 -timeout=20 -rss_limit_mb=1500 -print_final_stats=1 \
        -artifact_prefix="$out/findings/$name-" >"$out/$name.log" 2>&1 || status=$?
    echo "$status" >"$out/$name.status"
}
export -f fuzz
printf '%s\n' "${targets[@]}" |
    xargs -P "$(nproc)" -I NAME bash -c 'fuzz "$@"' fuzz "$PWD/$build" "$out" NAME

passed=0 failed=0
for name in "${targets[@]}"; do
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$name.log")
    covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$out/$name.log" | tail -n 1)
    if [ "$(cat "$out/$name.status")" = 0 ] && [ "${runs:-0}" -gt 0 ]; then
        echo "fuzz $name: fine, ${runs} inputs, ${covered} places of code"
        passed=$((passed + 1))
        continue
    fi
    echo "fuzz $name: FAILED"
    grep -vE '^#[0-9]+\s+(NEW|REDUCE|pulse|INITED|RELOAD)' "$out/$name.log" | tail -n 60
    for input in "$out/findings/$name-"*; do
        [ ! -f "$input" ] || { echo "$input:" && od -A x -t x1z -v "$input" | head -n 64; }
    done
    failed=$((failed + 1))
done
echo "$passed $failed 0"
[ "$failed" = 0 ]
