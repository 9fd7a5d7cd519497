/*
 * The rules of a room, see rules.h. The order of the checks is part of them: who you are comes
 * before what you may do, and that before whether now is the time for it.
 */
#include "rooms/rules.h"

#include <stdio.h>
#include <string.h>

static enum error must_be_host(const struct room *room, const char *user);
static bool players_are_ready(const struct room *room);
static void deal(const struct room *room, bool by_team, uint64_t *taken, int *slots);
static int member_at(const struct room *room, int seat);
static int take_slot(const struct room *room, int team, uint64_t *taken);

const struct room_member *room_find_member(const struct room *room, const char *user)
{
    for (int i = 0; i < room->member_count; i++)
        if (strcmp(room->members[i].user, user) == 0)
            return &room->members[i];
    return NULL;
}

int room_count_role(const struct room *room, enum room_role role)
{
    int count = 0;
    for (int i = 0; i < room->member_count; i++)
        count += room->members[i].role == role;
    return count;
}

int room_free_seat(const struct room *room)
{
    uint64_t taken = 0;
    if (room_count_role(room, ROOM_PLAYER) >= room->settings.seats)
        return ROOM_SEAT_NONE;
    for (int i = 0; i < room->member_count; i++)
        if (room->members[i].seat != ROOM_SEAT_NONE)
            taken |= UINT64_C(1) << room->members[i].seat;
    int seat = 0;
    while (taken >> seat & 1)
        seat++;
    return seat;
}

const struct room_member *room_next_host(const struct room *room, const char *leaving)
{
    for (int i = 0; i < room->member_count; i++)
        if (strcmp(room->members[i].user, leaving) != 0)
            return &room->members[i];
    return NULL;
}

enum error room_may_join(const struct room *room, const char *user, enum room_role role,
                         bool role_asked, bool was_kicked)
{
    const struct room_member *member = room_find_member(room, user);
    if (member != NULL && (!role_asked || member->role == role))
        return ERROR_ROOM_ALREADY_MEMBER;
    if (was_kicked)
        return ERROR_ROOM_KICKED;
    bool touches_players = role == ROOM_PLAYER || member != NULL;
    bool is_late = role == ROOM_PLAYER && room->settings.late_join && room->state == ROOM_PLAYING;
    if (touches_players && room->state != ROOM_OPEN && !is_late)
        return ERROR_ROOM_IN_MATCH;
    if (role == ROOM_PLAYER && room_free_seat(room) == ROOM_SEAT_NONE)
        return ERROR_ROOM_FULL;
    if (role == ROOM_SPECTATOR && room_count_role(room, ROOM_SPECTATOR) >= ROOM_SPECTATORS_MAX)
        return ERROR_ROOM_FULL;
    return OK;
}

enum error room_may_leave(const struct room *room, const char *user)
{
    return room_find_member(room, user) != NULL ? OK : ERROR_ROOM_NOT_MEMBER;
}

enum error room_may_ready(const struct room *room, const char *user)
{
    const struct room_member *member = room_find_member(room, user);
    if (member == NULL)
        return ERROR_ROOM_NOT_MEMBER;
    if (member->role != ROOM_PLAYER)
        return ERROR_ROOM_NOT_PLAYER;
    return room->state == ROOM_OPEN ? OK : ERROR_ROOM_IN_MATCH;
}

enum error room_may_choose_team(const struct room *room, const char *user, int team)
{
    enum error error = room_may_ready(room, user);
    if (error != OK)
        return error;
    return team == ROOM_TEAM_NONE || team < room->teams ? OK : ERROR_VALIDATION;
}

enum error room_may_update(const struct room *room, const char *user)
{
    enum error error = must_be_host(room, user);
    if (error != OK)
        return error;
    return room->state == ROOM_OPEN ? OK : ERROR_ROOM_IN_MATCH;
}

enum error room_may_have(const struct room *room, const struct room_settings *settings,
                         const struct game_mode *mode, const char **ret_field,
                         const char **ret_sentence)
{
    struct {
        bool is_wrong;
        const char *field, *sentence;
    } checks[] = {
        {settings->seats < mode->players_min || settings->seats > mode->players_max, "seats",
         "Must lie within what the mode takes."},
        {settings->seats < room_count_role(room, ROOM_PLAYER), "seats",
         "There are more players than that in the room."},
        {settings->bots > 0 && !mode->has_bots, "bots", "This game has no bots."},
        {settings->late_join && settings->bots == 0 && !mode->has_open_seats, "lateJoin",
         "Late players take the seats of bots, and there are none."},
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (!checks[i].is_wrong)
            continue;
        *ret_field = checks[i].field;
        *ret_sentence = checks[i].sentence;
        return ERROR_VALIDATION;
    }
    return OK;
}

enum error room_may_start(const struct room *room, const char *user)
{
    enum error error = must_be_host(room, user);
    if (error != OK)
        return error;
    if (room->state != ROOM_OPEN)
        return ERROR_ROOM_IN_MATCH;
    if (room_count_role(room, ROOM_PLAYER) < (room->settings.bots > 0 ? 1 : room->players_min))
        return ERROR_ROOM_TOO_FEW_PLAYERS;
    return players_are_ready(room) ? OK : ERROR_ROOM_NOT_READY;
}

enum error room_may_kick(const struct room *room, const char *user, const char *target)
{
    enum error error = must_be_host(room, user);
    if (error != OK)
        return error;
    if (strcmp(user, target) == 0)
        return ERROR_VALIDATION;
    return room_find_member(room, target) != NULL ? OK : ERROR_USER_NOT_FOUND;
}

enum error room_may_delete(const struct room *room, const char *user)
{
    enum error error = must_be_host(room, user);
    if (error != OK)
        return error;
    return room->state == ROOM_OPEN ? OK : ERROR_ROOM_IN_MATCH;
}

int room_slot_count(const struct room *room)
{
    bool fills_up = room->settings.bots > 0 || (room->open_seats && room->settings.late_join);
    return fills_up ? room->settings.seats : room_count_role(room, ROOM_PLAYER);
}

void room_deal_slots(const struct room *room, int ret_slots[ROOM_MEMBERS_MAX])
{
    uint64_t taken = 0;
    for (int i = 0; i < room->member_count; i++)
        ret_slots[i] = -1;
    deal(room, true, &taken, ret_slots);
    deal(room, false, &taken, ret_slots);
}

bool room_choose_name(const char *wanted, const char *maker, char ret_name[ROOM_NAME_BYTES])
{
    if (wanted == NULL) {
        snprintf(ret_name, ROOM_NAME_BYTES, "%s's room", maker);
        return true;
    }
    size_t leading = strspn(wanted, " ");
    size_t bytes = strlen(wanted);
    while (bytes > leading && wanted[bytes - 1] == ' ')
        bytes--;
    if (bytes == leading || bytes - leading >= ROOM_NAME_BYTES)
        return false;
    memcpy(ret_name, wanted + leading, bytes - leading);
    ret_name[bytes - leading] = '\0';
    return true;
}

static enum error must_be_host(const struct room *room, const char *user)
{
    if (room_find_member(room, user) == NULL)
        return ERROR_ROOM_NOT_MEMBER;
    return strcmp(room->host, user) == 0 ? OK : ERROR_ROOM_NOT_HOST;
}

/* The host says so by starting. */
static bool players_are_ready(const struct room *room)
{
    for (int i = 0; i < room->member_count; i++) {
        const struct room_member *member = &room->members[i];
        if (member->role == ROOM_PLAYER && !member->ready && strcmp(member->user, room->host) != 0)
            return false;
    }
    return true;
}

/* To those who have none yet; by team only to those who wish for one. */
static void deal(const struct room *room, bool by_team, uint64_t *taken, int *slots)
{
    for (int seat = 0; seat < GAME_PLAYERS_MAX; seat++) {
        int member = member_at(room, seat);
        int team = member >= 0 ? room->members[member].team : ROOM_TEAM_NONE;
        if (member < 0 || slots[member] >= 0 || (by_team && team == ROOM_TEAM_NONE))
            continue;
        slots[member] = take_slot(room, by_team ? team : ROOM_TEAM_NONE, taken);
    }
}

static int member_at(const struct room *room, int seat)
{
    for (int i = 0; i < room->member_count; i++)
        if (room->members[i].seat == seat)
            return i;
    return -1;
}

/* The lowest free one of `team`, or of any; -1: there is none. */
static int take_slot(const struct room *room, int team, uint64_t *taken)
{
    int count = room_slot_count(room);
    for (int slot = 0; slot < count; slot++) {
        if ((*taken >> slot & 1) || (team != ROOM_TEAM_NONE && slot % room->teams != team))
            continue;
        *taken |= UINT64_C(1) << slot;
        return slot;
    }
    return -1;
}
