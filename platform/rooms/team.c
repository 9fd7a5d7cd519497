/*
 * POST /api/rooms/{id}/team: a player says in which team he would like to play, or that he does not
 * care. Tables: rooms, members. It must never promise: seats are given at the start, see
 * room_deal_slots.
 */
#include "rooms/operations.h"
#include "rooms/queries.h"
#include "rooms/room.h"

struct wish {
    int64_t team;
    bool has_team;
};
static const struct json_field wish_fields[] = {
    JSON_INT_OPTIONAL(struct wish, team, has_team, 0, GAME_PLAYERS_MAX - 1),
};

enum error room_team(struct call *call)
{
    const char *user = call->caller.user_id;
    struct wish wish = {0};
    enum error error = call_decode(call, wish_fields, 1, &wish);
    if (error != OK)
        return error;
    AUTO_DATABASE *database = NULL;
    struct room room;
    error = room_begin(call->context, call->arena, call->params[0], &database, &room);
    if (error == OK)
        error = room_may_choose_team(&room, user, wish.has_team ? (int)wish.team : ROOM_TEAM_NONE);
    if (error == ERROR_VALIDATION)
        return call_complain(call, error, "team", "The mode has %d teams, from 0 on.", room.teams);
    if (error == OK)
        error = database_run(database, &rooms_set_member_team, NULL, room.id, user,
                             wish.has_team ? database_number(wish.team) : NULL, DATABASE_END);
    if (error == OK)
        error = room_commit(database, call->arena, &room);
    if (error != OK)
        return error;
    room_tell(call->context, &room);
    call_reply(call, 200, room_json(&room));
    return OK;
}
