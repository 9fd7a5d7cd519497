#include "auth/throttle.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "auth/state.h"
#include "core/log.h"

#define KEY_BYTES     128
#define IPV6_BYTES    16
#define NETWORK_BYTES 8 /* what one customer usually has of IPv6 */

struct limit {
    char key[KEY_BYTES];
    int64_t max;
};

/* KEYS the counters; ARGV[1] the window in ms, then a limit for each. Answers 0, or the ms to wait
 * when one of them is full; then none is counted. */
static struct redis_script take_script = {
    .name = "throttle_take",
    .text = "for i, key in ipairs(KEYS) do\n"
            "  if tonumber(redis.call('get', key) or '0') >= tonumber(ARGV[i + 1]) then\n"
            "    return math.max(redis.call('pttl', key), 1)\n"
            "  end\n"
            "end\n"
            "for _, key in ipairs(KEYS) do\n"
            "  if redis.call('incr', key) == 1 then redis.call('pexpire', key, ARGV[1]) end\n"
            "end\n"
            "return 0\n",
};

/* KEYS the counters to lower by one. */
static struct redis_script give_back_script = {
    .name = "throttle_give_back",
    .text = "for _, key in ipairs(KEYS) do\n"
            "  if tonumber(redis.call('get', key) or '0') > 0 then redis.call('decr', key) end\n"
            "end\n"
            "return 0\n",
};

static void login_account_limit(struct call *call, const char *account, struct limit *ret_limit);
static void address_limit(struct call *call, const char *kind, int64_t max,
                          struct limit *ret_limit);
static enum error take(struct call *call, const struct limit *limits, int count,
                       int64_t window_seconds);
static enum error refuse(struct call *call, int64_t wait_ms);
static void give_back(struct call *call, const struct limit *limit);

enum error throttle_login_take(struct call *call, const char *account)
{
    const struct settings *settings = context_of(call)->settings;
    struct limit limits[2];
    login_account_limit(call, account, &limits[0]);
    address_limit(call, "login-address", settings->login_address_failures_max, &limits[1]);
    return take(call, limits, 2, settings->login_window_seconds);
}

void throttle_login_give_back(struct call *call, const char *account)
{
    struct limit limit;
    login_account_limit(call, account, &limit);
    if (redis_run(context_of(call)->redis, NULL, "DEL %s", limit.key))
        log_warn("wrong logins could not be forgotten; they count until the window ends", NULL);
    address_limit(call, "login-address", 0, &limit);
    give_back(call, &limit);
}

enum error throttle_account_take(struct call *call)
{
    const struct settings *settings = context_of(call)->settings;
    struct limit limit;
    address_limit(call, "accounts", settings->accounts_per_address_max, &limit);
    return take(call, &limit, 1, settings->accounts_window_seconds);
}

void throttle_account_give_back(struct call *call)
{
    struct limit limit;
    address_limit(call, "accounts", 0, &limit);
    give_back(call, &limit);
}

void throttle_address(const char *address, char ret_text[THROTTLE_ADDRESS_BYTES])
{
    uint8_t bytes[IPV6_BYTES];
    if (inet_pton(AF_INET6, address, bytes) != 1) {
        snprintf(ret_text, THROTTLE_ADDRESS_BYTES, "%s", address);
        return;
    }
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(bytes, mapped, sizeof mapped) == 0) {
        inet_ntop(AF_INET, bytes + sizeof mapped, ret_text, THROTTLE_ADDRESS_BYTES);
        return;
    }
    memset(bytes + NETWORK_BYTES, 0, IPV6_BYTES - NETWORK_BYTES);
    inet_ntop(AF_INET6, bytes, ret_text, THROTTLE_ADDRESS_BYTES);
}

/* Hashed: a key of one length, without a stranger's text or anybody's e-mail address in it. */
static void login_account_limit(struct call *call, const char *account, struct limit *ret_limit)
{
    char *lower = arena_strdup(call->arena, account);
    for (char *c = lower; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char text[SHA256_DIGEST_LENGTH * 2];
    SHA256((const unsigned char *)lower, strlen(lower), digest);
    base64url_encode(digest, sizeof digest, text);
    snprintf(ret_limit->key, KEY_BYTES, "auth:throttle:login-account:%s", text);
    ret_limit->max = context_of(call)->settings->login_failures_max;
}

static void address_limit(struct call *call, const char *kind, int64_t max, struct limit *ret_limit)
{
    char address[THROTTLE_ADDRESS_BYTES];
    throttle_address(call->client_address, address);
    snprintf(ret_limit->key, KEY_BYTES, "auth:throttle:%s:%s", kind, address);
    ret_limit->max = max;
}

static enum error take(struct call *call, const struct limit *limits, int count,
                       int64_t window_seconds)
{
    const char *arguments[8];
    int used = 0;
    for (int i = 0; i < count; i++)
        arguments[used++] = limits[i].key;
    arguments[used++] = database_number(window_seconds * 1000);
    for (int i = 0; i < count; i++)
        arguments[used++] = database_number(limits[i].max);

    redisReply *reply = NULL;
    enum error error =
        redis_run_script(context_of(call)->redis, &take_script, count, used, arguments, &reply);
    if (error)
        return error;
    int64_t wait_ms = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
    redis_free(reply);
    return wait_ms > 0 ? refuse(call, wait_ms) : OK;
}

static enum error refuse(struct call *call, int64_t wait_ms)
{
    const char *seconds = database_number((wait_ms + 999) / 1000);
    call_header(call, "Retry-After", seconds);
    return call_complain(call, ERROR_TOO_MANY_REQUESTS, NULL, "try again in %s seconds", seconds);
}

static void give_back(struct call *call, const struct limit *limit)
{
    const char *arguments[] = {limit->key};
    if (redis_run_script(context_of(call)->redis, &give_back_script, 1, 1, arguments, NULL))
        log_warn("an attempt could not be given back; it counts until the window ends", NULL);
}
