/*
 * PATCH /api/rooms/{id}: the host changes how the matches of the room are played. Tables: rooms,
 * members. Asks games before the room is locked. What everybody was ready for is another thing now,
 * so nobody is any more. It must never touch a match that is being played.
 */
#include "rooms/operations.h"
#include "rooms/queries.h"
#include "rooms/room.h"
#include "rooms/settings.h"

static const struct json_field wish_fields[] = {SETTINGS_FIELDS};

static enum error check(struct call *call, struct room *ret_room);
static enum error proceed(struct call *call, const struct settings_wish *wish,
                          const struct game_mode *mode, const char *options, struct room *ret_room);

enum error room_update(struct call *call)
{
    struct settings_wish wish = {.options = NULL};
    struct room room;
    struct game_mode mode;
    char options[ROOM_OPTIONS_BYTES];
    enum error error =
        call_decode(call, wish_fields, sizeof wish_fields / sizeof wish_fields[0], &wish);
    if (error == OK)
        error = check(call, &room);
    if (error == OK)
        error = settings_ask(call, room.game, room.mode, &wish, false, &mode, options);
    if (error == OK)
        error = proceed(call, &wish, &mode, options, &room);
    if (error != OK)
        return error;
    room_tell(call->context, &room);
    call_reply(call, 200, room_json(&room));
    return OK;
}

/* Who may not need not wait for games. */
static enum error check(struct call *call, struct room *ret_room)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK)
        error = room_load(database, call->arena, call->params[0], ret_room);
    if (error == OK)
        error = room_may_update(ret_room, call->caller.user_id);
    return error;
}

static enum error proceed(struct call *call, const struct settings_wish *wish,
                          const struct game_mode *mode, const char *options, struct room *ret_room)
{
    AUTO_DATABASE *database = NULL;
    enum error error = room_begin(call->context, call->arena, call->params[0], &database, ret_room);
    if (error == OK)
        error = room_may_update(ret_room, call->caller.user_id);
    if (error == OK)
        error = settings_put(call, wish, mode, options, ret_room);
    if (error == OK)
        error = room_put_settings(database, ret_room);
    if (error == OK)
        error = database_run(database, &rooms_unready_members, NULL, ret_room->id, DATABASE_END);
    if (error == OK)
        error = room_commit(database, call->arena, ret_room);
    return error;
}
