/* The pool of blocking Redis connections. A connection that failed is closed at once; the next
 * user makes a new one. */
#include "store/redis.h"

#include <assert.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "store/redis_url.h"

#define CONNECTIONS_MAX 64
#define SHA1_TEXT_BYTES 41

struct redis_pool {
    struct redis_url url;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int count;
    struct slot {
        redisContext *context; /* owned; NULL: not connected */
        bool busy;
    } slots[CONNECTIONS_MAX];
};

static void sha1_text(const char *text, char ret_text[SHA1_TEXT_BYTES]);
static struct slot *take(struct redis_pool *pool);
static void give_back(struct redis_pool *pool, struct slot *slot);
static enum error connect_if_needed(struct redis_pool *pool, struct slot *slot);
static enum error run_on(struct redis_pool *pool, struct slot *slot, redisReply **ret_reply,
                         const char *format, va_list list);
static enum error judge(struct slot *slot, redisReply *reply, redisReply **ret_reply);
static enum error run_arguments(struct redis_pool *pool, int count, const char **arguments,
                                redisReply **ret_reply);

struct redis_pool *redis_pool_create(const char *url, int connections_max)
{
    assert(connections_max > 0 && connections_max <= CONNECTIONS_MAX);
    struct redis_pool *pool = calloc(1, sizeof(*pool));
    assert(pool);
    if (!redis_url_parse(url, &pool->url)) {
        free(pool);
        return NULL;
    }
    pool->count = connections_max;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->freed, NULL);
    return pool;
}

void redis_pool_destroy(struct redis_pool *pool)
{
    if (!pool)
        return;
    for (int i = 0; i < pool->count; i++)
        if (pool->slots[i].context)
            redisFree(pool->slots[i].context);
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

bool redis_pool_answers(struct redis_pool *pool)
{
    return redis_run(pool, NULL, "PING") == OK;
}

enum error redis_run(struct redis_pool *pool, redisReply **ret_reply, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct slot *slot = take(pool);
    enum error error = run_on(pool, slot, ret_reply, format, list);
    give_back(pool, slot);
    va_end(list);
    return error;
}

/* EVAL sends the text and leaves the script cached; EVALSHA is tried first on every call, since
 * Redis may have been restarted in between. */
enum error redis_run_script(struct redis_pool *pool, const struct redis_script *script,
                            int key_count, int argument_count, const char *const *arguments,
                            redisReply **ret_reply)
{
    assert(argument_count <= REDIS_ARGUMENTS_MAX);
    char keys[16], hash[SHA1_TEXT_BYTES];
    const char *words[3 + REDIS_ARGUMENTS_MAX] = {"EVALSHA", hash, keys};
    sha1_text(script->text, hash);
    snprintf(keys, sizeof(keys), "%d", key_count);
    for (int i = 0; i < argument_count; i++)
        words[3 + i] = arguments[i];

    redisReply *reply = NULL;
    enum error error = run_arguments(pool, argument_count + 3, words, &reply);
    if (error == OK && reply->type == REDIS_REPLY_ERROR &&
        strncmp(reply->str, "NOSCRIPT", 8) == 0) {
        redis_free(reply);
        words[0] = "EVAL";
        words[1] = script->text;
        error = run_arguments(pool, argument_count + 3, words, &reply);
    }
    if (error != OK)
        return error;
    if (reply->type == REDIS_REPLY_ERROR) {
        log_error("redis script failed", "script", script->name, "reason", reply->str, NULL);
        redis_free(reply);
        return ERROR_INTERNAL;
    }
    if (ret_reply)
        *ret_reply = reply;
    else
        redis_free(reply);
    return OK;
}

void redis_free(redisReply *reply)
{
    if (reply)
        freeReplyObject(reply);
}

/* The name under which Redis keeps a script; nothing secret hangs on it. */
static void sha1_text(const char *text, char ret_text[SHA1_TEXT_BYTES])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    int done = EVP_Digest(text, strlen(text), digest, NULL, EVP_sha1(), NULL);
    assert(done == 1);
    (void)done;
    for (int i = 0; i < 20; i++)
        snprintf(&ret_text[i * 2], 3, "%02x", digest[i]);
}

static struct slot *take(struct redis_pool *pool)
{
    struct slot *taken = NULL;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        for (int i = 0; i < pool->count; i++) {
            struct slot *slot = &pool->slots[i];
            if (!slot->busy && (!taken || (slot->context && !taken->context)))
                taken = slot;
        }
        if (taken)
            break;
        /* Every command is bounded by REDIS_TIMEOUT_MS, and so is this wait. */
        pthread_cond_wait(&pool->freed, &pool->lock);
    }
    taken->busy = true;
    pthread_mutex_unlock(&pool->lock);
    return taken;
}

static void give_back(struct redis_pool *pool, struct slot *slot)
{
    pthread_mutex_lock(&pool->lock);
    slot->busy = false;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
}

static void disconnect(struct slot *slot)
{
    redisFree(slot->context);
    slot->context = NULL;
}

static bool handshake(redisContext *context, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    redisReply *reply = redisvCommand(context, format, list);
    va_end(list);
    bool accepted = reply && reply->type != REDIS_REPLY_ERROR;
    redis_free(reply);
    return accepted;
}

/* Nothing is outstanding on a pooled connection: readable means closed by the other side. */
static bool is_still_alive(const redisContext *context)
{
    struct pollfd poll_one = {.fd = context->fd, .events = POLLIN};
    return poll(&poll_one, 1, 0) == 0;
}

static enum error connect_if_needed(struct redis_pool *pool, struct slot *slot)
{
    if (slot->context && is_still_alive(slot->context))
        return OK;
    if (slot->context)
        disconnect(slot);
    struct timeval timeout = {REDIS_TIMEOUT_MS / 1000, REDIS_TIMEOUT_MS % 1000 * 1000};
    redisContext *context = redisConnectWithTimeout(pool->url.host, pool->url.port, timeout);
    if (!context || context->err || redisSetTimeout(context, timeout) != REDIS_OK) {
        log_warn("redis does not answer, next request tries again", "reason",
                 context ? context->errstr : "no memory", NULL);
        redisFree(context);
        return ERROR_UNAVAILABLE;
    }
    redisEnableKeepAlive(context);
    if ((pool->url.password[0] && !handshake(context, "AUTH %s", pool->url.password)) ||
        (pool->url.database && !handshake(context, "SELECT %d", pool->url.database))) {
        log_error("redis refuses our login", NULL);
        redisFree(context);
        return ERROR_UNAVAILABLE;
    }
    slot->context = context;
    return OK;
}

static enum error run_on(struct redis_pool *pool, struct slot *slot, redisReply **ret_reply,
                         const char *format, va_list list)
{
    enum error error = connect_if_needed(pool, slot);
    if (error != OK)
        return error;
    redisReply *reply = redisvCommand(slot->context, format, list);
    if (reply && reply->type == REDIS_REPLY_ERROR) {
        log_error("redis command failed", "reason", reply->str, NULL);
        redis_free(reply);
        return ERROR_INTERNAL;
    }
    return judge(slot, reply, ret_reply);
}

static enum error run_arguments(struct redis_pool *pool, int count, const char **arguments,
                                redisReply **ret_reply)
{
    struct slot *slot = take(pool);
    enum error error = connect_if_needed(pool, slot);
    if (error == OK)
        error = judge(slot, redisCommandArgv(slot->context, count, arguments, NULL), ret_reply);
    give_back(pool, slot);
    return error;
}

static enum error judge(struct slot *slot, redisReply *reply, redisReply **ret_reply)
{
    if (!reply) {
        log_warn("redis does not answer, next request tries again", "reason", slot->context->errstr,
                 NULL);
        disconnect(slot);
        return ERROR_UNAVAILABLE;
    }
    if (ret_reply)
        *ret_reply = reply;
    else
        redis_free(reply);
    return OK;
}
