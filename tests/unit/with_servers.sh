#!/usr/bin/env bash
# Runs a command with a PostgreSQL and a Redis of its own, which end with it:
#     with_servers.sh COMMAND...      sees DATABASE_URL (the owner's) and REDIS_URL,
#                                     POSTGRES_DIR and REDIS_PID to be unkind to them
set -euo pipefail
folder=$(mktemp -d /tmp/with_servers.XXXXXX)
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
as_user=()
# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    as_user=(env --chdir=/ setpriv --reuid=postgres --regid=postgres --init-groups --)
    chown postgres: "$folder"
fi
redis_pid=
finish() {
    "${as_user[@]}" "$bin/pg_ctl" -D "$folder/pg" -m immediate -s stop 2>/dev/null || true
    [ -z "$redis_pid" ] || kill "$redis_pid" 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
"${as_user[@]}" "$bin/initdb" -D "$folder/pg" -U owner -A trust --no-sync >"$folder/initdb.log" 2>&1 ||
    { cat "$folder/initdb.log"; exit 1; }
"${as_user[@]}" "$bin/pg_ctl" -D "$folder/pg" -w -s -l "$folder/pg.log" \
    -o "-c listen_addresses='' -c fsync=off -k $folder" start || { cat "$folder/pg.log"; exit 1; }
for _ in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + RANDOM % 10000))
    redis-server --port "$port" --bind 127.0.0.1 --save '' --requirepass test \
        --dir "$folder" >"$folder/redis.log" 2>&1 &
    redis_pid=$!
    until redis-cli -p "$port" --no-auth-warning -a test ping 2>/dev/null | grep -q PONG; do
        kill -0 "$redis_pid" 2>/dev/null || break
    done
    kill -0 "$redis_pid" 2>/dev/null && break
done
export DATABASE_URL="postgresql://owner@/postgres?host=$folder" REDIS_URL="redis://:test@127.0.0.1:$port"
export POSTGRES_DIR="$folder/pg" REDIS_PID="$redis_pid"
"$@"
