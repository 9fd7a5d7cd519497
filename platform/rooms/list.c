/*
 * GET /api/rooms?game=&state=&mine=&limit=&cursor=: the public rooms, or with mine=1 those the
 * caller is in, newest first. Tables: rooms, members. It must never show a private room to whoever
 * is not in it.
 */
#include <string.h>

#include "rooms/cursor.h"
#include "rooms/operations.h"
#include "rooms/queries.h"
#include "rooms/room.h"

struct filter {
    const char *game, *state, *member; /* NULL: any */
    bool has_cursor;
    struct cursor cursor;
    int64_t limit;
};

static enum error check(struct call *call, struct filter *ret_filter);
static enum error proceed(struct call *call, const struct filter *filter, json_t **ret_page);
static json_t *page_json(const struct room *rooms, int count, const char *next);

enum error room_list(struct call *call)
{
    struct filter filter = {0};
    json_t *page = NULL;
    enum error error = check(call, &filter);
    if (error == OK)
        error = proceed(call, &filter, &page);
    if (error == OK)
        call_reply(call, 200, page);
    return error;
}

static enum error check(struct call *call, struct filter *ret_filter)
{
    struct filter filter = {
        .game = call_query(call, "game", NULL),
        .state = call_query(call, "state", NULL),
    };
    if (filter.game != NULL && !game_id_is_plausible(filter.game))
        return call_complain(call, ERROR_VALIDATION, "game", "This is no name of a game.");
    if (filter.state != NULL && strcmp(filter.state, "open") != 0 &&
        strcmp(filter.state, "playing") != 0)
        return call_complain(call, ERROR_VALIDATION, "state", "Must be open or playing.");
    int64_t mine = 0;
    enum error error = call_query_int(call, "mine", 0, 1, 0, &mine);
    if (error == OK)
        error = call_query_limit(call, &filter.limit);
    if (error != OK)
        return error;
    if (mine == 1 && call->caller.user_id[0] == '\0')
        return ERROR_UNAUTHENTICATED;
    if (mine == 1)
        filter.member = call->caller.user_id;
    const char *cursor = call_query(call, "cursor", NULL);
    filter.has_cursor = cursor != NULL;
    if (filter.has_cursor && !cursor_parse(cursor, &filter.cursor))
        return call_complain(call, ERROR_VALIDATION, "cursor", "This is no cursor of ours.");
    *ret_filter = filter;
    return OK;
}

static enum error proceed(struct call *call, const struct filter *filter, json_t **ret_page)
{
    struct service_context *context = call->context;
    AUTO_DATABASE *database = NULL;
    AUTO_ROWS *rows = NULL;
    enum error error = database_open(context->database, &database);
    if (error == OK) /* one more than asked tells whether there is a next page */
        error = database_run(database, &rooms_list_rooms, &rows, filter->game, filter->state,
                             filter->member, filter->has_cursor ? filter->cursor.moment : NULL,
                             filter->has_cursor ? filter->cursor.id : NULL,
                             database_number(filter->limit + 1), DATABASE_END);
    if (error != OK)
        return error;
    bool has_more = rows_count(rows) > filter->limit;
    int count = has_more ? (int)filter->limit : rows_count(rows);
    struct room *rooms = arena_alloc(call->arena, (size_t)(count + 1) * sizeof *rooms);
    for (int row = 0; row < count; row++)
        room_read(rows, row, &rooms[row]);
    error = room_load_members(database, call->arena, rooms, count);
    if (error != OK)
        return error;
    char next[CURSOR_BYTES];
    if (has_more)
        cursor_print(rows_int(rows, count - 1, "created_ms"), rooms[count - 1].id, next);
    *ret_page = page_json(rooms, count, has_more ? next : NULL);
    return OK;
}

static json_t *page_json(const struct room *rooms, int count, const char *next)
{
    json_t *items = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(items, room_json(&rooms[i]));
    return json_pack("{s:o, s:s?}", "items", items, "next", next);
}
