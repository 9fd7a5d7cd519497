/* Queues and groups in Redis, see queue.h and scripts.h. It must never decide who plays with whom,
 * nor change two keys in two steps. */
#include "matchmaking/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matchmaking/scripts.h"
#include "wire/events.h"

#define ARGUMENT_BYTES 128
#define ARGUMENTS_MAX  (QUEUE_CANDIDATES_MAX + 16)
_Static_assert(ARGUMENTS_MAX <= REDIS_ARGUMENTS_MAX, "one script takes them all");

static struct redis_script script_join = {.name = "matchmaking_join", .text = SCRIPT_JOIN};
static struct redis_script script_find = {.name = "matchmaking_find", .text = SCRIPT_FIND};
static struct redis_script script_leave = {.name = "matchmaking_leave", .text = SCRIPT_LEAVE};
static struct redis_script script_look = {.name = "matchmaking_look", .text = SCRIPT_LOOK};
static struct redis_script script_drop = {.name = "matchmaking_drop", .text = SCRIPT_DROP};
static struct redis_script script_take = {.name = "matchmaking_take", .text = SCRIPT_TAKE};
static struct redis_script script_take_over = {.name = "matchmaking_take_over",
                                               .text = SCRIPT_TAKE_OVER};
static struct redis_script script_settle = {.name = "matchmaking_settle", .text = SCRIPT_SETTLE};
static struct redis_script script_give_back = {.name = "matchmaking_give_back",
                                               .text = SCRIPT_GIVE_BACK};

/* Keys and values of one call of a script. */
struct arguments {
    const char *items[ARGUMENTS_MAX];
    int count;
    char texts[8][ARGUMENT_BYTES]; /* of those that were put together here */
    int text_count;
};

static void add(struct arguments *arguments, const char *text);
static void add_joined(struct arguments *arguments, const char *prefix, const char *text);
static void add_queue(struct arguments *arguments, const char *prefix, const char *game,
                      const char *mode);
static void add_number(struct arguments *arguments, int64_t number);
static void add_players(struct arguments *arguments, const struct group *group);
static enum error run(struct service_context *context, struct redis_script *script, int key_count,
                      const struct arguments *arguments, redisReply **ret_reply);
static enum error run_for_number(struct service_context *context, struct redis_script *script,
                                 int key_count, const struct arguments *arguments,
                                 int64_t *ret_number);
static enum error read_candidates(const redisReply *reply, struct candidate *ret_candidates,
                                  int *ret_count, int64_t *ret_waiting, bool *ret_news);
static void read_candidate(redisReply *const *values, struct candidate *ret_candidate);
static enum error read_group(const redisReply *reply, struct group *ret_group);
static json_t *players_of(const struct candidate *candidates, int count);
static bool is_text(const redisReply *reply);

void group_finish(struct group *group)
{
    json_decref(group->players);
    group->players = NULL;
}

enum error queue_join(struct service_context *context, const struct caller *caller,
                      const char *game, const char *mode, int64_t now_unix_ms,
                      struct ticket *ret_ticket)
{
    struct arguments arguments = {0};
    add_joined(&arguments, TICKET_PREFIX, caller->user_id);
    add_joined(&arguments, WIRE_PLAYING_PREFIX, caller->user_id);
    add_queue(&arguments, QUEUE_PREFIX, game, mode);
    add(&arguments, QUEUES_KEY);
    add(&arguments, ARRIVALS_KEY);
    add(&arguments, caller->user_id);
    add(&arguments, game);
    add(&arguments, mode);
    add_number(&arguments, now_unix_ms);
    add(&arguments, caller->name);
    add(&arguments, caller->guest ? "1" : "0");
    int64_t waiting = 0;
    enum error error = run_for_number(context, &script_join, 5, &arguments, &waiting);
    if (error != OK)
        return error;
    if (waiting < 0)
        return waiting == -1 ? ERROR_ALREADY_QUEUED : ERROR_ALREADY_IN_MATCH;
    struct ticket ticket = {.since_unix_ms = now_unix_ms, .waiting = waiting};
    snprintf(ticket.game, sizeof ticket.game, "%s", game);
    snprintf(ticket.mode, sizeof ticket.mode, "%s", mode);
    *ret_ticket = ticket;
    return OK;
}

enum error queue_find(struct service_context *context, const char *user, struct ticket *ret_ticket)
{
    struct arguments arguments = {0};
    add_joined(&arguments, TICKET_PREFIX, user);
    redisReply *reply = NULL;
    enum error error = run(context, &script_find, 1, &arguments, &reply);
    if (error == OK && reply->elements == 0)
        error = ERROR_NOT_QUEUED;
    if (error == OK && reply->elements != 5)
        error = ERROR_INTERNAL;
    if (error == OK) {
        struct ticket ticket = {
            .is_found = strcmp(reply->element[2]->str, "found") == 0,
            .since_unix_ms = strtoll(reply->element[3]->str, NULL, 10),
            .waiting = strtoll(reply->element[4]->str, NULL, 10),
        };
        snprintf(ticket.game, sizeof ticket.game, "%s", reply->element[0]->str);
        snprintf(ticket.mode, sizeof ticket.mode, "%s", reply->element[1]->str);
        *ret_ticket = ticket;
    }
    redis_free(reply);
    return error;
}

enum error queue_leave(struct service_context *context, const char *user)
{
    struct arguments arguments = {0};
    add_joined(&arguments, TICKET_PREFIX, user);
    add(&arguments, user);
    int64_t left = 0;
    enum error error = run_for_number(context, &script_leave, 1, &arguments, &left);
    if (error == OK && left == 0)
        error = ERROR_NOT_QUEUED;
    return error;
}

enum error queue_list(struct service_context *context, redisReply **ret_names)
{
    return redis_run(context->redis, ret_names, "SMEMBERS " QUEUES_KEY);
}

enum error queue_look(struct service_context *context, const char *game, const char *mode,
                      int64_t now_unix_ms, struct candidate ret_candidates[QUEUE_CANDIDATES_MAX],
                      int *ret_count, int64_t *ret_waiting, bool *ret_news)
{
    struct arguments arguments = {0};
    add_queue(&arguments, QUEUE_PREFIX, game, mode);
    add(&arguments, QUEUES_KEY);
    add_queue(&arguments, PAUSE_PREFIX, game, mode);
    add_queue(&arguments, TOLD_PREFIX, game, mode);
    add_queue(&arguments, "", game, mode);
    add_number(&arguments, now_unix_ms);
    add_number(&arguments, QUEUE_CANDIDATES_MAX);
    add(&arguments, WIRE_ONLINE_PREFIX);
    add(&arguments, WIRE_PLAYING_PREFIX);
    redisReply *reply = NULL;
    enum error error = run(context, &script_look, 4, &arguments, &reply);
    if (error == OK)
        error = read_candidates(reply, ret_candidates, ret_count, ret_waiting, ret_news);
    redis_free(reply);
    return error;
}

enum error queue_drop(struct service_context *context, const char *game, const char *mode,
                      const struct candidate *candidates, int count)
{
    struct arguments arguments = {0};
    add_queue(&arguments, QUEUE_PREFIX, game, mode);
    for (int i = 0; i < count; i++)
        if (candidates[i].fate == FATE_DROPPED)
            add(&arguments, candidates[i].user);
    if (arguments.count == 1)
        return OK;
    return run(context, &script_drop, 1, &arguments, NULL);
}

enum error queue_pause(struct service_context *context, const char *game, const char *mode)
{
    return redis_run(context->redis, NULL, "SET " PAUSE_PREFIX "%s:%s 1 PX " QUEUE_PAUSE_MS, game,
                     mode);
}

enum error group_take(struct service_context *context, const char *game, const char *mode,
                      const struct candidate *candidates, int count, int64_t lease_until_unix_ms,
                      struct group *ret_group, bool *ret_taken)
{
    struct group group = {.players = players_of(candidates, count), .attempts = 1};
    struct id id = id_new();
    id_text(&id, group.id);
    snprintf(group.game, sizeof group.game, "%s", game);
    snprintf(group.mode, sizeof group.mode, "%s", mode);
    char *players = json_dumps(group.players, JSON_COMPACT);
    if (players == NULL) {
        group_finish(&group);
        return ERROR_INTERNAL;
    }
    struct arguments arguments = {0};
    add_queue(&arguments, QUEUE_PREFIX, game, mode);
    add(&arguments, GROUPS_KEY);
    add_joined(&arguments, GROUP_PREFIX, group.id);
    add(&arguments, group.id);
    add(&arguments, game);
    add(&arguments, mode);
    add(&arguments, players);
    add_number(&arguments, lease_until_unix_ms);
    add_players(&arguments, &group);
    int64_t taken = 0;
    enum error error = run_for_number(context, &script_take, 3, &arguments, &taken);
    free(players);
    if (error == OK)
        *ret_taken = taken == 1;
    if (error == OK && taken == 1)
        *ret_group = group;
    else
        group_finish(&group);
    return error;
}

enum error group_take_over(struct service_context *context, int64_t now_unix_ms,
                           int64_t lease_until_unix_ms, struct group *ret_group)
{
    struct arguments arguments = {0};
    add(&arguments, GROUPS_KEY);
    add_number(&arguments, now_unix_ms);
    add_number(&arguments, lease_until_unix_ms);
    redisReply *reply = NULL;
    enum error error = run(context, &script_take_over, 1, &arguments, &reply);
    if (error == OK)
        error = read_group(reply, ret_group);
    redis_free(reply);
    return error;
}

enum error group_settle(struct service_context *context, const struct group *group, bool *ret_first)
{
    struct arguments arguments = {0};
    add(&arguments, GROUPS_KEY);
    add_joined(&arguments, GROUP_PREFIX, group->id);
    add(&arguments, group->id);
    add_players(&arguments, group);
    int64_t removed = 0;
    enum error error = run_for_number(context, &script_settle, 2, &arguments, &removed);
    if (error == OK)
        *ret_first = removed == 1;
    return error;
}

enum error group_give_back(struct service_context *context, const struct group *group)
{
    struct arguments arguments = {0};
    add(&arguments, GROUPS_KEY);
    add_joined(&arguments, GROUP_PREFIX, group->id);
    add_queue(&arguments, QUEUE_PREFIX, group->game, group->mode);
    add(&arguments, QUEUES_KEY);
    add(&arguments, group->id);
    add_queue(&arguments, "", group->game, group->mode);
    add_players(&arguments, group);
    return run(context, &script_give_back, 4, &arguments, NULL);
}

static void add(struct arguments *arguments, const char *text)
{
    arguments->items[arguments->count++] = text;
}

static void add_joined(struct arguments *arguments, const char *prefix, const char *text)
{
    char *joined = arguments->texts[arguments->text_count++];
    snprintf(joined, ARGUMENT_BYTES, "%s%s", prefix, text);
    add(arguments, joined);
}

static void add_queue(struct arguments *arguments, const char *prefix, const char *game,
                      const char *mode)
{
    char *joined = arguments->texts[arguments->text_count++];
    snprintf(joined, ARGUMENT_BYTES, "%s%s:%s", prefix, game, mode);
    add(arguments, joined);
}

static void add_number(struct arguments *arguments, int64_t number)
{
    char *joined = arguments->texts[arguments->text_count++];
    snprintf(joined, ARGUMENT_BYTES, "%lld", (long long)number);
    add(arguments, joined);
}

static void add_players(struct arguments *arguments, const struct group *group)
{
    size_t index;
    json_t *player;
    json_array_foreach(group->players, index, player) if (index < GAME_PLAYERS_MAX)
        add(arguments, json_string_value(json_object_get(player, "user")));
}

static enum error run(struct service_context *context, struct redis_script *script, int key_count,
                      const struct arguments *arguments, redisReply **ret_reply)
{
    return redis_run_script(context->redis, script, key_count, arguments->count, arguments->items,
                            ret_reply);
}

static enum error run_for_number(struct service_context *context, struct redis_script *script,
                                 int key_count, const struct arguments *arguments,
                                 int64_t *ret_number)
{
    redisReply *reply = NULL;
    enum error error = run(context, script, key_count, arguments, &reply);
    if (error == OK && reply->type != REDIS_REPLY_INTEGER)
        error = ERROR_INTERNAL;
    if (error == OK)
        *ret_number = reply->integer;
    redis_free(reply);
    return error;
}

static enum error read_candidates(const redisReply *reply, struct candidate *ret_candidates,
                                  int *ret_count, int64_t *ret_waiting, bool *ret_news)
{
    enum { HEAD = 2, FIELDS = 6 };
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < HEAD ||
        (reply->elements - HEAD) % FIELDS != 0 ||
        (reply->elements - HEAD) / FIELDS > QUEUE_CANDIDATES_MAX)
        return ERROR_INTERNAL;
    for (size_t i = HEAD; i < reply->elements; i++)
        if (!is_text(reply->element[i]))
            return ERROR_INTERNAL;
    int count = (int)((reply->elements - HEAD) / FIELDS);
    for (int i = 0; i < count; i++)
        read_candidate(&reply->element[HEAD + (size_t)i * FIELDS], &ret_candidates[i]);
    *ret_count = count;
    *ret_waiting = reply->element[0]->integer;
    *ret_news = reply->element[1]->integer == 1;
    return OK;
}

static void read_candidate(redisReply *const *values, struct candidate *ret_candidate)
{
    struct candidate candidate = {
        .guest = strcmp(values[2]->str, "1") == 0,
        .since_unix_ms = strtoll(values[3]->str, NULL, 10),
        .absent_since_unix_ms = strtoll(values[4]->str, NULL, 10),
        .is_playing = strcmp(values[5]->str, "1") == 0,
    };
    snprintf(candidate.user, sizeof candidate.user, "%s", values[0]->str);
    snprintf(candidate.name, sizeof candidate.name, "%s", values[1]->str);
    *ret_candidate = candidate;
}

static enum error read_group(const redisReply *reply, struct group *ret_group)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0)
        return ERROR_NOT_FOUND;
    for (size_t i = 0; i < reply->elements; i++)
        if (!is_text(reply->element[i]))
            return ERROR_INTERNAL;
    if (reply->elements != 5)
        return ERROR_INTERNAL;
    struct group group = {
        .players = json_loads(reply->element[3]->str, 0, NULL),
        .attempts = strtoll(reply->element[4]->str, NULL, 10),
    };
    if (group.players == NULL)
        return ERROR_INTERNAL;
    snprintf(group.id, sizeof group.id, "%s", reply->element[0]->str);
    snprintf(group.game, sizeof group.game, "%s", reply->element[1]->str);
    snprintf(group.mode, sizeof group.mode, "%s", reply->element[2]->str);
    *ret_group = group;
    return OK;
}

static json_t *players_of(const struct candidate *candidates, int count)
{
    json_t *players = json_array();
    for (int i = 0; i < count; i++)
        if (candidates[i].fate == FATE_CHOSEN)
            json_array_append_new(players,
                                  json_pack("{s:s, s:s, s:b}", "user", candidates[i].user, "name",
                                            candidates[i].name, "guest", candidates[i].guest));
    return players;
}

static bool is_text(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING;
}
