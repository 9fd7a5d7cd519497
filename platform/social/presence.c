/*
 * GET /api/social/presence?users=a,b: who is online and in which match, in the order asked. Reads
 * online:USER (gateways write it) and playing:USER (games writes it) in one step. It must never
 * tell whether an id belongs to anybody: a stranger is simply offline.
 */
#include <string.h>

#include "core/clock.h"
#include "social/operations.h"
#include "wire/events.h"

#define PRESENCE_USERS_MAX 100
_Static_assert(2 * PRESENCE_USERS_MAX + 1 <= REDIS_ARGUMENTS_MAX, "one script asks for all");

/* KEYS: online and playing of each user in turn; ARGV[1] now. Returns 0 or 1, and the match or
 * "", of each. */
static struct redis_script look = {
    .name = "social_presence",
    .text = "local found = {}\n"
            "for i = 1, #KEYS, 2 do\n"
            "  local online = 0\n"
            "  for _, expiry in ipairs(redis.call('hvals', KEYS[i])) do\n"
            "    if tonumber(expiry) > tonumber(ARGV[1]) then online = 1 end\n"
            "  end\n"
            "  found[i] = online\n"
            "  found[i + 1] = redis.call('get', KEYS[i + 1]) or ''\n"
            "end\n"
            "return found\n",
};

struct users {
    char ids[PRESENCE_USERS_MAX][ID_TEXT_BYTES];
    int count;
};

static enum error check(struct call *call, struct users *ret_users);
static bool parse_users(const char *text, struct users *ret_users);
static enum error proceed(struct call *call, const struct users *users, int64_t now_unix_ms,
                          json_t **ret_page);
static json_t *item_json(const char *user, const redisReply *online, const redisReply *match);

enum error presence_get(struct call *call)
{
    struct users users = {.count = 0};
    json_t *page = NULL;
    enum error error = check(call, &users);
    if (error == OK)
        error = proceed(call, &users, clock_unix_ms(), &page);
    if (error == OK)
        call_reply(call, 200, page);
    return error;
}

static enum error check(struct call *call, struct users *ret_users)
{
    const char *text = call_query(call, "users", "");
    if (parse_users(text, ret_users))
        return OK;
    return call_complain(call, ERROR_VALIDATION, "users",
                         "Must be 1 to %d ids, separated by commas.", PRESENCE_USERS_MAX);
}

static bool parse_users(const char *text, struct users *ret_users)
{
    for (;;) {
        char part[ID_TEXT_BYTES] = "";
        size_t bytes = strcspn(text, ",");
        struct id id;
        if (bytes >= sizeof part || ret_users->count == PRESENCE_USERS_MAX)
            return false;
        memcpy(part, text, bytes);
        if (!id_parse(part, &id))
            return false;
        id_text(&id, ret_users->ids[ret_users->count++]);
        if (text[bytes] == '\0')
            return true;
        text += bytes + 1;
    }
}

static enum error proceed(struct call *call, const struct users *users, int64_t now_unix_ms,
                          json_t **ret_page)
{
    struct service_context *context = call->context;
    const char *arguments[2 * PRESENCE_USERS_MAX + 1];
    int count = 0;
    for (int i = 0; i < users->count; i++) {
        arguments[count++] = arena_printf(call->arena, WIRE_ONLINE_PREFIX "%s", users->ids[i]);
        arguments[count++] = arena_printf(call->arena, WIRE_PLAYING_PREFIX "%s", users->ids[i]);
    }
    arguments[count] = arena_printf(call->arena, "%lld", (long long)now_unix_ms);
    redisReply *reply = NULL;
    enum error error = redis_run_script(context->redis, &look, count, count + 1, arguments, &reply);
    if (error == OK && (reply->type != REDIS_REPLY_ARRAY || reply->elements != (size_t)count))
        error = ERROR_INTERNAL;
    if (error == OK) {
        json_t *items = json_array();
        for (int i = 0; i < users->count; i++)
            json_array_append_new(items, item_json(users->ids[i], reply->element[2 * (size_t)i],
                                                   reply->element[2 * (size_t)i + 1]));
        *ret_page = json_pack("{s:o}", "items", items);
    }
    redis_free(reply);
    return error;
}

static json_t *item_json(const char *user, const redisReply *online, const redisReply *match)
{
    bool plays = match->type == REDIS_REPLY_STRING && match->len > 0;
    return json_pack("{s:s, s:b, s:s?}", "user", user, "online", online->integer == 1, "match",
                     plays ? match->str : NULL);
}
