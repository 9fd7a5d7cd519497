/*
 * A room as it is written down, see room.h. Tables: rooms, members. Redis: `room:state`,
 * `room:closed` on room:ID, orders on user:ID. It must never publish before the commit, nor decide
 * what a rule decides.
 */
#include "rooms/room.h"

#include <stdio.h>
#include <string.h>

#include "rooms/queries.h"
#include "wire/events.h"

static enum error load(struct database *database, struct arena *arena, const struct sql *query,
                       const char *id, struct room *ret_room);
static void read_member(const struct rows *rows, int row, struct room_member *ret_member);
static char *array_of_ids(struct arena *arena, const struct room *rooms, int room_count);
static enum room_state state_of(const char *text);
static const char *state_text(enum room_state state);
static json_t *member_json(const struct room_member *member);
static void order(struct service_context *context, const char *what, const char *user,
                  const char *id);
static void copy(char *to, size_t bytes, const char *from);

#define COPY(to, from) copy(to, sizeof(to), from)

enum error room_load(struct database *database, struct arena *arena, const char *id,
                     struct room *ret_room)
{
    return load(database, arena, &rooms_select_room, id, ret_room);
}

enum error room_load_members(struct database *database, struct arena *arena, struct room *rooms,
                             int room_count)
{
    AUTO_ROWS *found = NULL;
    enum error error = database_run(database, &rooms_select_members, &found,
                                    array_of_ids(arena, rooms, room_count), DATABASE_END);
    if (error != OK)
        return error;
    int count = rows_count(found);
    struct room_member *members = arena_alloc(arena, (size_t)(count + 1) * sizeof *members);
    for (int i = 0; i < room_count; i++)
        rooms[i].member_count = 0;
    for (int row = 0; row < count; row++) {
        read_member(found, row, &members[row]);
        for (int i = 0; i < room_count; i++) {
            if (strcmp(rooms[i].id, rows_text(found, row, "room")) != 0)
                continue;
            if (rooms[i].member_count++ == 0)
                rooms[i].members = &members[row];
            break;
        }
    }
    return OK;
}

void room_read(const struct rows *rows, int row, struct room *ret_room)
{
    struct room room = {
        .is_private = strcmp(rows_text(rows, row, "visibility"), "private") == 0,
        .is_matchmade = strcmp(rows_text(rows, row, "origin"), "matchmaking") == 0,
        .state = state_of(rows_text(rows, row, "state")),
        .version = rows_int(rows, row, "version"),
        .players_min = (int)rows_int(rows, row, "players_min"),
        .players_max = (int)rows_int(rows, row, "players_max"),
        .teams = (int)rows_int(rows, row, "teams"),
        .open_seats = rows_bool(rows, row, "open_seats"),
        .settings =
            {
                .bots = (int)rows_int(rows, row, "bots"),
                .seats = (int)rows_int(rows, row, "seats"),
                .late_join = rows_bool(rows, row, "late_join"),
            },
    };
    COPY(room.settings.options, rows_text(rows, row, "options"));
    COPY(room.id, rows_text(rows, row, "id"));
    COPY(room.name, rows_text(rows, row, "name"));
    COPY(room.game, rows_text(rows, row, "game"));
    COPY(room.mode, rows_text(rows, row, "mode"));
    COPY(room.state_since, rows_text(rows, row, "state_since"));
    COPY(room.host, rows_text(rows, row, "host"));
    COPY(room.match, rows_text(rows, row, "match"));
    COPY(room.created_at, rows_text(rows, row, "created_at"));
    *ret_room = room;
}

enum error room_begin_without(struct service_context *context, struct database **ret_database)
{
    struct database *database = NULL;
    enum error error = database_open(context->database, &database);
    if (error != OK)
        return error;
    error = database_begin(database);
    if (error != OK) {
        database_close(database);
        return error;
    }
    *ret_database = database;
    return OK;
}

enum error room_begin(struct service_context *context, struct arena *arena, const char *id,
                      struct database **ret_database, struct room *ret_room)
{
    struct database *database = NULL;
    enum error error = room_begin_without(context, &database);
    if (error != OK)
        return error;
    error = room_lock(database, arena, id, ret_room);
    if (error != OK) {
        database_close(database);
        return error;
    }
    *ret_database = database;
    return OK;
}

enum error room_lock(struct database *database, struct arena *arena, const char *id,
                     struct room *ret_room)
{
    return load(database, arena, &rooms_select_room_locked, id, ret_room);
}

enum error room_commit(struct database *database, struct arena *arena, struct room *room)
{
    enum error error = database_run(database, &rooms_bump_room, NULL, room->id, DATABASE_END);
    if (error != OK)
        return error;
    struct room changed;
    error = load(database, arena, &rooms_select_room, room->id, &changed);
    if (error != OK)
        return error;
    error = database_commit(database);
    if (error == OK)
        *room = changed;
    return error;
}

enum error room_insert(struct database *database, const struct room *room, enum room_state state,
                       const char *host, const char *now, struct rows **ret_rows)
{
    const struct room_settings *settings = &room->settings;
    return database_run(
        database, &rooms_insert_room, ret_rows, room->id, room->name, room->game, room->mode,
        room->is_private ? "private" : "public", room->is_matchmade ? "matchmaking" : "user",
        state_text(state), now, host, database_number(room->players_min),
        database_number(room->players_max), database_number(room->teams),
        database_bool(room->open_seats), settings->options, database_number(settings->bots),
        database_number(settings->seats), database_bool(settings->late_join), DATABASE_END);
}

enum error room_put_settings(struct database *database, const struct room *room)
{
    const struct room_settings *settings = &room->settings;
    return database_run(
        database, &rooms_set_room_settings, NULL, room->id, database_number(room->players_min),
        database_number(room->players_max), database_number(room->teams),
        database_bool(room->open_seats), settings->options, database_number(settings->bots),
        database_number(settings->seats), database_bool(settings->late_join), DATABASE_END);
}

enum error room_put_member(struct database *database, const struct room *room,
                           const struct room_member *member)
{
    return database_run(database, &rooms_insert_member, NULL, room->id, member->user, member->name,
                        database_bool(member->guest), room_role_text(member->role),
                        database_bool(member->ready),
                        member->seat == ROOM_SEAT_NONE ? NULL : database_number(member->seat),
                        member->joined_at, DATABASE_END);
}

enum error room_put_host(struct database *database, const struct room *room, const char *user)
{
    return database_run(database, &rooms_set_room_host, NULL, room->id, user, DATABASE_END);
}

enum error room_put_state(struct database *database, const struct room *room, enum room_state state,
                          const char *match, int64_t now_unix_ms)
{
    char now[CLOCK_RFC3339_BYTES];
    clock_rfc3339(now_unix_ms, now);
    return database_run(database, &rooms_set_room_state, NULL, room->id, state_text(state), match,
                        now, DATABASE_END);
}

enum error room_remove_member(struct database *database, struct arena *arena, struct room *room,
                              const char *user, bool *ret_closed)
{
    const struct room_member *heir = room_next_host(room, user);
    if (heir == NULL) {
        enum error error = database_run(database, &rooms_delete_room, NULL, room->id, DATABASE_END);
        if (error == OK)
            error = database_commit(database);
        if (error == OK)
            *ret_closed = true;
        return error;
    }
    enum error error =
        database_run(database, &rooms_delete_member, NULL, room->id, user, DATABASE_END);
    if (error == OK && strcmp(room->host, user) == 0)
        error = room_put_host(database, room, heir->user);
    if (error == OK)
        error = room_commit(database, arena, room);
    if (error == OK)
        *ret_closed = false;
    return error;
}

json_t *room_json(const struct room *room)
{
    json_t *members = json_array();
    for (int i = 0; i < room->member_count; i++)
        json_array_append_new(members, member_json(&room->members[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:i, s:i, s:o, s:i, s:i, s:b, s:s?, "
                     "s:s, s:o, s:s}",
                     "id", room->id, "name", room->name, "game", room->game, "mode", room->mode,
                     "visibility", room->is_private ? "private" : "public", "state",
                     room->state == ROOM_OPEN ? "open" : "playing", "host", room->host, "version",
                     (json_int_t)room->version, "playersMax", room->players_max, "playersMin",
                     room->players_min, "options", json_loads(room->settings.options, 0, NULL),
                     "bots", room->settings.bots, "seats", room->settings.seats, "lateJoin",
                     (int)room->settings.late_join, "match",
                     room->match[0] != '\0' ? room->match : NULL, "origin",
                     room->is_matchmade ? "matchmaking" : "user", "members", members, "createdAt",
                     room->created_at);
}

void room_tell(struct service_context *context, const struct room *room)
{
    char channel[WIRE_CHANNEL_BYTES_MAX];
    snprintf(channel, sizeof channel, WIRE_CHANNEL_ROOM "%s", room->id);
    service_publish(context, channel, "room:state", room_json(room));
}

void room_tell_closed(struct service_context *context, const char *id)
{
    char channel[WIRE_CHANNEL_BYTES_MAX];
    snprintf(channel, sizeof channel, WIRE_CHANNEL_ROOM "%s", id);
    service_publish(context, channel, "room:closed", json_pack("{s:s}", "room", id));
}

void room_subscribe(struct service_context *context, const char *user, const char *id)
{
    order(context, "subscribe", user, id);
}

void room_unsubscribe(struct service_context *context, const char *user, const char *id)
{
    order(context, "unsubscribe", user, id);
}

const char *room_role_text(enum room_role role)
{
    return role == ROOM_PLAYER ? "player" : "spectator";
}

static enum error load(struct database *database, struct arena *arena, const struct sql *query,
                       const char *id, struct room *ret_room)
{
    struct id parsed;
    if (!id_parse(id, &parsed))
        return ERROR_ROOM_NOT_FOUND;
    AUTO_ROWS *rows = NULL;
    enum error error = database_run(database, query, &rows, id, DATABASE_END);
    if (error != OK)
        return error;
    if (rows_count(rows) == 0)
        return ERROR_ROOM_NOT_FOUND;
    struct room room;
    room_read(rows, 0, &room);
    error = room_load_members(database, arena, &room, 1);
    if (error == OK)
        *ret_room = room;
    return error;
}

static void read_member(const struct rows *rows, int row, struct room_member *ret_member)
{
    struct room_member member = {
        .guest = rows_bool(rows, row, "guest"),
        .role = strcmp(rows_text(rows, row, "role"), "player") == 0 ? ROOM_PLAYER : ROOM_SPECTATOR,
        .ready = rows_bool(rows, row, "ready"),
        .seat = rows_is_null(rows, row, "seat") ? ROOM_SEAT_NONE : (int)rows_int(rows, row, "seat"),
        .team = rows_is_null(rows, row, "team") ? ROOM_TEAM_NONE : (int)rows_int(rows, row, "team"),
    };
    COPY(member.user, rows_text(rows, row, "user_id"));
    COPY(member.name, rows_text(rows, row, "name"));
    COPY(member.joined_at, rows_text(rows, row, "joined_at"));
    *ret_member = member;
}

/* {id,id,...}: ids hold nothing that would need quoting. */
static char *array_of_ids(struct arena *arena, const struct room *rooms, int room_count)
{
    char *text = arena_alloc(arena, (size_t)room_count * ID_TEXT_BYTES + 3);
    char *end = text;
    *end++ = '{';
    for (int i = 0; i < room_count; i++) {
        if (i > 0)
            *end++ = ',';
        memcpy(end, rooms[i].id, ID_TEXT_BYTES - 1);
        end += ID_TEXT_BYTES - 1;
    }
    *end = '}';
    return text;
}

static enum room_state state_of(const char *text)
{
    if (strcmp(text, "open") == 0)
        return ROOM_OPEN;
    return strcmp(text, "starting") == 0 ? ROOM_STARTING : ROOM_PLAYING;
}

static const char *state_text(enum room_state state)
{
    switch (state) {
    case ROOM_OPEN:
        return "open";
    case ROOM_STARTING:
        return "starting";
    case ROOM_PLAYING:
        break;
    }
    return "playing";
}

static json_t *member_json(const struct room_member *member)
{
    json_t *seat = member->seat == ROOM_SEAT_NONE ? json_null() : json_integer(member->seat);
    json_t *team = member->team == ROOM_TEAM_NONE ? json_null() : json_integer(member->team);
    return json_pack("{s:s, s:s, s:b, s:s, s:b, s:o, s:o, s:s}", "user", member->user, "name",
                     member->name, "guest", member->guest, "role", room_role_text(member->role),
                     "ready", member->ready, "seat", seat, "team", team, "joinedAt",
                     member->joined_at);
}

static void order(struct service_context *context, const char *what, const char *user,
                  const char *id)
{
    char channel[WIRE_CHANNEL_BYTES_MAX];
    snprintf(channel, sizeof channel, WIRE_CHANNEL_ROOM "%s", id);
    service_order(context, user, json_pack("{s:s, s:s}", "do", what, "ch", channel));
}

static void copy(char *to, size_t bytes, const char *from)
{
    snprintf(to, bytes, "%s", from);
}
