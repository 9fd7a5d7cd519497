/*
 * POST /api/social/messages: says something. Table: messages. Redis: `chat:message` on the
 * channel, a private one on user:ID of both; chat:rate:USER counts. It must never publish what is
 * not stored, nor let one user talk faster than MESSAGES_PER_WINDOW_MAX.
 */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "social/channel.h"
#include "social/message.h"
#include "social/operations.h"
#include "social/queries.h"
#include "wire/events.h"

#define MESSAGES_PER_WINDOW_MAX 10
#define MESSAGES_WINDOW_S       "10"
#define MESSAGES_RATE_PREFIX    "chat:rate:"

struct wish {
    char channel[CHANNEL_BYTES_MAX];
    char text[MESSAGE_TEXT_BYTES];
};
static const struct json_field wish_fields[] = {
    JSON_TEXT(struct wish, channel, 1, CHANNEL_BYTES_MAX - 1),
    JSON_TEXT(struct wish, text, 1, MESSAGE_TEXT_CHARS_MAX),
};

/* KEYS[1] the counter, ARGV[1] the window in s. */
static struct redis_script count_message = {
    .name = "social_count_message",
    .text = "local count = redis.call('incr', KEYS[1])\n"
            "if count == 1 then redis.call('expire', KEYS[1], ARGV[1]) end\n"
            "return count\n",
};

static enum error check(struct call *call, struct wish *wish, struct channel *ret_channel);
static enum error check_rate(struct call *call);
static enum error store(struct call *call, const struct channel *channel,
                        const struct message *message);
static void publish(struct call *call, const struct channel *channel,
                    const struct message *message);
static void publish_to(struct service_context *context, const char *prefix, const char *id,
                       json_t *message);

enum error message_send(struct call *call)
{
    struct wish wish = {0};
    struct channel channel;
    enum error error = check(call, &wish, &channel);
    if (error != OK)
        return error;
    struct id id = id_new();
    char id_as_text[ID_TEXT_BYTES], now[CLOCK_RFC3339_BYTES], shown[CHANNEL_BYTES_MAX];
    id_text(&id, id_as_text);
    clock_rfc3339(clock_unix_ms(), now);
    struct message message = {
        .id = id_as_text,
        .from_user = call->caller.user_id,
        .from_name = call->caller.name,
        .text = wish.text,
        .created_at = now,
    };
    error = store(call, &channel, &message);
    if (error != OK)
        return error;
    publish(call, &channel, &message);
    channel_print(channel.kind, channel.id, shown);
    call_reply(call, 201, message_json(&message, shown));
    return OK;
}

static enum error check(struct call *call, struct wish *wish, struct channel *ret_channel)
{
    enum error error =
        call_decode(call, wish_fields, sizeof wish_fields / sizeof wish_fields[0], wish);
    if (error != OK)
        return error;
    if (wish->text[strspn(wish->text, " ")] == '\0')
        return call_complain(call, ERROR_VALIDATION, "text", "Must not be blank.");
    error = check_rate(call);
    if (error == OK)
        error = channel_open(call, wish->channel, ret_channel);
    return error;
}

static enum error check_rate(struct call *call)
{
    struct service_context *context = call->context;
    const char *arguments[] = {
        arena_printf(call->arena, MESSAGES_RATE_PREFIX "%s", call->caller.user_id),
        MESSAGES_WINDOW_S,
    };
    redisReply *reply = NULL;
    enum error error = redis_run_script(context->redis, &count_message, 1, 2, arguments, &reply);
    if (error == OK && reply->integer > MESSAGES_PER_WINDOW_MAX) {
        call_header(call, "Retry-After", MESSAGES_WINDOW_S);
        error = ERROR_TOO_MANY_REQUESTS;
    }
    redis_free(reply);
    return error;
}

static enum error store(struct call *call, const struct channel *channel,
                        const struct message *message)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, &social_insert_message, NULL, message->id, channel->stored,
                             message->from_user, message->from_name, message->text,
                             message->created_at, DATABASE_END);
    return error;
}

static void publish(struct call *call, const struct channel *channel, const struct message *message)
{
    char mine[CHANNEL_BYTES_MAX], theirs[CHANNEL_BYTES_MAX];
    channel_print(channel->kind, channel->id, mine);
    if (channel->kind != CHANNEL_DIRECT) {
        service_publish(call->context, mine, "chat:message", message_json(message, mine));
        return;
    }
    channel_print(CHANNEL_DIRECT, message->from_user, theirs);
    publish_to(call->context, WIRE_CHANNEL_USER, message->from_user, message_json(message, mine));
    publish_to(call->context, WIRE_CHANNEL_USER, channel->id, message_json(message, theirs));
}

static void publish_to(struct service_context *context, const char *prefix, const char *id,
                       json_t *message)
{
    char channel[WIRE_CHANNEL_BYTES_MAX];
    snprintf(channel, sizeof channel, "%s%s", prefix, id);
    service_publish(context, channel, "chat:message", message);
}
