#!/bin/sh
# tutorial.sh SOURCE: follows docs/games/tutorial.md to the letter, in a home of its own, with nothing of
# SOURCE left after the installation. What its boxes mean, by the word behind ```:
#
#   console            each "$ COMMAND" is run and must succeed, and say the lines below it; "..."
#                      stands for any text, a line of it for any lines
#   console fault      the same, and the command must fail
#   console running    it goes on until a box that says ^C
#   console platform   not here but in tests/integration/author.test.mjs, as is what is quoted (">"),
#                      which people see in a browser: tests/e2e/tutorial.test.mjs
#   diff               a change of the files
#   c FILE             these lines are in the file
set -u
source=$1
work=$(mktemp -d)
running=
trap '[ -z "$running" ] || kill "$running"; cd /; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
blocks=$work/blocks
export HOME="$work/home"
mkdir -p "$blocks" "$HOME/transcendence/games" "$HOME/transcendence/docs"
cp -r "$source/sdk" "$HOME/transcendence/"
cp -r "$source/games/template" "$HOME/transcendence/games/"
cp -r "$source/docs/games" "$HOME/transcendence/docs/"
command -v ccache >/dev/null && export CMAKE_C_COMPILER_LAUNCHER=ccache
unset DISPLAY WAYLAND_DISPLAY # no browser is opened

# Each box becomes a file NUMBER, and what stood behind ``` NUMBER.what. Of a console, each command
# becomes a file NUMBER-COMMAND, and what it is to say NUMBER-COMMAND.promised.
awk -v folder="$blocks" '
    function write(path, line) { print line >path }
    inside && /^```$/ { inside = 0; next }
    inside && is_console && (/^\$ / || /^\^C$/) {
        file = sprintf("%s/%02d-%02d", folder, box, ++command)
        write(file, substr($0, 1, 1) == "$" ? substr($0, 3) : $0)
        file = file ".promised"
        printf "" >file
        next
    }
    inside { write(file, $0); next }
    /^```/ {
        file = sprintf("%s/%02d", folder, ++box)
        write(file ".what", substr($0, 4))
        is_console = /^```console/
        command = 0
        inside = 1
    }
    END { exit inside || box == 0 }' "$source/docs/games/tutorial.md" || {
    echo "the boxes of tutorial.md do not end"
    exit 1
}

fail() {
    echo "tutorial.md is not true, box $box ($what): $1"
    [ ! -f "$work/said" ] || cat "$work/said"
    exit 1
}

# is_said PROMISE SAID: the words of SAID are those of PROMISE.
is_said() {
    awk '
        function fits(line, pattern,    at, part) {
            if (index(pattern, "...") == 0)
                return line == pattern
            while ((at = index(pattern, "...")) > 0) {
                part = substr(pattern, 1, at - 1)
                if (is_first ? index(line, part) != 1 : index(line, part) == 0)
                    return 0
                line = substr(line, index(line, part) + length(part))
                pattern = substr(pattern, at + 3)
                is_first = 0
            }
            return length(line) >= length(pattern) &&
                substr(line, length(line) - length(pattern) + 1) == pattern
        }
        NR == FNR { promised[++count] = $0; next }
        { said[++lines] = $0 }
        END {
            line = 1
            skips = 0
            for (i = 1; i <= count; i++) {
                if (promised[i] == "...") {
                    skips = 1
                    continue
                }
                for (is_first = 1; line <= lines && !fits(said[line], promised[i]); is_first = 1) {
                    if (!skips)
                        exit 1
                    line++
                }
                if (line++ > lines)
                    exit 1
                skips = 0
            }
            exit !(skips || line > lines)
        }' "$1" "$2"
}

# run COMMAND PROMISE: in this shell, so that what it changes stays.
run() {
    case $1 in
    "sudo apt install "*)
        for package in ${1#sudo apt install }; do
            ! command -v dpkg >/dev/null || dpkg -s "$package" >"$work/said" 2>&1 ||
                fail "$package is not installed, or there is none of that name"
        done
        return
        ;;
    esac
    status=0
    eval "$1" >"$work/said" 2>&1 </dev/null || status=$?
    if [ "$what" = "console fault" ]; then
        [ "$status" != 0 ] || fail "\"$1\" finds nothing"
    else
        [ "$status" = 0 ] || fail "\"$1\" ends with $status"
    fi
    is_said "$2" "$work/said" || fail "\"$1\" says something else"
}

start() {
    eval "exec $1" >"$work/said" 2>&1 </dev/null &
    running=$!
    for _ in $(seq 600); do
        ! is_said "$2" "$work/said" || return 0
        kill -0 "$running" 2>/dev/null || fail "\"$1\" has ended"
        sleep 0.1
    done
    fail "\"$1\" says something else"
}

stop() {
    kill -INT "$running"
    wait "$running" || fail "what was running ended with $?"
    running=
}

# is_in LINES FILE: these lines are there, one behind the other; "..." stands for any.
is_in() {
    { echo ...; cat "$1"; echo ...; } >"$work/excerpt"
    is_said "$work/excerpt" "$2"
}

done_commands=0
for file in "$blocks"/??.what; do
    box=$(basename "$file" .what)
    what=$(cat "$file")
    rm -f "$work/said"
    case $what in
    console*)
        [ "$what" != "console platform" ] || continue
        for command in "$blocks/$box"-??; do
            case "$what $(cat "$command")" in
            *" ^C") stop ;;
            "console running "*) start "$(cat "$command")" "$command.promised" ;;
            *) run "$(cat "$command")" "$command.promised" ;;
            esac
            done_commands=$((done_commands + 1))
        done
        ;;
    diff) patch -p0 --fuzz=0 <"$blocks/$box" >"$work/said" 2>&1 || fail "the files are others" ;;
    "c "*) is_in "$blocks/$box" "${what#c }" || fail "the file says something else" ;;
    *) fail "no such kind of box" ;;
    esac
    # Once it is installed nothing else is needed.
    [ ! -x "$HOME/gamekit/bin/gamekit" ] || rm -rf "$HOME/transcendence"
done
echo "commands=$done_commands"
[ "$done_commands" -gt 15 ]
