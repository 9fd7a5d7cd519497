#!/usr/bin/env bash
# Who may include whom: see ARCHITECTURE.md. The link graph of CMake says the same for symbols; this
# also finds a header that is only read. One line a breach, exit 1 when there is one.
set -euo pipefail
cd "$(dirname "$0")/../.."

# FOLDER: the folders of platform/ that its files may include, beside its own.
declare -A may=(
    [core]=""
    [settings]="core"
    [store]="core"
    [wire]="gamekit host"
    [service]="core settings store wire"
    [auth]="core settings store wire service"
    [social]="core settings store wire service"
    [rooms]="core settings store wire service"
    [matchmaking]="core settings store wire service"
    [games]="core settings store wire service gamekit host"
    [gateway]="core settings store wire"
    [worker]="core wire gamekit host"
    [serve]="core settings store"
    [admin]="core settings gamekit host"
)
# Libraries with few owners: the header, and the folders that may include it.
owners='libpq-fe.h|store
hiredis/|store
libwebsockets.h|gateway
uv.h|gateway
jwt.h|core auth
curl/|core
dlfcn.h|
seccomp.h|games
event2/http|core'

breaches=0
breach() {
    echo "$1" >&2
    breaches=$((breaches + 1))
}

for file in $(git ls-files 'platform/*/*.c' 'platform/*/*.h'); do
    folder=$(cut -d/ -f2 <<<"$file")
    [ -v "may[$folder]" ] || { breach "$file: the folder $folder has no row in $0" && continue; }
    while read -r header; do
        other=${header%%/*}
        [ "$other" != "$header" ] || continue
        [ -v "may[$other]" ] || [ "$other" = gamekit ] || [ "$other" = host ] || continue
        [ "$other" != "$folder" ] || continue
        [[ " ${may[$folder]} " == *" $other "* ]] || breach "$file: includes $header"
    done < <(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file")
    while IFS='|' read -r header owner; do
        [[ " $owner " == *" $folder "* ]] || ! grep -q "^#include <$header" "$file" ||
            [[ $file == platform/store/*.h ]] || breach "$file: includes <$header of $owner"
    done <<<"$owners"
done

# The gateway has Redis but no database; games know only the SDK; nobody builds SQL in C.
for file in $(git grep -lE '#include "store/(database|migrate|sql)' -- platform/gateway); do
    breach "$file: the gateway has no database"
done
for file in $(git grep -lE '#include "[a-z]+/' -- 'games/*/*.c' | grep -v /tests/); do
    breach "$file: a game includes only the SDK and its own files"
done
for file in $(git grep -lE '#include "(core|settings|store|wire|service|games|worker)/' -- sdk); do
    breach "$file: gamekit uses nothing of the platform"
done
[ "$breaches" = 0 ]
