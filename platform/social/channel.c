/*
 * Channels, see channel.h. Asks rooms who is a member (scope rooms:read) and auth who exists. It
 * must never keep an answer: who was kicked a moment ago is out.
 */
#include "social/channel.h"

#include <stdio.h>
#include <string.h>

#include "wire/events.h"

#define DIRECT_PREFIX "dm:"

static bool parse_id(const char *text, const char *prefix, char ret_id[ID_TEXT_BYTES]);
static enum error check_member(struct call *call, const char *room);
static enum error check_user(struct call *call, const char *user);

bool channel_parse(const char *text, const char *user, struct channel *ret_channel)
{
    struct channel channel = {0};
    if (strcmp(text, WIRE_CHANNEL_GLOBAL) == 0) {
        channel.kind = CHANNEL_GLOBAL;
        snprintf(channel.stored, sizeof channel.stored, WIRE_CHANNEL_GLOBAL);
    } else if (parse_id(text, WIRE_CHANNEL_ROOM, channel.id)) {
        channel.kind = CHANNEL_ROOM;
        snprintf(channel.stored, sizeof channel.stored, WIRE_CHANNEL_ROOM "%s", channel.id);
    } else if (parse_id(text, DIRECT_PREFIX, channel.id)) {
        int order = strcmp(user, channel.id);
        if (order == 0)
            return false;
        channel.kind = CHANNEL_DIRECT;
        snprintf(channel.stored, sizeof channel.stored, DIRECT_PREFIX "%s:%s",
                 order < 0 ? user : channel.id, order < 0 ? channel.id : user);
    } else {
        return false;
    }
    *ret_channel = channel;
    return true;
}

void channel_print(enum channel_kind kind, const char *id, char ret_text[CHANNEL_BYTES_MAX])
{
    switch (kind) {
    case CHANNEL_GLOBAL:
        snprintf(ret_text, CHANNEL_BYTES_MAX, WIRE_CHANNEL_GLOBAL);
        return;
    case CHANNEL_ROOM:
        snprintf(ret_text, CHANNEL_BYTES_MAX, WIRE_CHANNEL_ROOM "%s", id);
        return;
    case CHANNEL_DIRECT:
        snprintf(ret_text, CHANNEL_BYTES_MAX, DIRECT_PREFIX "%s", id);
        return;
    }
}

enum error channel_open(struct call *call, const char *text, struct channel *ret_channel)
{
    struct channel channel;
    if (!channel_parse(text, call->caller.user_id, &channel))
        return ERROR_CHANNEL_NOT_FOUND;
    enum error error = OK;
    if (channel.kind == CHANNEL_ROOM)
        error = check_member(call, channel.id);
    else if (channel.kind == CHANNEL_DIRECT)
        error = check_user(call, channel.id);
    if (error == OK)
        *ret_channel = channel;
    return error;
}

static bool parse_id(const char *text, const char *prefix, char ret_id[ID_TEXT_BYTES])
{
    size_t bytes = strlen(prefix);
    struct id id;
    if (strncmp(text, prefix, bytes) != 0 || !id_parse(text + bytes, &id))
        return false;
    id_text(&id, ret_id);
    return true;
}

static enum error check_member(struct call *call, const char *room)
{
    struct service_context *context = call->context;
    const char *path =
        arena_printf(call->arena, "/internal/rooms/%s/members/%s", room, call->caller.user_id);
    json_t *answer = NULL;
    enum error error = service_ask_as_service(context, call, context->settings->rooms_address,
                                              "GET", path, "rooms:read", NULL, &answer);
    json_decref(answer);
    if (error == ERROR_ROOM_NOT_FOUND)
        return ERROR_CHANNEL_NOT_FOUND;
    return error == ERROR_NOT_FOUND ? ERROR_ROOM_NOT_MEMBER : error;
}

static enum error check_user(struct call *call, const char *user)
{
    struct service_context *context = call->context;
    struct http_question question = {
        .method = "GET",
        .addresses = context->settings->auth_address,
        .path = arena_printf(call->arena, "/api/auth/users/%s", user),
        .request_id = call->request_id,
        .timeout_ms = (int)context->settings->request_timeout_ms,
    };
    json_t *answer = NULL;
    enum error error = http_call_json(call->arena, &question, &answer);
    json_decref(answer);
    return error == ERROR_NOT_FOUND ? ERROR_USER_NOT_FOUND : error;
}
