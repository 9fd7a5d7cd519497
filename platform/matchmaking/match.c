/*
 * The matching, a step every MATCH_STEP_MS and after every new ticket, in each instance:
 *
 *   look at the front of a queue -> choose (grouping.h) -> take the group under a lease
 *   -> rooms makes the room and starts the match -> settle: `matchmaking:found` to each
 *
 * Whoever else looked at the same front finds that the group cannot be taken any more. A group is
 * asked for under its own id, so asking twice makes one room; an instance that dies on the way
 * leaves a lease that ends, and another goes on. When rooms refuses, the players are at the front
 * again and the queue rests for QUEUE_PAUSE_MS.
 *
 * Redis: queue.h; events on user:ID. It must never give players back whose match may yet come.
 */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "matchmaking/operations.h"
#include "matchmaking/ticket.h"
#include "wire/events.h"

#define GROUPS_PER_STEP_MAX  32 /* of one queue, then the next queue has its turn */
#define GROUP_ATTEMPTS_MAX   3
#define GROUP_LEASE_SPARE_MS 4000

static void go_on_with_lost_groups(struct service_context *context, int64_t now_unix_ms);
static void serve_queue(struct service_context *context, const char *name, int64_t now_unix_ms);
static bool split_name(const char *name, char ret_game[GAME_ID_BYTES],
                       char ret_mode[GAME_MODE_BYTES]);
static enum error make_groups(struct service_context *context, const char *game, const char *mode,
                              int64_t now_unix_ms);
static enum error make_group(struct service_context *context, const char *game, const char *mode,
                             int64_t now_unix_ms, bool *ret_may_be_more);
static enum error run_group(struct service_context *context, const struct group *group);
static enum error ask_rooms(struct service_context *context, const struct group *group,
                            json_t **ret_room);
static enum error handle_refusal(struct service_context *context, const struct group *group,
                                 enum error refusal);
static void tell_found(struct service_context *context, const struct group *group,
                       const json_t *room);
static void tell_waiting(struct service_context *context, const char *game, const char *mode,
                         const struct candidate *candidates, int count, int64_t waiting);
static void tell(struct service_context *context, const char *user, const char *type, json_t *data);
static int64_t lease_until(const struct service_context *context);

void matchmaking_step(struct service_context *context, int64_t now_unix_ms)
{
    go_on_with_lost_groups(context, now_unix_ms);
    redisReply *names = NULL;
    enum error error = queue_list(context, &names);
    if (error != OK) {
        log_warn("no matching now; trying again", "error", error_code(error), NULL);
        return;
    }
    for (size_t i = 0; i < names->elements; i++)
        serve_queue(context, names->element[i]->str, now_unix_ms);
    redis_free(names);
}

static void go_on_with_lost_groups(struct service_context *context, int64_t now_unix_ms)
{
    for (int i = 0; i < GROUPS_PER_STEP_MAX; i++) {
        struct group group;
        enum error error = group_take_over(context, now_unix_ms, lease_until(context), &group);
        if (error != OK)
            return;
        log_warn("going on with a group that was left", "group", group.id, "attempt",
                 log_number(group.attempts), NULL);
        error = run_group(context, &group);
        if (error != OK)
            log_warn("group stays under its lease", "group", group.id, "error", error_code(error),
                     NULL);
        group_finish(&group);
    }
}

static void serve_queue(struct service_context *context, const char *name, int64_t now_unix_ms)
{
    char game[GAME_ID_BYTES], mode[GAME_MODE_BYTES];
    if (!split_name(name, game, mode))
        return;
    enum error error = make_groups(context, game, mode, now_unix_ms);
    if (error == OK)
        return;
    log_warn("queue rests after a failure", "game", game, "mode", mode, "error", error_code(error),
             NULL);
    error = queue_pause(context, game, mode);
    if (error != OK)
        log_warn("queue cannot even rest", "game", game, "error", error_code(error), NULL);
}

static bool split_name(const char *name, char ret_game[GAME_ID_BYTES],
                       char ret_mode[GAME_MODE_BYTES])
{
    const char *colon = strchr(name, ':');
    if (colon == NULL || colon - name >= GAME_ID_BYTES || strlen(colon + 1) >= GAME_MODE_BYTES)
        return false;
    snprintf(ret_game, GAME_ID_BYTES, "%.*s", (int)(colon - name), name);
    snprintf(ret_mode, GAME_MODE_BYTES, "%s", colon + 1);
    return true;
}

static enum error make_groups(struct service_context *context, const char *game, const char *mode,
                              int64_t now_unix_ms)
{
    enum error error = OK;
    bool may_be_more = true;
    for (int i = 0; i < GROUPS_PER_STEP_MAX && error == OK && may_be_more; i++)
        error = make_group(context, game, mode, now_unix_ms, &may_be_more);
    return error;
}

static enum error make_group(struct service_context *context, const char *game, const char *mode,
                             int64_t now_unix_ms, bool *ret_may_be_more)
{
    struct candidate candidates[QUEUE_CANDIDATES_MAX];
    int count = 0;
    int64_t waiting = 0;
    bool news = false, taken = false;
    enum error error =
        queue_look(context, game, mode, now_unix_ms, candidates, &count, &waiting, &news);
    if (error == OK && count == 0)
        *ret_may_be_more = false;
    if (error != OK || count == 0)
        return error;
    struct game_mode rules;
    error = game_mode_get(context, NULL, game, mode, &rules);
    if (error != OK)
        return error;
    int chosen =
        grouping_choose(candidates, count, &rules, context->settings->queue_wait_ms, now_unix_ms);
    error = queue_drop(context, game, mode, candidates, count);
    if (error != OK)
        return error;
    if (chosen == 0) {
        if (news)
            tell_waiting(context, game, mode, candidates, count, waiting);
        *ret_may_be_more = false;
        return OK;
    }
    struct group group;
    error =
        group_take(context, game, mode, candidates, count, lease_until(context), &group, &taken);
    if (error != OK || !taken)
        return error;
    error = run_group(context, &group);
    group_finish(&group);
    return error;
}

static enum error run_group(struct service_context *context, const struct group *group)
{
    json_t *room = NULL;
    enum error error = ask_rooms(context, group, &room);
    if (error != OK)
        return handle_refusal(context, group, error);
    bool first = false;
    error = group_settle(context, group, &first);
    if (error == OK && first)
        tell_found(context, group, room);
    json_decref(room);
    return error;
}

static enum error ask_rooms(struct service_context *context, const struct group *group,
                            json_t **ret_room)
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:O}", "group", group->id, "game", group->game,
                             "mode", group->mode, "players", group->players);
    json_t *room = NULL;
    enum error error =
        service_ask_as_service(context, NULL, context->settings->rooms_address, "POST",
                               "/internal/rooms", "rooms:match", body, &room);
    if (error == OK && json_string_value(json_object_get(room, "id")) == NULL) {
        json_decref(room);
        return ERROR_INTERNAL;
    }
    if (error == OK)
        *ret_room = room;
    return error;
}

/* Without an answer the room may yet be made: the group waits for the end of its lease and is
 * asked for again. With a refusal the players wait on. Returns the refusal. */
static enum error handle_refusal(struct service_context *context, const struct group *group,
                                 enum error refusal)
{
    if (refusal == ERROR_TIMED_OUT && group->attempts < GROUP_ATTEMPTS_MAX)
        return refusal;
    enum error error = group_give_back(context, group);
    if (error != OK)
        return error;
    log_info("players wait on at the front", "group", group->id, "game", group->game, "error",
             error_code(refusal), NULL);
    return refusal;
}

static void tell_found(struct service_context *context, const struct group *group,
                       const json_t *room)
{
    size_t index;
    json_t *player;
    json_array_foreach(group->players, index, player)
    {
        json_t *found =
            json_pack("{s:O, s:O, s:s, s:s}", "room", json_object_get(room, "id"), "match",
                      json_object_get(room, "match"), "game", group->game, "mode", group->mode);
        tell(context, json_string_value(json_object_get(player, "user")), "matchmaking:found",
             found);
    }
    log_info("match found", "group", group->id, "game", group->game, "mode", group->mode, NULL);
}

static void tell_waiting(struct service_context *context, const char *game, const char *mode,
                         const struct candidate *candidates, int count, int64_t waiting)
{
    for (int i = 0; i < count; i++) {
        if (candidates[i].fate != FATE_WAITS)
            continue;
        struct ticket ticket = {.since_unix_ms = candidates[i].since_unix_ms, .waiting = waiting};
        snprintf(ticket.game, sizeof ticket.game, "%s", game);
        snprintf(ticket.mode, sizeof ticket.mode, "%s", mode);
        tell(context, candidates[i].user, "matchmaking:status", ticket_json(&ticket));
    }
}

static void tell(struct service_context *context, const char *user, const char *type, json_t *data)
{
    char channel[WIRE_CHANNEL_BYTES_MAX];
    snprintf(channel, sizeof channel, WIRE_CHANNEL_USER "%s", user);
    service_publish(context, channel, type, data);
}

/* From now: a step of many groups may have begun long ago. Longer than asking for a token and for
 * the room may take, and than rooms needs to mend a start that it forgot when it was killed. */
static int64_t lease_until(const struct service_context *context)
{
    return clock_unix_ms() + 3 * context->settings->request_timeout_ms + GROUP_LEASE_SPARE_MS;
}
