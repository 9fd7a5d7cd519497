/*
 * One row a match: the event game:ended first, then rooms is told. 2xx and 404 (the room is gone)
 * end it, all else is tried again later and later. Holds no connection while it asks rooms.
 */
#include "games/outbox.h"

#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "games/match_store.h"
#include "games/playing.h"
#include "games/queries.h"
#include "wire/events.h"

static bool tell(struct service_context *context, const char *match, const char *room,
                 bool published);
static bool publish(struct service_context *context, const char *match, const char *room);
static enum error tell_room(struct service_context *context, const char *match, const char *room);
static void mark(struct service_context *context, const struct sql *sql, const char *match);

void outbox_deliver(struct service_context *context)
{
    AUTO_ROWS *rows = NULL;
    struct database *database = NULL;
    if (database_open(context->database, &database) != OK)
        return;
    enum error error = database_run(database, &outbox_due, &rows, DATABASE_END);
    database_close(database);
    for (int i = 0; error == OK && i < rows_count(rows); i++) {
        const char *match = rows_text(rows, i, "match");
        bool done =
            tell(context, match, rows_text(rows, i, "room"), rows_bool(rows, i, "published"));
        mark(context, done ? &outbox_delete : &outbox_later, match);
    }
}

static bool tell(struct service_context *context, const char *match, const char *room,
                 bool published)
{
    if (!published && !publish(context, match, room))
        return false;
    enum error error = tell_room(context, match, room);
    if (error == OK || error == ERROR_NOT_FOUND || error == ERROR_ROOM_NOT_FOUND)
        return true;
    log_warn("rooms has not heard of a match's end; telling it again", "match", match, "room", room,
             "error", error_code(error), NULL);
    return false;
}

static bool publish(struct service_context *context, const char *match, const char *room)
{
    json_t *data = NULL, *player;
    size_t index;
    struct database *database = NULL;
    char channel[ID_TEXT_BYTES + 8];
    if (database_open(context->database, &database) != OK)
        return false;
    enum error error = match_store_get(database, match, &data);
    database_close(database);
    if (error != OK)
        return false;
    json_array_foreach(json_object_get(data, "players"), index, player)
        playing_clear(context, json_string_value(json_object_get(player, "user")), match);
    snprintf(channel, sizeof channel, WIRE_CHANNEL_ROOM "%s", room);
    service_publish(context, channel, "game:ended", json_incref(data));
    snprintf(channel, sizeof channel, WIRE_CHANNEL_MATCH "%s", match);
    service_publish(context, channel, "game:ended", data);
    mark(context, &outbox_published, match);
    return true;
}

static enum error tell_room(struct service_context *context, const char *match, const char *room)
{
    char path[ID_TEXT_BYTES + 48];
    json_t *answer = NULL;
    snprintf(path, sizeof path, "/internal/rooms/%s/match-ended", room);
    enum error error =
        service_ask_as_service(context, NULL, context->settings->rooms_address, "POST", path,
                               "rooms:result", json_pack("{s:s}", "match", match), &answer);
    if (error == OK)
        json_decref(answer);
    return error;
}

static void mark(struct service_context *context, const struct sql *sql, const char *match)
{
    struct database *database = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = database_run(database, sql, NULL, match, DATABASE_END);
    database_close(database);
    if (error != OK)
        log_warn("the outbox cannot be marked; it will be told twice", "match", match, NULL);
}
