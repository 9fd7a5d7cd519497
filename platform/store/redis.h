/*
 * Redis for straight-line code: a pool of blocking connections with time-outs; scripts are sent
 * once and called by hash. Replies are owned by the caller (redis_free).
 */
#ifndef STORE_REDIS_H
#define STORE_REDIS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>

#include "core/error.h"

#define REDIS_TIMEOUT_MS    1000
#define REDIS_ARGUMENTS_MAX 256 /* of a script, keys and values; our own lists keep below */

struct redis_pool;
/* `url`: redis://[:password@]host:port[/db]. Does not connect yet. */
struct redis_pool *redis_pool_create(const char *url, int connections_max);
void redis_pool_destroy(struct redis_pool *pool);
bool redis_pool_answers(struct redis_pool *pool);

/* One command, hiredis format (%s, %b, %lld ...). An error reply is logged and ERROR_INTERNAL; no
 * answer in time is ERROR_UNAVAILABLE. `ret_reply` may be NULL. */
must_use enum error redis_run(struct redis_pool *pool, redisReply **ret_reply, const char *format,
                              ...);

struct redis_script {
    const char *name;
    const char *text; /* Lua */
};
/* EVALSHA with fall-back to EVAL. `arguments` are keys first (`key_count`), then values; at most
 * REDIS_ARGUMENTS_MAX. */
must_use enum error redis_run_script(struct redis_pool *pool, const struct redis_script *script,
                                     int key_count, int argument_count,
                                     const char *const *arguments, redisReply **ret_reply);
void redis_free(redisReply *reply); /* NULL is fine */

#endif
